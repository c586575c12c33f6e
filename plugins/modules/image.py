#!/usr/bin/python
# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image
short_description: Change and delete images
version_added: 0.1.0
description:
  - Renames an image, changes its description, memory limits, tags, protection and enterprise project, or deletes it.
  - It creates no images, and does not consider the source of an image.
author:
  - The huaweicloud.ims contributors (@huaweicloud)
extends_documentation_fragment:
  - huaweicloud.ims.auth
  - huaweicloud.ims.managed_attributes
  - huaweicloud.ims.attributes
  - huaweicloud.ims.attributes.writes
attributes:
  idempotent:
    support: full
    description: >-
      An image without drift is left unchanged. If no image has the name in O(image), but one has the new O(name) and needs no other
      change, the task assumes that an earlier run renamed it, and warns, since a name proves no identity; if it needs another change, the
      task fails. Deleting an image that does not exist succeeds.
options:
  image:
    description:
      - The image, by ID or exact name. A name refers only to images of your own project.
      - To rename an image, use its ID, which does not change.
      - Required, unless O(state=absent) selects the image with O(name).
    type: str
    aliases: [image_id]
  name:
    description:
      - The new name of the image. Not managed if omitted. There is a warning if another image already has that name.
      - With O(state=absent) and without O(image), the exact name of the image to delete, as in the modules that create images.
    type: str
  state:
    description:
      - V(present) changes the image, which must exist. V(absent) ensures that it does not exist.
    type: str
    choices: [present, absent]
    default: present
  protected:
    description:
      - Whether the image is protected against deletion. Not managed if omitted.
      - >-
        The API references show this attribute, but do not list it among those that can be changed. Therefore the module sets it in a
        separate request. If the cloud refuses it, the other changes are made, and then the task fails.
    type: bool
  delete_all:
    description:
      - Whether O(state=absent) may delete several images of the same name.
    type: bool
    default: false
  delete_backup:
    description:
      - Whether O(state=absent) also deletes the backup of a whole image. Otherwise the backup remains and still incurs charges.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait for an image that is still being created, and after a deletion until the image is gone.
    type: bool
    default: true
  wait_timeout:
    description:
      - The time limit of the whole task in seconds.
    type: int
    default: 3600
"""

EXAMPLES = r"""
- name: Rename an image and set its minimum memory
  huaweicloud.ims.image:
    image: linux-base
    name: linux-base-2026
    min_ram: 1024

- name: Add a tag and keep the others
  huaweicloud.ims.image:
    image: 465076de-dc36-4aec-80f5-ef9d8009428f
    image_tags:
      reviewed: "2026-01"
    purge_tags: false

- name: Delete an image and the backup behind it
  huaweicloud.ims.image:
    image: whole-from-server
    state: absent
    delete_backup: true
"""

RETURN = r"""
image:
  description: The image. A deleted image is returned as it was; null if there was none.
  returned: success
  type: dict
  contains:
    id: {description: The ID of the image., type: str, returned: success, sample: 33ad552d-1149-471c-8190-ff6776174a00}
    name: {description: The name of the image., type: str, returned: success, sample: ims_encrypted_copy3}
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
      sample: {kind: image, id: 465076de-dc36-4aec-80f5-ef9d8009428f}
    whole_image:
      description: Whether this is a whole (full-ECS) image.
      type: bool
      returned: success
      sample: false
    backup_id: {description: The ID of the backup behind a whole image., type: str, returned: success, sample: null}
    original_image_id: {description: The ID of the image that it was copied from., type: str, returned: success, sample: null}
    data_origin: {description: The source as the cloud records it., type: str, returned: success, sample: "image,eu-de,465076de-dc36-4aec-80f5-ef9d8009428f"}
    encrypted: {description: Whether the image is encrypted., type: bool, returned: success, sample: true}
    cmk_id: {description: The ID of the KMS key that encrypts the image., type: str, returned: success, sample: bd66288c-9081-460a-8227-4cbd0c814cb4}
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
  description: Always null, since this module starts no job.
  returned: always
  type: str
  sample: null
actions:
  description: What the task did, or would do in check mode, one line per action.
  returned: success
  type: list
  elements: str
  sample: ["set name", "set min_ram"]
diff:
  description: The managed attributes before and after.
  returned: success
  type: dict
  sample: {before: {name: ims_encrypted_copy3, min_ram: 0}, after: {name: ims_encrypted_copy3, min_ram: 1024}}
elapsed:
  description: The duration of the task in seconds.
  returned: always
  type: float
  sample: 431.7
error:
  description: >-
    The failure in machine-readable form. The code, status, message and request ID are the cloud's own, where it gave them. Otherwise
    C(code) is a code of the collection, such as V(invalid_argument), V(credentials), V(configuration), V(no_answer), V(timeout),
    V(refused) or V(bug). C(hint) is empty if there is no advice.
  returned: failure
  type: dict
  sample:
    http_status: 403
    code: IMG.0092
    message: The image belongs to another project.
    request_id: 9fbc5ae1c2b94e1c9c1f1f2a3b4c5d6e
    hint: "Only the owner of the image may do this: use the credentials of the owning project."
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
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.arguments.image import (
    ARGUMENTS,
    check,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.change import (
    run,
)


def main() -> None:
    run_module(ARGUMENTS, check, run)


if __name__ == "__main__":
    main()
