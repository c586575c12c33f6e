# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Computes what the report shows: words, times, lengths of bars. How it looks is the template's
(roles/image_report/templates)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.huaweicloud.ims.plugins.module_utils._images.waiting.timeline import (
    CLOUD,
    INTERRUPTED,
    Entry,
)

from .report_results import DELETED, KEPT, NOT_DELETED, OldImage

Json = dict[str, Any]

# Classes of the template's style, by what they mean to the reader.
_GOOD, _BAD, _OPEN, _CALM = "good", "bad", "open", "calm"
_QUEUE, _GAP, _SOLID = "queue", "gap", ""
# In the order of the page: what needs attention comes first.
_KINDS = ("failed", "not finished", "active", "existing", "deleted", "not started")
_OLD_KINDS = (NOT_DELETED, DELETED, KEPT)
_TONES = {"failed": _BAD, "not finished": _OPEN, "active": _GOOD, NOT_DELETED: _BAD}
_KIND_OF_STATUS = {
    "failed": "failed",
    "in_progress": "not finished",
    "absent": "deleted",
    "not_started": "not started",
}
# Seconds. A wait polls at least once a minute: nobody watched during a longer gap.
_WATCHED = 60
# Distances between the marks of the time axis, in seconds; and how much of the axis the label of a
# mark takes on a phone, in percent: 23:59:59 and 23:59.
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)
_LONG, _SHORT = 22.0, 15.0


@dataclass(frozen=True)
class Report:
    """What the page is about. written: the time of writing."""

    all_entries: Sequence[Entry]
    all_old: Sequence[OldImage]
    written: datetime

    @property
    def entries(self) -> list[Entry]:
        """The images, without tasks that were skipped, in the order of the page."""
        ignored = ("skipped", INTERRUPTED)
        return sorted((one for one in self.all_entries if one.status not in ignored), key=_rank)

    @property
    def interruptions(self) -> list[str]:
        """What ended a task before its time, if anything did."""
        reasons = (one.msg for one in self.all_entries if one.status == INTERRUPTED and one.msg)
        return list(dict.fromkeys(reasons))

    @property
    def old(self) -> list[OldImage]:
        """The older images, in the order of the page: those that are not among the new ones."""
        new = {entry.image_id for entry in self.all_entries}
        old = [one for one in self.all_old if one.image_id not in new]
        newest = sorted(old, key=lambda one: (_iso(one.created_at), one.image_id), reverse=True)
        return sorted(newest, key=lambda one: _OLD_KINDS.index(one.outcome))

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """From the first beginning to the last end."""
        spans = [entry.span for entry in self.entries if entry.span]
        return (min(one for one, _end in spans), max(end for _one, end in spans)) if spans else None

    @property
    def counts(self) -> Counter[str]:
        """How many images there are of each of _KINDS."""
        return Counter(map(_kind, self.entries))

    @property
    def old_counts(self) -> Counter[str]:
        """How many older images there are of each of _OLD_KINDS."""
        return Counter(one.outcome for one in self.old)


def chart(report: Report) -> Json:
    """Return what the template shows, as text, lists and dictionaries."""
    return {
        "tone": _tone_of_all(report),
        "headline": _headline(report),
        "date": _date(report.span[0] if report.span else report.written),
        "when": _when(report),
        "figures": _figures(report),
        "remark": _remark(report),
        "cases": list(_cases(report)),
        "chart": _timeline(report),
        "images": [_facts(entry) for entry in report.entries],
        "older": [_old_facts(one) for one in report.old],
        "written": f"{_date(report.written)}, {_clock(report.written)} UTC",
    }


# --- the head


def _kind(entry: Entry) -> str:
    """One of _KINDS."""
    return _KIND_OF_STATUS.get(entry.status, "active" if entry.made else "existing")


def _rank(entry: Entry) -> tuple[int, str]:
    """What needs attention first, then in the order in which they began."""
    return _KINDS.index(_kind(entry)), _iso(entry.began_at) or "~"


