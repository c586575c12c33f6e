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
  - Looks at the server that it runs on, for what servers made from its image would suffer from.
  - Fixes only what it is asked to fix, see O(fix). All that is found is told in RV(findings).
  - >-
    Unlike the other modules of this collection it runs on the server itself, and does not call the cloud. For Windows see
    the role P(huaweicloud.ims.prepare_guest#role).
notes:
  - It has to run as root.
  - >-
    What is fixed is fixed on the server as well, not only in the image. At its next start the server gets another
    machine id, and cloud-init sets it up anew.
author:
  - The huaweicloud.ims contributors (@huaweicloud)
requirements:
  - python >= 3.9
options:
  fix:
    description:
      - What is to be fixed.
      - V(fstab) names disks by UUID, where they have one. A copy of the file is kept.
      - V(cloud_init) deletes what cloud-init keeps of this server, its logs among it.
      - V(network) deletes rules that name network cards by their MAC addresses and DHCP leases, and takes MAC addresses out of
        configurations. Fixed addresses are only told of.
      - V(machine_id) empties the machine id.
      - V(ssh_host_keys) deletes the SSH host keys, if the system makes new ones when it starts.
    type: list
    elements: str
    choices: [fstab, cloud_init, network, machine_id, ssh_host_keys]
    default: []
  skip:
    description:
      - What is not to be looked at.
    type: list
    elements: str
    choices: [volume_groups, fstab, boot_device, cloud_init, network, machine_id, ssh_host_keys]
    default: []
attributes:
  check_mode:
    support: full
    description: Tells what is found and would be fixed; nothing is written.
  diff_mode:
    support: full
    description: Shows the lines that change, and the files that go.
  idempotent:
    support: full
    description: What is fixed is not found again, unless the running server brings it back (a DHCP lease).
  platform:
    description: Where the module runs.
    platforms: linux
    support: full
  async:
    support: full
    description: Supports being run with the C(async) keyword.
  action:
    support: none
    description: It has to see the server from within, so it always runs there, as an ordinary module.
  action_group:
    support: none
    description: It has no connection options that C(module_defaults) could set for it together with the other modules.
    membership: []
"""

EXAMPLES = r"""
- name: See what speaks against making an image of this server
  huaweicloud.ims.prepare_guest:
  become: true

- name: Make the server fit for an image
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
  description: What was found.
  returned: success
  type: list
  elements: dict
  contains:
    check:
      description:
        - Which check found it. C(volume_groups) (several physical volumes), C(fstab), C(boot_device), C(cloud_init), C(network),
          C(machine_id) or C(ssh_host_keys).
      type: str
      returned: success
      sample: fstab
    what: {description: What was found., type: str, returned: success, sample: "/etc/fstab names /dev/vdb1, which may be other disks on another server."}
    advice: {description: What can be done about it., type: str, returned: success, sample: "Name them by UUID=…, which blkid tells."}
    fixed: {description: "Whether it was fixed, or would be in check mode.", type: bool, returned: success, sample: true}
ready:
  description: Whether nothing is left that speaks against an image.
  returned: success
  type: bool
  sample: true
report:
  description: The findings, a line each.
  returned: success
  type: list
  elements: str
  sample: ["fstab: fixed. /etc/fstab names /dev/vdb1, which may be other disks on another server."]
actions:
  description: What was done, or would be done in check mode, in words.
  returned: success
  type: list
  elements: str
  sample: ["change /etc/fstab, keeping a copy"]
diff:
  description: The lines that change, and the files that go.
  returned: success
  type: list
  elements: dict
  sample: [{before_header: /etc/fstab, after_header: /etc/fstab, before: "/dev/vdb1 /data ext4 defaults 0 0\n", after: "UUID=… /data ext4 defaults 0 0\n"}]
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
    look,
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

# A mistake in it keeps a server from starting.
_COPIED = ("/etc/fstab",)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "fix": {"type": "list", "elements": "str", "choices": list(FIXABLE), "default": []},
            "skip": {"type": "list", "elements": "str", "choices": list(CHECKS), "default": []},
        },
        supports_check_mode=True,
    )
    if os.geteuid() != 0:
        module.fail_json(msg="Only root can look at the disks of a server: set become: true.")

    def task(command: Sequence[str]) -> Answer:
        code, printed, complaint = module.run_command(list(command))
        return code, printed, complaint

    guest = Guest(task)
    findings = look(guest, module.params["skip"])
    changes = [
        change
        for found in findings
        if found.check in module.params["fix"]
        for change in found.changes
    ]
    diff = [difference(guest, change) for change in changes]
    actions = [_carry_out(module, change) for change in changes]
    fixed = "would be fixed" if module.check_mode else "fixed"
    module.exit_json(**result(findings, module.params["fix"], actions, diff, fixed))


def _carry_out(module: Any, change: Change) -> str:
    """What was done, in words; in check mode what would be."""
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
