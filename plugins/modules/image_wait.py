#!/usr/bin/python
# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_wait
short_description: Wait for many images at once
version_added: 0.1.0
description:
  - Waits until all images that other tasks have started with C(wait=false) are active, in one loop with one list request for each
    poll, however many images there are.
  - Finishes what those tasks have left. As soon as an image is active, its limits, tags, description and source tag are set; when
    all are active, the images that they replace are deleted.
  - If one image fails, the others are finished all the same, and the task fails at the end.
  - To create many images in one task use M(huaweicloud.ims.image_batch).
author:
  - The huaweicloud.ims contributors (@huaweicloud)
extends_documentation_fragment:
  - huaweicloud.ims.auth
  - huaweicloud.ims.attributes
  - huaweicloud.ims.attributes.waits
options:
  results:
    description:
      - What tasks that create images have registered. The C(results) of a loop, the registered variable as a whole, the C(images)
        of M(huaweicloud.ims.image_batch), or a list of the results of single tasks.
      - Items that were skipped are reported as such, and items that failed count as failed. In check mode, predicted images count as
        started.
    type: raw
  jobs:
    description:
      - The IDs of jobs to wait for. Exports have no job; give them in O(images) or O(results).
      - Unlike O(results), an ID does not tell what else has to be done once the image is active.
      - In check mode, null stands for a job that is not started yet.
    type: list
    elements: raw
  images:
    description:
      - Images to wait for, by ID or exact name. Names refer to images of your own project.
      - In check mode, null stands for an image that is not started yet.
    type: list
    elements: raw
  wait_timeout:
    description:
      - The time limit of the whole task in seconds. A timeout deletes nothing; run the task again to keep waiting.
    type: int
    default: 7200
"""

EXAMPLES = r"""
- name: Start three exports
  huaweicloud.ims.volume_image_export:
    name: "{{ item }}-image"
    volume: "{{ item }}"
    force: true
    image_tags:
      tier: web
    wait: false
  loop:
    - data-available
    - web-01-system
    - web-01-data
  register: started

- name: Wait for all of them, and write a report
  block:
    - name: Wait
      huaweicloud.ims.image_wait:
        results: "{{ started.results }}"
      register: waited
  always:
    - name: Write the report, an HTML page, also if an image failed
      ansible.builtin.include_role:
        name: huaweicloud.ims.image_report
      vars:
        image_report_results:
          - "{{ waited }}"
        image_report_path: "{{ playbook_dir }}/images.html"
"""

RETURN = r"""
images:
  description:
    - The result of each image, in the order of O(results), O(jobs) and O(images). Also returned by a task that fails.
    - If a task about more than 20 images fails, there is no C(image) and no C(job), and images that did not fail have C(name),
      C(image_id) and C(status) only, since Ansible prints failed results in full. So have images that failed or are not finished, if
      there are more than ten of them; RV(timeline) has the rest. An image that has no ID yet has its C(job_id).
  returned: always, but for wrong input
  type: list
  elements: dict
  contains:
    name: {description: The name of the image; null if it is not known., type: str, returned: always, sample: web-01-data-image}
    image_id: {description: The id of the image; null if it is not known., type: str, returned: always, sample: 33ad552d-1149-471c-8190-ff6776174a00}
    job_id: {description: The id of its job; null if there is none., type: str, returned: always, sample: 4010a32b5f909853015f90aaa24b0015}
    status:
      description:
        - C(active), C(failed), or C(in_progress) if the time was over first; in check mode also of what is not active yet.
        - C(skipped), C(absent) or C(not_started) if there was nothing to wait for; because the task was skipped, has
          deleted an image, or was only predicted.
      type: str
      returned: always
      sample: active
    changed: {description: "Whether it became active while the task waited, or was changed by it.", type: bool, returned: always, sample: true}
    image:
      description: The image, as the modules that make images return it; null if it was not seen.
      type: dict
      returned: always
      sample: {id: 33ad552d-1149-471c-8190-ff6776174a00, name: web-01-data-image, status: active}
    job: {description: "The job, as the modules that make images return it; null if it was not asked about.", type: dict, returned: always, sample: null}
    msg: {description: Why it failed or is not finished; else null., type: str, returned: always, sample: null}
    error: {description: "The cloud's own words about a failure, as in RV(error); else null.", type: dict, returned: always, sample: null}
