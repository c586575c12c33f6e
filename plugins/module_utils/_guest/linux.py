# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find what would break servers that are created from an image of this Linux server.

Sources: IMS API reference, "Creating a Full-ECS Image" (constraints); IMS user guide, "Preparing an
Image File" (network, Cloud-Init) and "What Will the System Do to an Image File" (UUID in fstab and
boot parameters); machine-id(5).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from .system import Change, Finding, Guest

# Names that the kernel gives in the order in which it finds disks, which differs between servers.
_ORDERED = r"/dev/(?:(?:s|v|xv|h)d[a-z]+\d*|nvme\d+n\d+(?:p\d+)?|mmcblk\d+(?:p\d+)?)"
# Names that contain the address or the serial number of one disk.
_BOUND = r"/dev/disk/by-(?:id|path)/\S+"
_UNSTABLE = re.compile(f"{_ORDERED}|{_BOUND}")
_MAC = r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}"
_UNITS = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")

_CLOUD_STATE = (
    *("/var/lib/cloud/instance", "/var/lib/cloud/instances", "/var/lib/cloud/data"),
    *("/var/lib/cloud/sem", "/var/log/cloud-init.log", "/var/log/cloud-init-output.log"),
)
_LEASES = (
    *("/var/lib/dhcp/*.leases", "/var/lib/dhcp/*.lease", "/var/lib/dhclient/*.lease*"),
    *("/var/lib/dhcpcd/*.lease*", "/var/lib/NetworkManager/*.lease"),
)
# The first lines of network configurations that cloud-init has written.
_BY_CLOUD_INIT = re.compile(
    r"(?:created|generated) (?:by cloud-init|from information provided by the datasource)",
    re.IGNORECASE,
)
_IFCFG = "/etc/sysconfig/network-scripts/ifcfg-*"
_KEYFILES = "/etc/NetworkManager/system-connections/*"
_NETPLAN = "/etc/netplan/*.yaml"


def find_problems(guest: Guest, skip: Sequence[str] = ()) -> list[Finding]:
    """Return the findings of all checks except those in `skip`."""
    return [
        replace(found, check=name)
        for name, check in CHECKS.items()
        if name not in skip
        for found in check(guest)
    ]


# --- disks


def _volume_groups(guest: Guest) -> Iterator[Finding]:
    """A whole image may lose the data of a volume group on several physical volumes."""
    if guest.program("pvs") is None:
        return
    # Without --reportformat, which older tools do not know.
    command = ["pvs", "--noheadings", "--separator", "|", "-o", "vg_name,pv_name"]
    code, printed, complaint = guest.run(command)
    if code != 0:
        yield Finding(
            f"Volume groups could not be read: {' '.join(complaint.split())}",
            "Make sure that no volume group lies on several physical volumes.",
        )
        return
    for group, volumes in sorted(_grouped(printed).items()):
        if len(volumes) > 1:
            yield Finding(
                f"Volume group {group} lies on {len(volumes)} physical volumes "
                f"({', '.join(volumes)}); servers made from a whole image may lose its data.",
                "Bring it onto one disk (pvmove, vgreduce), or keep the data out of the image.",
            )


def _grouped(printed: str) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for line in printed.splitlines():
        group, separator, volume = line.strip().partition("|")
        if separator and group:  # a physical volume may be of no group yet
            groups.setdefault(group, []).append(volume)
    return groups


def _fstab(guest: Guest) -> Iterator[Finding]:
    """Disks may be found in another order, and have other serial numbers."""
    text = guest.read("/etc/fstab") or ""
    unstable = [device for device in map(_device, text.splitlines()) if device]
    uuids = {device: _uuid(guest, device) for device in unstable}
    for device in sorted(device for device, uuid in uuids.items() if uuid is None):
        yield Finding(
            f"/etc/fstab names {device}, which may be another disk on another server, and which "
            "has no UUID here.",
            "Correct or remove the entry.",
        )
    known: dict[str | None, str] = {device: uuid for device, uuid in uuids.items() if uuid}
    if known:
        names = ", ".join(sorted(map(str, known)))
        yield Finding(
            f"/etc/fstab names {names}, which may be other disks on another server.",
            "Name them by UUID=…, which blkid shows.",
            (Change("/etc/fstab", _by_uuid(text, known)),),
        )


