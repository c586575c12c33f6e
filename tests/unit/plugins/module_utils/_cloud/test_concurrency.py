# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several requests at once through one client: what overlaps, what does not, and how it ends."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import concurrency, errors
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.transport import (
    FRESH_FOR,
    Transport,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.wire import Repeat

from .fake import Reply, Seen, Talk, ok, refused, throttled

PATH = "/v2/cloudimages"


def _paths(count: int) -> list[str]:
    return [f"/v2/images/{number}/members" for number in range(count)]


def test_calls_at_once_overlap_up_to_a_bound_and_keep_their_order() -> None:
    """Each answer comes only when ten calls are on their way, or no more are left."""
    under_way, most, whole = set(), [0], threading.Barrier(10, timeout=60)

    def answer(seen: Seen) -> Reply:
        under_way.add(seen.path)
        most.append(len(under_way))
        whole.wait()
        under_way.discard(seen.path)
        return ok({"members": [seen.path]})

    talk = Talk(answer)
    counts: list[int] = []
    calls = [partial(talk.client.request, "ims", "GET", path) for path in _paths(30)]
    answers = talk.client.run_concurrently(calls, counts.append)

    assert [one.json["members"] for one in answers] == [[path] for path in _paths(30)]
    assert max(most) == 10
    assert counts == list(range(1, 31))


def test_of_calls_at_once_only_one_thread_works_at_a_time() -> None:
    """All but the wait for an answer and the pauses: what threads share need not be safe."""
    inside = threading.Lock()
    met: list[bool] = []

    def work(talk: Talk, path: str) -> Any:
        met.append(inside.acquire(blocking=False))
        time.sleep(0.001)  # another thread would come in here
        inside.release()
        return talk.client.request("ims", "GET", path).json

    talk = Talk([*[throttled(), ok({})] * 10, *[ok({})] * 20])
    talk.client.run_concurrently([partial(work, talk, path) for path in _paths(20)])

    assert met == [True] * 20


def test_a_call_that_fails_ends_those_that_have_not_begun() -> None:
    failed = threading.Event()

    def answer(seen: Seen) -> Reply:
        if seen.path.endswith("/3/members"):
            return refused(403, "APIGW.0302", "no")
        failed.wait(60)
        return ok({})

    talk = Talk(answer)
    begun: list[str] = []

    def ask(path: str) -> Any:
        begun.append(path)
        try:
            return talk.client.request("ims", "GET", path).json
        except errors.Forbidden:
            failed.set()
            raise

    with pytest.raises(errors.Forbidden):
        talk.client.run_concurrently([partial(ask, path) for path in _paths(500)])

    assert len(begun) <= concurrency.MOST
    assert talk.client.request("ims", "GET", PATH).json == {}


def test_a_call_under_way_sends_nothing_more_after_another_has_failed() -> None:
    together = threading.Barrier(2, timeout=60)
    failed = threading.Event()

    def answer(seen: Seen) -> Reply:
        if seen.path.endswith("/0/members"):
            together.wait()
            return refused(403, "APIGW.0302", "no")
        if seen.path.endswith("/1/members"):
            together.wait()
            assert failed.wait(60)
        return ok({})

    def ask(talk: Talk, *paths: str) -> None:
        try:
            for path in paths:
                talk.client.request("ims", "GET", path)
        except errors.Forbidden:
            failed.set()
            raise

    talk = Talk(answer)
    first, second, third = _paths(3)

    with pytest.raises(errors.Forbidden):
        talk.client.run_concurrently([partial(ask, talk, first), partial(ask, talk, second, third)])

    assert not any(seen.path == third for seen in talk.cloud.seen)


# --- lanes


def ask(talk: Talk, path: str, after: float = 0) -> None:
    if after:
        talk.client.sleep(after)
    talk.client.request("ims", "GET", path)


def test_of_the_threads_of_lanes_only_so_many_send_at_the_same_time() -> None:
    under_way: set[str] = set()
    most = [0]

    def answer(seen: Seen) -> Reply:
        under_way.add(seen.path)
        most.append(len(under_way))
        time.sleep(0.01)
        under_way.discard(seen.path)
        return ok({})

    talk = Talk(answer)
    with talk.client.lanes(3) as lanes:
        run = lanes.open(20)
        for path in _paths(20):
            run(partial(ask, talk, path))

    assert len(talk.cloud.seen) == 20
    assert max(most) == 3


def test_a_connection_that_became_stale_while_others_sent_is_not_used_for_a_write(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A thread that waits for others looks at its connection when it is its turn to send."""
    closed_at: list[float] = []
    begun = threading.Event()

    def look(self: Transport, call: Any) -> None:
        closed_at.append(talk.clock.now)

    def write() -> None:
        begun.set()
        talk.client.request("ims", "POST", PATH, body={}, repeat=Repeat.NEVER)

    def answer(seen: Seen) -> Reply:
        if seen.method == "GET":
            run(write)
            assert begun.wait(60)
            time.sleep(0.1)  # the other one now waits for this one
            talk.clock.now += FRESH_FOR + 1
        else:
            sent_at.append(talk.clock.now)
        return ok({})

    sent_at: list[float] = []
    talk = Talk(answer)
    monkeypatch.setattr(Transport, "close_if_idle", look)
    with talk.client.lanes(1) as lanes:
        run = lanes.open(2)
        run(partial(ask, talk, PATH))

    assert closed_at[-1:] == sent_at


def test_an_exception_of_the_last_call_is_raised_though_nothing_is_left_to_be_sent() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    talk = Talk([])
    with pytest.raises(ZeroDivisionError), talk.client.lanes(1) as lanes:
        lanes.open(1)(fail)


def test_a_gateway_that_limits_one_api_is_asked_by_one_thread_and_other_apis_go_on() -> None:
    """It counts the calls of each API, and does not say when it takes the next one."""
    sent: list[tuple[str, float]] = []

    def answer(seen: Seen) -> Reply:
        sent.append((seen.path, talk.clock.now))
        return throttled() if seen.path != PATH and talk.clock.now - begun < 100 else ok({})

    talk = Talk(answer)
    begun = talk.clock.now
    with talk.client.lanes(5) as lanes:
        run = lanes.open(5)
        for number in range(5):
            run(partial(ask, talk, f"/v2/images/{number:032x}"))
        lanes.open(1)(partial(ask, talk, PATH, after=1))

    assert [at - begun for path, at in sent if path == PATH] == [1]
    tries = [at - begun for path, at in sent if path != PATH]
    assert len(tries) - tries.count(0) < 20
    assert 100 <= max(tries) < 130
    assert tries.count(max(tries)) == 5


def test_a_time_that_the_cloud_names_counts_for_all_apis() -> None:
    sent: list[tuple[str, float]] = []

    def answer(seen: Seen) -> Reply:
        first = not sent
        sent.append((seen.path, talk.clock.now))
        return throttled(Retry_After="50") if first else ok({})

    talk = Talk(answer)
    begun = talk.clock.now
    with talk.client.lanes(5) as lanes:
        lanes.open(1)(partial(ask, talk, "/v2/images/0/members"))
        lanes.open(1)(partial(ask, talk, PATH, after=1))

    assert all(at - begun >= 50 for _path, at in sent[1:])
