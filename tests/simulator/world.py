# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that exists in the simulated cloud, and what is due to happen to it."""

from __future__ import annotations

import functools
import heapq
import random
import uuid
from collections.abc import Callable
from typing import Any

from . import records

# The attributes of records that are moments.
_TIMES = (
    *("created", "updated", "active_at", "born_at", "listed_at", "gone_at"),
    *("begin", "known_at", "started", "end"),
)
_NAMESPACE = uuid.UUID("6f1c2b0e-2d53-4b0a-9a57-0f3f5e0c7d11")


@functools.cache
def known_id(name: str) -> str:
    """The id of a thing in the initial world: always the same for the same name."""
    return str(uuid.uuid5(_NAMESPACE, name))


@functools.cache
def known_hex(name: str) -> str:
    """The same as 32 hex digits, as ids of projects, users and domains are written."""
    return uuid.uuid5(_NAMESPACE, name).hex


class World:
    """The state; not thread-safe, its user holds a lock around every call."""

    def __init__(self, region: str, seed: int) -> None:
        self.region = region
        self.seed = seed
        self.rng = random.Random(f"world:{seed}")
        self.domains: dict[str, records.Domain] = {}
        self.projects: dict[str, records.Project] = {}
        self.users: dict[str, records.User] = {}
        self.agencies: dict[str, records.Agency] = {}
        self.access_keys: dict[str, records.AccessKey] = {}
        self.tokens: dict[str, records.Token] = {}
        self.metadata_tokens: dict[str, float] = {}
        self.images: dict[str, records.Image] = {}
        self.jobs: dict[str, records.Job] = {}
        self.volumes: dict[str, records.Volume] = {}
        self.servers: dict[str, records.Server] = {}
        self.vaults: dict[str, records.Vault] = {}
        self.backups: dict[str, records.Backup] = {}
        self.checkpoint_items: dict[str, records.CheckpointItem] = {}
        self.keys: dict[str, records.Key] = {}
        self.objects: dict[tuple[str, str], records.BucketObject] = {}
        self.enterprise_projects: dict[str, str] = {"0": "default"}
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._count = 0

    def new_id(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def new_hex(self) -> str:
        return f"{self.rng.getrandbits(128):032x}"

    def new_job_id(self) -> str:
        return f"ff808082{self.rng.getrandbits(96):024x}"

    def at(self, when: float, happen: Callable[[float], None]) -> None:
        """`happen(when)` is called once a look at the world comes at or after `when`."""
        self._count += 1
        heapq.heappush(self._events, (when, self._count, happen))

    def settle(self, now: float) -> None:
        """Let everything happen that is due by `now`, in the order of time."""
        while self._events and self._events[0][0] <= now:
            when, _count, happen = heapq.heappop(self._events)
            happen(when)

    def age(self, seconds: float) -> None:
        """As if everything had happened, and would happen, so many seconds earlier."""
        self._events = [(when - seconds, count, happen) for when, count, happen in self._events]
        kinds = (self.images, self.jobs, self.volumes, self.servers, self.vaults, self.backups)
        for things in (*kinds, self.checkpoint_items):
            for thing in things.values():
                _age(thing, seconds)

    def add_image(self, image: records.Image) -> records.Image:
        self.images[image.id] = image
        return image

    def server_volumes(self, server_id: str) -> list[records.Volume]:
        """The disks of a server, the system disk first."""
        mine = [v for v in self.volumes.values() if v.server_id == server_id]
        return sorted(mine, key=lambda v: v.device)

    def vaults_of(self, resource_id: str) -> list[records.Vault]:
        return [v for v in self.vaults.values() if resource_id in v.resources]

    def own_images(self, project_id: str) -> list[records.Image]:
        """Private images that count against the quota, those in progress included."""
        return [
            image
            for image in self.images.values()
            if image.owner == project_id and not image.public and not image.deleted
        ]

    def uploading(self, project_id: str) -> int:
        """How many disks are being exported; that takes no job."""
        mine = (v for v in self.volumes.values() if v.project_id == project_id)
        return sum(volume.status == "uploading" for volume in mine)

    def running_jobs(self, project_id: str, now: float) -> list[records.Job]:
        return [j for j in self.jobs.values() if j.project_id == project_id and now < j.end]


def _age(thing: Any, seconds: float) -> None:
    for name in _TIMES:
        if getattr(thing, name, None):  # 0 is none, as for what was there from the beginning
            setattr(thing, name, getattr(thing, name) - seconds)
    if isinstance(thing, records.Image):
        thing.past = [(until - seconds, facets) for until, facets in thing.past]
