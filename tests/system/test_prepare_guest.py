# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role prepare_guest and its playbook, on a Linux server that this machine plays in a mount
namespace: real files, file systems, host keys and, where that is possible, volume groups."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import tree_sitter_powershell
from ansible_collections.huaweicloud.ims.tests.system.cloud import Played, play
from ansible_collections.huaweicloud.ims.tools.account import Visitor
from ansible_collections.huaweicloud.ims.tools.places import ROOT
from tree_sitter import Language, Parser

HERE = Path(__file__).parent
PLAYBOOK = ("huaweicloud.ims.prepare_guest", "-e", "servers=guest")
# As people type it.
FIX = ("-e", "fix='fstab, cloud_init,network, machine_id,ssh_host_keys,san_policy,'")
MACHINE_ID = "0123456789abcdef0123456789abcdef"
RULES = "/etc/udev/rules.d/70-persistent-net.rules"
# What a server that has run for a while holds; the disk is a file, which blkid reads just as well.
FURNISH = f"""
set -e
mkdir -p /etc/udev/rules.d /etc/systemd/system /etc/ssh
mkdir -p /var/lib/cloud/instances/i-1 /var/lib/cloud/seed
ssh-keygen -A
touch /etc/systemd/system/sshd-keygen@.service /var/lib/cloud/seed/kept
echo {MACHINE_ID} > /etc/machine-id
echo 'SUBSYSTEM=="net", ATTR{{address}}=="fa:16:3e:01:02:03", NAME="eth0"' > {RULES}
truncate -s 8M /dev/vdz1
mkfs.ext4 -q -U 99855c47-0871-4200-8ba7-424769674b05 /dev/vdz1
printf '%s\\n' 'UUID=1 / ext4 defaults 0 1' '/dev/vdz1 /data ext4 defaults 0 2' > /etc/fstab
"""


