# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of the guides, written into their pages between markers.

docs.ansible.com accepts nothing but the text of the pages, so the figures are part of it. A page
marks the place: a comment "figure: NAME" before the figure, "end of figure" after it.
"""

from __future__ import annotations

import random
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence

from ansible_collections.huaweicloud.ims.plugins.module_utils._images.waiting import schedule

from .svg import AMBER, BLUE, GREEN, PLAIN, WIDTH, Drawing, height_of

_MARKED = re.compile(r"^\.\. figure: (\w+)\n.*?^\.\. end of figure\n", re.MULTILINE | re.DOTALL)

# Seconds: the length of the job in the figure, and the time that is shown.
JOB, SHOWN = 540.0, 600.0

_STATES: Sequence[tuple[str, str, str]] = (
    ("none, or only|dead ones", "run the checks, create it,|wait", BLUE),
    ("same source,|active", "leave it, or set description,|limits and tags", GREEN),
    ("same source,|in creation", "adopt it: wait,|create nothing", GREEN),
    ("older than|max_age", "create a new one, wait,|then delete the old one", BLUE),
    ("another source", "fail; or replace it;|or keep it", AMBER),
    ("unknown source", "accept it with a warning;|or fail", AMBER),
    ("several", "take the newest of the same|source, warn of the others", AMBER),
    ("its backup has|an image", "fail, and name that image", AMBER),
)

_STEPS: Sequence[tuple[str, str, str, str]] = (
    ("lock", "one task per image name|on this machine", "", PLAIN),
    ("read", "images of that name,|and their sources", "", GREEN),
    ("decide", "what to do; the diff", "--check|ends here", GREEN),
    ("create", "one create request;|IDs are recorded", "wait: false|ends here", BLUE),
    (
        "wait",
        "poll, show progress",
        "time is up:|nothing is lost,|run it again",
        PLAIN,
    ),
    ("finish", "limits, tags, source tag;|then delete old images", "", BLUE),
)


def states() -> str:
    drawing = Drawing(
        "What a task does about an existing image",
        "; ".join(f"{found}: {does}".replace("|", " ") for found, does, _colour in _STATES),
    )
    drawing.text(64, 12, ["existing image"], anchor="middle", bold=True)
    drawing.text(240, 12, ["what the task does"], anchor="middle", bold=True)
    y = 26.0
    for found, does, colour in _STATES:
        left, right = found.split("|"), does.split("|")
        height = max(height_of(left), height_of(right))
        drawing.box(1, y, 126, height)
        drawing.text(64, y + height / 2, left, anchor="middle", size=12.5)
        drawing.arrow(128, y + height / 2, 142, y + height / 2)
        drawing.box(143, y, 196, height, colour)
        drawing.text(241, y + height / 2, right, anchor="middle", size=12.5)
        y += height + 8
    return drawing.html("states", y)


def task() -> str:
    drawing = Drawing(
        "The steps of a task that creates an image",
        "; ".join(
            f"{name}: {does}{' (' + end + ')' if end else ''}".replace("|", " ")
            for name, does, end, _colour in _STEPS
        ),
    )
    y = 1.0
    for number, (name, does, end, colour) in enumerate(_STEPS):
        lines = does.split("|")
        height = height_of(lines) + 16
        drawing.box(1, y, 212, height, colour)
        drawing.text(10, y + 14, [name], bold=True)
        drawing.text(10, y + 16 + (height - 16) / 2, lines, size=12.5)
        if end:
            drawing.line(214, y + height / 2, 234, y + height / 2, dashed=True)
            drawing.text(238, y + height / 2, end.split("|"), size=12.5)
        if number < len(_STEPS) - 1:
            drawing.arrow(107, y + height, 107, y + height + 15)
        y += height + 16
    return drawing.html("task", y - 14)


def polls_of(duration: float, percent: Callable[[float], float | None]) -> list[float]:
    """When a task polls a job, in seconds since the create request, up to the poll after its end.

    percent: the progress that the job shows at a time. The jitter is the same each time.
    """
    state = random.getstate()
    random.seed(1)
    try:
        return list(_polls(duration, percent))
    finally:
        random.setstate(state)


def _polls(duration: float, percent: Callable[[float], float | None]) -> Iterator[float]:
    forecast = schedule.Forecast()
    now = schedule.first_pause()
    yield now
    while now < duration:
        forecast.add(now, percent(now))
        now += schedule.next_pause(now, forecast.seconds_left(now))
        yield now


def polls() -> str:
    lanes = (
        ("The cloud shows no progress", polls_of(JOB, lambda _now: None)),
        ("The cloud shows a percentage", polls_of(JOB, lambda now: float(int(100 * now / JOB)))),
    )
    texts = [
        f"{name}: {len(times)} polls, the last {times[-1] - JOB:.0f} s after the end"
        for name, times in lanes
    ]
    drawing = Drawing(f"When a task polls a job of {JOB / 60:.0f} minutes", "; ".join(texts))
    left, right = 4.0, WIDTH - 4.0

    def x(seconds: float) -> float:
        return left + (right - left) * seconds / SHOWN

    y = 10.0
    for text, (_name, times) in zip(texts, lanes, strict=True):
        head, _colon, rest = text.partition(": ")
        drawing.text(left, y, [head], bold=True)
        drawing.text(left, y + 17, [rest])
        drawing.block(left, y + 30, x(JOB) - left, 22, BLUE + "33")
        for time in times:
            colour = BLUE if time < JOB else GREEN
            drawing.block(x(time) - 1, y + 27, 2, 28, colour)
        y += 78
    for minute in range(0, int(SHOWN / 60) + 1, 2):
        anchor = {0: "start", 10: "end"}.get(minute, "middle")
        drawing.text(x(minute * 60), y - 2, [f"{minute} min"], anchor=anchor, size=12.5)
    return drawing.html("polls", y + 10)


def many() -> str:
    drawing = Drawing(
        "Four images of ten minutes each",
        "One task after the other takes forty minutes; images that are created at once take ten.",
    )
    unit = (WIDTH - 8) / 4
    drawing.text(4, 10, ["One after the other: 40 min"], bold=True)
    for number in range(4):
        drawing.block(4 + number * unit, 24 + number * 16, unit - 2, 12, AMBER)
    drawing.text(4, 112, ["All at once: 10 min"], bold=True)
    for number in range(4):
        drawing.block(4 + number * 3, 126 + number * 16, unit - 2, 12, GREEN)
    return drawing.html("many", 192)


FIGURES: Mapping[str, Callable[[], str]] = {
    "states": states,
    "task": task,
    "polls": polls,
    "many": many,
}


def drawn(page: str) -> str:
    """The text of a page with its current figures."""
    return _MARKED.sub(lambda found: _block(found[1]), page)


def _block(name: str) -> str:
    html = textwrap.indent(FIGURES[name](), "    ")
    return f".. figure: {name}\n\n.. raw:: html\n\n{html}\n\n.. end of figure\n"
