# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong, drawn from a seed: switches and fault rules of the simulator."""

from __future__ import annotations

from random import Random
from typing import Any

Rule = dict[str, Any]

CREATE = r"wholeimages/action$|/copy$|quickimport/action$|volumes/[^/]+/action$"
# Longer than any list delay that is drawn: after it a list shows what was ordered.
LATE = 50.0
# Longer than any read lag that is drawn: after it everybody reads what was written.
SETTLED = 13.0
_STATUSES = (500, 502, 503, 504)
_SHAPES = ("error", "swapped", "gateway", "flat", "camel", "nova", "html", "text", "empty")
_BUSY = ("IMG.0060", "IMG.0149", "IMG.0010", "IMG.0136", "EVS.2409")
_LOOKUPS = ("ecs", "evs", "cbr", "csbs")
# Sets of filters that a cloud may ignore.
_IGNORED = (
    ["ims.owner"],
    ["ims.owner", "ims.name"],
    ["ims.id"],
    ["evs.*", "cbr.*", "ecs.*", "csbs.*"],
)
# By how much the time in answers may be wrong, in s.
_SKEWS = (31 * 86400, 31 * 86400, 3 * 86400, -31 * 86400, 1000, -1000, 600, -600)
_LOOKUP_PAGES: tuple[dict[str, Any], ...] = (
    *({"lookup_page_size": size} for size in (1, 2, 5)),
    {"lookup_count": "page"},
)
# Answers to a create request that prove nothing: neither success nor an error of the API.
_ODD_STATUSES = (
    *(301, 302, 303, 304, 307, 308),
    *(400, 403, 404, 405, 408, 409, 413, 418, 425, 499),
)
_ODD_SHAPES = ("html", "text", "empty")
_ODD_BODIES = (
    *("", "null", "[]", "{}", '"no"', "17", '{"job_id": null}', '{"job_id": ""}', '{"job_id": 7}'),
    *('{"job_id": {"id": "x"}}', '{"error": null}', '{"error": []}', '{"job_id"', "\x00\xff"),
)
_HEAD = "HTTP/1.1 200 OK\r\n"
_RAW = (
    f"{_HEAD}Transfer-Encoding: chunked\r\n\r\n-5\r\n{{}}\r\n0\r\n\r\n",
    f"{_HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n",
    f"{_HEAD}Content-Length: -1\r\n\r\n",
    f"{_HEAD}Content-Length: many\r\n\r\n{{}}",
    f"{_HEAD}Content-Length: 500\r\n\r\n{{}}",
    f"{_HEAD}Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{{}}",
    f"{_HEAD}no header at all\r\n\r\n{{}}",
    f"{_HEAD}Date: yesterday\r\nRetry-After: soon\r\nContent-Length: 2\r\n\r\n{{}}",
    f"HTTP/1.1 200 {'x' * 70000}\r\n\r\n",
    "HTTP/1.1 abc OK\r\n\r\n",
    "HTTP/1.1 307 Go\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n",
    "HTTP/9.9 200 OK\r\n\r\n{}",
    "\x16\x03\x01\x02\x00",
    "\r\n\r\n",
)


def switches(rng: Random) -> dict[str, Any]:
    """A cloud with manners of its own."""
    drawn: dict[str, Any] = {"disputed": "seeded"} if rng.random() < 0.8 else {}
    if rng.random() < 0.5:
        drawn["list_delay"] = [0, rng.choice((1, 8, 20, LATE))]
    if rng.random() < 0.3:
        drawn["page_size"] = rng.choice((2, 3, 10))
    if rng.random() < 0.3:
        drawn["rate_limit"] = rng.choice((10, 30, 60))
    if rng.random() < 0.3:
        drawn["read_lag"] = [0, rng.choice((1, 5, 12))]
    if rng.random() < 0.3:
        drawn["delete_lingers"] = [0, rng.choice((0, 10, 60))]
    if rng.random() < 0.3:
        drawn["job_unknown"] = rng.choice((0, 15, 50))
    if rng.random() < 0.3:
        drawn["status_skew"] = rng.choice((0, 20, 50))
    if rng.random() < 0.3:
        drawn["backup_late"] = rng.choice((0, 120, 600))
    if rng.random() < 0.2:
        drawn["copy_limit"] = 1
        drawn["create_limit"] = 2  # one disk is being exported for ever
    drawn.update(_broken_documents(rng))
    return drawn


