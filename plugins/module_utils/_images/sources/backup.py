# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole images of an existing backup: of CBR, or of the older service CSBS.

One backup makes one image: the only uniqueness that the cloud itself enforces (IMS API reference,
"Creating a Full-ECS Image", constraints).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..._cloud import cbr, evs, ims
from ..._cloud.client import Client
from ..._cloud.errors import ApiError, CloudError, Unavailable
from ..._cloud.records import Backup
from ..._cloud.wire import CreateHooks
from ..context import Task
from ..failures import AlreadyMade, Refused
from ..lookups import IMS, listed_image, own_images, read, try_list
from ..model.image import Image, Origin
from ..model.provenance import CreateIds, SourceFinding, different, same, unknown
from .protocol import NAME_TAKEN, Source, provenance_by_source_tag
from .reference import Reference, read_referenced, refer

CBR, CSBS = "CBR", "CSBS"
_HOSTS = {CBR: "cbr", CSBS: "csbs"}
# Time for asking the other service for a backup that this one does not have, in seconds.
_MOMENT = 10.0
_SERVER = "OS::Nova::Server"
# The backup has an image already; the older service has a code of its own.
_MADE = frozenset((NAME_TAKEN, "IMG.0029", "IMG.0134"))


@dataclass(frozen=True)
class BackupSource(Source):
    backup: Reference[Backup]
    service: str

    create_accepts = frozenset(
        ("description", "min_ram", "max_ram", "enterprise_project_id", "tags")
    )
    may_be_repeated = True

    @property
    def origin(self) -> Origin:
        return Origin("backup", self.backup.id or self.backup.given)

    @property
    def is_resolved(self) -> bool:
        return self.backup.id is not None

    def provenance_of(self, image: Image, task: Task) -> SourceFinding:
        if self.backup.id is None:
            return unknown(self.backup.why_unresolved)
        backup_id = image.text("__backup_id")
        if not backup_id and image.data_origin and image.data_origin.kind == "backup":
            backup_id = image.data_origin.id
        if backup_id == self.backup.id:
            return same("the cloud names that backup")
        if image.text("__backup_id"):
            return different(f"it was made from backup {backup_id}")
        by_source_tag = provenance_by_source_tag(image, self.origin)
        if by_source_tag:
            return by_source_tag
        if image.data_origin and image.data_origin.kind != "backup":
            return different(f"it was made from {image.data_origin}")
        return self._provenance_by_backup(image, task)

    def _provenance_by_backup(self, image: Image, task: Task) -> SourceFinding:
        """Find out from the backup, if the image does not say: CBR lists the images created from
        it."""
        try:
            backup = _read(task.client, self.service, str(self.backup.id))
        except Unavailable:
            return unknown("the image does not say, and the backup could not be read")
        if backup is None:
            return unknown("the image does not say, and the backup is gone")
        if image.id in backup.image_ids:
            return same("the backup lists it")
        if backup.image_ids:
            return different(f"the backup made image {backup.image_ids[0]}")
        return unknown("neither the image nor the backup says")

    def says_image_exists(self, refusal: ApiError, task: Task) -> bool:
        return refusal.code in _MADE

    def check(self, task: Task, name: str) -> None:
        if self.backup.id is None and self.backup.error is None:
            self._refuse_other_service(task, _list, self.backup.given)
        backup = read_referenced(
            task, _HOSTS[self.service], self.backup, lambda backup_id: self._find(task, backup_id)
        )
        if backup is None:
            _check_unused(task, f"backup {self.backup.id}", self._images_by_list(task))
            return
        label = f"backup {backup.name} ({backup.id})"
        kind = backup.resource_type
        if kind not in ("", _SERVER):
            raise Refused(
                f"The {label} is of a {kind}; a whole image needs the backup of a server."
            )
        made: Sequence[str] = backup.image_ids
        if self.service == CSBS:
            made = made or self._images_by_list(task)
        _check_unused(task, label, made)
        _check_state(label, backup)
        _check_system(label, backup)
        if self.service == CSBS:
            _check_disks(task, label, backup)
        if backup.project_id not in ("", task.client.project_id):
            task.warn(f"The {label} is shared by another tenant: its image cannot be shared on.")

    def create(self, task: Task, name: str, body: dict[str, Any], hooks: CreateHooks) -> CreateIds:
        body["backup_id"] = self.backup.id
        # The cloud's own default differs (CSBS on the older pages): always say which.
        body["whole_image_type"] = self.service
        return CreateIds(job_id=ims.create_whole_image(task.client, body, hooks))

    def _images_by_list(self, task: Task) -> list[str]:
        """Return the ids of own images that name this backup: CSBS does not list them, and CBR is
        perhaps not readable."""
        listed = try_list(task, IMS, "images", lambda: own_images(task.client))
        return [
            image.id
            for image in listed or ()
            if image.text("__backup_id") == self.backup.id and not image.dead
        ]

    def _find(self, task: Task, backup_id: str) -> Backup | None:
        """Read the backup. Raises Refused where it belongs to the other service."""
        backup = _get(task.client, self.service, backup_id)
        if backup is None:
            self._refuse_other_service(task, _read, backup_id)
        return backup

    def _refuse_other_service(
        self, task: Task, look_up: Callable[[Client, str, str], object], backup: str
    ) -> None:
        """Raise Refused where the other service has that backup. On clouds without the other
        service its error is no obstacle."""
        other = CBR if self.service == CSBS else CSBS
        with suppress(CloudError), task.client.within(_MOMENT):
            if look_up(task.client, other, backup):
                raise Refused(f"The backup {backup} is a {other} backup: set backup_type: {other}.")