image_id:
  description: The id of the image if there is only one; else null.
  returned: always
  type: str
  sample: null
job_id:
  description: The id of the job if there is only one; else null.
  returned: always
  type: str
  sample: null
actions:
  description: What was done, in words.
  returned: success
  type: list
  elements: str
  sample: ["wait for image 'web-01-data-image' to become active", "set tags tier of image 'web-01-data-image'"]
diff:
  description: What was changed, an entry for each image that was waited for, with its managed attributes.
  returned: success
  type: dict
  sample:
    before: {images: [{name: web-01-data-image, active: false, tags: {}}]}
    after: {images: [{name: web-01-data-image, active: true, tags: {tier: web}}]}
timeline:
  description:
    - When the creation of each image was requested, began and ended, in the order of RV(images). If the wait was interrupted there is
      one more entry, with the status C(interrupted) and the reason as C(msg).
    - All times are UTC by the cloud's clock. They are the cloud's own where it states them, else those of the polls that noticed.
    - If a task about more than 20 images fails, those that are active are left out.
    - The role P(huaweicloud.ims.image_report#role) draws it.
  returned: when it has waited, also if an image failed
  type: list
  elements: dict
  contains:
    name: {description: "The name of the image, or what else is known of it.", type: str, returned: always, sample: web-01-data-image}
    status: {description: As in RV(images)., type: str, returned: always, sample: active}
    image_id: {description: As in RV(images)., type: str, returned: always, sample: 33ad552d-1149-471c-8190-ff6776174a00}
    job_id: {description: As in RV(images)., type: str, returned: always, sample: null}
    source:
      description: The source of the image, also if it could not be started; null if unknown.
      type: str
      returned: always
      sample: volume 51d9a5ff-9f2e-4d5b-ba6d-ae4eb8a6a7f4
    region: {description: The region of the image., type: str, returned: always, sample: eu-de}
    made: {description: "Whether it was being made during this run, and was not there before.", type: bool, returned: always, sample: true}
    changed: {description: As in RV(images)., type: bool, returned: always, sample: true}
    began_at: {description: When the job was ordered; null if there is none., type: str, returned: always, sample: "2026-01-02T01:00:04Z"}
    began_by: {description: "Who says so, C(cloud) or C(observed).", type: str, returned: always, sample: cloud}
    queued_until: {description: When it was last seen in the queue; null if it never was., type: str, returned: always, sample: null}
    running_at: {description: When it was first seen running; null if it never was., type: str, returned: always, sample: "2026-01-02T01:00:08Z"}
    ended_at: {description: When it was active or failed; null before., type: str, returned: always, sample: "2026-01-02T01:03:11Z"}
    ended_by: {description: "Who says so, C(cloud) or C(observed).", type: str, returned: always, sample: cloud}
    polled_at: {description: When it was polled last., type: str, returned: always, sample: "2026-01-02T01:03:13Z"}
    seconds: {description: "From its beginning to its end, or to the last poll; null if it was there before.", type: float, returned: always, sample: 187.0}
    percent: {description: "How far it was at the last poll; null if the cloud did not say, or it is over.", type: float, returned: always, sample: null}
    actions: {description: "What was done to it, in words.", type: list, elements: str, returned: always, sample: ["set tags tier of image 'web-01-data'"]}
    msg: {description: As in RV(images)., type: str, returned: always, sample: null}
    error: {description: As in RV(images)., type: dict, returned: always, sample: null}
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

from ansible_collections.huaweicloud.ims.plugins.module_utils._front.module import run_module
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.batch.arguments import check
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.batch.wait_for_all import (
    run,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.arguments.image_wait import (
    ARGUMENTS,
)


def main() -> None:
    run_module(ARGUMENTS, check, run)


if __name__ == "__main__":
    main()
