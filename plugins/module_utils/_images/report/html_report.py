# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of a run: one HTML page that needs nothing beside itself, with what failed first, a
timeline, and all that is known of each image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..waiting.timeline import CLOUD, INTERRUPTED, Entry
from .html import Html, fill, join, table
from .html_retention import counts_of, not_deleted, older
from .html_style import STYLE
from .pruned import Pruned

# The classes of html_style.py, by what they mean to the reader.
_GOOD, _BAD, _OPEN, _CALM = "good", "bad", "open", "calm"
# In the order of the page: what needs somebody comes first.
_KINDS = ("failed", "not finished", "active", "there before", "deleted", "not started")
_TONES = {"failed": _BAD, "not finished": _OPEN, "active": _GOOD}
_OF_STATUS = {
    "failed": "failed",
    "in_progress": "not finished",
    "absent": "deleted",
    "not_started": "not started",
}
# Distances between the marks of the time axis, in seconds; and how much of it the label of a mark
# takes on a phone, in percent: 23:59:59 and 23:59.
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)
_LONG, _SHORT = 22.0, 15.0

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="Ansible collection huaweicloud.ims">
<title>$headline, $date</title>
<link rel="icon" href="data:,">
<style>
$style</style>
</head>
<body>
<main>
<header class="$tone">
<h1>$headline</h1>
<p class="soft">$when</p>
$figures
$remark
</header>
$sections
<footer>
<p>All times are UTC by the clock of the cloud. A job begins and ends when the cloud says so; what
it does not say was observed, and is marked as such: the end is then when it was noticed.
How long a job was queued is always observed.</p>
<p>Written by <code>huaweicloud.ims.image_wait</code> on $written.</p>
</footer>
</main>
</body>
</html>
"""
_FIGURES = """\
<dl class="figures">
$figures
</dl>"""
_FIGURE = '<div class="$tone"><dt>$label</dt><dd>$value</dd></div>'
_REMARK = '<p class="remark">$remark</p>'
_CASES = """\
<section aria-labelledby="$id">
<h2 id="$id">$title</h2>
$cases
</section>"""
_CASE = """\
<article class="case $tone">
<h3><bdi>$name</bdi></h3>
$lines
</article>"""
_CHART = """\
<section aria-labelledby="timeline">
<h2 id="timeline">Timeline</h2>
<ul class="legend" aria-label="Legend">
$legend
</ul>
<ol class="chart">
<li class="axis" aria-hidden="true" style="list-style: none">$marks</li>
$rows
</ol>
</section>"""
_LEGEND = '<li class="$tone"><i class="$tone $more"></i>$label</li>'
_MARK = '<span style="left: $place%">$label</span>'
_ROW = """\
<li class="row $tone">
<span class="name"><bdi>$name</bdi></span>
<span class="track" aria-hidden="true">$bars</span>
<span class="state">$state$queued</span>
</li>"""
_BAR = '<span class="bar $more" style="left: $left%; width: $width%"></span>'
_COLUMNS = ("Image", "Times", "Ids", "From")
_FACTS = """\
<tr>
<th scope="row"><bdi>$name</bdi> <span class="pill $tone">$status</span>$actions</th>
<td class="times">$times</td>
<td class="ids">$ids</td>
<td data-of="From">$source</td>
</tr>"""


@dataclass(frozen=True)
class Report:
    """What the page is about. entries: in the order in which they were given. written: now.
    region: where. pruned: older images, and what became of them."""

    entries: Sequence[Entry]
    written: datetime
    region: str
    pruned: Sequence[Pruned] = ()

    @property
    def worth_telling(self) -> list[Entry]:
        """Without what tasks have skipped: there was nothing to wait for."""
        return [one for one in self.entries if one.status not in ("skipped", INTERRUPTED)]

    @property
    def interruptions(self) -> list[str]:
        """What has ended the wait for all, if something did."""
        told = (one.msg for one in self.entries if one.status == INTERRUPTED and one.msg)
        return list(dict.fromkeys(told))

    @property
    def older(self) -> list[Pruned]:
        """Of each image one verdict, and none of those that the page tells of already."""
        new = {entry.image_id for entry in self.entries}
        told = {one.image_id: one for one in sorted(self.pruned, key=lambda one: one.weight)}
        return [one for one in told.values() if one.image_id not in new]

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """From the first beginning to the last end."""
        spans = [entry.span for entry in self.entries if entry.span]
        return (min(one for one, _end in spans), max(end for _one, end in spans)) if spans else None


def render(report: Report) -> str:
    """The page."""
    ordered = sorted(report.worth_telling, key=_order)
    sections = [
        *_cases(ordered, "failed", "What failed"),
        *_cases(ordered, "not finished", "Not finished yet"),
        *not_deleted(report.older),
        *_chart(report, [entry for entry in ordered if entry.span]),
        *([table("All images", "all", _COLUMNS, map(_facts, ordered), "facts")] if ordered else []),
        *older(report.older),
    ]
    return fill(
        _PAGE,
        style=Html(STYLE),
        tone=_tone_of_all(report),
        headline=_headline(report),
        date=_date(report.span[0] if report.span else report.written),
        when=_when(report),
        figures=_figures(report),
        remark=_remark(report),
        sections=join(sections),
        written=f"{_date(report.written)}, {_clock(report.written)} UTC",
    )


# --- the head


def _kind(entry: Entry) -> str:
    """One of _KINDS."""
    return _OF_STATUS.get(entry.status, "active" if entry.made else "there before")


def _order(entry: Entry) -> tuple[int, str]:
    """What needs somebody first, then in the order in which they began."""
    return _KINDS.index(_kind(entry)), entry.began_at.isoformat() if entry.began_at else "~"


def _tone(kind: str) -> str:
    return _TONES.get(kind, _CALM)


def _counts(report: Report) -> Counter[str]:
    return Counter(map(_kind, report.worth_telling))


def _tone_of_all(report: Report) -> str:
    counts, older = _counts(report), counts_of(report.older)
    if counts["failed"] or (report.interruptions and not counts["not finished"]):
        return _BAD
    if older["not deleted"]:
        return _BAD
    if counts["not finished"]:
        return _OPEN
    return _GOOD if counts["active"] else _CALM


def _remark(report: Report) -> Html:
    again = ["Run the task again to keep waiting"] if _counts(report)["not finished"] else []
    said = [one.rstrip(".") for one in report.interruptions]
    return fill(_REMARK, remark=". ".join([*said, *again]) + ".") if said or again else Html()


def _headline(report: Report) -> str:
    older = counts_of(report.older)
    if report.pruned and not report.worth_telling and not report.interruptions:
        gone = older["deleted"]
        words = f"{_number(gone, 'old image')} deleted" if gone else "No old image was deleted"
    else:
        words = _of_the_new_ones(report)
    lost = older["not deleted"]
    return f"{words}, {_number(lost, 'old image')} could not be deleted" if lost else words


def _of_the_new_ones(report: Report) -> str:
    counts = _counts(report)
    failed, late = counts["failed"], counts["not finished"]
    total = failed + late + counts["active"] + counts["there before"]
    if failed:
        more = f", {late} not finished" if late else ""
        return f"{failed} of {_number(total, 'image')} failed{more}"
    if late:
        return f"{late} of {_number(total, 'image')} not finished"
    if total == 0:
        return "The wait was broken off" if report.interruptions else "Nothing to wait for"
    words = "The image is active" if total == 1 else f"All {total} images are active"
    return f"{words}, but the run was broken off" if report.interruptions else words


def _when(report: Report) -> str:
    place = f"Region {report.region}" if report.region else ""
    if report.span is None:
        return ". ".join(filter(None, [_date(report.written), place]))
    begin, end = report.span
    until = _clock(end) if begin.date() == end.date() else f"{_date(end)}, {_clock(end)}"
    return ". ".join(filter(None, [f"{_date(begin)}, {_clock(begin)} to {until} UTC", place]))


def _figures(report: Report) -> Html:
    counts = _counts(report)
    figures = [(_tone(kind), kind, str(counts[kind])) for kind in _KINDS if counts[kind]]
    if report.span:
        spans = [entry for entry in report.entries if entry.seconds is not None]
        begin, end = report.span
        together = "all together" if len(spans) > 1 else "took"
        figures.append((_CALM, together, _length((end - begin).total_seconds())))
        if len(spans) > 1:
            figures.append(
                (_CALM, "one after the other", _length(sum(one.seconds or 0 for one in spans)))
            )
    older = counts_of(report.older)
    tones = {"not deleted": _BAD}
    figures += [
        (tones.get(what, _CALM), f"old ones {what}", str(number))
        for what, number in older.items()
        if number
    ]
    parts = [fill(_FIGURE, tone=tone, label=label, value=value) for tone, label, value in figures]
    return fill(_FIGURES, figures=join(parts)) if parts else Html()


# --- what needs somebody


def _cases(entries: Sequence[Entry], kind: str, title: str) -> list[Html]:
    cases = [entry for entry in entries if _kind(entry) == kind]
    if not cases:
        return []
    parts = [
        fill(_CASE, tone=_tone(kind), name=entry.name, lines=join(_reasons(entry)))
        for entry in cases
    ]
    return [fill(_CASES, id=kind.replace(" ", "-"), title=title, cases=join(parts))]


def _reasons(entry: Entry) -> Iterator[Html]:
    """Why, in our words and in the cloud's; what to do; what to look for."""
    if entry.msg:
        yield fill("<p>$msg</p>", msg=entry.msg)
    said = {name: str(value) for name, value in (entry.error or {}).items() if value}
    words = " ".join(said[name] for name in ("code", "message") if name in said)
    if words and said.get("message", "") not in (entry.msg or ""):
        yield fill("<p>The cloud says: $words</p>", words=words)
    if "hint" in said:
        yield fill('<p class="advice">$hint</p>', hint=said["hint"])
    ids = [("image", entry.image_id), ("job", entry.job_id), ("request", said.get("request_id"))]
    known = [fill("$what <code>$value</code>", what=what, value=one) for what, one in ids if one]
    if known:
        yield fill('<p class="soft">$ids</p>', ids=join(known, ", "))