def _tone(kind: str) -> str:
    return _TONES.get(kind, _CALM)


def _tone_of_all(report: Report) -> str:
    counts = report.counts
    if counts["failed"] or report.old_counts[NOT_DELETED]:
        return _BAD
    if counts["not finished"]:
        return _OPEN
    if report.interruptions:
        return _BAD
    return _GOOD if counts["active"] else _CALM


def _remark(report: Report) -> str:
    again = ["Run the task again to keep waiting"] if report.counts["not finished"] else []
    sentences = [*(one.rstrip(".") for one in report.interruptions), *again]
    return ". ".join(sentences) + "." if sentences else ""


def _headline(report: Report) -> str:
    counts = report.old_counts
    if report.all_old and not report.entries and not report.interruptions:
        gone = counts[DELETED]
        words = f"{_number(gone, 'old image')} deleted" if gone else "No old image was deleted"
    else:
        words = _outcome_of_the_new_ones(report)
    left = counts[NOT_DELETED]
    return f"{words}, {_number(left, 'old image')} could not be deleted" if left else words


def _outcome_of_the_new_ones(report: Report) -> str:
    counts = report.counts
    failed, late = counts["failed"], counts["not finished"]
    total = failed + late + counts["active"] + counts["existing"]
    if failed:
        more = f", {late} not finished" if late else ""
        return f"{failed} of {_number(total, 'image')} failed{more}"
    if late:
        return f"{late} of {_number(total, 'image')} not finished"
    if total == 0:
        return "The run was interrupted" if report.interruptions else "Nothing to wait for"
    words = "The image is active" if total == 1 else f"All {total} images are active"
    return f"{words}, but the run was interrupted" if report.interruptions else words


def _when(report: Report) -> str:
    regions = sorted({one.region for one in report.entries if one.region})
    place = f"Region{'s' if len(regions) > 1 else ''} {', '.join(regions)}" if regions else ""
    if report.span is None:
        return ". ".join(filter(None, [_date(report.written), place]))
    begin, end = report.span
    until = _clock(end) if begin.date() == end.date() else f"{_date(end)}, {_clock(end)}"
    return ". ".join(filter(None, [f"{_date(begin)}, {_clock(begin)} to {until} UTC", place]))


def _figures(report: Report) -> list[Json]:
    counts = report.counts
    figures = [(_tone(kind), kind, str(counts[kind])) for kind in _KINDS if counts[kind]]
    if report.span:
        lengths = [one.seconds for one in report.entries if one.seconds is not None]
        begin, end = report.span
        several = len(lengths) > 1
        together = _length((end - begin).total_seconds())
        figures.append((_CALM, "all together" if several else "took", together))
        figures += [(_CALM, "one after the other", _length(sum(lengths)))] if several else []
    figures += [
        (_tone(kind), f"old images {kind}", str(report.old_counts[kind]))
        for kind in _OLD_KINDS
        if report.old_counts[kind]
    ]
    return [{"tone": tone, "label": label, "number": number} for tone, label, number in figures]


# --- what needs attention


def _cases(report: Report) -> Iterator[Json]:
    """Sections, each with what it says of each image."""
    titles = {"failed": "What failed", "not finished": "Not finished yet"}
    for kind, title in titles.items():
        cases = [_case(entry) for entry in report.entries if _kind(entry) == kind]
        yield from _section(kind, title, cases)
    lost = [_old_case(one) for one in report.old if one.outcome == NOT_DELETED]
    yield from _section(NOT_DELETED, "What could not be deleted", lost)


def _section(kind: str, title: str, cases: list[Json]) -> Iterator[Json]:
    if cases:
        mark = kind.replace(" ", "-")
        yield {"mark": mark, "title": title, "tone": _tone(kind), "cases": cases}


