# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images and jobs as the cloud describes them, decoded once: real integers, real booleans, plain
names.

Decoding raises nothing. An attribute that cannot be read counts as missing, except where a decision
rests on its absence: see `Image.unreadable`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from ..._cloud import decode
from ..._cloud.decode import first_text, identifier, integer, mapping, objects, parse_time

# The source tag, for images whose own attributes do not name their source: "<kind>,<id>".
# Extra attributes must be lower case (IMS API reference, "Updating Image Information").
SOURCE_TAG = "ansible_ims_source"

READY = "active"
# Glance's words for an image that will never become usable.
_BEING_DELETED = frozenset({"deleted", "pending_delete"})
DEAD = frozenset({"killed", "error"}) | _BEING_DELETED
# Glance's word for an image that an administrator has deactivated, and can reactivate.
DEACTIVATED = "deactivated"
REACTIVATE = "Have it reactivated by whoever has deactivated it."
DELETE_BY_ID = (
    "What is not needed can be deleted by its id (huaweicloud.ims.image with image: <id> and state:"
    " absent)."
)

_SUCCEEDED = frozenset(("SUCCESS", "SUCCEEDED"))
_FAILED = frozenset(("FAIL", "FAILED", "ERROR"))
# The names under which jobs, their sub jobs and their entities give the reason of a failure.
_CODES = ("error_code", "errorCode", "err_code", "errCode", "addition_error_code")
_REASONS = (
    *("fail_reason", "error", "addition_error_msg"),
    *("error_msg", "errorMsg", "errorMessage", "message", "msg"),
)

# Kinds of source in `__data_origin`, and our names for them.
_ORIGIN_KINDS = {
    "instance": "server",
    "volume": "volume",
    "file": "file",
    "server_backup": "backup",
    "image": "image",
}


class Predicted(str):
    """Stands in for the id of what check mode has only predicted."""


PREDICTED = Predicted("that an earlier task would create")


