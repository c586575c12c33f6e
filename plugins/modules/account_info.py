#!/usr/bin/python
# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: account_info
short_description: Check account, region, permissions and quota
version_added: 0.1.0
description:
  - >-
    Reports which credentials, account, region, project and service addresses the modules of this collection use, whether the
    clocks agree, which permissions each module lacks, and how many more images the quota allows. It also names every setting in the
    environment and in C(clouds.yaml) about credentials or addresses that is incomplete, not understood or not used.
  - >-
    Each check is independent. A failed check hides none of the others and does not fail the task. Test
    RV(healthy), or run the playbook C(huaweicloud.ims.doctor), which fails if there is a problem.
  - >-
    The findings are printed as lines, also in check mode, but not with C(no_log), not with the variable C(huaweicloud_ims_progress)
    set to V(false), and not with a stdout callback other than C(default) and those derived from it.
  - >-
    The module changes nothing. It tests the permissions to list and to read with lookups of a resource that does not exist.
    Permissions to create, change or delete cannot be tested without doing so; they are listed in C(not_tried).
author:
  - The huaweicloud.ims contributors (@huaweicloud)
extends_documentation_fragment:
  - huaweicloud.ims.auth
  - huaweicloud.ims.attributes
  - huaweicloud.ims.attributes.info
"""

EXAMPLES = r"""
- name: Check the account
  huaweicloud.ims.account_info:
  register: account

- name: Fail if tasks would fail
  ansible.builtin.assert:
    that: account.healthy
    fail_msg: "{{ account.report }}"
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
healthy:
  description: Whether no check found a problem. Warnings, and checks without a result, do not count.
  returned: success
  type: bool
  sample: true
report:
  description: The versions of the software and the results of all checks as lines of text, with hints.
  returned: success
  type: list
  elements: str
  sample:
    - "huaweicloud.ims 0.1.0, ansible-core 2.19.14, Python 3.11.7, requests 2.34.2, jmespath 1.1.0"
    - "ok       credentials: environment HW_ACCESS_KEY and HW_SECRET_KEY"
    - "problem  clock: this machine is 3600 seconds behind the cloud"
    - "         -> Set this machine's clock (NTP): signatures from the past or the future are refused."
checks:
  description: The results of the individual checks.
  returned: success
  type: list
  elements: dict
  contains:
    name: {description: What was checked., type: str, returned: success, sample: clock}
    status:
      description: >-
        V(ok), V(warning) (affects some modules, or none), V(problem) (tasks will fail), or V(unknown) (it could not be checked).
      type: str
      returned: success
      sample: problem
    message: {description: The finding., type: str, returned: success, sample: this machine is 3600 seconds behind the cloud}
    hint: {description: How to resolve the finding; empty if there is nothing to do., type: str, returned: success, sample: Set this machine's clock (NTP).}
credentials:
  description: The source of the credentials.
  returned: success
  type: str
  sample: environment HW_ACCESS_KEY and HW_SECRET_KEY
account:
  description: The account that the credentials belong to; null if unknown.
  returned: success
  type: dict
  sample: {id: 8a6c3e7f5d2b4c1a9e0f7b6d5c4a3b2e, name: my-company}
region:
  description: The region; null if there is none.
  returned: success
  type: str
  sample: eu-de
project:
  description: The project; null if unknown. Its name is null if it could not be verified.
  returned: success
  type: dict
  sample: {id: 0605767b9b1234567890abcdef123456, name: eu-de}
endpoints:
  description: The addresses of the services; null for unknown ones.
  returned: success
  type: dict
  sample: {iam: "https://iam.eu-de.otc.t-systems.com", ims: "https://ims.eu-de.otc.t-systems.com"}
seconds_ahead:
  description: The seconds by which this machine's clock is ahead of the cloud's; negative if it is behind, null if no service answered.
  returned: success
  type: int
  sample: 1
quota:
  description: The quota of private images in the project; null if unknown.
  returned: success
  type: dict
  sample: {quota: 50, used: 12, left: 38}
modules:
  description: For each module the permissions that it lacks, those that could not be checked, and those that only a write can prove.
  returned: success
  type: dict
  sample:
    whole_image:
      lacks: ["cbr:vaults:list"]
      unknown: []
      not_tried: ["ims:wholeImages:create", "ims:images:update", "ims:images:delete", "cbr:backups:delete"]
roles:
  description: The same for each role, across all modules that it calls.
  returned: success
  type: dict
  sample:
    image_retention:
      lacks: []
      unknown: ["ecs:cloudServers:list"]
      not_tried: ["ims:images:share", "ims:images:delete", "cbr:backups:delete"]
versions:
  description: >-
    The versions of the collection, of ansible-core, and of the Python and the libraries that ran the module. That of a library is empty
    if it cannot be loaded.
  returned: success
  type: dict
  sample: {collection: 0.1.0, ansible_core: 2.19.14, python: 3.11.7, requests: 2.34.2, jmespath: 1.1.0}
elapsed:
  description: The duration of the task in seconds.
  returned: always
  type: float
  sample: 1.2
error:
  description: >-
    The failure in machine-readable form. The code, status, message and request ID are the cloud's own, where it gave them. Otherwise
    C(code) is a code of the collection, such as V(invalid_argument), V(credentials), V(configuration), V(no_answer), V(timeout),
    V(refused) or V(bug). C(hint) is empty if there is no advice.
  returned: failure
  type: dict
  sample:
    http_status: null
    code: invalid_argument
    message: "http_timeout: 0 is not accepted: it is in seconds, 1 or more."
    request_id: null
    hint: ""
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
