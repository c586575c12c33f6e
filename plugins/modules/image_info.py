#!/usr/bin/python
# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_info
short_description: List images
version_added: 0.1.0
description:
  - Lists images, all pages of them, each with everything that the modules which make images return.
  - >-
    Without O(image_type) the images of your own project are listed, those that are shared out among them. O(visibility=public) lists
    public images.
  - A filter that is given and empty is an error, so that an empty variable never lists more than was meant.
author:
  - The huaweicloud.ims contributors (@huaweicloud)
extends_documentation_fragment:
  - huaweicloud.ims.auth
  - huaweicloud.ims.attributes
  - huaweicloud.ims.attributes.info
options:
  image_id:
    description: Only the image with this id, whoever owns it.
    type: str
    aliases: [id]
  name:
    description: Only images with exactly this name.
    type: str
  source:
    description:
      - >-
        Only images made from this, as far as it is known. The id of a server, disk, backup or image, or a file as
        C(<bucket>:<object key>).
    type: str
  status:
    description: Only images in this status.
    type: str
    choices: [queued, saving, active, killed, deleted]
  image_type:
    description: V(private) images of your own project, V(shared) with you, public (V(gold)), or of the V(market).
    type: str
    choices: [private, shared, gold, market]
  visibility:
    description:
      - Only images with this visibility.
      - Those with V(public) belong to the cloud, not to your own project, unless O(image_type=private) excludes them.
    type: str
    choices: [private, shared, public]
  tag:
    description:
      - >-
        Only images with this tag, as C(key=value) or C(key.value), or with its key and any value. C(key=) is the empty value; a key
        that contains a dot needs C(=).
    type: str
  os_type:
    description: Only images for this kind of operating system.
    type: str
    choices: [Linux, Windows, Other]
  os_version:
    description: Only images for this operating system, in the words of the cloud.
    type: str
  whole_image:
    description: Only whole images, or only others.
    type: bool
  older_than:
    description:
      - Only images that were ordered longer ago than this, for example V(7d) or V(12h).
      - The younger of the ages by this machine's clock and by the cloud's counts. Where the two differ by more than 15 minutes there is a warning.
    type: str
  newer_than:
    description: Only images that were ordered more recently than this.
    type: str
  enterprise_project_id:
    description: Only images of this enterprise project, V(0) for the default one.
    type: str
  most_recent:
    description: Only the newest of the images that are left.
    type: bool
    default: false
  query:
    description:
      - A JMESPath expression that is applied to RV(images); its outcome is RV(result).
    type: str
"""

EXAMPLES = r"""
- name: List all images of the project
  huaweicloud.ims.image_info:

- name: Find the newest golden image
  huaweicloud.ims.image_info:
    tag: tier=web
    status: active
    most_recent: true
  register: newest

- name: Tell names and ages of whole images that are older than a month
  huaweicloud.ims.image_info:
    whole_image: true
    older_than: 30d
    query: "[].{name: name, created: created_at}"
"""

RETURN = r"""
image_id:
  description: Null, as the result is not about one image.
  returned: always
  type: str
  sample: null
job_id:
  description: Null, as the result is not about one job.
  returned: always
  type: str
  sample: null
images:
  description: The images, newest first.
  returned: success
  type: list
  elements: dict
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
result:
  description: The outcome of O(query).
  returned: when O(query) is given
  type: raw
  sample: [{name: web-01-golden, created: "2026-01-02T03:04:05Z"}]
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
    code: IMG.0026
    message: The user has no permission for this.
    request_id: 9fbc5ae1c2b94e1c9c1f1f2a3b4c5d6e
    hint: Grant these credentials the permission for this action (IAM policies of IMS, EVS, ECS and CBR) in this project.
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
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.arguments.image_info import (
    ARGUMENTS,
    check,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.listing import (
    run,
)


def main() -> None:
    run_module(ARGUMENTS, check, run)


if __name__ == "__main__":
    main()