def _broken_documents(rng: Random) -> dict[str, Any]:
    """What no document allows, but some cloud may do."""
    drawn: dict[str, Any] = {}
    if rng.random() < 0.15:
        drawn["ignored_filters"] = rng.choice(_IGNORED)
    if rng.random() < 0.1:
        drawn["all_projects"] = rng.choice(("empty", "empty", "refused"))
    if rng.random() < 0.2:
        drawn["tag_keys"] = rng.choice(("flexible-engine", "otc"))
    if rng.random() < 0.2:
        drawn["copy_attributes"] = "kept"
    if rng.random() < 0.1:
        # Not both: of short pages that count themselves, nothing tells that there are more.
        drawn.update(rng.choice(_LOOKUP_PAGES))
    if rng.random() < 0.05:
        drawn["delete_lingers"] = [20000, 40000]
    if rng.random() < 0.15:
        drawn["date_skew"] = rng.choice((*_SKEWS, None))
    return drawn


def odd_create(rng: Random) -> Rule:
    """The answer to a create request is none that a client expects, whether or not the request was
    carried out."""
    rule: Rule = {"method": "POST", "path": CREATE, "times": rng.choice((1, 1, 2))}
    rule["handled"] = rng.random() < 0.7
    how = rng.choice(("status", "status", "body", "raw", "raw"))
    if how == "raw":
        return {**rule, "action": "raw", "text": rng.choice(_RAW)}
    rule["action"] = "answer"
    if how == "body":
        return {**rule, "status": rng.choice((200, 202, 204, 400, 404)), **_odd_body(rng)}
    rule["status"] = rng.choice(_ODD_STATUSES)
    if rule["status"] < 400 and rng.random() < 0.6:
        rule["headers"] = {"Location": rng.choice(("/elsewhere", "https://other.example/", "://"))}
    if rng.random() < 0.5:
        return {**rule, "shape": rng.choice(_ODD_SHAPES)}
    return {**rule, **_odd_body(rng)}


def _odd_body(rng: Random) -> Rule:
    return {"text": rng.choice(_ODD_BODIES)}


def _unclear_create(rng: Random) -> Rule:
    """The answer to a create call does not tell whether it was carried out."""
    rule: Rule = {"method": "POST", "path": CREATE, "times": rng.choice((1, 1, 2))}
    how = rng.choice(("drop", "answer", "timeout", "truncate", "garbage", "stale"))
    rule["action"] = how
    if how in ("drop", "answer", "timeout"):
        rule["handled"] = rng.random() < 0.6
    if how == "drop":
        rule["how"] = rng.choice(("close", "reset"))
    if how == "answer":
        rule["status"] = rng.choice(_STATUSES)
        rule["shape"] = rng.choice(_SHAPES)
    if how == "stale":
        rule["idle"] = 1
    return rule


def _taken_already(rng: Random) -> Rule:
    """A gateway that repeats calls by itself gets this for the second one, and hands it on."""
    code = rng.choice(("IMG.0009", "IMG.0029", "IMG.0134"))
    rule: Rule = {"method": "POST", "path": "cloudimages/", "action": "answer", "status": 400}
    if code != "IMG.0009":
        rule["body"] = "backup_id"
    return {**rule, "code": code, "handled": rng.random() < 0.7, "times": 1}


def _refused_create(rng: Random) -> Rule:
    """An answer that proves that nothing was done."""
    rule: Rule = {"method": "POST", "path": CREATE, "times": rng.choice((1, 2, 4))}
    how = rng.choice(("refuse", "unauthorized", "throttle", "told", "busy"))
    if how == "refuse":
        return {**rule, "action": "drop", "how": "refuse"}
    if how == "unauthorized":
        return {**rule, "action": "unauthorized", "times": 1}
    if how == "throttle":
        return {**rule, "action": "throttle"}
    if how == "told":
        return {**rule, "action": "throttle", "retry_after": rng.choice((1, 30, 90))}
    code = rng.choice(_BUSY)
    status = 409 if code.startswith("EVS") else 400
    return {**rule, "action": "answer", "status": status, "code": code}


