#!/usr/bin/python
# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_retention
short_description: Delete images that are no longer to be kept
version_added: 0.1.0
description:
  - Keeps the newest images of a family, and those younger than an age, and deletes the others.
  - >-
    An image is never deleted that is in use by a server, shared with another project, protected, still being made, or
    listed in O(keep); nor one of which that cannot be found out.
  - There is a warning about a family that matches every image of the project.
  - In check mode RV(images) tells of each image whether it would be deleted, and why.
  - An image that cannot be deleted does not keep the others; the task fails in the end and says which ones and why.
notes:
  - >-
    A server is known to use an image if it was made from it. Images that only an auto scaling configuration or a
    template names belong into O(keep).
  - Images of bare metal servers are kept, because the cloud does not tell which of these servers use them.
  - >-
    Costs the lists of images and servers, one request for each image that counts as one of the newest and, for each image that is
    deleted, two right before its deletion, which read it and its members. Up to ten requests, deletions included, are under way at once.
  - >-
    In check mode the oldest 100 images that would be deleted are read in this way. If there are more, the others are taken for what
    the list says of them, and a warning says so.
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
      What is deleted is not found again. As time goes by, more images are older than O(families[].keep_younger_than).
options:
  families:
    description:
      - Images that belong together. Only images of your own project are meant.
      - An image of several families goes only if all of them let it go.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - >-
            The names of the images, exact or with the wildcards C(*), C(?) and C([0-9]). Mind that V(web-*) also means
            V(web-data-2026-01-02); V(web-20??-??-??) does not.
          - A pattern needs at least two letters or digits outside its wildcards, unless O(families[].tag) or O(families[].source) is
            given, too.
          - At least one of O(families[].name), O(families[].tag) and O(families[].source) is needed; all that are given have to fit.
          - None of them may be empty, so that an empty variable never means more images.
        type: str
      tag:
        description:
          - >-
            A tag of the images, as C(key=value) or C(key.value), or its key for any value. C(key=) is the empty value; a key that
            contains a dot needs C(=).
        type: str
      source:
        description:
          - >-
            What the images were made from, as far as it is known. The id of a server, disk, backup or image, or a file as
            C(<bucket>:<object key>).
        type: str
      keep_newest:
        description:
          - How many of the newest active images are kept. At least one of this and O(families[].keep_younger_than) is needed.
          - With O(families[].keep_younger_than) the default is V(1), and V(0) means that age alone decides.
        type: int
      keep_younger_than:
        description:
          - Images ordered more recently than this are kept as well, for example V(7d) or V(12h).
          - >-
            The younger of the ages by this machine's clock and by the cloud's counts. Where the two differ by more than 15 minutes the
            task fails instead of deleting an image because of its age.
        type: str
      predicted:
        description:
          - In check mode, how many images of the family tasks before this one would have made. They count among the newest, so that what
            is said to go is what will go. Without check mode the images themselves count, and this does nothing.
        type: int
        default: 0
  keep:
    description:
      - Images that are kept whatever else is said, by id or by exact name. There is a warning about an entry that is none of the
        project's images; an empty one is an error.
    type: list
    elements: str
    default: []
  delete_backup:
    description:
      - Whether the backups of whole images go with them. Otherwise they stay, and still incur charges.
    type: bool
    default: false
  enterprise_project_id:
    description:
      - Only images of this enterprise project, V(0) for the default one.
    type: str
  wait:
    description:
      - Whether to wait until the images are gone.
    type: bool
    default: true
  wait_timeout:
    description:
      - How long the whole task may take, in seconds.
    type: int
    default: 3600
"""

EXAMPLES = r"""
- name: See what would go, and why
  huaweicloud.ims.image_retention:
    families:
      - name: shop-20??-??-??
        keep_newest: 3
  check_mode: true
  register: would

- name: Keep the three newest, and all of the last week
  huaweicloud.ims.image_retention:
    families:
      - name: shop-20??-??-??
        keep_newest: 3
        keep_younger_than: 7d
    delete_backup: true

- name: Keep one image of each team, and the one that was released
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
  description: All images of the families, newest first. Also returned when some could not be deleted.
  returned: success
  type: list
  elements: dict
  contains:
    id: {description: The id of the image., type: str, returned: success, sample: 33ad552d-1149-471c-8190-ff6776174a00}
    name: {description: Its name., type: str, returned: success, sample: shop-2026-01-02}
    status: {description: Its status., type: str, returned: success, sample: active}
    created_at: {description: When it was created (UTC)., type: str, returned: success, sample: "2026-01-02T03:04:05Z"}
    whole_image: {description: Whether it is a whole (full-ECS) image., type: bool, returned: success, sample: true}
    backup_id: {description: The backup of a whole image., type: str, returned: success, sample: 9b27efab-4a17-4c06-bfa2-3e0cf021d3c3}
    verdict: {description: Either C(keep) or C(delete)., type: str, returned: success, sample: delete}
    why: {description: Why., type: str, returned: success, sample: "older than the 3 newest of name shop-20??-??-??"}
    error: {description: Why it could not be deleted; else null., type: str, returned: success, sample: null}
deleted:
  description: The ids of the images that were deleted, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [33ad552d-1149-471c-8190-ff6776174a00]
kept:
  description: The ids of the images that are kept.
  returned: success
  type: list
  elements: str
  sample: []
failed_images:
  description:
    - The ids of the images that could not be deleted. Not empty only when the task failed.
    - An image whose deletion was accepted is in RV(deleted), also when the list still shows it at the end of O(wait_timeout).
  returned: success
  type: list
  elements: str
  sample: []
report:
  description: What becomes of each image, in words, newest first.
  returned: success
  type: list
  elements: str
  sample: ["shop-2026-01-02 (33ad552d-1149-471c-8190-ff6776174a00): delete, older than the 3 newest of name shop-20??-??-??"]
actions:
  description: What was done, or would be done in check mode, in words.
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