def _get(client: Client, service: str, backup_id: str) -> Backup | None:
    if service == CSBS:
        return cbr.get_csbs_backup(client, backup_id)
    return cbr.get_backup(client, backup_id)


def _read(client: Client, service: str, backup_id: str) -> Backup | None:
    return read(client, _HOSTS[service], lambda: _get(client, service, backup_id))


def _list(client: Client, service: str, name: str | None) -> Sequence[Backup]:
    lister = cbr.list_csbs_backups if service == CSBS else cbr.list_backups
    return read(client, _HOSTS[service], lambda: lister(client, name))


def backup_source(client: Client, backup: str, service: str) -> BackupSource:
    """Resolve a backup given by id or name. Raises Refused or CloudError."""
    by_name = partial(_list, client, service)
    return BackupSource(refer(client, _HOSTS[service], "backup", backup, by_name), service)


def _check_unused(task: Task, label: str, made: Sequence[str]) -> None:
    if made:
        raise AlreadyMade(
            f"The {label} already has an image: {_described(task, made[0])}. One backup makes one "
            f"image: use that image (name it here), or make a new backup.",
            made[0],
        )


def _check_system(label: str, backup: Backup) -> None:
    """Raise Refused for a backup without the system disk, which CBR shows: IMG.0195."""
    if backup.has_system_disk is False:
        raise Refused(
            f"The {label} does not hold the system disk of its server; a whole image needs it. "
            "Back up the server with its system disk."
        )


def _check_disks(task: Task, label: str, backup: Backup) -> None:
    """Raise Refused for a backup of CSBS with shared disks (IMS API reference, "Creating a Full-ECS
    Image", constraints). CSBS names the disks, and EVS knows which of them are shared."""
    if not backup.volume_ids:
        return
    disks = try_list(
        task,
        "evs",
        f"the disks of {label}",
        lambda: evs.list_volumes_by_id(task.client, backup.volume_ids),
    )
    shared = [disk.id for disk in disks or () if disk.shared]
    if shared:
        raise Refused(
            f"The {label} holds shared disks ({', '.join(shared)}), of which CSBS makes no whole "
            "image. Back up the server without them, or with CBR."
        )


def _check_state(label: str, backup: Backup) -> None:
    """Raise Refused for a backup that cannot be used yet. A missing status decides nothing."""
    # CBR: once the disk snapshots exist an image can be made, though the backup is still being
    # written.
    is_restorable = backup.restore_mode in ("snapshot", "backup")
    if backup.status in ("", "available") or (backup.status == "protecting" and is_restorable):
        return
    raise Refused(f"The {label} is {backup.status}, not available. Run this again when it is.")


def _described(task: Task, image_id: str) -> str:
    try:
        image = listed_image(task.client, image_id)
    except CloudError:
        image = None
    return f"{image.name} ({image_id})" if image else image_id