# --- the timeline


def _chart(report: Report, entries: Sequence[Entry]) -> list[Html]:
    if report.span is None:
        return []
    begin, end = report.span
    length = max(1.0, (end - begin).total_seconds())
    rows = (
        fill(
            _ROW,
            tone=_tone(_kind(entry)),
            name=entry.name,
            bars=join(_bars(entry, begin, length), ""),
            state=_state(entry),
            queued=_in_queue(entry),
        )
        for entry in entries
    )
    marks = join(_marks(begin, length), "")
    return [fill(_CHART, legend=join(_legend(entries)), marks=marks, rows=join(rows))]


def _legend(entries: Sequence[Entry]) -> Iterator[Html]:
    if any(_queued(entry) for entry in entries):
        yield fill(_LEGEND, tone=_CALM, more="queue", label="queued")
    labels = {"failed": "failed", "not finished": "still running", "active": "ran, then active"}
    for kind in ("active", "not finished", "failed"):
        if any(_kind(entry) == kind for entry in entries):
            yield fill(_LEGEND, tone=_tone(kind), more="", label=labels[kind])


def _queued(entry: Entry) -> float:
    """Seconds until it was seen running."""
    if entry.span is None or entry.running_at is None:
        return 0.0
    begin, end = entry.span
    return max(0.0, (min(entry.running_at, end) - begin).total_seconds())


