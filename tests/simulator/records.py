# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The things that exist in the simulated cloud. Times are epoch seconds."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Facets:
    """What can be changed on an image after it was made; writes to these are read back late."""

    name: str
    description: str | None = None
    min_ram: int = 0
    max_ram: int | None = None
    protected: bool = False
    enterprise_project_id: str = "0"
    tags: dict[str, str] = field(default_factory=dict)
    extras: dict[str, Any] = field(default_factory=dict)


@dataclass
class Image:
    """An image of the image service; `attributes` are those fixed when it was made."""

    id: str
    owner: str
    facets: Facets
    created: float
    status: str = "active"
    updated: float = 0.0
    active_at: float | None = None
    min_disk: int = 40
    disk_format: str = "zvhd2"
    container_format: str = "bare"
    size_gb: float = 2
    public: bool = False
    attributes: dict[str, Any] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)
    born_at: float = 0.0
    listed_at: float = 0.0
    gone_at: float | None = None
    lingering_polls: int = 0
    past: list[tuple[float, Facets]] = field(default_factory=list)

    def remember(self, until: float) -> None:
        """Keep showing what there is now until `until`; call before a write."""
        self.past.append((until, copy.deepcopy(self.facets)))

    def shown(self, now: float) -> Facets:
        """The facets as a reader sees them now."""
        self.past = [entry for entry in self.past if entry[0] > now]
        return self.past[0][1] if self.past else self.facets

    @property
    def whole(self) -> bool:
        return bool(self.attributes.get("__backup_id"))

    @property
    def key(self) -> str | None:
        return self.attributes.get("__system__cmkid")

    @property
    def deleted(self) -> bool:
        return self.gone_at is not None


@dataclass
class Job:
    """An asynchronous job of the image service; its state is a function of the time."""

    id: str
    type: str
    project_id: str
    kind: str
    begin: float
    end: float
    image_id: str | None = None
    image_name: str | None = None
    task: str = ""
    known_at: float = 0.0
    started: float = 0.0
    failure: tuple[str, str] | None = None
    results: list[dict[str, Any]] = field(default_factory=list)
    effects: dict[str, Any] = field(default_factory=dict)

    def status(self, now: float) -> str:
        if now >= self.end:
            return "FAIL" if self.failure else "SUCCESS"
        return "RUNNING" if now >= self.started else "INIT"


@dataclass
class Volume:
    """A disk of the volume service."""

    id: str
    name: str
    project_id: str
    size: int
    status: str = "available"
    bootable: bool = False
    volume_type: str = "SATA"
    server_id: str | None = None
    device: str = ""
    image_metadata: dict[str, Any] | None = None
    key: str | None = None
    service_type: str = "EVS"
    multiattach: bool = False
    enterprise_project_id: str = "0"
    created: float = 0.0
    updated: float = 0.0
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class Server:
    """A server; `imageable` False is a kind that cannot become an image."""

    id: str
    name: str
    project_id: str
    status: str = "ACTIVE"
    task_state: str | None = None
    image_id: str = ""
    os_type: str = "Linux"
    enterprise_project_id: str = "0"
    imageable: bool = True
    created: float = 0.0
    backing_up: int = 0
    tags: list[str] = field(default_factory=list)


@dataclass
class Vault:
    """A vault of the backup service; `servers` maps protected ids to (name, GB)."""

    id: str
    name: str
    project_id: str
    size_gb: int = 1000
    used_mb: int = 0
    object_type: str = "server"
    protect_type: str = "backup"
    status: str = "available"
    max_resources: int = 200
    enterprise_project_id: str = "0"
    created: float = 0.0
    resources: dict[str, tuple[str, int]] = field(default_factory=dict)


@dataclass
class Backup:
    """A backup of a server or of a disk; `shared_by` names the tenant it really belongs to."""

    id: str
    name: str
    project_id: str
    resource_id: str
    resource_name: str
    vault_id: str
    size_gb: int = 40
    status: str = "available"
    restore_mode: str = "backup"
    of_server: bool = True
    shared_by: str | None = None
    has_system: bool = True
    os_type: str = "Linux"
    enterprise_project_id: str = "0"
    created: float = 0.0
    updated: float = 0.0
    image_ids: list[str] = field(default_factory=list)
    volume_ids: list[str] = field(default_factory=list)


@dataclass
class CheckpointItem:
    """A backup of the older CSBS service."""

    id: str
    name: str
    project_id: str
    resource_id: str
    resource_name: str
    status: str = "available"
    volume_ids: list[str] = field(default_factory=list)
    size_gb: int = 40
    created: float = 0.0


@dataclass
class Key:
    """A key of the key service."""

    id: str
    name: str
    project_id: str
    enabled: bool = True


@dataclass
class BucketObject:
    """A file in a bucket; `content` is what it really is, whatever its name says."""

    bucket: str
    key: str
    content: str
    size_gb: float
    disk_gb: int
    storage_class: str = "STANDARD"
    region: str = ""
    readable: bool = True


@dataclass(frozen=True)
class Domain:
    """An account."""

    id: str
    name: str


@dataclass(frozen=True)
class Project:
    """A project of an account; the built-in one of a region is called like the region.

    `region`: the one whose services know it, '' for those of all.
    """

    id: str
    name: str
    domain_id: str
    region: str = ""


@dataclass
class User:
    """A user; `denied` are patterns of the actions that are forbidden."""

    id: str
    name: str
    password: str
    domain_id: str
    project_ids: list[str]
    denied: tuple[str, ...] = ()
    label: str = "main"


@dataclass
class AccessKey:
    """An access key; temporary ones have a security token and an end."""

    access: str
    secret: str
    user_id: str
    label: str
    security_token: str | None = None
    expires: float | None = None
    agency_id: str | None = None


@dataclass
class Token:
    """An issued token."""

    value: str
    user_id: str
    expires: float
    issued: float
    project_id: str | None = None
    domain_id: str | None = None
    methods: tuple[str, ...] = ("password",)
    agency_id: str | None = None


@dataclass(frozen=True)
class Agency:
    """A delegation: members of `trusted_domain_id` may act in `domain_id`."""

    id: str
    name: str
    domain_id: str
    trusted_domain_id: str
    project_ids: tuple[str, ...]
