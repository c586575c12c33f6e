# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user can do about an error of the cloud: its code, then one sentence.

The codes are those of "Error Codes" in the API references of IMS, EVS, ECS, CBR and IAM and of the
API gateway; the advice is ours. Codes that our requests cannot get are left out.
"""

from __future__ import annotations

import re

_WAIT = "This passes by itself; run the task again in a few minutes."
_SUPPORT = (
    "This is a fault inside the cloud; run the task again and, if it stays, give support the"
    " request id."
)

# For refusals where the credentials tell more than the code.
PROJECT = "Check that project_id (or project_name) belongs to these credentials and this region."
PERMISSION = (
    "Grant these credentials the permission for this action (IAM policies of IMS, EVS, ECS and"
    " CBR) in this project."
)
PROJECT_LOOK_UP = (
    "Set project_id, which needs no look-up, or grant these credentials the permission to list"
    " projects (iam:projects:listProjects)."
)
UNSCOPED = (
    "The token is for no project (unscoped), but images belong to one: use a token that was"
    " requested for a project of this region."
)
EXPIRED = "The token has expired: request a new one."
DEAD = (
    "The token is not valid: it has expired, was revoked or is of another cloud. Request a new one."
)
MAYBE_EXPIRED = (
    "Check that the token has not expired and that it is for this project and region; a token"
    " that is for no project (an unscoped one) is refused."
)
MAYBE_ELSEWHERE = (
    "Check that the user may work in this project and that the project is one of this region."
)
# What refusals of a signature and of an expired token say.
ABOUT_TIME = re.compile(r"\b(?:time|timestamp|date|clock|minutes)\b", re.IGNORECASE)
ABOUT_SIGNATURES = re.compile(r"signature|aksk", re.IGNORECASE)
ABOUT_PROJECTS = re.compile(r"\b(?<!no )project\b", re.IGNORECASE)
ABOUT_EXPIRY = re.compile(r"\bexpired?\b|must be updated", re.IGNORECASE)


def clock(ahead: float) -> str:
    """Return what to do about a clock that is so many seconds ahead of the cloud's."""
    side = "ahead of" if ahead > 0 else "behind"
    return (
        f"This machine's clock is {abs(ahead) / 60:.0f} minutes {side} that of the cloud, which"
        " refuses signatures that are too old or from the future: set the clock (NTP)."
    )


def wrong_project(project: str, setting: str, region: str) -> str:
    """Return what to do about a project that the cloud refuses. `setting`: what named it, '' if
    nothing did."""
    named = f"{project!r} ({setting})" if setting else f"{project!r}"
    remedy = f"correct {setting}" if setting else "set project_id"
    return (
        f"The project {named} does not exist in the region {region}, or these credentials may not"
        f" use it: {remedy}, region or the credentials."
    )