def _bars(entry: Entry, begin: datetime, length: float) -> Iterator[Html]:
    """The time in the queue, and the rest."""
    if entry.span is None:
        return
    start, end = ((one - begin).total_seconds() for one in entry.span)
    queued = start + _queued(entry)
    for more, since, until in (("queue", start, queued), ("", queued, end)):
        if until > since or not more:
            left, width = 100 * since / length, 100 * (until - since) / length
            # A bar of no length is still to be seen, at the right edge, too.
            yield fill(_BAR, more=more, left=f"{min(left, 99):.2f}", width=f"{width:.2f}")


def _state(entry: Entry) -> str:
    kind, lasted = _kind(entry), _length(entry.seconds)
    words = {"failed": f"failed after {lasted}", "not finished": f"running for {lasted}"}
    percent = [f"{entry.percent:.0f} %"] if entry.percent and kind == "not finished" else []
    return ", ".join([words.get(kind, f"active after {lasted}"), *percent])


def _in_queue(entry: Entry) -> Html:
    seconds = _queued(entry)
    return fill("<small>$long queued</small>", long=_length(seconds)) if seconds else Html()


def _marks(begin: datetime, length: float) -> Iterator[Html]:
    """Moments that are easy to read, so many as fit on a phone."""
    step = next((one for one in _STEPS if 100 * one / length >= _room(one)), round(length))
    form = "%H:%M:%S" if step < 60 else "%H:%M" if step < 86400 else "%m-%d"
    of_day = begin.hour * 3600 + begin.minute * 60 + begin.second
    offset = -of_day % step
    while offset <= length:
        place = 100 * offset / length
        label = (begin + timedelta(seconds=offset)).strftime(form)
        yield fill(_MARK, place=f"{place:.2f}", label=label if place + _room(step) <= 100 else "")
        offset += step


