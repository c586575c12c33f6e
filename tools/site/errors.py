# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of error codes, written from the only table of hints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.hints import BY_STATUS, HINTS
from ansible_collections.huaweicloud.ims.plugins.module_utils._images import result

# What the codes of a service begin with, in the order of the page.
SERVICES: Mapping[str, str] = {
    "IMG": "Images (IMS)",
    "EVS": "Disks (EVS)",
    "Ecs": "Servers (ECS)",
    "BackupService": "Backups (CBR)",
    "Common": "Jobs",
    "IAM": "Users and permissions (IAM)",
    "APIGW": "The gateway in front of all services",
}

# The collection's own codes: what they mean, and what to do.
OWN: Mapping[str, str] = {
    "invalid_argument": "An option is wrong, and no request was sent. The message names it.",
    "missing_library": "Install requests and jmespath for the Python that the message names.",
    "credentials": "There are no credentials, or incomplete or contradictory ones. Run the doctor.",
    "configuration": "The region, project or an address is not known. Run the doctor.",
    "refused": "What was asked for is not possible, such as an export of a disk in use."
    " Nothing was written.",
    "image_conflict": "An existing image stands in the way, such as one of another source."
    " Decide with if_source_differs.",
    "failed": "The cloud accepted the request and did not fulfil it; the message has its reason."
    " Of prepare_guest: a file or a command of the server.",
    "timeout": "Time is up, and nothing was deleted. Run the task again to keep waiting.",
    "no_answer": "The cloud did not answer. Run the task again: it looks for the image first.",
    "useless_answer": "Something else answered in place of the cloud, such as a proxy.",
    "still_listed": "The cloud accepted the deletion and still lists the image. It will disappear.",
    "vanished": "The new image was active and is gone. Old images were kept; run the task again.",
    "incomplete": "Some of many images failed or are not finished; images says which.",
    "bug": "This is a fault of the collection. Please report it.",
}

# What stands before the tables.
_HEAD = Path(__file__).with_suffix(".rst")


def page() -> str:
    """The text of docs/docsite/rst/errors.rst."""
    return "\n".join([_HEAD.read_text(encoding="utf-8"), *_sections()])


def _sections() -> Iterator[str]:
    unknown = {code.split(".")[0] for code in HINTS} - set(SERVICES)
    if unknown:
        raise ValueError(f"Codes of services that have no title: {', '.join(sorted(unknown))}")
    missing = set(result.CODES.values()) ^ set(OWN)
    if missing:
        raise ValueError(f"Codes of the collection without a text: {', '.join(sorted(missing))}")
    yield from _section("Codes of the collection", "Code", OWN)
    for prefix, title in SERVICES.items():
        codes = [code for code in HINTS if code.split(".")[0] == prefix]
        yield from _section(title, "Code", {code: HINTS[code] for code in sorted(codes)})
    yield ".. _ansible_collections.huaweicloud.ims.docsite.errors_status:\n"
    yield from _section(
        "Any other code", "Status", {str(status): hint for status, hint in BY_STATUS.items()}
    )


def _section(title: str, column: str, rows: Mapping[str, str]) -> Iterator[str]:
    yield f"{title}\n{'-' * len(title)}\n"
    yield ".. list-table::\n   :class: ims-codes\n   :header-rows: 1\n   :widths: 25 75\n"
    yield f"   * - {column}\n     - What to do"
    for code, hint in rows.items():
        yield f"   * - ``{code}``\n     - {escaped(hint)}"
    yield ""


def escaped(text: str) -> str:
    """Plain text as reStructuredText, in which some characters begin markup."""
    for character in ("\\", "*", "`", "_", "|"):
        text = text.replace(character, "\\" + character)
    return text