def _case(entry: Entry) -> Json:
    """Why, in our words and in the cloud's; what to do; what to search for."""
    error = {name: str(value) for name, value in (entry.error or {}).items() if value}
    code, message = error.get("code", ""), error.get("message", "")
    words = " ".join(filter(None, [code, message]))
    reasons = [entry.msg or ""]
    if words and message not in (entry.msg or ""):
        reasons.append(f"The cloud says: {words}")
    ids = _ids(image=entry.image_id, job=entry.job_id, request=error.get("request_id"))
    return {
        "name": entry.name,
        "source": "" if entry.image_id or not entry.source else f"from {entry.source}",
        "reasons": [one for one in reasons if one],
        "remedy": error.get("hint", ""),
        "ids": ids,
    }


def _old_case(image: OldImage) -> Json:
    ids = _ids(image=image.image_id)
    reasons = [image.error or ""]
    return {"name": image.name, "source": "", "reasons": reasons, "remedy": "", "ids": ids}


def _ids(**ids: str | None) -> list[Json]:
    return [{"kind": kind, "value": value} for kind, value in ids.items() if value]


# --- the timeline


@dataclass(frozen=True)
class _Phases:
    """The parts of an entry's span, in seconds since the report's begin: in the queue, not watched,
    and the rest."""

    begin: float
    queued_until: float
    watched_again: float
    end: float

    @classmethod
    def of(cls, entry: Entry, origin: datetime) -> _Phases:
        """Of an entry with a span. origin: the moment that counts as 0."""
        begin, end = entry.span or (origin, origin)
        queued = min(max(entry.queued_until or begin, begin), end)
        if entry.running_at is not None:
            running = min(max(entry.running_at, queued), end)
        else:  # it ended before a poll saw it running; without one in the queue, nothing is claimed
            running = end if entry.queued_until else begin
        if (running - queued).total_seconds() <= _WATCHED:
            # Between two polls: what was seen last counts.
            queued = running = running if entry.queued_until else queued
        moments = (begin, queued, running, end)
        return cls(*((one - origin).total_seconds() for one in moments))

    @property
    def queued(self) -> float:
        return self.queued_until - self.begin

    @property
    def only_queued(self) -> bool:
        return self.begin < self.queued_until == self.end

    @property
    def unwatched(self) -> float:
        return self.watched_again - self.queued_until


def _timeline(report: Report) -> Json | None:
    if report.span is None:
        return None
    begin, end = report.span
    length = max(1.0, (end - begin).total_seconds())
    drawn = [(entry, _Phases.of(entry, begin)) for entry in report.entries if entry.span]
    return {
        "legend": list(_legend(drawn)),
        "marks": list(_marks(begin, length)),
        "rows": [
            {
                "tone": _tone(_kind(entry)),
                "name": entry.name,
                "bars": list(_bars(phases, length)),
                "state": _state(entry, phases),
                "detail": _detail(phases),
            }
            for entry, phases in drawn
        ],
    }


def _legend(drawn: Sequence[tuple[Entry, _Phases]]) -> Iterator[Json]:
    if any(phases.queued for _entry, phases in drawn):
        yield {"tone": _CALM, "pattern": _QUEUE, "label": "queued"}
    if any(phases.unwatched for _entry, phases in drawn):
        yield {"tone": _CALM, "pattern": _GAP, "label": "not watched, queued or running"}
    labels = {"active": "ran, then active", "not finished": "still running", "failed": "failed"}
    for kind, label in labels.items():
        if any(_kind(entry) == kind for entry, _phases in drawn):
            yield {"tone": _tone(kind), "pattern": _SOLID, "label": label}


def _bars(phases: _Phases, length: float) -> Iterator[Json]:
    parts = (
        (_QUEUE, phases.begin, phases.queued_until),
        (_GAP, phases.queued_until, phases.watched_again),
        (_SOLID, phases.watched_again, phases.end),
    )
    for pattern, since, until in parts:
        # A bar without a length is visible all the same, at the right edge, too.
        if until > since or (pattern == _SOLID and phases.begin == phases.end):
            left, width = 100 * since / length, 100 * (until - since) / length
            yield {"pattern": pattern, "left": f"{min(left, 99):.2f}", "width": f"{width:.2f}"}


