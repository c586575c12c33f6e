# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is found on a server, in a folder that stands for its "/", and what would fix it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
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
    Finding,
    Guest,
)

RECORDED = Path(__file__).parent / "recorded"
UUID = "99855c47-0871-4200-8ba7-424769674b05"
MACHINE_ID = "0123456789abcdef0123456789abcdef\n"


class Server:
    """A folder that stands for "/". answers: what programs print, by their names, or all of their
    answer."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.answers: dict[str, Any] = {}
        self.asked: list[Sequence[str]] = []

    def file(self, path: str, text: str = "") -> None:
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def install(self, program: str, printed: Any = "") -> None:
        self.file(f"/usr/sbin/{program}")
        self.answers[program] = printed

    def _run(self, command: Sequence[str]) -> Answer:
        self.asked.append(command)
        answer = self.answers[command[0]]
        if callable(answer):
            answer = answer(command)
        return (0, answer, "") if isinstance(answer, str) else answer

    @property
    def guest(self) -> Guest:
        return Guest(self._run, str(self.root))

    def findings(self, check: str) -> list[Finding]:
        """Those of one check; a server without cloud-init is told of by another test."""
        found = find_problems(self.guest, [name for name in CHECKS if name != check])
        assert all(finding.check == check for finding in found)
        return [finding for finding in found if "not installed" not in finding.problem]

    def changes(self, check: str) -> dict[str, str | None]:
        return {
            change.path: change.text for found in self.findings(check) for change in found.changes
        }


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


# --- volume groups, by what the real tool has printed


def test_a_volume_group_on_several_disks_is_reported_with_its_disks(server: Server) -> None:
    server.install("pvs", (RECORDED / "pvs-two-groups.txt").read_text())

    [found] = server.findings("volume_groups")

    assert "Volume group data lies on 2 physical volumes (/dev/loop0, /dev/loop1)" in found.problem
    assert found.changes == ()


def test_a_disk_that_is_missing_counts(server: Server) -> None:
    server.install("pvs", (RECORDED / "pvs-missing-disk.txt").read_text())

    [found] = server.findings("volume_groups")

    assert "group data" in found.problem
    assert "[unknown]" in found.problem


@pytest.mark.parametrize("recorded", ["pvs-disk-without-group.txt", "pvs-none.txt"])
def test_no_volume_group_is_fine(server: Server, recorded: str) -> None:
    server.install("pvs", (RECORDED / recorded).read_text())

    assert server.findings("volume_groups") == []
    assert server.asked


def test_a_server_without_lvm_is_not_asked(server: Server) -> None:
    assert server.findings("volume_groups") == []
    assert server.asked == []


def test_volume_groups_that_cannot_be_read_are_reported(server: Server) -> None:
    refusal = (RECORDED / "pvs-without-privileges.stderr.txt").read_text()
    server.install("pvs", (5, "", refusal))

    [found] = server.findings("volume_groups")

    assert "could not be read" in found.problem
    assert "Permission denied" in found.problem


# --- fstab and the boot loader

FSTAB = """\
# /dev/vda9 is a comment
UUID=aaaa / ext4 defaults 0 1
/dev/vdb1\t/data  ext4 defaults 0 2
LABEL=boot /boot ext4 defaults 0 2
/dev/mapper/data-log /var/log xfs defaults 0 0
/dev/disk/by-id/virtio-1234-part1 /more ext4 nofail 0 0
/dev/nvme1n1p2 none swap sw 0 0
tmpfs /tmp tmpfs size=1G 0 0
"""


def test_disks_are_named_by_uuid_and_all_else_stays(server: Server) -> None:
    server.file("/etc/fstab", FSTAB)
    server.answers["blkid"] = lambda command: f"{command[-1].rpartition('/')[2]}-uuid\n"

    changes = server.changes("fstab")

    assert changes == {
        "/etc/fstab": FSTAB.replace("/dev/vdb1\t", "UUID=vdb1-uuid\t")
        .replace("/dev/disk/by-id/virtio-1234-part1 ", "UUID=virtio-1234-part1-uuid ")
        .replace("/dev/nvme1n1p2 ", "UUID=nvme1n1p2-uuid ")
    }


def test_a_disk_without_uuid_is_reported_and_left(server: Server) -> None:
    server.file("/etc/fstab", "/dev/vdb1 /a ext4 defaults 0 0\n/dev/sdc /b ext4 defaults 0 0\n")
    server.answers["blkid"] = lambda command: (2, "", "") if command[-1] == "/dev/sdc" else UUID

    lost, found = server.findings("fstab")

    assert "/dev/sdc" in lost.problem
    assert lost.changes == ()
    [change] = found.changes
    assert change.text == f"UUID={UUID} /a ext4 defaults 0 0\n/dev/sdc /b ext4 defaults 0 0\n"


def test_stable_names_need_nobody_to_be_asked(server: Server) -> None:
    server.file("/etc/fstab", "UUID=1 / ext4 defaults 0 1\n/dev/data/log /log ext4 defaults 0 0\n")

    assert server.findings("fstab") == []
    assert server.asked == []


@pytest.mark.parametrize(
    ("root", "told"), [("/dev/vda1", True), ("UUID=1234", False), ("/dev/mapper/vg-root", False)]
)
def test_the_boot_device_is_reported_if_it_is_named_by_order(
    server: Server, root: str, told: bool
) -> None:
    server.file("/proc/cmdline", f"BOOT_IMAGE=/vmlinuz root={root} ro quiet\n")

    assert [root in found.problem for found in server.findings("boot_device")] == [True] * told


# --- cloud-init and the network


def test_what_cloud_init_keeps_goes_but_its_configuration_and_seed_stay(server: Server) -> None:
    server.install("cloud-init")
    for path in ("sem/x", "data/instance-id", "instances/i-1/boot-finished", "seed/nocloud/meta"):
        server.file(f"/var/lib/cloud/{path}")
    os.symlink("/var/lib/cloud/instances/i-0", server.root / "var/lib/cloud/instance")
    server.file("/var/log/cloud-init.log")
    server.file("/etc/cloud/cloud.cfg")

    assert set(server.changes("cloud_init")) == {
        *("/var/lib/cloud/instance", "/var/lib/cloud/instances", "/var/lib/cloud/data"),
        *("/var/lib/cloud/sem", "/var/log/cloud-init.log"),
    }


def test_a_server_without_cloud_init_is_reported(server: Server) -> None:
    [found] = find_problems(server.guest)

    assert "cloud-init is not installed" in found.problem


MAC = "fa:16:3e:01:02:03"
RULE = f'SUBSYSTEM=="net", ATTR{{address}}=="{MAC}", NAME="eth0"\n'
GOES = {
    "rules of udev": ("/etc/udev/rules.d/70-persistent-net.rules", f"# made\n{RULE}", None),
    "a lease": ("/var/lib/dhcp/dhclient.eth0.leases", "lease {}", None),
    "a lease of NetworkManager": ("/var/lib/NetworkManager/internal-1-eth0.lease", "x", None),
    "ifcfg": (
        "/etc/sysconfig/network-scripts/ifcfg-eth0",
        f'DEVICE=eth0\nHWADDR="{MAC}"\nBOOTPROTO=dhcp\n',
        "DEVICE=eth0\nBOOTPROTO=dhcp\n",
    ),
    "a keyfile": (
        "/etc/NetworkManager/system-connections/eth0.nmconnection",
        f"[ethernet]\nmac-address={MAC.upper()}\n\n[wifi-security]\npsk=secret\n",
        "[ethernet]\n\n[wifi-security]\npsk=secret\n",
    ),
}


@pytest.mark.parametrize(("path", "text", "after"), GOES.values(), ids=GOES.keys())
def test_what_binds_the_network_to_this_server_goes(
    server: Server, path: str, text: str, after: str | None
) -> None:
    server.file(path, text)

    assert server.changes("network") == {path: after}


TOLD = {
    "ifcfg": ("/etc/sysconfig/network-scripts/ifcfg-eth0", "BOOTPROTO=none\nIPADDR=10.0.0.5\n"),
    "interfaces": ("/etc/network/interfaces", "auto eth0\niface eth0 inet static\n"),
    "keyfile": ("/etc/NetworkManager/system-connections/a.nmconnection", "[ipv4]\nmethod=manual\n"),
    "netplan": ("/etc/netplan/01.yaml", "network:\n  addresses:\n    - 10.0.0.5/24\n"),
    "networkd": ("/etc/systemd/network/a.network", "[Network]\nAddress=10.0.0.5/24\n"),
    "MAC in netplan": ("/etc/netplan/01.yaml", f"      match:\n        macaddress: {MAC}\n"),
    "MAC in networkd": ("/etc/systemd/network/a.link", f"[Match]\nMACAddress={MAC}\n"),
}


@pytest.mark.parametrize(("path", "text"), TOLD.values(), ids=TOLD.keys())
def test_what_a_person_has_to_decide_is_reported_only(server: Server, path: str, text: str) -> None:
    server.file(path, text)

    [found] = server.findings("network")

    assert path in found.problem
    assert found.changes == ()


FINE = {
    "a rule that switches the generator off": (
        "/etc/udev/rules.d/75-persistent-net-generator.rules",
        "# nothing\n",
    ),
    "the loopback": ("/etc/sysconfig/network-scripts/ifcfg-lo", "IPADDR=127.0.0.1\n"),
    "a copy": ("/etc/sysconfig/network-scripts/ifcfg-eth0.bak", f"HWADDR={MAC}\n"),
    "a MAC that is no address": (
        "/etc/NetworkManager/system-connections/a.nmconnection",
        "cloned-mac-address=preserve\n",
    ),
    "loopback by interfaces": ("/etc/network/interfaces", "iface lo inet static\n"),
    "what cloud-init makes anew": (
        "/etc/netplan/50-cloud-init.yaml",
        "# This file is generated from information provided by the datasource.\n"
        f"macaddress: {MAC}\n  addresses:\n  - 10.0.0.5/24\n",
    ),
    "name servers": ("/etc/netplan/01.yaml", "nameservers:\n  addresses: [10.0.0.1]\n"),
}


@pytest.mark.parametrize(("path", "text"), FINE.values(), ids=FINE.keys())
def test_what_does_no_harm_is_not_reported(server: Server, path: str, text: str) -> None:
    server.install("cloud-init")
    server.file(path, text)

    assert server.findings("network") == []


# --- identity


def test_the_machine_id_is_emptied_and_its_old_place_cleared(server: Server) -> None:
    server.file("/etc/machine-id", MACHINE_ID)
    server.file("/var/lib/dbus/machine-id", MACHINE_ID)

    assert server.changes("machine_id") == {"/etc/machine-id": "", "/var/lib/dbus/machine-id": None}


@pytest.mark.parametrize("text", ["", "uninitialized\n"])
def test_an_empty_machine_id_is_fine_and_a_link_to_it_stays(server: Server, text: str) -> None:
    server.file("/etc/machine-id", text)
    server.file("/var/lib/dbus/x")
    os.symlink("/etc/machine-id", server.root / "var/lib/dbus/machine-id")

    assert server.findings("machine_id") == []


def _keys(server: Server) -> None:
    server.file("/etc/ssh/ssh_host_rsa_key", "private")
    server.file("/etc/ssh/ssh_host_rsa_key.pub", "public")


def test_host_keys_go_where_the_system_makes_new_ones(server: Server) -> None:
    _keys(server)
    server.file("/usr/lib/systemd/system/sshd-keygen@.service")

    keys = {"/etc/ssh/ssh_host_rsa_key": None, "/etc/ssh/ssh_host_rsa_key.pub": None}
    assert server.changes("ssh_host_keys") == keys


def test_host_keys_stay_where_nothing_would_make_new_ones(server: Server) -> None:
    _keys(server)

    [found] = server.findings("ssh_host_keys")

    assert found.changes == ()
    assert "nobody could log in" in found.remedy


@pytest.mark.parametrize(
    ("config", "told"),
    [("users: []\n", False), ("ssh_deletekeys: true\n", False), ("ssh_deletekeys: 0\n", True)],
)
def test_cloud_init_replaces_host_keys_unless_it_is_configured_not_to(
    server: Server, config: str, told: bool
) -> None:
    _keys(server)
    server.install("cloud-init")
    server.file("/etc/cloud/cloud.cfg.d/10.cfg", config)

    assert bool(server.findings("ssh_host_keys")) == told


# --- what is told


def test_every_check_can_be_skipped_and_what_can_be_fixed_is_a_check(server: Server) -> None:
    server.file("/etc/machine-id", MACHINE_ID)

    assert find_problems(server.guest, list(CHECKS)) == []
    assert set(FIXABLE) <= set(CHECKS)


def test_a_server_is_ready_when_all_that_was_found_is_fixed() -> None:
    fixable = Finding("It is wrong.", "Fix it.", (Change("/etc/fstab", ""),), "fstab")
    other = Finding("It is large.", "Shrink it.", check="volume_groups")

    assert result([fixable], ["fstab"], ["x"], [])["ready"]
    assert not result([fixable], [], [], [])["ready"]
    both = result([fixable, other], ["fstab", "volume_groups"], ["x"], [])
    assert not both["ready"]
    assert [entry["fixed"] for entry in both["findings"]] == [True, False]
    assert both["report"] == [
        "fstab: fixed. It is wrong.",
        "volume_groups: It is large. Shrink it.",
    ]


def test_a_difference_shows_the_lines_that_change_and_no_others(server: Server) -> None:
    path, text, after = GOES["a keyfile"]
    server.file(path, text)

    shown = difference(server.guest, Change(path, after))

    assert shown["before"] == f"mac-address={MAC.upper()}\n"
    assert shown["after"] == ""
    assert "secret" not in str(shown)
    server.file("/etc/ssh/ssh_host_rsa_key", "private")
    assert "private" not in str(difference(server.guest, Change("/etc/ssh/ssh_host_rsa_key")))
