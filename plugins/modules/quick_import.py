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
  - Makes a system disk image or a data disk image of a ZVHD2 or RAW file in an OBS bucket, of up to 1 TB.
  - >-
    The bucket and the object must have the storage class Standard and lie in the same region. A RAW file needs its
    bitmap file beside it, with the same base name and the suffix C(.mf).
  - Files of less than 128 GB in other formats are better imported with the ordinary import of the cloud.
author:
  - The huaweicloud.ims contributors (@huaweicloud)
extends_documentation_fragment:
  - huaweicloud.ims.auth
  - huaweicloud.ims.image
  - huaweicloud.ims.looks
  - huaweicloud.ims.attributes
  - huaweicloud.ims.attributes.writes
options:
  name:
    description:
      - >-
        The name of the image, 1 to 128 letters, digits, spaces, V(-), V(.) and V(_), with no space at either end.
      - Needed unless O(state=absent) is asked for by O(image_id).
    type: str
  image_url:
    description:
      - The file, as C(<bucket>:<object key>), without spaces.
      - Needed with O(state=present).
    type: str
  min_disk:
    description:
      - The size of the disk in GB, 1 to 1024. It must be larger than the disk in the file.
      - Needed with O(state=present).
    type: int
  type:
    description:
      - What the image is for.
      - >-
        V(ECS) and V(BMS) are system disk images of servers and bare metal servers, V(DataImage) is a data disk image.
    type: str
    choices: [ECS, BMS, DataImage]
    default: ECS
  os_version:
    description:
      - The operating system in the file, in the words of the cloud, for example V(CentOS 7.0 64bit).
      - Needed for system disk images, not accepted for data disk images.
    type: str
  os_type:
    description:
      - The kind of operating system that a data disk image is for. The cloud takes V(Linux) if omitted.
    type: str
    choices: [Linux, Windows]
  architecture:
    description:
      - The architecture of a system disk image. The cloud takes V(x86) if omitted.
    type: str
    choices: [x86, arm]
  hw_firmware_type:
    description:
      - How a system disk image boots. The cloud takes V(bios) if omitted; V(arm) boots with V(uefi) only.
    type: str
    choices: [bios, uefi]
  license_type:
    description:
      - The licence of a Windows system disk image, of the cloud (V(platform)) or your own (V(byol)).
    type: str
    choices: [platform, byol]
  image_id:
    description:
      - The image to delete, by id. Only with O(state=absent), instead of O(name).
    type: str
  wait_timeout:
    description:
      - How long the whole task may take, in seconds.
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
    - The image. In check mode, and with O(wait=false), what is known of it beforehand.
  returned: success
  type: dict
  contains:
    id: {description: The id of the image., type: str, returned: success, sample: 33ad552d-1149-471c-8190-ff6776174a00}
    name: {description: Its name., type: str, returned: success, sample: ims_test_file}
    status: {description: Its status; null if it is not known yet., type: str, returned: success, sample: active}
    description: {description: Its description., type: str, returned: success, sample: Golden image of the web tier}
    min_ram: {description: Least memory of its servers in MB., type: int, returned: success, sample: 1024}
    max_ram: {description: Most memory of its servers in MB; null for no limit., type: int, returned: success, sample: 65536}
    min_disk: {description: Least size of the disk in GB., type: int, returned: success, sample: 40}
    tags: {description: Its tags as a mapping., type: dict, returned: success, sample: {tier: web}}
    image_tags: {description: The same as C(tags)., type: dict, returned: success, sample: {tier: web}}
    enterprise_project_id: {description: Its enterprise project; 0 is the default one., type: str, returned: success, sample: "0"}
    source:
      description: What it was made from, as far as the cloud or our note on the image tells it; else null.
      type: dict
      returned: success
      sample: {kind: file, id: "ims-image:centos70.zvhd2"}
    whole_image:
      description: Whether it is a whole (full-ECS) image.
      type: bool
      returned: success
      sample: false
    backup_id: {description: The backup of a whole image., type: str, returned: success, sample: null}
    original_image_id: {description: The image it comes from., type: str, returned: success, sample: null}
    data_origin: {description: The source in the words of the cloud., type: str, returned: success, sample: "file,ims-image:centos70.zvhd2"}
    encrypted: {description: Whether it is encrypted., type: bool, returned: success, sample: false}
    cmk_id: {description: The key it is encrypted with., type: str, returned: success, sample: null}
    os_type: {description: The kind of operating system., type: str, returned: success, sample: Linux}
    os_version: {description: The operating system., type: str, returned: success, sample: CentOS 7.0 64bit}
    os_bit: {description: Its bits., type: int, returned: success, sample: 64}
    platform: {description: The family of the operating system., type: str, returned: success, sample: CentOS}
    architecture: {description: x86 or arm., type: str, returned: success, sample: x86}
    hw_firmware_type: {description: bios or uefi; null means bios., type: str, returned: success, sample: bios}
    virtual_env_type:
      description: What it is for; C(FusionCompute) (ECS), C(Ironic) (BMS), C(DataImage) or C(IsoImage).
      type: str
      returned: success
      sample: FusionCompute
    disk_format: {description: The format of its data., type: str, returned: success, sample: zvhd2}
    container_format: {description: The container of its data., type: str, returned: success, sample: bare}
    image_size: {description: Its size in bytes., type: int, returned: success, sample: 1073741824}
    image_type: {description: "private, shared, gold (public) or market.", type: str, returned: success, sample: private}
    visibility: {description: "private, shared or public.", type: str, returned: success, sample: private}
    protected: {description: Whether it is protected against deletion., type: bool, returned: success, sample: false}
    owner: {description: The id of the project that owns it., type: str, returned: success, sample: 0605767b9b1234567890abcdef123456}
    created_at: {description: When it was created (UTC)., type: str, returned: success, sample: "2026-01-02T03:04:05Z"}
    updated_at: {description: When it was changed last (UTC)., type: str, returned: success, sample: "2026-01-02T03:14:05Z"}
    active_at: {description: When it became active (UTC)., type: str, returned: success, sample: "2026-01-02T03:14:05Z"}