def _flaky(rng: Random) -> Rule:
    """Any request may go wrong."""
    rule: Rule = {"probability": rng.choice((0.03, 0.1, 0.25))}
    if rng.random() < 0.3:
        rule["method"] = rng.choice(("GET", "PATCH", "DELETE", "POST"))
    how = rng.choice(
        ("drop", "answer", "timeout", "truncate", "garbage", "throttle", "slow", "unauthorized")
    )
    rule["action"] = how
    if how in ("drop", "answer", "timeout"):
        rule["handled"] = rng.random() < 0.5
    if how == "drop":
        rule["how"] = rng.choice(("close", "reset", "refuse"))
        if rule["how"] == "refuse":
            rule["handled"] = False
    if how == "answer":
        rule["status"] = rng.choice(_STATUSES)
        rule["shape"] = rng.choice(_SHAPES)
    if how == "throttle" and rng.random() < 0.5:
        rule["retry_after"] = rng.choice((1, 20))
    if how == "slow":
        rule["seconds"] = rng.choice((1, 20, 100))
    return rule


def _job(rng: Random) -> Rule:
    """How the job of a create call goes."""
    rule: Rule = {"method": "POST", "path": CREATE, "action": "job", "times": rng.choice((1, 1, 2))}
    ways = ("fail", "killed", "empty", "elsewhere", "names", "late", "skewed", "duration")
    how = rng.choice(ways)
    if how == "names":
        return {**rule, "names": "older"}
    if how == "fail":
        code = rng.choice(("IMG.0014", "IMG.0060", "IMG.0182", "IMG.0158"))
        return {**rule, "fail": code, "image": rng.choice(("killed", "vanishes"))}
    if how == "killed":
        return {**rule, "image": "killed", "fail": "IMG.0014"}
    if how == "empty":
        return {**rule, "empty": True}
    if how == "elsewhere":
        return {**rule, "image_id_in": rng.choice(("sub_jobs_result", "results"))}
    if how == "late":
        return {**rule, "list_delay": rng.uniform(10, LATE)}
    if how == "skewed":
        return {**rule, "status_skew": rng.uniform(-60, 50)}
    return {**rule, "duration": rng.choice((1, 20, 2000))}


def _volume(rng: Random) -> Rule:
    """How an export goes."""
    rule: Rule = {
        "method": "POST",
        "path": r"volumes/[^/]+/action$",
        "action": "volume",
        "times": 1,
    }
    how = rng.choice(("fail", "stuck", "duration", "late", "names"))
    if how == "names":
        return {**rule, "names": "older"}
    if how == "fail":
        return {**rule, "fail": "failed"}
    if how == "stuck":
        return {**rule, "stuck": "volume"}
    if how == "late":
        return {**rule, "list_delay": rng.uniform(10, LATE)}
    return {**rule, "duration": rng.choice((1, 20, 2000))}


def _removal(rng: Random) -> Rule:
    """How a deletion goes."""
    rule: Rule = {"method": "DELETE", "times": rng.choice((1, 3))}
    how = rng.choice(("polls", "seconds", "busy", "backup"))
    if how == "polls":
        return {**rule, "action": "delete", "polls": rng.choice((1, 5))}
    if how == "seconds":
        return {**rule, "action": "delete", "seconds": rng.choice((30, 200))}
    code = "IMG.0090" if how == "busy" else "IMG.0176"
    handled = how == "backup" and rng.random() < 0.5
    return {**rule, "action": "answer", "status": 400, "code": code, "handled": handled}


def _closed_lookups(rng: Random) -> Rule:
    """Look-ups that are not permitted, or not published in this region."""
    status = rng.choice((403, 403, 404))
    code = {403: "APIGW.0302", 404: "APIGW.0101"}[status]
    rule = {"method": "GET", "service": rng.choice(_LOOKUPS), "action": "answer"}
    return {**rule, "status": status, "code": code, "shape": "gateway"}


def _paging(rng: Random) -> Rule:
    return {"action": "page", "size": rng.choice((2, 5)), "path": "/v2/cloudimages$"}


_DRAWS = (
    (_unclear_create, 5),
    (odd_create, 4),
    (_taken_already, 2),
    (_refused_create, 3),
    (_flaky, 4),
    (_job, 4),
    (_volume, 2),
    (_removal, 2),
    (_closed_lookups, 1),
    (_paging, 1),
)


# What may go wrong while images are only deleted.
_OF_REMOVALS = ((_flaky, 4), (_removal, 3), (_closed_lookups, 1), (_paging, 1))


def rules(rng: Random, creating: bool = True) -> list[Rule]:
    """Up to four things that go wrong."""
    draws = _DRAWS if creating else _OF_REMOVALS
    makers = [maker for maker, weight in draws for _part in range(weight)]
    return [rng.choice(makers)(rng) for _rule in range(rng.choice((0, 1, 1, 2, 2, 3, 4)))]
