# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of runs as there may be: good and bad, empty and long, and with names that nobody should
give."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.huaweicloud.ims.plugins.module_utils._images.waiting.timeline import Entry
from ansible_collections.huaweicloud.ims.tests.unit.report_page import pruned, waited

Json = dict[str, Any]

_BEGIN = datetime(2026, 1, 2, 1, 0, 4, tzinfo=timezone.utc)
_ORDER = random.Random(3)


def _hexadecimal(length: int) -> str:
    return "".join(_ORDER.choice("0123456789abcdef") for _digit in range(length))


def _uuid() -> str:
    return "-".join(_hexadecimal(length) for length in (8, 4, 4, 4, 12))


def _entry(
    name: str, since: float, lasted: float, status: str = "active", queued: float = 0, **more: Any
) -> Entry:
    begin = _BEGIN + timedelta(seconds=round(since))
    end = begin + timedelta(seconds=round(lasted))
    over = {"ended_at": end, "ended_by": "cloud"} if status in ("active", "failed") else {}
    facts: dict[str, Any] = {
        "image_id": _uuid(),
        "job_id": _hexadecimal(32),
        "source": f"server {_uuid()}",
        "region": "eu-de",
        "made": True,
        "changed": True,
        "began_at": begin,
        "began_by": "cloud",
        "queued_until": begin + timedelta(seconds=round(queued) - 3) if queued else None,
        "running_at": begin + timedelta(seconds=round(queued) or 4),
        "polled_at": end + timedelta(seconds=3),
        **over,
    }
    return Entry(name, status, **{**facts, **more})


def _failure(code: str, reason: str, hint: str) -> dict[str, Any]:
    error = {"code": code, "message": reason, "hint": hint, "request_id": "9fbc5ae1"}
    return {"msg": f"job {_hexadecimal(32)} failed: {reason} ({code})", "error": error}


_NO_ROOM = _failure(
    "IMG.0182", "The vault has too little room.", "Extend the vault, or name another one."
)
_BACKEND = _failure("IMG.0014", "The backend service failed.", "Try again later.")
_MIXED = [
    _entry(
        "web-01-2026-01-02",
        *(0, 541),
        queued=12,
        actions=(
            "set tags tier, stage of image 'web-01-2026-01-02'",
            "delete old image 'web-01-2025-12-26' (33ad552d-1149-471c-8190-ff6776174a00)",
        ),
    ),
    _entry("web-02-2026-01-02", 2, 498, queued=31),
    _entry("db-01-2026-01-02", 3, 140, "failed", queued=14, **_NO_ROOM),
    _entry("nightly-1-2026-01-02", 5, 64),
    _entry("web-01-data-2026-01-02", 6, 188, job_id=None, ended_by="observed"),
    _entry("web-01-data-2026-01-02-encrypted", 200, 131, queued=8, source=f"image {_uuid()}"),
    _entry("archive-2026-01-02", 8, 700, "in_progress", percent=72.0, msg="its job is RUNNING"),
    _entry("base-2026-01-02", -700_000, 300, made=False),
    Entry(
        "broken-error-2026-01-02",
        "failed",
        msg="Server 'broken-error' is in status ERROR. No create request was sent.",
        source="server broken-error",
    ),
]
_MINUTES = timedelta(minutes=1)
_UNWATCHED = [
    *_MIXED[1:3],
    _entry(
        "slow-2026-01-02", 0, 700, queued_until=_BEGIN + _MINUTES, running_at=_BEGIN + 7 * _MINUTES
    ),
    _entry("late-2026-01-02", 0, 600, running_at=_BEGIN + 4 * _MINUTES),
    _entry(
        "queued-2026-01-02",
        60,
        660,
        "in_progress",
        queued_until=_BEGIN + 12 * _MINUTES,
        running_at=None,
        msg="its job is INIT",
    ),
]
_NOT_PERMITTED = (
    "Failed while deleting image web-01-2025-12-25: 403 IMG.0026 (request id 9fbc5ae1). "
    "These credentials may not delete images: have the policy ims:images:delete given to them."
)
_NASTY = [
    _entry("<script>alert(1)</script>\"'&amp;", 0, 100, source="file x:<b>y</b>", region="<eu>"),
    _entry(
        "\u202egnp.exe\u202c",
        *(1, 50, "failed"),
        msg="</article><h1>owned</h1>\x1b[31m\x00",
        error={
            "code": "<i>",
            "message": "<img src=x onerror=alert(1)>",
            "hint": '<a href="http://192.0.2.1/">x</a>',
        },
    ),
    _entry("n" * 128, 2, 30),
    _entry("صورة-الخادم", 3, 40),
    _entry("镜像-测试 image", 4, 3),
]


def _fleet(number: int) -> Entry:
    since = _ORDER.uniform(0, 30) + number // 40 * 500
    lost = number in (7, 33)
    return _entry(
        f"fleet-{number:02}-2026-01-02",
        *(since, _ORDER.uniform(300, 560), "failed" if lost else "active"),
        queued=_ORDER.uniform(1, 60),
        **(_BACKEND if lost else {}),
    )


def _older(name: str, decision: str = "delete", error: str | None = None, **more: Any) -> Json:
    reason = (
        "older than the 3 newest of name web-01-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] and 7d"
    )
    found = {"id": _uuid(), "name": name, "decision": decision, "reason": reason, "error": error}
    return {**found, "created_at": "2025-12-20T01:00:04Z", **more}


def _interruption(why: str) -> Entry:
    return Entry("", "interrupted", msg=why)


def _run(*entries: Entry, older: Sequence[Json] = ()) -> list[Json]:
    """The results of a wait, and of a retention after it."""
    return [waited(*entries), *([pruned(*older)] if older else [])]


_ACTIVE = [entry for entry in _MIXED if entry.status == "active"]
RUNS: Mapping[str, list[Json]] = {
    "mixed": _run(*_MIXED),
    "good": _run(*_ACTIVE),
    "one": _run(_MIXED[0]),
    "zero": _run(),
    "sixty": _run(*map(_fleet, range(60))),
    "unwatched": _run(*_UNWATCHED),
    "nasty": _run(*_NASTY, _interruption("<script>x</script>"), older=[_older("o" * 128)]),
    "nightly": _run(
        *_ACTIVE,
        older=[
            *(_older(f"web-01-2025-12-{day}") for day in range(20, 25)),
            _older("web-01-2025-12-25", error=_NOT_PERMITTED),
            _older("web-01-2025-12-26", "keep", reason="in use by server web-01 (8d2c) and 2 more"),
            _older("web-01-2025-12-27", "keep", reason="one of the 3 newest of name web-01-*"),
        ],
    ),
    "pruned": [pruned(_older("web-01-2025-12-20"), _older("web-02-2025-12-20", "keep"))],
}
