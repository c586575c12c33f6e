#!/usr/bin/python
# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: quick_import
short_description: Import large image files from a bucket quickly
version_added: 0.1.0
description:
  - Creates a system disk image or a data disk image from a ZVHD2 or RAW file of up to 1 TB in an OBS bucket.
  - >-
    The bucket and the object must have the storage class Standard and be in the same region. A RAW file needs its
    bitmap file beside it, with the same base name and the suffix C(.mf).
  - For files in other formats and smaller than 128 GB the cloud recommends its ordinary import, which this collection does not offer.
author:
  - The huaweicloud.ims contributors (@huaweicloud)
extends_documentation_fragment:
  - huaweicloud.ims.auth
  - huaweicloud.ims.image
  - huaweicloud.ims.managed_attributes
  - huaweicloud.ims.attributes
  - huaweicloud.ims.attributes.writes
options:
  name:
    description:
      - >-
        The name of the image, 1 to 128 letters, digits, spaces, V(-), V(.) and V(_), without leading or trailing spaces. Huawei
        Cloud also accepts Chinese characters in it, Open Telekom Cloud does not.
      - Required, unless O(state=absent) selects the image with O(image_id).
    type: str
  image_url:
    description:
      - >-
        The file, as C(<bucket>:<object key>), C(obs://<bucket>/<object key>) or
        C(https://<bucket>.obs.<region>.<domain>/<object key>), without spaces. All forms of one file mean the same source.
      - A URL with a query string, or with the host of another region, is refused.
      - Required with O(state=present).
    type: str
  min_disk:
    description:
      - The size of the disk in GB, 1 to 1024. It must be larger than the disk in the file.
      - Required with O(state=present).
    type: int
  type:
    description:
      - The type of the image.
      - >-
        V(ECS) and V(BMS) are system disk images for servers and bare metal servers, V(DataImage) is a data disk image.
    type: str
    choices: [ECS, BMS, DataImage]
    default: ECS
  os_version:
    description:
      - The operating system in the file, as the cloud names it, for example V(CentOS 7.0 64bit).
      - Required for system disk images, not accepted for data disk images.
    type: str
  os_type:
    description:
      - The type of operating system that a data disk image is for, V(Linux) or V(Windows), in upper or lower case. If omitted, the
        cloud assumes V(Linux).
    type: str
  architecture:
    description:
      - The architecture of a system disk image. If omitted, the cloud assumes V(x86).
    type: str
    choices: [x86, arm]
  hw_firmware_type:
    description:
      - The boot mode of a system disk image. If omitted, the cloud chooses it. O(architecture=arm) requires V(uefi).
    type: str
    choices: [bios, uefi]
  license_type:
    description:
      - The licence of a Windows system disk image, from the cloud (V(platform)) or your own (V(byol)).
    type: str
    choices: [platform, byol]
  image_id:
    description:
      - The ID of the image to delete. Only with O(state=absent), instead of O(name).
    type: str
  wait_timeout:
    description:
      - The time limit of the whole task in seconds.
    type: int
    default: 7200
"""

EXAMPLES = r"""
- name: Import a system disk image
  huaweicloud.ims.quick_import:
    name: ims_test_file
    image_url: ims-image:centos70.zvhd2
    os_version: CentOS 7.0 64bit
    min_disk: 40
    image_tags:
      origin: bucket

- name: Import a data disk image
  huaweicloud.ims.quick_import:
    name: ims_test_data
    type: DataImage
    image_url: ims-image:centos70.zvhd2
    os_type: Linux
    min_disk: 40
"""

RETURN = r"""
image:
  description:
    - The image. In check mode and with O(wait=false), attributes that are not known yet are null.
  returned: success
  type: dict
  contains:
    id: {description: The ID of the image., type: str, returned: success, sample: 33ad552d-1149-471c-8190-ff6776174a00}
    name: {description: The name of the image., type: str, returned: success, sample: ims_test_file}
    status: {description: The status of the image; null while it is unknown., type: str, returned: success, sample: active}
    description: {description: The description of the image., type: str, returned: success, sample: Golden image of the web tier}
    min_ram: {description: Minimum memory of servers created from the image in MB., type: int, returned: success, sample: 1024}
    max_ram: {description: Maximum memory of these servers in MB; null for no limit., type: int, returned: success, sample: 65536}
    min_disk: {description: Minimum size of their disk in GB., type: int, returned: success, sample: 40}
    tags: {description: The tags as a mapping., type: dict, returned: success, sample: {tier: web}}
    image_tags: {description: The same as C(tags)., type: dict, returned: success, sample: {tier: web}}
    enterprise_project_id: {description: The ID of the enterprise project; 0 is the default project., type: str, returned: success, sample: "0"}
    source:
      description: The source that the image was created from, according to the cloud or to the source tag; null if unknown.
      type: dict
      returned: success
      sample: {kind: file, id: "ims-image:centos70.zvhd2"}
    whole_image:
      description: Whether this is a whole (full-ECS) image.
      type: bool
      returned: success
      sample: false
    backup_id: {description: The ID of the backup behind a whole image., type: str, returned: success, sample: null}
    original_image_id: {description: The ID of the image that it was copied from., type: str, returned: success, sample: null}
    data_origin: {description: The source as the cloud records it., type: str, returned: success, sample: "file,ims-image:centos70.zvhd2"}
    encrypted: {description: Whether the image is encrypted., type: bool, returned: success, sample: false}
    cmk_id: {description: The ID of the KMS key that encrypts the image., type: str, returned: success, sample: null}
    os_type: {description: "Linux, Windows or Other.", type: str, returned: success, sample: Linux}
    os_version: {description: The operating system and its version., type: str, returned: success, sample: CentOS 7.0 64bit}
    os_bit: {description: 32 or 64., type: int, returned: success, sample: 64}
    platform: {description: The family of the operating system., type: str, returned: success, sample: CentOS}
    architecture: {description: x86 or arm., type: str, returned: success, sample: x86}
    hw_firmware_type: {description: bios or uefi; null stands for bios., type: str, returned: success, sample: bios}
    virtual_env_type:
      description: C(FusionCompute) for servers (ECS), C(Ironic) for bare metal servers (BMS), C(DataImage) or C(IsoImage).
      type: str
      returned: success
      sample: FusionCompute
    disk_format: {description: The format of the image data., type: str, returned: success, sample: zvhd2}
    container_format: {description: The container format of the image data., type: str, returned: success, sample: bare}
    image_size: {description: The size of the image data in bytes., type: int, returned: success, sample: 1073741824}
    image_type: {description: "private, shared, gold (public) or market.", type: str, returned: success, sample: private}
    visibility: {description: "private, shared or public.", type: str, returned: success, sample: private}
    protected: {description: Whether the image is protected against deletion., type: bool, returned: success, sample: false}
    owner: {description: The ID of the project that owns the image., type: str, returned: success, sample: 0605767b9b1234567890abcdef123456}
    created_at: {description: When the image was created (UTC)., type: str, returned: success, sample: "2026-01-02T03:04:05Z"}
    updated_at: {description: When the image was last changed (UTC)., type: str, returned: success, sample: "2026-01-02T03:14:05Z"}
    active_at: {description: When the image became active (UTC)., type: str, returned: success, sample: "2026-01-02T03:14:05Z"}
image_id:
  description: The ID of the image; null if unknown. Failures return it, too.
  returned: always
  type: str
  sample: 33ad552d-1149-471c-8190-ff6776174a00
job_id:
  description: The ID of the job in the cloud; null if this task started none. Failures return it, too.
  returned: always
  type: str
  sample: ff80808280c204e30180d2784c3c0d86
job:
  description: The job as last reported by the cloud; null if there is none.
  returned: success
  type: dict
  sample:
    id: ff80808280c204e30180d2784c3c0d86
    type: imsImportImageJob
    status: SUCCESS
    image_id: 33ad552d-1149-471c-8190-ff6776174a00
    begin_time: "2026-01-02T03:04:05.195Z"
    end_time: "2026-01-02T03:14:05.399Z"
    error_code: null
    fail_reason: null
actions:
  description: What the task did, or would do in check mode, one line per action.
  returned: success
  type: list
  elements: str
  sample: ["create image 'ims_test_file' of file ims-image:centos70.zvhd2"]
resumed:
  description: Whether the task adopted an image that was already being created.
  returned: success
  type: bool
  sample: false
source_verified:
  description: Whether the image is proven to be created from the source that the task names.
  returned: success
  type: bool
  sample: true
pending:
  description:
    - What remains to be done once the image is active. M(huaweicloud.ims.image_wait) does it, and so does another run of this task.
  returned: when O(wait=false) and an image is being created
  type: dict
  contains:
    name: {description: The name of the image., type: str, returned: always, sample: web}
    attributes: {description: Managed attributes that the create request could not carry., type: dict, returned: always, sample: {min_ram: 1024}}
    tags: {description: Tags that the create request could not carry., type: dict, returned: always, sample: {tier: web}}
    purge_tags: {description: Whether all other tags will be removed., type: bool, returned: always, sample: true}
    ansible_ims_source:
      description: The source that will be recorded as the source tag; null if it is not proven.
      type: str
      returned: always
      sample: "image,465076de-dc36-4aec-80f5-ef9d8009428f"
    requested:
      description: The attributes and tags that the create request carried. They are checked once the image is active, since some clouds ignore some of them.
      type: dict
      returned: always
      sample: {attributes: {description: Web}, tags: {}, purge_tags: false}
    other_ids: {description: The IDs of images that existed before the create request., type: list, elements: str, returned: always, sample: []}
    delete_ids: {description: The IDs of replaced images that will be deleted., type: list, elements: str, returned: always, sample: []}
    delete_backup: {description: Whether their backups will be deleted as well., type: bool, returned: always, sample: false}
    renamed_ids:
      description: The IDs of replaced images that were temporarily renamed. One of them gets its name back if the new image fails.
      type: list
      elements: str
      returned: always
      sample: []
diff:
  description: The managed attributes before and after.
  returned: success
  type: dict
  sample: {before: {name: ims_test_file, min_ram: 0}, after: {name: ims_test_file, min_ram: 1024}}
elapsed:
  description: The duration of the task in seconds.
  returned: always
  type: float
  sample: 431.7
desired:
  description: The name and the source of the requested image, as given.
  returned: failure, with O(state=present)
  type: dict
  sample: {name: centos, source: "file my-bucket:centos70.zvhd2"}
error:
  description: >-
    The failure in machine-readable form. The code, status, message and request ID are the cloud's own, where it gave them. Otherwise
    C(code) is a code of the collection, such as V(invalid_argument), V(credentials), V(configuration), V(no_answer), V(timeout),
    V(refused) or V(bug). C(hint) is empty if there is no advice.
  returned: failure
  type: dict
  sample:
    http_status: 400
    code: IMG.0056
    message: The OS version is not known.
    request_id: 9fbc5ae1c2b94e1c9c1f1f2a3b4c5d6e
    hint: Take os_version from the list of this cloud (GET /v1/cloudimages/os_version).
notes:
  description: The source of the credentials, and other remarks.
  returned: with C(-v)
  type: list
  elements: str
  sample: ["Credentials: environment HW_ACCESS_KEY and HW_SECRET_KEY"]
requests:
  description: One line per request, without headers and bodies.
  returned: with C(-vvv)
  type: list
  elements: str
  sample: ["GET ims.eu-de.otc.t-systems.com/v2/cloudimages?limit,name,owner -> 200 in 41 ms, request id 9fbc5ae1"]
"""

from ansible_collections.huaweicloud.ims.plugins.module_utils._front.module import run_module
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.arguments.quick_import import (
    ARGUMENTS,
    check,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.quick_import import (
    run,
)


def main() -> None:
    run_module(ARGUMENTS, check, run)


if __name__ == "__main__":
    main()
