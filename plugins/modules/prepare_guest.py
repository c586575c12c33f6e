#!/usr/bin/python
# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: prepare_guest
short_description: Find and fix problems that would break servers created from an image of a Linux server
version_added: 0.1.0
description:
  - Checks the server that it runs on for problems that would break servers created from its image.
  - Fixes only the problems selected in O(fix). RV(findings) lists all of them.
  - >-
    Unlike the other modules of this collection it runs on the server itself, and does not call the cloud. For Windows use
    the role P(huaweicloud.ims.prepare_guest#role).
notes:
  - The module must run as root.
  - >-
    A fix changes the server itself, not only the image. At its next start the server gets a new machine ID, and cloud-init configures
    it again.
author:
  - The huaweicloud.ims contributors (@huaweicloud)
requirements:
  - python >= 3.9
options:
  fix:
    description:
      - The problems to fix.
      - V(fstab) refers to disks by UUID, where they have one. A copy of the file is kept.
      - V(cloud_init) deletes the data that cloud-init has stored about this server, including its logs.
      - V(network) deletes udev rules that bind network cards to MAC addresses, deletes DHCP leases, and removes MAC addresses from
        configuration files. Static addresses are only reported.
      - V(machine_id) empties the machine ID.
      - V(ssh_host_keys) deletes the SSH host keys, if the system generates new ones when it starts.
    type: list
    elements: str
    choices: [fstab, cloud_init, network, machine_id, ssh_host_keys]
    default: []
  skip:
    description:
      - The checks to skip.
    type: list
    elements: str
    choices: [volume_groups, fstab, boot_device, cloud_init, network, machine_id, ssh_host_keys]
    default: []
attributes:
  check_mode:
    support: full
    description: Reports the findings and what would be fixed, and writes nothing.
  diff_mode:
    support: full
    description: Shows the changed lines and the deleted files.
  idempotent:
    support: full
    description: A second run does not find fixed problems again, unless the running server brings them back (a DHCP lease).
  platform:
    description: The system that the module runs on.
    platforms: linux
    support: full
  async:
    support: full
    description: Supports being run with the C(async) keyword.
  action:
    support: none
    description: The module must run on the server itself, so it always runs there as an ordinary module.
  action_group:
    support: none
    description: The module has no connection options that C(module_defaults) could set together with those of the other modules.
    membership: []
"""

EXAMPLES = r"""
- name: Check whether this server is ready for an image
  huaweicloud.ims.prepare_guest:
  become: true

- name: Prepare the server for an image
  huaweicloud.ims.prepare_guest:
    fix:
      - fstab
      - cloud_init
      - network
      - machine_id
      - ssh_host_keys
  become: true
  register: prepared
  failed_when: prepared.findings | selectattr('check', 'eq', 'volume_groups') | length > 0
"""

RETURN = r"""
findings:
  description: The problems that were found.
  returned: success
  type: list
  elements: dict
  contains:
    check:
      description:
        - The check that found the problem. C(volume_groups) (several physical volumes), C(fstab), C(boot_device), C(cloud_init),
          C(network), C(machine_id) or C(ssh_host_keys).
      type: str
      returned: success
      sample: fstab
    problem: {description: What is wrong., type: str, returned: success, sample: "/etc/fstab names /dev/vdb1, which may be other disks on another server."}
    remedy: {description: How to fix it., type: str, returned: success, sample: "Refer to them by UUID=…, which blkid prints."}
    fixed: {description: "Whether the problem was fixed, or would be in check mode.", type: bool, returned: success, sample: true}
ready:
  description: Whether all problems that were found are fixed.
  returned: success
  type: bool
  sample: true
report:
  description: The findings, one line each.
  returned: success
  type: list
  elements: str
  sample: ["fstab: fixed. /etc/fstab names /dev/vdb1, which may be other disks on another server."]
actions:
  description: What the task did, or would do in check mode, one line per action.
  returned: success
  type: list
  elements: str
  sample: ["change /etc/fstab, keeping a copy"]
diff:
  description: The changed lines and the deleted files.
  returned: success
  type: list
  elements: dict
  sample: [{before_header: /etc/fstab, after_header: /etc/fstab, before: "/dev/vdb1 /data ext4 defaults 0 0\n", after: "UUID=… /data ext4 defaults 0 0\n"}]
error:
  description: >-
    The failure in machine-readable form, in the shape of the other modules. C(code) is V(invalid_argument), V(refused) (not run as root)
    or V(failed) (a file or a command of the server).
  returned: failure
  type: dict
  sample:
    http_status: null
    code: refused
    message: "Only root can read the disks of a server: set become: true."
    request_id: null
    hint: ""
"""

import os
import shutil
import tempfile
from collections.abc import Sequence
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.huaweicloud.ims.plugins.module_utils._guest.linux import (
    CHECKS,
    FIXABLE,
    find_problems,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._guest.report import (
    difference,
    result,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._guest.system import (
    Answer,
    Change,
    Guest,
)

# Files to back up before a change, because a mistake in them keeps a server from starting.
_COPIED = ("/etc/fstab",)


class _Module(AnsibleModule):  # type: ignore[misc]
    """A module whose failures have the shape of those that call the cloud. It does not share their
    front end, with which the whole client would be sent to each server."""

    # Until the arguments have been validated.
    code = "invalid_argument"

    def fail_json(self, msg: str, **members: Any) -> None:
        ours = {
            "http_status": None,
            "code": self.code,
            "message": msg,
            "request_id": None,
            "hint": "",
        }
        super().fail_json(msg, **{"error": ours, **members})


def main() -> None:
    module = _Module(
        argument_spec={
            "fix": {"type": "list", "elements": "str", "choices": list(FIXABLE), "default": []},
            "skip": {"type": "list", "elements": "str", "choices": list(CHECKS), "default": []},
        },
        supports_check_mode=True,
    )
    if os.geteuid() != 0:
        module.code = "refused"
        module.fail_json(msg="Only root can read the disks of a server: set become: true.")

    module.code = "failed"
    try:
        prepared = _prepare(module)
    except OSError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**prepared)


def _prepare(module: Any) -> dict[str, Any]:
    """Return the result. Raises OSError."""

    def execute(command: Sequence[str]) -> Answer:
        code, printed, complaint = module.run_command(list(command))
        return code, printed, complaint

    guest = Guest(execute)
    findings = find_problems(guest, module.params["skip"])
    changes = [
        change
        for found in findings
        if found.check in module.params["fix"]
        for change in found.changes
    ]
    diff = [difference(guest, change) for change in changes]
    actions = [_carry_out(module, change) for change in changes]
    fixed = "would be fixed" if module.check_mode else "fixed"
    return result(findings, module.params["fix"], actions, diff, fixed)


def _carry_out(module: Any, change: Change) -> str:
    """Make a change, unless in check mode, and return its description for `actions`."""
    if change.text is None:
        if not module.check_mode:
            _remove(change.path)
        return f"delete {change.path}"
    copied = change.path in _COPIED
    if not module.check_mode:
        if copied:
            module.backup_local(change.path)
        handle, temporary = tempfile.mkstemp(dir=module.tmpdir)
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(change.text)
        module.atomic_move(temporary, change.path)
    return f"change {change.path}" + (", keeping a copy" if copied else "")


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


if __name__ == "__main__":
    main()