# Codes, and the advice that fits them.
_ADVICE = {
    "IMG.0001 IMG.0016": (
        "The request was not understood; check the values given for special characters."
    ),
    "IMG.0002 IMG.0003 IMG.0062": (
        "Use 1 to 128 letters (without accents, or Chinese), digits, '-', '.', '_' and spaces,"
        " with no space at either end, as name."
    ),
    "IMG.0004 IMG.0054": (
        "Use at most 1024 characters without line breaks, '<' and '>' as description."
    ),
    "IMG.0005 IMG.0012 IMG.0137 Ecs.0114": (
        "Check the server id, its region and project, and that these credentials may read it."
    ),
    "IMG.0006 IMG.0110 IMG.0119": (
        "Check that the server has a system disk and that the disk is healthy."
    ),
    "IMG.0007": (
        "The request arrived without its content; look at the proxy between here and there."
    ),
    "IMG.0008": "Stop the server, then run the task again.",
    "IMG.0009": "The name is taken on this cloud: choose another one or remove the other image.",
    "IMG.0010": "Wait until the running task of the server has finished, then run the task again.",
    "IMG.0013": "Give the image a name.",
    "IMG.0014 IMG.0018 IMG.0036 IMG.0037 IMG.0053 IMG.0061 IMG.0064 IMG.0065": _SUPPORT,
    "BackupService.6500": _SUPPORT,
    "IMG.0015": "Delete images that are not needed, or have the quota for private images raised.",
    "IMG.0017 IMG.0057 IMG.1075": (
        "Check that image_url is <bucket>:<object>, that the object exists, is not empty, has the"
        " format it is named for, and that these credentials may read it."
    ),
    "IMG.0019 IMG.0020 IMG.0127 IMG.0133 IMG.0165 IMG.0198 BackupService.6200": (
        "Check the backup id, its region and project, and that backup_type (CBR or CSBS) fits it."
    ),
    "IMG.0021": "Check that the ids given are of the right kind of thing.",
    "IMG.0022": "Wait until the disk is available or in-use, then run the task again.",
    "IMG.0023": "The state of the job could not be read; run the task again to keep waiting.",
    "IMG.0024 IMG.0117 IMG.0157": "Set type to ECS, BMS or DataImage.",
    "IMG.0025 IMG.0026 EVS.5403 IAM.0002 IAM.0080 IAM.0081 IAM.0082 IAM.0083": PERMISSION,
    "APIGW.0302": PERMISSION,
    "IMG.0027 IMG.0066 IMG.0086 IMG.0144": (
        "Check the image id and that it belongs to this region and project."
    ),
    "IMG.0028 IMG.0091": (
        "Take the protection off the image before deleting it (huaweicloud.ims.image with"
        " protected: false)."
    ),
    "IMG.0029 IMG.0134": (
        "One backup makes one image: use the image it already has, delete that one first, or make"
        " a new backup."
    ),
    "IMG.0030 IMG.0067 Common.0018": PROJECT,
    "IMG.0031": "Check the ids given: one of them is not an id.",
    "IMG.0032 IMG.0132": "Wait until the backup is available, then run the task again.",
    "IMG.0033": "Use a backup that contains the system disk of the server.",
    "IMG.0035": "The attribute is absent (or present) against expectation; run the task again.",
    "IMG.0046 IMG.0090": "Wait until the image is active, then run the task again.",
    "IMG.0047 IMG.0092 IMG.0106": (
        "Only the owner of the image may do this: use the credentials of the owning project."
    ),
    "IMG.0055": "Check min_ram, max_ram (MB, min_ram not above max_ram) and min_disk (GB).",
    "IMG.0056": "Take os_version from the list of this cloud (GET /v1/cloudimages/os_version).",
    "IMG.0058 IMG.0068 IMG.0069 IMG.0109 IMG.0175": (
        "Check the bucket in image_url: it must be in the same region, of storage class Standard,"
        " readable with these credentials, and the object name must not contain blanks."
    ),
    "IMG.0059": (
        "Quick import accepts files of up to 1 TB, and images of up to 128 GB can be copied."
    ),
    "IMG.0060 IMG.0149": (
        "The limit of image tasks at once is reached; wait until others have finished, then run"
        " the task again."
    ),
    "IMG.0063": "This type of server cannot become an image; export its disks instead.",
    "IMG.0087": "Check the credentials; a token given by hand may have expired.",
    "IMG.0093": "Images of the market cannot be deleted.",
    "IMG.0094": "Public images cannot be changed or deleted.",
    "IMG.0095 IMG.0097 IMG.0099 IMG.0100 IMG.0101 IMG.0102 IMG.0103": (
        "Check that cmk_id exists in this region, is enabled, and that IMS may use it."
    ),
    "IMG.0096": "The copy cannot have the key of its source: give another cmk_id, or none.",
    "IMG.0098": "Copy the image without encryption first; encrypted images cannot be shared.",
    "IMG.0105": "This cloud or this kind of image does not support the operation.",
    "IMG.0115 IMG.0116": (
        "Use at most 10 tags with different keys of 1 to 36 characters and values of up to 43"
        " characters."
    ),
    "IMG.0118": "Images of bare metal servers cannot be encrypted: leave cmk_id out.",
    "IMG.0122": "Set os_type to Linux or Windows.",
    "IMG.0126": "The server must be running or stopped, with no task going on.",
    "IMG.0128": "Whole images cannot be exported; export the disks of the server instead.",
    "IMG.0130": "Whole images cannot be copied in the region; make another one from the server.",
    "IMG.0135": "This whole image cannot be shared.",
    "IMG.0136": (
        "Wait until the running backup of the server has finished, then run the task again."
    ),
    "IMG.0138": (
        "Check that the server's operating system is known to the cloud (its image may be gone)."
    ),
    "IMG.0139": "Wait until no disk of the server is being changed, then run the task again.",
    "IMG.0140": "Use disks of one and the same server.",
    "IMG.0141": "Set hw_firmware_type to bios or uefi (arm allows only uefi).",
    "IMG.0153": "Servers with disks of dedicated storage (DSS, DESS) cannot become whole images.",
    "IMG.0154 EVS.5503 IAM.0012": _WAIT,
    "IMG.0155 IMG.0156": (
        "Check enterprise_project_id, that the project is enabled and that these credentials may"
        " use it."
    ),
    "IMG.0158": (
        "Quick import takes ZVHD2 files, or RAW files with their .mf bitmap file next to them in"
        " the bucket: convert the file or add the bitmap."
    ),
    "IMG.0159": "Set os_version, to a name that this cloud knows.",
    "IMG.0111": "Use a system disk smaller than 1024 GB.",
    "IMG.0161": (
        "Grant these credentials the permission for this action, and check that the account has"
        " passed real-name authentication."
    ),
    "IMG.0238 IMG.0239 IMG.0241 IMG.0242": (
        "The account cannot place orders now: check real-name authentication, balance, unpaid"
        " bills and budget in the console."
    ),
    "IMG.0164": "The spot server is being taken back: use another server or one of its backups.",
    "IMG.0166": "Set os_version: an image of an ISO file needs an operating system.",
    "IMG.0167": "ISO images cannot be copied.",
    "IMG.0176": (
        "The image may be gone while its backup still exists and incurs charges: delete the backup"
        " in CBR once it is available."
    ),
    "IMG.0180 IMG.0181": "Whole images need CBR in this region and a server that CBR can protect.",
    "IMG.0182": "Enlarge the vault or delete backups in it that are not needed.",
    "IMG.0183 IMG.0186": (
        "The server already belongs to another vault (or to CSBS): give that vault, or take the"
        " server out of it first."
    ),
    "IMG.0191 IMG.0192": (
        "The cloud could not look up a flavour of servers; run the task again and, if it stays,"
        " give support the request id."
    ),
    "IMG.0184 IMG.0188 IMG.0193 BackupService.6105": (
        "Check the vault id: it must be an available vault for server backups in this region."
    ),
    "IMG.0185": "The vault has as many servers as it can: give another vault.",
    "IMG.0187": "The key service limits requests. " + _WAIT,
    "IMG.0190": (
        "This cloud makes whole images with CBR only: set backup_type: CBR, or give a vault."
    ),
    "IMG.0194": "Import fewer images at once.",
    "IMG.0195": "Use a backup that contains a system disk with an operating system.",
    "IMG.0196": "Accept the shared image first.",
    "IMG.0197": "Shared images that are encrypted cannot be copied; ask the owner for a plain one.",
    "IMG.0212": "Set architecture to x86 or arm.",
    "EVS.1002": "Check the disk id: it is not an id.",
    "EVS.2409": "Another operation holds the disk. " + _WAIT,
    "EVS.2144 EVS.2145": (
        "The account is frozen or suspended: check real-name authentication, unpaid bills and the"
        " payment method in the console."
    ),
    "EVS.5400": (
        "The message says what the cloud refuses: the status of the disk, which must be available,"
        " or in-use with force: true, or a value of the request."
    ),
    "EVS.5404": "Check the disk id and that it belongs to this region and project.",
    "EVS.5413": "Delete disks or images that are not needed, or have the quota raised.",
    "BackupService.6204": "An image uses the backup: delete the image first.",
    "Common.0011": "The job is not known (any more); run the task again to look for its image.",
    "IAM.0001 IAM.0061 IAM.0062 IAM.0066 IAM.0067": (
        "Check user name, password and domain name (the name of the account)."
    ),
    "APIGW.0101": "This cloud or region does not offer the call: check region and endpoints.",
    "APIGW.0301": (
        "Check access key and secret key; a security token or a token given by hand may have"
        " expired."
    ),
    "APIGW.0308": "Too many requests of this user. " + _WAIT,
}

HINTS = {code: advice for codes, advice in _ADVICE.items() for code in codes.split()}

BY_STATUS: dict[int, str] = {
    401: (
        "Check the credentials (with a user name, the domain name, too), their region and project."
    ),
    403: PERMISSION,
    413: "A quota or size limit is reached: delete what is not needed, or have it raised.",
    429: "Too many requests. " + _WAIT,
    500: _SUPPORT,
    502: _WAIT,
    503: _WAIT,
    504: _WAIT,
}


# For Keystone, which has no codes.
BY_WORDS: dict[str, str] = {
    "expecting to find domain in project": (
        "Name the account of the project: set OS_PROJECT_DOMAIN_NAME, or project_domain_name in"
        " clouds.yaml."
    ),
}


def hint_for(code: str, http_status: int = 0, message: str = "") -> str:
    """Return the advice for `code`, else for the cloud's message, else for the HTTP status, else
    ''."""
    words = message.lower()
    spoken = next((hint for known, hint in BY_WORDS.items() if known in words), "")
    return HINTS.get(code) or spoken or BY_STATUS.get(http_status, "")