def _state(entry: Entry, phases: _Phases) -> str:
    kind, lasted = _kind(entry), _length(entry.seconds)
    if kind == "failed":
        return f"failed after {lasted}"
    if kind != "not finished":
        return f"active after {lasted}"
    doing = "queued" if phases.only_queued else "running"
    return f"{doing} for {lasted}" + (f", {entry.percent:.0f} %" if entry.percent else "")


def _detail(phases: _Phases) -> str:
    if phases.only_queued:
        return ""
    parts = {"queued": phases.queued, "not watched": phases.unwatched}
    return ", ".join(f"{_length(length)} {what}" for what, length in parts.items() if length)


def _marks(begin: datetime, length: float) -> Iterator[Json]:
    """Moments that are easy to read, as many as fit on a phone."""
    step = next((one for one in _STEPS if 100 * one / length >= _room(one)), round(length))
    form = "%H:%M:%S" if step < 60 else "%H:%M" if step < 86400 else "%m-%d"
    of_day = begin.hour * 3600 + begin.minute * 60 + begin.second
    offset = -of_day % step
    while offset <= length:
        place = 100 * offset / length
        label = (begin + timedelta(seconds=offset)).strftime(form)
        yield {"left": f"{place:.2f}", "label": label if place + _room(step) <= 100 else ""}
        offset += step


def _room(step: int) -> float:
    return _LONG if step < 60 else _SHORT


# --- the tables


def _facts(entry: Entry) -> Json:
    kind = _kind(entry)
    return {
        "name": entry.name,
        "tone": _tone(kind),
        "status": kind,
        "actions": list(entry.actions),
        "times": _times(entry),
        "remarks": _remarks(entry),
        "ids": _ids(image=entry.image_id, job=entry.job_id),
        "source": entry.source or "not known",
    }


def _times(entry: Entry) -> str:
    """From when to when."""
    if entry.began_at is None:
        return "not known" if entry.status == "active" else "not started"
    end = entry.ended_at
    if not entry.made:
        return f"since {_date(end or entry.began_at)}"
    return f"{_clock(entry.began_at)} to {_moment(end, entry.began_at) if end else '…'}"


def _remarks(entry: Entry) -> str:
    """For how long, and who says so; or why it was not started."""
    if _kind(entry) == "not started":
        return entry.msg or ""
    by = {"begin": entry.began_by, "end": entry.ended_by}
    observed = [what for what, who in by.items() if who not in (None, CLOUD)]
    remarks = [_length(entry.seconds)] if entry.seconds is not None else []
    remarks += [f"{' and '.join(observed)} observed"] if observed else []
    return ", ".join(remarks)


def _old_facts(image: OldImage) -> Json:
    return {
        "name": image.name,
        "tone": _tone(image.outcome),
        "outcome": image.outcome,
        "created": _date(image.created_at) if image.created_at else "not known",
        "image_id": image.image_id,
        "reason": image.reason,
    }


# --- words


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _clock(moment: datetime) -> str:
    return moment.strftime("%H:%M:%S")


def _date(moment: datetime) -> str:
    return moment.date().isoformat()


def _moment(moment: datetime, after: datetime) -> str:
    """The time, and the date where it is another one."""
    same = moment.date() == after.date()
    return _clock(moment) if same else f"{_clock(moment)} on {_date(moment)}"


def _length(seconds: float | None) -> str:
    """A length of time, to the second below an hour; no number is parted from its unit."""
    whole = round(seconds or 0)
    big, small, units = (whole // 60, whole % 60, ("min", "s"))
    if whole >= 3600:
        (big, small), units = divmod(round(whole / 60), 60), ("h", "min")
    parts = [f"{number}\u00a0{unit}" for number, unit in zip((big, small), units) if number]
    return " ".join(parts) or "0\u00a0s"


def _number(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