class Server:
    """Lives in a folder; each command finds what those before it have written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        inventory = folder / "inventory.json"
        local = {"ansible_connection": "local"}
        inventory.write_text(json.dumps({"all": {"hosts": {"guest": local}}}))
        # Without privileges of this machine, a namespace of users gives them within.
        apart = ["--mount"] if os.geteuid() == 0 else ["--mount", "--user", "--map-root-user"]
        self.inside = ["unshare", *apart, str(HERE / "guest.sh"), str(folder)]

    def do(self, script: str) -> None:
        command = [*self.inside, "sh", "-c", script]
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)

    def play(self, *arguments: str) -> Played:
        inventory = str(self.folder / "inventory.json")
        return play(Visitor(variables={}), "-i", inventory, *arguments, inside=self.inside)

    def read(self, path: str) -> str:
        return (self.folder / path.lstrip("/")).read_text("utf-8")

    def holds(self, path: str) -> bool:
        """Files that were deleted leave a device behind that says so."""
        found = self.folder / path.lstrip("/")
        return found.is_file() or found.is_dir()


@pytest.fixture
def server(tmp_path: Path) -> Server:
    made = Server(tmp_path)
    tools = ("unshare", "ssh-keygen", "mkfs.ext4", "blkid")
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    missing = [tool for tool in tools if shutil.which(tool, path=path) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    try:
        made.do("true")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"this machine permits no mount namespace: {error.stderr}")
    return made


def _checks(played: Played) -> dict[str, bool]:
    """What was found, and whether it was fixed; of several findings of a check, whether all."""
    found: dict[str, bool] = {}
    for finding in played.stats["prepare_guest_findings"]["guest"]:
        found[finding["check"]] = finding["fixed"] and found.get(finding["check"], True)
    return found


def test_a_real_server_is_looked_at_then_mended_then_found_mended(server: Server) -> None:
    server.do(FURNISH)
    fixable = {"fstab", "network", "machine_id", "ssh_host_keys"}

    told = server.play(*PLAYBOOK)
    predicted = server.play(*PLAYBOOK, *FIX, "--check", "--diff")
    untouched = server.read("/etc/fstab"), server.read("/etc/machine-id")
    done = server.play(*PLAYBOOK, *FIX)
    again = server.play(*PLAYBOOK, *FIX)

    for played in (told, predicted, done, again):
        assert played.returncode == 0, played.output
    assert [played.changed for played in (told, predicted, done, again)] == [0, 1, 1, 0]
    assert set(_checks(told)) == fixable | {"cloud_init"}
    assert not any(_checks(told).values())
    assert untouched[0].splitlines()[1].startswith("/dev/vdz1 ")
    assert untouched[1].strip() == MACHINE_ID
    [before], [after] = predicted.of("prepare_guest"), done.of("prepare_guest")
    for key in ("findings", "actions", "diff"):
        assert before[key] == after[key], key
    told_twice = [line.replace("would be fixed", "fixed") for line in before["report"]]
    assert told_twice == after["report"] != before["report"]
    assert "+UUID=99855c47" in predicted.output
    assert {check for check, fixed in _checks(done).items() if fixed} == fixable
    assert server.read("/etc/fstab").splitlines() == [
        "UUID=1 / ext4 defaults 0 1",
        "UUID=99855c47-0871-4200-8ba7-424769674b05 /data ext4 defaults 0 2",
    ]
    assert server.read("/etc/machine-id") == ""
    [copy] = (server.folder / "etc").glob("fstab.*~")
    assert "/dev/vdz1 " in copy.read_text()
    for gone in (RULES, "/etc/ssh/ssh_host_ed25519_key", "/var/lib/cloud/instances"):
        assert not server.holds(gone), gone
    assert server.holds("/var/lib/cloud/seed/kept")
    # That cloud-init is not installed is nothing to be fixed.
    assert _checks(again) == {"cloud_init": False}


def test_a_server_can_be_looked_at_in_the_background(server: Server) -> None:
    server.do(FURNISH)
    task = {"name": "Look", "huaweicloud.ims.prepare_guest": {}, "async": 60, "poll": 1}
    playbook = server.folder / "background.yml"
    notes = {"ansible_async_dir": str(server.folder / "async")}
    play = {"hosts": "guest", "gather_facts": False, "vars": notes, "tasks": [task]}
    playbook.write_text(json.dumps([play]))

    played = server.play(str(playbook))

    assert played.returncode == 0, played.output
    [result] = played.of("prepare_guest")
    assert result["ansible_job_id"]
    assert result["findings"]
    assert not result["changed"]


@contextlib.contextmanager
def _volume_groups(folder: Path) -> Iterator[None]:
    """Group "data" on two loop devices, "single" on one."""
    devices: list[str] = []

    def do(*command: str) -> str:
        answer = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
        return answer.stdout.strip()

    try:
        for number in range(3):
            disk = folder / f"disk-{number}"
            with disk.open("wb") as file:
                file.truncate(24 << 20)
            devices.append(do("losetup", "--find", "--show", str(disk)))
            do("pvcreate", devices[-1])
        do("vgcreate", "--autobackup", "n", "data", *devices[:2])
        do("vgcreate", "--autobackup", "n", "single", devices[2])
        yield
    finally:
        for device in devices:
            do("losetup", "--detach", device)


def test_a_real_volume_group_on_two_disks_is_found_and_fails_the_role(
    server: Server, tmp_path: Path
) -> None:
    """Elsewhere the recorded words of the tools have to do (tests/unit/…/guest/recorded)."""
    if os.geteuid() != 0 or shutil.which("vgcreate") is None:
        pytest.skip("needs root and the tools of LVM")
    try:
        with _volume_groups(tmp_path):
            played = server.play(*PLAYBOOK, *FIX)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"this machine permits no volume groups: {error.stderr}")

    assert played.returncode != 0
    assert "Volume group data lies on 2 physical volumes (/dev/loop" in played.message
    assert "single" not in played.message


ANSWER = {
    "findings": [
        {"check": "san_policy", "problem": "It is OfflineShared.", "remedy": "", "fixed": True},
        {"check": "spanned_volumes", "problem": "Disks 1, 2 are dynamic.", "fixed": False},
    ]
}


def test_the_answer_of_a_windows_server_is_treated_alike(tmp_path: Path) -> None:
    """With a connection that stands in for one; the script itself is not run."""
    answer = {
        "findings": [{**finding, "line": finding["problem"]} for finding in ANSWER["findings"]]
    }
    commands, inventory = tmp_path / "commands", tmp_path / "inventory.json"
    commands.touch()
    far = {"ansible_connection": "windows_stand_in", "ansible_shell_type": "powershell"}
    inventory.write_text(json.dumps({"all": {"hosts": {"guest": far}}}))
    place = Visitor(
        variables={
            "ANSIBLE_CONNECTION_PLUGINS": str(HERE / "connection_plugins"),
            "STAND_IN_COMMANDS": str(commands),
            "STAND_IN_ANSWER": json.dumps(answer),
        }
    )

    role = {
        "name": "huaweicloud.ims.prepare_guest",
        "apply": {"check_mode": True},
    }
    variables = {"prepare_guest_fix": ["san_policy"], "prepare_guest_fail_on": []}
    task = {"ansible.builtin.include_role": role, "vars": variables}
    (tmp_path / "play.yml").write_text(
        json.dumps([{"hosts": "guest", "gather_facts": False, "tasks": [task]}])
    )

    predicted = play(place, "-i", str(inventory), *PLAYBOOK, *FIX, "-e", "fail_on=fstab", "--check")
    applied = play(place, "-i", str(inventory), str(tmp_path / "play.yml"))
    played = play(place, "-i", str(inventory), *PLAYBOOK, *FIX)

    asked, asked_again, done = commands.read_text().splitlines()
    assert "-Pretend" in asked
    assert "-Pretend" in asked_again  # check mode of the task only, not of the command
    assert (applied.returncode, applied.changed) == (0, 1), applied.output
    assert "-Pretend" not in done
    assert "san_policy" in done
    assert (predicted.returncode, predicted.changed) == (0, 1)
    assert _checks(predicted) == {"san_policy": True, "spanned_volumes": False}
    assert played.returncode != 0
    assert "Disks 1, 2 are dynamic." in played.message


SCRIPT = ROOT / "roles" / "prepare_guest" / "files" / "windows.ps1"


def _mistakes(script: str) -> list[str]:
    """Where a grammar of PowerShell finds no sense, or misses something."""
    parser = Parser(Language(tree_sitter_powershell.language()))
    cursor, found = parser.parse(script.encode()).walk(), []
    while True:
        node = cursor.node
        if node is not None and (node.is_error or node.is_missing):
            found.append(f"line {node.start_point.row + 1}: {node}")
        if cursor.goto_first_child() or cursor.goto_next_sibling():
            continue
        while cursor.goto_parent():
            if cursor.goto_next_sibling():
                break
        else:
            return found


def test_the_script_for_windows_can_be_parsed() -> None:
    """No PowerShell is at hand here: this is the grammar, and not the real parser."""
    script = SCRIPT.read_text("utf-8")

    assert _mistakes(script) == []
    for needed in ("    }\n}", "(Get-StorageSetting)", "@($findings)", "'OnlineAll'"):
        assert needed in script
        assert _mistakes(script.replace(needed, needed[:-1], 1)) != [], needed


def test_the_script_for_windows_calls_only_what_windows_server_2012_has() -> None:
    """Cmdlets of the module Storage and of PowerShell 3.0 itself."""
    code = re.sub("(?m)^ *#.*$", "", SCRIPT.read_text("utf-8"))
    called = set(re.findall(r"\b[A-Z][A-Za-z]+-[A-Z]\w+", code))

    assert called == {
        *("Get-StorageSetting", "Set-StorageSetting", "Get-Partition"),
        *("New-Object", "Where-Object", "Select-Object", "Sort-Object", "ConvertTo-Json"),
        "Add-Finding",
    }


def test_a_name_that_is_not_in_the_inventory_is_no_success(tmp_path: Path) -> None:
    """A play without hosts ends well."""
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps({"web": {"hosts": {"web-01": {}}}}))

    played = play(
        Visitor(variables={}),
        *("-i", str(inventory), "huaweicloud.ims.prepare_guest", "-e", "servers=wbe"),
    )

    assert played.returncode != 0
    assert "There is no host or group wbe in the inventory" in played.message


def test_the_script_for_windows_has_the_checks_that_the_role_knows() -> None:
    script = SCRIPT.read_text("utf-8")

    for check in ("san_policy", "spanned_volumes"):
        assert f"-notcontains '{check}'" in script
        assert f"Add-Finding '{check}'" in script
