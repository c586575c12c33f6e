#!/usr/bin/python
# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: account_info
short_description: Find out which account, region and permissions are in use, and what is wrong with them
version_added: 0.1.0
description:
  - >-
    Reports which credentials, account, region, project and addresses the modules of this collection use, whether the
    clocks agree, what may be listed, and how many more images the quota allows. Names every setting of the environment and of
    C(clouds.yaml) that says who or where and is incomplete, not understood or not used.
  - >-
    Each check is independent: one that fails hides none of the others, and the task itself does not fail. Look at
    RV(healthy), or run the playbook C(huaweicloud.ims.doctor), which prints RV(report) and fails if something is wrong.
  - >-
    Nothing is written. Permissions to list and to show are tried, with lookups of a resource that does not exist. Permissions
    to create, change or delete cannot be tried without doing it; they are named in C(not_tried).
author:
  - The huaweicloud.ims contributors (@huaweicloud)
extends_documentation_fragment:
  - huaweicloud.ims.auth
  - huaweicloud.ims.attributes
  - huaweicloud.ims.attributes.info
"""

EXAMPLES = r"""
- name: Examine the account
  huaweicloud.ims.account_info:
  register: account

- name: Show what was found, and what to do about it
  ansible.builtin.debug:
    msg: "{{ account.report }}"
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
healthy:
  description: Whether no check has found a problem. Warnings and what could not be checked do not count.
  returned: success
  type: bool
  sample: true
report:
  description: All checks as lines of text, with what to do about them.
  returned: success
  type: list
  elements: str
  sample:
    - "ok       credentials: environment HW_ACCESS_KEY and HW_SECRET_KEY"
    - "problem  clock: this machine is 3600 seconds behind the cloud"
    - "         -> Set this machine's clock (NTP): signatures from the past or the future are refused."
checks:
  description: The checks one by one.
  returned: success
  type: list
  elements: dict
  contains:
    name: {description: What was checked., type: str, returned: success, sample: clock}
    status:
      description: >-
        V(ok), V(warning) (some modules are hindered), V(problem) (little will work), or V(unknown) (it could not be checked).
      type: str
      returned: success
      sample: problem
    message: {description: What was found., type: str, returned: success, sample: this machine is 3600 seconds behind the cloud}
    hint: {description: What to do about it; empty where there is nothing to do., type: str, returned: success, sample: Set this machine's clock (NTP).}
credentials:
  description: The source of the credentials, in words.
  returned: success
  type: str
  sample: environment HW_ACCESS_KEY and HW_SECRET_KEY
account:
  description: The account that the credentials belong to; null if it is not known.
  returned: success
  type: dict
  sample: {id: 8a6c3e7f5d2b4c1a9e0f7b6d5c4a3b2e, name: my-company}
region:
  description: The region; null if there is none.
  returned: success
  type: str
  sample: eu-de
project:
  description: The project; null if it is not known, its name null if it could not be verified.
  returned: success
  type: dict
  sample: {id: 0605767b9b1234567890abcdef123456, name: eu-de}
endpoints:
  description: The addresses of the services; null for those that are not known.
  returned: success
  type: dict
  sample: {iam: "https://iam.eu-de.otc.t-systems.com", ims: "https://ims.eu-de.otc.t-systems.com"}
seconds_ahead:
  description: How far this machine's clock is ahead of the cloud's; below 0 it is behind; null if no service answered.
  returned: success
  type: int
  sample: 1
quota:
  description: The private images of the project; null if they are not known.
  returned: success
  type: dict
  sample: {quota: 50, used: 12, left: 38}
modules:
  description: For each module the permissions that it lacks, those that could not be checked, and those that only a write shows.
  returned: success
  type: dict
  sample:
    whole_image:
      lacks: ["cbr:vaults:list"]
      unknown: []
      not_tried: ["ims:wholeImages:create", "ims:images:update", "ims:images:delete", "cbr:backups:delete"]
roles:
  description: The same for each role, of all modules that it calls.
  returned: success
  type: dict
  sample:
    image_retention:
      lacks: []
      unknown: ["ecs:cloudServers:list"]
      not_tried: ["ims:images:share", "ims:images:delete", "cbr:backups:delete"]
python:
  description: The version of the Python that the module ran on.
  returned: success
  type: str
  sample: 3.11.2
requests:
  description: The version of the library C(requests).
  returned: success
  type: str
  sample: 2.32.5
elapsed:
  description: How long the task took, in seconds.
  returned: always
  type: float
  sample: 1.2
error:
  description: >-
    The failure for programs. The cloud's own code, status, message and request id, where it gave some; otherwise a code of the collection,
    such as V(invalid_argument), V(credentials), V(configuration), V(no_answer), V(timeout), V(refused) or V(bug). C(hint) is empty where
    there is no advice.
  returned: failure
  type: dict
  sample:
    http_status: null
    code: invalid_argument
    message: "http_timeout: 0 is not accepted: it is in seconds, 1 or more."
    request_id: null
    hint: ""
notes:
  description: Which credentials were used, and other remarks.
  returned: with C(-v)
  type: list
  elements: str
  sample: ["Credentials: environment HW_ACCESS_KEY and HW_SECRET_KEY"]
"""

from ansible_collections.huaweicloud.ims.plugins.module_utils._diagnostics.client import (
    connect_for_diagnosis as connect,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._diagnostics.doctor import (
    check,
    run,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._front.module import run_module
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.arguments.connection import (
    CONNECTION as ARGUMENTS,
)


def main() -> None:
    run_module(ARGUMENTS, check, run, connect)


if __name__ == "__main__":
    main()