def _device(line: str) -> str | None:
    """Return the unstable device name at the beginning of a line of fstab, None if it has none."""
    words = line.split()
    return words[0] if len(words) > 1 and _UNSTABLE.fullmatch(words[0]) else None


def _uuid(guest: Guest, device: str) -> str | None:
    code, printed, _complaint = guest.run(["blkid", "-s", "UUID", "-o", "value", device])
    return printed.strip() or None if code == 0 else None


def _by_uuid(text: str, uuids: Mapping[str | None, str]) -> str:
    lines = []
    for line in text.splitlines(keepends=True):
        device = _device(line)
        if device in uuids:
            line = line.replace(str(device), f"UUID={uuids[device]}", 1)
        lines.append(line)
    return "".join(lines)


def _boot_device(guest: Guest) -> Iterator[Finding]:
    match = re.search(rf"\broot=({_ORDERED})(?:\s|$)", guest.read("/proc/cmdline") or "")
    if match:
        yield Finding(
            f"The kernel was started with root={match.group(1)}, which may be another disk on "
            "another server.",
            "Name it by root=UUID=… in the configuration of the boot loader.",
        )


# --- state of cloud-init and of the network that belongs to this server


def _cloud_init(guest: Guest) -> Iterator[Finding]:
    if guest.program("cloud-init") is None:
        yield Finding(
            "cloud-init is not installed: servers made from the image get no password, key or "
            "user data from the cloud.",
            "Install it, unless that is wanted.",
        )
    state = guest.paths(*_CLOUD_STATE)
    if state:
        yield Finding(
            f"cloud-init keeps the state of this server: {', '.join(state)}.",
            "Run cloud-init clean --logs. At its next start this server, too, is set up again.",
            tuple(map(Change, state)),
        )


def _network(guest: Guest) -> Iterator[Finding]:
    rules = list(_persistent_rules(guest))
    if rules:
        yield Finding(
            f"Network cards are named by their MAC addresses: {', '.join(rules)}.",
            "Delete the files.",
            tuple(map(Change, rules)),
        )
    leases = guest.paths(*_LEASES)
    if leases:
        yield Finding(
            f"DHCP leases of this server are kept: {', '.join(leases)}.",
            "Delete the files; a running server writes them again.",
            tuple(map(Change, leases)),
        )
    for path in _configured(guest, _IFCFG, _KEYFILES):
        text = guest.read(path) or ""
        without = re.sub(
            rf"^(?:HWADDR|MACADDR|mac-address|cloned-mac-address)=[\"']?{_MAC}[\"']?[ \t]*\n?",
            "",
            text,
            flags=re.MULTILINE,
        )
        if without != text:
            yield Finding(
                f"{path} is for the MAC address of this server only.",
                "Remove the address.",
                (Change(path, without),),
            )
    yield from _bound_elsewhere(guest)
    yield from _fixed_addresses(guest)


def _persistent_rules(guest: Guest) -> Iterator[str]:
    """Yield the files with a rule. An empty one switches the generator of rules off."""
    for path in guest.paths("/etc/udev/rules.d/*persistent-net*.rules"):
        lines = (line.strip() for line in (guest.read(path) or "").splitlines())
        if any(line and not line.startswith("#") for line in lines):
            yield path


def _configured(guest: Guest, *patterns: str) -> Iterator[str]:
    """Yield the configurations that people wrote. cloud-init writes its own again, and copies that
    editors and package managers leave are not read."""
    renewed = guest.program("cloud-init") is not None
    for path in guest.paths(*patterns):
        left = path.endswith(("~", ".bak", ".rpmsave", ".rpmnew", ".orig", "ifcfg-lo"))
        if not left and not (renewed and _BY_CLOUD_INIT.search(guest.read(path) or "")):
            yield path