def _room(step: int) -> float:
    return _LONG if step < 60 else _SHORT


# --- all that is known


def _facts(entry: Entry) -> Html:
    kind = _kind(entry)
    actions = [fill("<li>$action</li>", action=action) for action in entry.actions]
    ids = [("image", entry.image_id), ("job", entry.job_id)]
    known = [
        fill("<small>$what</small><code>$value</code>", what=what, value=value)
        for what, value in ids
        if value
    ]
    return fill(
        _FACTS,
        name=entry.name,
        tone=_tone(kind),
        status=kind,
        actions=fill("<ul>$actions</ul>", actions=join(actions)) if actions else Html(),
        times=_times(entry),
        ids=join(known) or "no ids",
        source=entry.source or "not known",
    )


def _times(entry: Entry) -> Html:
    """From when to when, for how long, and by whose word."""
    if entry.began_at is None:
        return Html("never began")
    end = entry.ended_at
    until = _moment(end, entry.began_at) if end else "…"
    parts = [fill("$begin to $until", begin=_clock(entry.began_at), until=until)]
    if not entry.made:
        parts = [fill("since $date", date=_date(end or entry.began_at))]
    notes = [_length(entry.seconds)] if entry.seconds is not None else []
    by = {"begin": entry.began_by, "end": entry.ended_by}
    observed = [what for what, who in by.items() if who not in (None, CLOUD)]
    notes += [f"{' and '.join(observed)} observed"] if observed else []
    if notes:
        parts.append(fill("<small>$notes</small>", notes=", ".join(notes)))
    return join(parts)


# --- words


def _clock(moment: datetime) -> str:
    return moment.strftime("%H:%M:%S")


def _date(moment: datetime) -> str:
    return moment.date().isoformat()


def _moment(moment: datetime, after: datetime) -> str:
    """The time, and the date where it is another one."""
    same = moment.date() == after.date()
    return _clock(moment) if same else f"{_clock(moment)} on {_date(moment)}"


def _length(seconds: float | None) -> str:
    """A length of time, to the second below an hour, no number without its unit."""
    whole = round(seconds or 0)
    big, small, units = (whole // 60, whole % 60, ("min", "s"))
    if whole >= 3600:
        (big, small), units = divmod(round(whole / 60), 60), ("h", "min")
    parts = [f"{number}\u00a0{unit}" for number, unit in zip((big, small), units) if number]
    return " ".join(parts) or "0\u00a0s"


def _number(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
