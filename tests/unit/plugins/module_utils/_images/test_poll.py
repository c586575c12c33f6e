# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one loop that polls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.clock import Deadline
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.errors import (
    GarbledAnswer,
    TimeBudgetExceeded,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.context import Task
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.waiting.poll import poll
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.waiting.schedule import (
    Schedule,
    every,
)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Client:
    """As much of a client as a wait needs."""

    clock: Clock = field(default_factory=Clock)
    deadline: Deadline | None = None
    polled: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.clock.sleep(seconds)

    def answers(self, answers: Iterator[Any], takes: float = 0.0) -> Callable[[], Any]:
        def read() -> Any:
            self.polled.append(self.clock.now - 100.0)
            self.clock.sleep(takes)
            answer = next(answers)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return read


def within(seconds: float) -> Client:
    client = Client()
    client.deadline = Deadline(client.clock, seconds)  # type: ignore[arg-type]
    return client


def task_of(client: Client) -> Task:
    return Task(client)  # type: ignore[arg-type]


def test_polls_until_the_condition_holds() -> None:
    client = Client()

    found = poll(task_of(client), client.answers(iter((1, 2, 3))), every(5), lambda n: n == 3)

    assert found == 3
    assert client.polled == [0, 5, 10]


def test_without_a_condition_the_first_useful_answer_ends_the_wait() -> None:
    client = Client()
    answers = iter((GarbledAnswer("a login page"), None))

    assert poll(task_of(client), client.answers(answers), every(5)) is None
    assert client.polled == [0, 5]


def test_a_poll_just_before_is_not_repeated() -> None:
    client = Client()

    poll(task_of(client), client.answers(iter("a")), every(5), pause_first=True)

    assert client.polled == [5]


def test_the_last_answer_is_returned_when_the_wait_is_over() -> None:
    client = Client()
    answers = iter(range(9))

    found = poll(task_of(client), client.answers(answers), every(5, within=10), lambda n: n < 0)

    assert found == 2
    assert client.polled == [0, 5, 10]


def test_a_wait_is_over_only_with_a_poll_that_began_after_its_end() -> None:
    client = Client()
    answers = client.answers(iter(range(9)), takes=8)

    found = poll(task_of(client), answers, every(5, within=10), lambda n: n < 0)

    assert found == 1
    assert client.polled == [0, 13]


def test_the_deadline_ends_a_wait_after_one_more_poll_in_time() -> None:
    client = within(12)

    with pytest.raises(TimeBudgetExceeded, match="12 s"):
        poll(task_of(client), client.answers(iter(range(9))), every(5), lambda n: n < 0)

    assert client.polled == [0, 5, 10, 12]


def test_useless_answers_end_a_wait_after_three_minutes_in_a_row() -> None:
    client = Client()
    useless = [GarbledAnswer("a login page")] * 99
    answers = iter([*useless[:2], 0, *useless])

    with pytest.raises(GarbledAnswer):
        poll(task_of(client), client.answers(answers), every(60), lambda n: n > 0)

    assert client.polled == [60 * number for number in range(7)]


def test_a_useless_answer_does_not_end_a_wait_whose_time_is_over() -> None:
    client = Client()
    answers = iter([0, GarbledAnswer("a login page"), 7])

    found = poll(task_of(client), client.answers(answers), every(5, within=5), lambda n: n < 0)

    assert found == 7


def test_shows_each_pause_before_it_begins() -> None:
    client = within(8)
    pauses = iter((1.0, 6.0, 60.0))
    shown: list[float] = []

    poll(
        task_of(client),
        client.answers(iter(range(9))),
        Schedule(lambda: next(pauses)),
        lambda n: n == 3,
        show=shown.append,
    )

    assert shown == [1, 6, 1]