def _bound_elsewhere(guest: Guest) -> Iterator[Finding]:
    files = ("/etc/systemd/network/*.network", "/etc/systemd/network/*.link", _NETPLAN)
    for path in _configured(guest, *files):
        if re.search(rf"^\s*mac-?address\s*[:=].*{_MAC}", guest.read(path) or "", re.I | re.M):
            yield Finding(
                f"{path} is for the MAC address of this server only.",
                "Match network cards by name or driver instead.",
            )


_FIXED = {
    _IFCFG: r"^IPADDR\d*=",
    _KEYFILES: r"^method=manual\b",
    _NETPLAN: r"^\s*(?:-\s*|addresses:\s*\[\s*)[\"']?\d+\.\d+\.\d+\.\d+/\d+",
    "/etc/network/interfaces": r"^\s*iface\s+(?!lo\b)\S+\s+inet6?\s+static\b",
    "/etc/network/interfaces.d/*": r"^\s*iface\s+(?!lo\b)\S+\s+inet6?\s+static\b",
    "/etc/systemd/network/*.network": r"^Address\s*=",
}


def _fixed_addresses(guest: Guest) -> Iterator[Finding]:
    for pattern, address in _FIXED.items():
        for path in _configured(guest, pattern):
            if re.search(address, guest.read(path) or "", re.MULTILINE):
                yield Finding(
                    f"{path} gives the server a fixed address, which others cannot have as well.",
                    "Have addresses assigned by DHCP.",
                )


# --- what identifies this server


def _machine_id(guest: Guest) -> Iterator[Finding]:
    """An empty file is filled when a server starts for the first time (machine-id(5)); without the
    file some systems start as if for the first time in other ways, too."""
    changes = []
    if (guest.read("/etc/machine-id") or "").strip() not in ("", "uninitialized"):
        changes.append(Change("/etc/machine-id", ""))
    old = "/var/lib/dbus/machine-id"
    if not guest.is_link(old) and (guest.read(old) or "").strip():
        changes.append(Change(old))
    if changes:
        yield Finding(
            f"All servers made from the image would have the machine id of this one "
            f"({', '.join(change.path for change in changes)}).",
            "Empty /etc/machine-id. This server, too, gets another one at its next start.",
            tuple(changes),
        )


def _ssh_host_keys(guest: Guest) -> Iterator[Finding]:
    keys = guest.paths("/etc/ssh/ssh_host_*_key", "/etc/ssh/ssh_host_*_key.pub")
    if not keys or _cloud_init_replaces_keys(guest):
        return
    problem = (
        f"All servers made from the image would have the SSH host keys of this one ({keys[0]} …)."
    )
    if guest.paths(*(f"{folder}/sshd-keygen*" for folder in _UNITS)):
        yield Finding(
            problem,
            "Delete the keys; the system makes new ones when it starts.",
            tuple(map(Change, keys)),
        )
    else:
        yield Finding(
            problem,
            "Nothing would make new ones, so without them nobody could log in. Install "
            "cloud-init, and leave its option ssh_deletekeys on.",
        )


def _cloud_init_replaces_keys(guest: Guest) -> bool:
    """Return whether cloud-init replaces the keys on each new server (module ssh, option
    ssh_deletekeys)."""
    if guest.program("cloud-init") is None or guest.paths("/etc/cloud/cloud-init.disabled"):
        return False
    files = guest.paths("/etc/cloud/cloud.cfg", "/etc/cloud/cloud.cfg.d/*.cfg")
    off = re.compile(r"^ssh_deletekeys:\s*(?:0|false|no|off)\b", re.IGNORECASE | re.MULTILINE)
    return not any(off.search(guest.read(path) or "") for path in files)


CHECKS: dict[str, Callable[[Guest], Iterator[Finding]]] = {
    "volume_groups": _volume_groups,
    "fstab": _fstab,
    "boot_device": _boot_device,
    "cloud_init": _cloud_init,
    "network": _network,
    "machine_id": _machine_id,
    "ssh_host_keys": _ssh_host_keys,
}
# Checks whose findings, or some of them, can be fixed here.
FIXABLE = ("fstab", "cloud_init", "network", "machine_id", "ssh_host_keys")