class Origin(NamedTuple):
    """What an image was created from. `kind` is server, backup, volume, image or file; `id` is the
    cloud's id, of a file <bucket>:<key>."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Image(NamedTuple):
    """One image, decoded from IMS "Querying Images" (GET /v2/cloudimages) or Glance. Sizes: RAM in
    MB, disk in GB."""

    id: str
    name: str
    status: str
    description: str
    min_ram: int
    max_ram: int
    min_disk: int
    tags: Mapping[str, str] | None
    enterprise_project_id: str
    wire: Mapping[str, Any]

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Image:
        return cls(
            id=identifier(wire.get("id")) or "",
            name=decode.name(wire.get("name")) or "",
            status=first_text(wire, "status").lower(),
            description=first_text(wire, "__description"),
            min_ram=integer(wire.get("min_ram")) or 0,
            max_ram=integer(wire.get("max_ram")) or 0,
            min_disk=integer(wire.get("min_disk")) or 0,
            tags=parse_tags(wire.get("tags")),
            enterprise_project_id=first_text(wire, "enterprise_project_id") or "0",
            wire=wire,
        )

    def __str__(self) -> str:
        return f"'{self.name}' ({self.id})"

    @property
    def certain_tags(self) -> Mapping[str, str] | None:
        """The tags; None where the answer carries none, or where several dots in an item leave open
        which of them ends its key. Only the tag call decides then."""
        listed = self.wire.get("tags")
        if isinstance(listed, list) and any(_is_ambiguous(str(item)) for item in listed):
            return None
        return self.tags

    @property
    def ready(self) -> bool:
        return self.status == READY

    @property
    def dead(self) -> bool:
        return self.status in DEAD

    @property
    def being_deleted(self) -> bool:
        return self.status in _BEING_DELETED

    @property
    def deactivated(self) -> bool:
        """Whether it exists, but cannot be used until it is reactivated."""
        return self.status == DEACTIVATED

    @property
    def in_flight(self) -> bool:
        return not (self.ready or self.dead or self.deactivated)

    def text(self, attribute: str) -> str:
        """Return a wire attribute as text; '' where it is absent, null or empty, which clouds do
        not distinguish, and where it is no text."""
        value = self.wire.get(attribute)
        return value if isinstance(value, str) else ""

    def flag(self, attribute: str) -> bool:
        return decode.flag(self.wire.get(attribute)) is True

    def unreadable(self, attributes: Iterable[str]) -> list[str]:
        """Return those of the attributes that exist but are no text, so that nothing may be decided
        by their absence."""
        return [
            name for name in attributes if not isinstance(self.wire.get(name), (str, type(None)))
        ]

    @property
    def whole(self) -> bool:
        """Whether it is a whole image. A backup id is the stronger sign: lists may leave
        `__whole_image` out. Only whole images name a backup, or its vault, in `__data_origin`."""
        if self.flag("__whole_image") or self.text("__backup_id"):
            return True
        return self.data_origin is not None and self.data_origin.kind == "backup"

    @property
    def protected(self) -> bool | None:
        """None where the attribute cannot be read."""
        value = self.wire.get("protected")
        return False if value in (None, "") else decode.flag(value)

    @property
    def cmk_id(self) -> str:
        return self.text("__system__cmkid")

    @property
    def architecture(self) -> str | None:
        """None where the attribute cannot be read."""
        value = self.wire.get("__support_arm")
        arm = False if value in (None, "") else decode.flag(value)
        return None if arm is None else "arm" if arm else "x86"

    @property
    def source_tag(self) -> Origin | None:
        """The source that the source tag names."""
        kind, comma, source = self.text(SOURCE_TAG).partition(",")
        return Origin(kind, source) if comma else None

    @property
    def data_origin(self) -> Origin | None:
        """The source that `__data_origin` names (kind,value[,value]; a file's key may hold commas).

        For a whole image of a server this is not a backup, but the vault of its backup.
        """
        word, comma, rest = self.text("__data_origin").partition(",")
        kind = _ORIGIN_KINDS.get(word)
        if not comma or kind is None:
            return None
        return Origin(kind, rest.rpartition(",")[2] if kind == "image" else rest)

    def names(self, origin: Origin) -> bool:
        """Whether the cloud's own attributes name this source, so that it needs no source tag.

        Copies name their parent in `__originalimagename`, which for other kinds is the image of the
        server.
        """
        if origin.kind == "backup" and self.text("__backup_id") == origin.id:
            return True
        if origin.kind == "image" and self.data_origin is None:
            return self.text("__originalimagename") == origin.id
        return self.data_origin == origin

    @property
    def source(self) -> Origin | None:
        """The source as far as it is known; None if it is not."""
        if self.source_tag:
            return self.source_tag
        if self.text("__backup_id"):
            return Origin("backup", self.text("__backup_id"))
        origin = self.data_origin
        return None if origin is not None and origin.kind == "backup" else origin

    @property
    def made_from(self) -> str:
        """What the cloud says about the source, in words: `__data_origin`, which of a whole image
        may name a vault and not the backup."""
        origin = self.data_origin
        if origin is None or origin.kind != "backup":
            return str(origin or "something unknown")
        backup_id = self.text("__backup_id")
        return f"backup {backup_id}" if backup_id else "a backup"

    @property
    def created_at(self) -> datetime | None:
        """When the create request was executed, by the cloud's clock; None if unknown."""
        return parse_time(self.wire.get("created_at"))

    @property
    def active_at(self) -> datetime | None:
        """When the image became active, by the cloud's clock; None if unknown."""
        return parse_time(self.wire.get("active_at"))

    @property
    def seniority(self) -> tuple[float, str]:
        """Sorts images from old to new, those of unknown age first. The id decides between images
        of the same second, so that all tasks sort them alike."""
        return (self.created_at.timestamp() if self.created_at else 0.0), self.id

    def age(self, now: datetime) -> float | None:
        """Return the seconds from the create request to `now`, by the cloud's clock; None if
        unknown. Decisions about deletions use `age.Clocks`."""
        return _since(self.created_at, now)

    @property
    def took(self) -> float | None:
        """Seconds from the create request until the image was active; None if unknown."""
        return self.age(self.active_at) if self.active_at else None

    def to_result(self, tags: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the image as modules do: plain JSON types under snake_case names."""
        source = self.source
        tags = dict(tags if tags is not None else self.tags or {})
        return {
            "id": self.id,
            "name": self.name,
            "status": self.status,
            "description": self.description,
            "min_ram": self.min_ram,
            "max_ram": self.max_ram or None,
            "min_disk": self.min_disk,
            "tags": tags,
            "image_tags": dict(tags),
            "enterprise_project_id": self.enterprise_project_id,
            "source": {"kind": source.kind, "id": source.id} if source else None,
            "whole_image": self.whole,
            "backup_id": self.text("__backup_id") or None,
            "original_image_id": self.text("__originalimagename") or None,
            "data_origin": self.text("__data_origin") or None,
            "encrypted": bool(self.cmk_id),
            "cmk_id": self.cmk_id or None,
            "os_type": self.text("__os_type") or None,
            "os_version": self.text("__os_version") or None,
            "os_bit": integer(self.wire.get("__os_bit")) or None,
            "platform": self.text("__platform") or None,
            "architecture": self.architecture,
            "hw_firmware_type": self.text("hw_firmware_type") or None,
            "virtual_env_type": self.text("virtual_env_type") or None,
            "disk_format": self.text("disk_format") or None,
            "container_format": self.text("container_format") or None,
            "image_size": integer(self.wire.get("__image_size")) or None,
            "image_type": self.text("__imagetype") or None,
            "visibility": self.text("visibility") or None,
            "protected": self.protected,
            "owner": self.text("owner") or None,
            "created_at": self.text("created_at") or None,
            "updated_at": self.text("updated_at") or None,
            "active_at": self.text("active_at") or None,
        }


class Job(NamedTuple):
    """An asynchronous job (IMS "Asynchronous Job Query")."""

    id: str
    type: str
    status: str
    image_id: str | None
    error_code: str
    fail_reason: str
    # 0 to 100
    percent: float | None
    # What the cloud says it is doing; '' if nothing.
    task: str
    # Times as the cloud writes them.
    begin_time: str
    end_time: str

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any], job_id: str = "") -> Job:
        entities = mapping(wire.get("entities"))
        parts = list(_places_of_reasons(wire, entities))
        return cls(
            id=identifier(wire.get("job_id")) or job_id,
            type=first_text(wire, "job_type"),
            status=_status(wire),
            image_id=_image_of_job(entities),
            error_code=next(filter(None, (first_text(part, *_CODES) for part in parts)), ""),
            fail_reason=next(filter(None, (first_text(part, *_REASONS) for part in parts)), ""),
            percent=_percent(entities.get("process_percent")),
            task=first_text(entities, "current_task").strip(" :"),
            begin_time=first_text(wire, "begin_time"),
            end_time=first_text(wire, "end_time"),
        )

    def age(self, now: datetime) -> float | None:
        """Return the seconds since the job began, by the cloud's clock; None if unknown."""
        return _since(parse_time(self.begin_time), now)

    @property
    def succeeded(self) -> bool:
        return self.status in _SUCCEEDED

    @property
    def failed(self) -> bool:
        return self.status in _FAILED

    def to_result(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "type": self.type or None,
            "status": self.status,
            "image_id": self.image_id,
            "begin_time": self.begin_time or None,
            "end_time": self.end_time or None,
            "error_code": self.error_code or None,
            "fail_reason": self.fail_reason or None,
        }


def _since(then: datetime | None, now: datetime) -> float | None:
    return (now - then).total_seconds() if then else None


def _status(wire: Mapping[str, Any]) -> str:
    return first_text(wire, "status").strip().upper()


def _image_of_job(entities: Mapping[str, Any]) -> str | None:
    """Return the id of the image that a job creates. The place of it depends on the type of job."""
    sub_jobs, results = objects(entities.get("sub_jobs_result")), objects(entities.get("results"))
    places = [entities, *(mapping(one.get("entities")) for one in sub_jobs[:1]), *results[:1]]
    ids = (identifier(place.get("image_id")) for place in places)
    return next((one for one in ids if one), None)


def _places_of_reasons(
    wire: Mapping[str, Any], entities: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """Yield the places where a job gives the reason of its failure: the job before its parts, and
    of those the ones that have not succeeded."""
    yield wire
    yield entities
    for part in (*objects(entities.get("sub_jobs_result")), *objects(entities.get("results"))):
        if _status(part) in _FAILED or not _status(part):
            yield part
            yield mapping(part.get("entities"))


def _percent(value: Any) -> float | None:
    """`process_percent` is a fraction in the documents' samples, text or absent elsewhere; above 1
    it can only be percent."""
    number = decode.number(value)
    if number is None or not 0 <= number <= 100:
        return None
    return float(number * 100 if number <= 1 else number)


def parse_tags(value: Any) -> dict[str, str] | None:
    """Decode an image's own `tags` list: "key.value" or "key=value", by age. None where the answer
    carries no such list, or one that cannot be read."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return None
    return dict(split_tag(item) for item in value)


def split_tag(item: str) -> tuple[str, str]:
    """Return key and value. The first `=` splits, or the first dot where there is no `=`. Keys may
    contain dots on some clouds, but `=` on none (IMS API reference, "Image Tag Data Formats")."""
    key, _separator, value = item.partition("=" if "=" in item else ".")
    return key, value


def _is_ambiguous(item: str) -> bool:
    return "=" not in item and item.count(".") > 1
