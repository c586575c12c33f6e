#!/usr/bin/python
# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_retention
short_description: Delete old images
version_added: 0.1.0
description:
  - Keeps the newest images of a family and those younger than a given age, and deletes the others.
  - >-
    It never deletes an image that is in use by a server, shared with another project, protected, still being created, or
    listed in O(keep), nor an image for which this cannot be determined.
  - A family that matches every image of the project causes a warning.
  - In check mode RV(images) states for each image whether it would be deleted, and why.
  - If an image cannot be deleted, the others are deleted all the same. At the end the task fails, listing these images and the reasons.
notes:
  - >-
    An image is in use by the servers that were created from it. If only an auto scaling configuration or a
    template refers to an image, list the image in O(keep).
  - Images of bare metal servers are kept, because the cloud does not report which of these servers use them.
  - >-
    The module lists all images and servers, and sends one request for each image that counts as one of the newest. For each image to
    delete it sends two more requests right before the deletion, to read the image and its members. Up to ten requests, deletions
    included, run concurrently.
  - >-
    In check mode it reads the oldest 100 images that would be deleted in this way. If there are more, it relies on the list for the
    others, with a warning.
author:
  - The huaweicloud.ims contributors (@huaweicloud)
extends_documentation_fragment:
  - huaweicloud.ims.auth
  - huaweicloud.ims.attributes
  - huaweicloud.ims.attributes.writes
attributes:
  idempotent:
    support: full
    description: >-
      A second run finds nothing more to delete, except for images that have become older than O(families[].keep_younger_than) meanwhile.
options:
  families:
    description:
      - Groups of images that belong together. Only images of your own project are selected.
      - An image that belongs to several families is deleted only if none of them keeps it.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - >-
            The names of the images, exact or with the wildcards C(*), C(?) and C([0-9]). Note that V(web-*) also matches
            V(web-data-2026-01-02), whereas V(web-20??-??-??) does not.
          - A pattern must contain at least two letters or digits besides its wildcards, unless O(families[].tag) or O(families[].source) is
            given, too.
          - At least one of O(families[].name), O(families[].tag) and O(families[].source) is required. An image must match all that are given.
          - None of them may be empty, so that an empty variable never selects more images than intended.
        type: str
      tag:
        description:
          - >-
            A tag of the images, as C(key=value) or C(key.value), or its key alone for any value. C(key=) stands for the empty value. If
            the key contains a dot, use C(=).
        type: str
      source:
        description:
          - >-
            The source that the images are known to be created from. The ID of a server, disk, backup or image, or a file as
            C(<bucket>:<object key>).
        type: str
      keep_newest:
        description:
          - How many of the newest active images to keep. This or O(families[].keep_younger_than) is required.
          - With O(families[].keep_younger_than) the default is V(1), and V(0) means that only the age decides.
        type: int
      keep_younger_than:
        description:
          - Images younger than this are kept as well, for example V(7d) or V(12h). The age counts from the create request.
          - >-
            The age is measured by this machine's clock and by the cloud's, and the younger age counts. If the clocks differ by more than 15
            minutes, the task fails instead of deleting an image because of its age.
        type: str
      predicted:
        description:
          - The number of images of this family that earlier tasks would have created in check mode. They count among the newest, so that
            check mode predicts the same deletions as the real run. Without check mode this has no effect.
        type: int
        default: 0
  keep:
    description:
      - Images to keep in any case, by ID or exact name. An entry that matches no image of the project causes a warning, an empty entry is
        an error.
    type: list
    elements: str
    default: []
  delete_backup:
    description:
      - Whether to delete the backups of deleted whole images as well. Otherwise the backups remain and still incur charges.
    type: bool
    default: false
  enterprise_project_id:
    description:
      - Only images of the enterprise project with this ID; V(0) is the default project.
    type: str
  wait:
    description:
      - Whether to wait until the images are gone.
    type: bool
    default: true
  wait_timeout:
    description:
      - The time limit of the whole task in seconds.
    type: int
    default: 3600
"""

EXAMPLES = r"""
- name: Show which images would be deleted, and why
  huaweicloud.ims.image_retention:
    families:
      - name: shop-20??-??-??
        keep_newest: 3
  check_mode: true
  register: prediction

- name: Keep the three newest images, and all of the last week
  huaweicloud.ims.image_retention:
    families:
      - name: shop-20??-??-??
        keep_newest: 3
        keep_younger_than: 7d
    delete_backup: true

- name: Keep the newest image of each team, and one that was released
  huaweicloud.ims.image_retention:
    families:
      - tag: team=shop
        keep_newest: 1
      - tag: team=app
        keep_newest: 1
    keep:
      - shop-2025-12-30
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
  description: All images of the families, newest first. Also returned if some could not be deleted.
  returned: success
  type: list
  elements: dict
  contains:
    id: {description: The ID of the image., type: str, returned: success, sample: 33ad552d-1149-471c-8190-ff6776174a00}
    name: {description: The name of the image., type: str, returned: success, sample: shop-2026-01-02}
    status: {description: The status of the image., type: str, returned: success, sample: active}
    created_at: {description: When the image was created (UTC)., type: str, returned: success, sample: "2026-01-02T03:04:05Z"}
    whole_image: {description: Whether this is a whole (full-ECS) image., type: bool, returned: success, sample: true}
    backup_id: {description: The ID of the backup behind a whole image., type: str, returned: success, sample: 9b27efab-4a17-4c06-bfa2-3e0cf021d3c3}
    decision: {description: Either V(keep) or V(delete)., type: str, returned: success, sample: delete}
    reason: {description: The reason for the decision., type: str, returned: success, sample: "older than the 3 newest of name shop-20??-??-??"}
    error: {description: Why the image could not be deleted; else null., type: str, returned: success, sample: null}
deleted:
  description: The IDs of the deleted images; in check mode, of those that would be deleted.
  returned: success
  type: list
  elements: str
  sample: [33ad552d-1149-471c-8190-ff6776174a00]
kept:
  description: The IDs of the images that are kept.
  returned: success
  type: list
  elements: str
  sample: []
failed_images:
  description:
    - The IDs of the images that could not be deleted. Empty, unless the task failed.
    - An image whose deletion the cloud has accepted is in RV(deleted), even if the list still shows it at the end of O(wait_timeout).
  returned: success
  type: list
  elements: str
  sample: []
report:
  description: One line per image with the decision and its reason, newest first.
  returned: success
  type: list
  elements: str
  sample: ["shop-2026-01-02 (33ad552d-1149-471c-8190-ff6776174a00): delete, older than the 3 newest of name shop-20??-??-??"]
actions:
  description: What the task did, or would do in check mode, one line per action.
  returned: success
  type: list
  elements: str
  sample: ["delete image 'shop-2026-01-02' (33ad552d-1149-471c-8190-ff6776174a00): older than the 3 newest of name shop-20??-??-??"]
diff:
  description: The images of the families before and after.
  returned: success
  type: dict
  sample: {before: {images: [shop-2026-01-02 (33ad552d-1149-471c-8190-ff6776174a00)]}, after: {images: []}}
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
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.arguments.image_retention import (
    ARGUMENTS,
    check,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.retention.run import (
    run,
)


def main() -> None:
    run_module(ARGUMENTS, check, run)


if __name__ == "__main__":
    main()
