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
  - Renames an image, changes its description, limits, tags, protection and enterprise project, or deletes it.
  - It makes no images; what an image was made from does not matter here.
author:
  - The huaweicloud.ims contributors (@huaweicloud)
extends_documentation_fragment:
  - huaweicloud.ims.auth
  - huaweicloud.ims.looks
  - huaweicloud.ims.attributes
  - huaweicloud.ims.attributes.writes
attributes:
  idempotent:
    support: full
    description: >-
      An image that is as it is to be is left alone. So is one that a run before has renamed and O(image) still calls
      by its old name, with a warning, since a name proves no identity; if anything else of it is to be changed, the
      task fails. One that is absent already is no failure.
options:
  image:
    description:
      - The image, by id or by exact name. By name only images of your own project are meant.
      - To rename an image give its id, which stays what it is.
    type: str
    required: true
    aliases: [image_id]
  name:
    description:
      - The name it is to have. Not managed if omitted. A name that another image has already causes a warning.
    type: str
  state:
    description:
      - V(present) changes the image, which must exist. V(absent) makes sure that it does not.
    type: str
    choices: [present, absent]
    default: present
  protected:
    description:
      - Whether the image is protected against deletion. Not managed if omitted.
      - >-
        The API references show this attribute, but do not list it among those that can be changed. It is set by a request of its own: a
        cloud that refuses it still makes the other changes, and the task fails afterwards.
    type: bool
  delete_all:
    description:
      - Whether O(state=absent) may delete several images of the same name.
    type: bool
    default: false
  delete_backup:
    description:
      - Whether O(state=absent) also deletes the backup of a whole image. Otherwise it stays, and still incurs charges.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait for an image that is still being made, and after a deletion until the image is gone.
    type: bool
    default: true
  wait_timeout:
    description:
      - How long the whole task may take, in seconds.
    type: int
    default: 3600
"""

EXAMPLES = r"""
- name: Give an image another name and a limit
  huaweicloud.ims.image:
    image: linux-base
    name: linux-base-2026
    min_ram: 1024

- name: Add a tag, keep the others
  huaweicloud.ims.image:
    image: 465076de-dc36-4aec-80f5-ef9d8009428f
    image_tags:
      reviewed: "2026-01"
    purge_tags: false

- name: Delete an image, and the backup behind it
  huaweicloud.ims.image:
    image: whole-from-server
    state: absent
    delete_backup: true
"""

RETURN = r"""
image:
  description: The image; one that was deleted as it was before, null if there was none.
  returned: success
  type: dict
  contains:
    id: {description: The id of the image., type: str, returned: success, sample: 33ad552d-1149-471c-8190-ff6776174a00}
    name: {description: Its name., type: str, returned: success, sample: ims_encrypted_copy3}
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
      sample: {kind: image, id: 465076de-dc36-4aec-80f5-ef9d8009428f}
    whole_image:
      description: Whether it is a whole (full-ECS) image.
      type: bool
      returned: success
      sample: false
    backup_id: {description: The backup of a whole image., type: str, returned: success, sample: null}
    original_image_id: {description: The image it comes from., type: str, returned: success, sample: null}
    data_origin: {description: The source in the words of the cloud., type: str, returned: success, sample: "image,eu-de,465076de-dc36-4aec-80f5-ef9d8009428f"}
    encrypted: {description: Whether it is encrypted., type: bool, returned: success, sample: true}
    cmk_id: {description: The key it is encrypted with., type: str, returned: success, sample: bd66288c-9081-460a-8227-4cbd0c814cb4}
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
  description: Always null, no job is started.
  returned: always
  type: str
  sample: null
actions:
  description: What was done, or would be done in check mode, in words.
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
  description: How long the task took, in seconds.
  returned: always
  type: float
  sample: 431.7
error:
  description: >-
    The failure for programs. The cloud's own code, status, message and request id, where it gave some; otherwise a code of the collection,
    such as V(invalid_argument), V(credentials), V(configuration), V(no_answer), V(timeout), V(refused) or V(bug). C(hint) is empty where
    there is no advice.
  returned: failure
  type: dict
  sample:
    http_status: 403
    code: IMG.0092
    message: The image belongs to another project.
    request_id: 9fbc5ae1c2b94e1c9c1f1f2a3b4c5d6e
    hint: "Only the owner of the image may do this: use the credentials of the owning project."
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