image_id:
  description: The id of the image; null if it is not known. Also returned by failures.
  returned: always
  type: str
  sample: 33ad552d-1149-471c-8190-ff6776174a00
job_id:
  description: The id of the cloud's job; null if this task started none. Also returned by failures.
  returned: always
  type: str
  sample: ff80808280c204e30180d2784c3c0d86
job:
  description: The last answer about that job; null without one.
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
  description: What was done, or would be done in check mode, in words.
  returned: success
  type: list
  elements: str
  sample: ["create image 'ims_test_file' of file ims-image:centos70.zvhd2"]
resumed:
  description: Whether an image that was being made already was taken up instead of making one.
  returned: success
  type: bool
  sample: false
source_verified:
  description: Whether it is proved that the image was made from the source that the task names.
  returned: success
  type: bool
  sample: true
pending:
  description:
    - What is left to do once the image is active. M(huaweicloud.ims.image_wait) does it, and so does this task, run again.
  returned: when O(wait=false) and an image is being made
  type: dict
  contains:
    name: {description: The name of the image., type: str, returned: always, sample: web}
    attributes: {description: Attributes that the create request could not take., type: dict, returned: always, sample: {min_ram: 1024}}
    tags: {description: Tags that the create request could not take., type: dict, returned: always, sample: {tier: web}}
    purge_tags: {description: Whether other tags are to be removed., type: bool, returned: always, sample: true}
    ansible_ims_source:
      description: The source that is to be noted on the image; null if it is not proved.
      type: str
      returned: always
      sample: "image,465076de-dc36-4aec-80f5-ef9d8009428f"
    ordered:
      description: The attributes and tags that the create request took; some clouds leave some of them out.
      type: dict
      returned: always
      sample: {attributes: {description: Web}, tags: {}, purge_tags: false}
    known: {description: The ids of images that were there before and are not the new one., type: list, elements: str, returned: always, sample: []}
    remove: {description: The ids of old images that are to be deleted., type: list, elements: str, returned: always, sample: []}
    delete_backup: {description: Whether their backups are to be deleted as well., type: bool, returned: always, sample: false}
    aside:
      description: The ids of old images that were renamed to make room; one gets its name back if the new image fails.
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
  description: How long the task took, in seconds.
  returned: always
  type: float
  sample: 431.7
wanted:
  description: The name and the source of the image that was asked for, as they were given.
  returned: failure, with O(state=present)
  type: dict
  sample: {name: centos, source: "file my-bucket:centos70.zvhd2"}
error:
  description: >-
    The failure for programs. The cloud's own code, status, message and request id, where it gave some; otherwise a code of the collection,
    such as V(invalid_argument), V(credentials), V(configuration), V(no_answer), V(timeout), V(refused) or V(bug). C(hint) is empty where
    there is no advice.
  returned: failure
  type: dict
  sample:
    http_status: 400
    code: IMG.0056
    message: The OS version is not known.
    request_id: 9fbc5ae1c2b94e1c9c1f1f2a3b4c5d6e
    hint: Take os_version from the list of this cloud (GET /v1/cloudimages/os_version).
notes:
  description: Which credentials were used, and what else is good to know.
  returned: with C(-v)
  type: list
  elements: str
  sample: ["Credentials: environment HW_ACCESS_KEY and HW_SECRET_KEY"]
requests:
  description: One line for each request, without headers and bodies.
  returned: with C(-vvv)
  type: list
  elements: str
  sample: ["GET ims.eu-de.otc.t-systems.com/v2/cloudimages?limit,name,owner -> 200 in 41 ms, request id 9fbc5ae1"]
"""

from typing import Any

from ansible_collections.huaweicloud.ims.plugins.module_utils._front.module import run_module
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.context import Task
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.arguments.quick_import import (
    ARGUMENTS,
    FILE,
    check,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.make import (
    ensure_state,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.sources.file import FileSource


def run(task: Task, arguments: dict[str, Any]) -> dict[str, Any]:
    if arguments["image_url"] is None:
        return ensure_state(task, arguments, None)
    source = FileSource(**{option: arguments[option] for option in FILE})
    return ensure_state(task, arguments, source)


def main() -> None:
    run_module(ARGUMENTS, check, run)


if __name__ == "__main__":
    main()
