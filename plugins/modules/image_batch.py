#!/usr/bin/python
# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_batch
short_description: Create many images at once
version_added: 0.1.0
description:
  - Makes sure that all images of a list exist. Each entry is described exactly as a task of its own module would describe it.
  - All images are looked up and requested concurrently and awaited in one loop, so that 100 images take about as long as the
    slowest of them.
  - An entry of M(huaweicloud.ims.image_copy) may name another entry as its source. It is requested as soon as that image is active.
  - If one image fails, the others are created all the same, and the task fails at the end. The next run continues where this
    one has ended, also after an interruption.
author:
  - The huaweicloud.ims contributors (@huaweicloud)
extends_documentation_fragment:
  - huaweicloud.ims.auth
  - huaweicloud.ims.attributes
  - huaweicloud.ims.attributes.writes
options:
  images:
    description:
      - The images. Each entry has exactly one key, which is the name of the module that creates such an image, and as its value
        the options of that module.
      - An entry takes all options of its module but the connection, C(state), C(wait) and C(wait_timeout), which belong to
        this task, and C(delete_all) and the C(image_id) of an image to delete.
      - The names of the images have to differ. In C(source_image), the name of another entry stands for that entry, whether
        or not an image of the name exists already.
    type: list
    elements: dict
    required: true
    suboptions:
      whole_image:
        description: An image of a server or a backup, with the options of M(huaweicloud.ims.whole_image).
        type: dict
      volume_image_export:
        description: An image of a disk, with the options of M(huaweicloud.ims.volume_image_export).
        type: dict
      image_copy:
        description: A copy of an image, with the options of M(huaweicloud.ims.image_copy).
        type: dict
      quick_import:
        description: An image of a file in a bucket, with the options of M(huaweicloud.ims.quick_import).
        type: dict
  state:
    description:
      - All images of the list are to be present. To delete images use M(huaweicloud.ims.image) or
        M(huaweicloud.ims.image_retention).
    type: str
    choices: [present]
    default: present
  concurrency:
    description:
      - How many images are looked up and requested at the same time, and how many are finished at the same time; 1 or more.
      - It does not limit how many images the cloud creates at the same time.
    type: int
    default: 10
  full_result:
    description:
      - Whether a failure returns as much in RV(images) about each image as a success does.
      - Ansible prints the result of a task that failed, all of it. So this is for tasks whose result is not printed (C(failed_when) V(false))
        or feeds a report.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until all images are active.
      - With V(false) the result of each image that is still being created has RV(images[].pending). Give M(huaweicloud.ims.image_wait)
        the RV(images), or run this task again. Images that other entries are created from are waited for in any case,
          as are images of a disk that another entry exports as well.
    type: bool
    default: true
  wait_timeout:
    description: How long the whole task may take, in seconds. When the time is over nothing is lost; run the task again to keep waiting.
    type: int
    default: 7200
"""

EXAMPLES = r"""
- name: Create four images at once
  huaweicloud.ims.image_batch:
    images:
      - whole_image: {name: web-01-golden, instance: web-01}
      - volume_image_export: {name: data, volume: web-01-data, force: true}
      - image_copy:
          name: data-encrypted
          source_image: data  # the export above
          cmk_id: bd66288c-9081-460a-8227-4cbd0c814cb4
      - quick_import:
          name: centos
          image_url: "ims-image:centos70.zvhd2"
          min_disk: 40
          os_version: CentOS 7.0 64bit
  register: batch

- name: Show the ids
  ansible.builtin.debug:
    msg: "{{ dict(batch.images | map(attribute='name') | zip(batch.images | map(attribute='id'))) }}"
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
  description:
    - The images, in the order given.
    - If the task fails, an image that did not fail has RV(images[].name), RV(images[].id) and RV(images[].status) only. So has each of
      more than ten that failed, were skipped or are not finished, with RV(images[].job_id) if it has no id yet; RV(msg) says why
      they failed. O(full_result) returns all of it.
  returned: always, but for wrong input
  type: list
  elements: dict
  contains:
    name: {description: The name of the image., type: str, returned: always, sample: data}
    id: {description: The id of the image; null if it is not known., type: str, returned: always, sample: 33ad552d-1149-471c-8190-ff6776174a00}
    job_id:
      description: The id of its job; null if there is none.
      type: str
      returned: success, or for an image that is not active
      sample: 4010a32b5f909853015f90aaa24b0015
    status:
      description:
        - C(active), C(failed), or C(in_progress) if it is still being created.
        - C(skipped) if the image that it is created from failed; C(not_started) in check mode, or if the time was over before.
      type: str
      returned: always
      sample: active
    changed: {description: "Whether it was created or changed.", type: bool, returned: success, sample: true}
    actions:
      description: >-
        What was done, in words.
      type: list
      elements: str
      returned: "success"
      sample: ["create image 'data' of volume 51d9a5ff-9f2e-4d5b-ba6d-ae4eb8a6a7f4"]
    msg: {description: Why it failed or is not finished; else null., type: str, returned: "success, or for an image that failed", sample: null}
    error:
      description: >-
        The cloud's own words about a failure, as in RV(error); else null.
      type: dict
      returned: "success, or for an image that failed"
      sample: null
    timeline:
      description: >-
        When its creation was requested, began and ended, as RV(huaweicloud.ims.image_wait#module:timeline[]).
      type: dict
      returned: "success"
      sample: {"name": "data", "status": "active", "seconds": 187.0}
    pending:
      description: >-
        What is left to do once the image is active, as RV(huaweicloud.ims.image_copy#module:pending).
      type: dict
      returned: "when O(wait=false) and it is still being created"
      sample: {"name": "data"}
actions:
  description: What was done, in words.
  returned: success
  type: list
  elements: str
  sample: ["create image 'data' of volume 51d9a5ff-9f2e-4d5b-ba6d-ae4eb8a6a7f4"]
diff:
  description: What was changed, an entry for each image that was, with its managed attributes.
  returned: success
  type: dict
  sample:
    before: {images: [{name: data, min_ram: 0}]}
    after: {images: [{name: data, min_ram: 1024}]}
msg:
  description: How many images were changed; for a task that fails what failed, and why.
  returned: always
  type: str
  sample: "4 images: 4 changed."
elapsed:
  description: How long the task took, in seconds.
  returned: always
  type: float
  sample: 431.7
error:
  description: The first failure for programs, in the cloud's own words if it gave some, with a hint.
  returned: failure
  type: dict
  sample:
    http_status: null
    code: IMG.0097
    message: The key is disabled.
    request_id: null
    hint: Check that cmk_id exists in this region, is enabled, and that IMS may use it.
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
  sample: ["GET ims.eu-de.otc.t-systems.com/v2/cloudimages?limit,owner -> 200 in 41 ms, request id 9fbc5ae1"]
"""

from functools import partial

from ansible_collections.huaweicloud.ims.plugins.module_utils._front.module import run_module
from ansible_collections.huaweicloud.ims.plugins.module_utils._front.nested import run_nested
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.batch.run_batch import run
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.arguments.image_batch import (
    ARGUMENTS,
    NESTED,
    check,
)

through = partial(run_nested, ARGUMENTS, NESTED)


def main() -> None:
    run_module(ARGUMENTS, check, run, through=through)


if __name__ == "__main__":
    main()
