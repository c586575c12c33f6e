# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what tasks registered, for the report: the timelines of `image_batch` and `image_wait`, and
what `image_retention` did with older images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.decode import flag, parse_time
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.waiting.timeline import (
    INTERRUPTED,
    Entry,
)

KEPT, DELETED, NOT_DELETED = "kept", "deleted", "not deleted"


class UnusableResult(ValueError):
    """A result from which no report can be made; the text names the place and the reason."""


@dataclass(frozen=True)
class OldImage:
    """An image that `image_retention` looked at.

    outcome: KEPT, DELETED or NOT_DELETED. reason: the rule that decided. error: why it could not be
    deleted.
    """

    image_id: str
    name: str
    outcome: str
    reason: str
    created_at: datetime | None = None
    error: str | None = None


def read_results(results: Any) -> tuple[list[Entry], list[OldImage]]:
    """Return an entry for each image that was created or awaited, and one for each old
    image. Raises UnusableResult."""
    found = list(_read("results", results))
    entries = [one for one in found if isinstance(one, Entry)]
    # Hosts with the same rule all report the same images. One that is gone was kept by none.
    weighty = sorted((one for one in found if isinstance(one, OldImage)), key=_weight)
    return _without_repetitions(entries), list({one.image_id: one for one in weighty}.values())


def _weight(image: OldImage) -> int:
    return (KEPT, NOT_DELETED, DELETED).index(image.outcome)


def _read(place: str, result: Any) -> Iterator[Entry | OldImage]:
    """result: what a task registered, or a list of such."""
    if isinstance(result, Sequence) and not isinstance(result, (str, bytes)):
        for at, one in enumerate(result):
            yield from _read(f"{place}[{at}]", one)
        return
    record = _Record(place, result)
    if flag(record.get("skipped")):
        return
    if "results" in record:
        yield from _read(f"{place}.results", record.get("results"))
    elif "timeline" in record:
        yield from (_entry(one) for one in record.records("timeline"))
    elif "images" in record:
        yield from map(_image, record.records("images"))
    elif flag(record.get("failed")) or flag(record.get("unreachable")):
        # It failed before it knew anything of its images.
        yield Entry("", INTERRUPTED, msg=record.text("msg") or "A task failed.")
    else:
        raise UnusableResult(
            f"{place} has neither a timeline nor images. Give what image_batch, image_wait and "
            "image_retention registered."
        )


def _image(record: _Record) -> Entry | OldImage:
    """Return an image of `image_batch` or of `image_retention`. A batch that failed tells no times
    of what became active."""
    if "decision" in record or "status" not in record:
        return _old_image(record)
    # In a timeline of `image_wait` it is a task that was skipped, of which the report says nothing.
    skipped = record.get("status") == "skipped"
    if record.get("timeline") is not None:
        entry = _entry(_Record(f"{record.place}.timeline", record.get("timeline")))
        return replace(entry, status="not_started") if skipped else entry
    changed = flag(record.get("changed")) is True
    return Entry(
        name=record.required("name"),
        status="not_started" if skipped else record.required("status"),
        image_id=record.text("id"),
        job_id=record.text("job_id"),
        made=changed,
        changed=changed,
        msg=record.text("msg"),
        error=record.mapping("error"),
    )


def _entry(record: _Record) -> Entry:
    return Entry(
        name=record.required("name"),
        status=record.required("status"),
        image_id=record.text("image_id"),
        job_id=record.text("job_id"),
        source=record.text("source"),
        region=record.text("region"),
        made=flag(record.get("made")) is True,
        changed=flag(record.get("changed")) is True,
        began_at=record.moment("began_at"),
        began_by=record.text("began_by"),
        queued_until=record.moment("queued_until"),
        running_at=record.moment("running_at"),
        ended_at=record.moment("ended_at"),
        ended_by=record.text("ended_by"),
        polled_at=record.moment("polled_at"),
        percent=record.number("percent"),
        actions=record.texts("actions"),
        msg=record.text("msg"),
        error=record.mapping("error"),
    )


def _old_image(record: _Record) -> OldImage:
    decision, error = record.required("decision"), record.text("error")
    if decision not in ("keep", "delete"):
        raise UnusableResult(f"{record.place}.decision is neither keep nor delete.")
    goes = NOT_DELETED if error else DELETED
    return OldImage(
        image_id=record.required("id"),
        name=record.required("name"),
        outcome=goes if decision == "delete" else KEPT,
        reason=record.required("reason"),
        created_at=record.moment("created_at"),
        error=error,
    )


class _Record:
    """A dictionary in a result, read member by member. Raises UnusableResult for a member of the
    wrong kind."""

    def __init__(self, place: str, value: Any) -> None:
        if not isinstance(value, Mapping):
            raise UnusableResult(f"{place} is not the result of a task.")
        self.place = place
        self._value = value

    def __contains__(self, name: str) -> bool:
        return name in self._value

    def get(self, name: str) -> Any:
        return self._value.get(name)

    def text(self, name: str) -> str | None:
        text: str | None = self._of_kind(name, str, "text")
        return text

    def required(self, name: str) -> str:
        text = self.text(name)
        if text is None:
            raise UnusableResult(f"{self.place}.{name} is missing.")
        return text

    def number(self, name: str) -> float | None:
        number: float | None = self._of_kind(name, (int, float), "a number")
        return number

    def mapping(self, name: str) -> Mapping[str, Any] | None:
        value = self._value.get(name)
        return value if isinstance(value, Mapping) else None

    def moment(self, name: str) -> datetime | None:
        text = self.text(name)
        found = parse_time(text)
        if text and found is None:
            raise UnusableResult(f"{self.place}.{name} is not a time: {text!r}.")
        return found

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(map(str, self._of_kind(name, (list, tuple), "a list") or ()))

    def records(self, name: str) -> Iterator[_Record]:
        values = self._of_kind(name, (list, tuple), "a list") or ()
        return (_Record(f"{self.place}.{name}[{at}]", one) for at, one in enumerate(values))

    def _of_kind(self, name: str, kinds: Any, described: str) -> Any:
        value = self._value.get(name)
        if value is not None and not isinstance(value, kinds):
            raise UnusableResult(f"{self.place}.{name} is not {described}.")
        return value


def _without_repetitions(entries: Sequence[Entry]) -> list[Entry]:
    """One entry for each image, however many tasks waited for it."""
    found: list[Entry] = []
    places: dict[str, int] = {}
    for entry in entries:
        ids = [one for one in (entry.image_id, entry.job_id) if one]
        place = next((places[one] for one in ids if one in places), len(found))
        if place < len(found):
            found[place] = _joined(found[place], entry)
        else:
            found.append(entry)
        places.update(dict.fromkeys(ids, place))
    return found


def _joined(earlier: Entry, later: Entry) -> Entry:
    """The later word about an image, with what only the earlier task saw."""
    first = min((earlier, later), key=lambda one: one.began_at.isoformat() if one.began_at else "~")
    return replace(
        later,
        image_id=later.image_id or earlier.image_id,
        job_id=later.job_id or earlier.job_id,
        source=later.source or earlier.source,
        made=earlier.made or later.made,
        changed=earlier.changed or later.changed,
        began_at=first.began_at,
        began_by=first.began_by,
        queued_until=later.queued_until or earlier.queued_until,
        running_at=earlier.running_at or later.running_at,
        actions=tuple(dict.fromkeys((*earlier.actions, *later.actions))),
    )
