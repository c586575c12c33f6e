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
  - Lists images with the same attributes as the modules that create images return.
  - >-
    Without O(image_type) it lists the images of your own project, including those that you share with others. O(visibility=public)
    lists public images.
  - An empty filter is an error, so that an empty variable never lists more images than intended.
author:
  - The huaweicloud.ims contributors (@huaweicloud)
extends_documentation_fragment:
  - huaweicloud.ims.auth
  - huaweicloud.ims.attributes
  - huaweicloud.ims.attributes.info
options:
  image_id:
    description: Only the image with this ID, whichever project owns it.
    type: str
    aliases: [id]
  name:
    description: Only images with exactly this name.
    type: str
  source:
    description:
      - >-
        Only images that are known to be created from this source. The ID of a server, disk, backup or image, or a file as
        C(<bucket>:<object key>).
    type: str
  status:
    description: Only images in this status.
    type: str
    choices: [queued, saving, active, killed, deleted]
  image_type:
    description: V(private) images of your own project, images V(shared) with you, public images (V(gold)), or images of the V(market).
    type: str
    choices: [private, shared, gold, market]
  visibility:
    description:
      - Only images with this visibility.
      - V(public) lists images of the cloud instead of those of your own project, unless O(image_type=private) excludes them.
    type: str
    choices: [private, shared, public]
  tag:
    description:
      - >-
        Only images with this tag, as C(key=value) or C(key.value), or with this key and any value. C(key=) stands for the empty value.
        If the key contains a dot, use C(=).
    type: str
  os_type:
    description: Only images of this type of operating system, V(Linux), V(Windows) or V(Other), in upper or lower case.
    type: str
  os_version:
    description: Only images of this operating system, for example V(CentOS 7.0 64bit).
    type: str
  whole_image:
    description: V(true) lists only whole images, V(false) only other images.
    type: bool
  older_than:
    description:
      - Only images older than this, for example V(7d) or V(12h). The age counts from the create request.
      - >-
        The age is measured by this machine's clock and by the cloud's, and the younger age counts. There is a warning if the clocks differ
        by more than 15 minutes.
    type: str
  newer_than:
    description: Only images younger than this, for example V(7d) or V(12h).
    type: str
  enterprise_project_id:
    description: Only images of the enterprise project with this ID; V(0) is the default project.
    type: str
  most_recent:
    description: Only the newest of the images that all other filters leave.
    type: bool
    default: false
  query:
    description:
      - A JMESPath expression to apply to RV(images). The outcome is returned as RV(result).
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

- name: List names and creation times of whole images older than 30 days
  huaweicloud.ims.image_info:
    whole_image: true
    older_than: 30d
    query: "[].{name: name, created: created_at}"
"""

RETURN = r"""
image_id:
  description: Always null, since the result is not about a single image.
  returned: always
  type: str
  sample: null
job_id:
  description: Always null, since the result is not about a single job.
  returned: always
  type: str
  sample: null
images:
  description: The images, newest first.
  returned: success
  type: list
  elements: dict
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
result:
  description: The outcome of O(query).
  returned: when O(query) is given
  type: raw
  sample: [{name: web-01-golden, created: "2026-01-02T03:04:05Z"}]
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
    code: IMG.0026
    message: The user has no permission for this.
    request_id: 9fbc5ae1c2b94e1c9c1f1f2a3b4c5d6e
    hint: Grant these credentials the permission for this action (IAM policies of IMS, EVS, ECS and CBR) in this project.
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
