# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One client for the items of a loop: what they share, and what none of them sees of another."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from typing import Any

import pytest
import requests
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.client import Client, TaskHooks
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.clients import Clients
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.clock import Deadline

from .fake import KEYS, NO_PLACE, FakeClock, FakeCloud, Reply, Seen, ok, refused

USER = {"region": "eu-de", "username": "me", "password": "pw-very-secret", "domain_name": "company"}
TOKEN = "token-very-secret"
PROJECT = "0605767b9b1234567890abcdef123456"


def answer(seen: Seen) -> Reply:
    if seen.path.endswith("/auth/tokens"):
        body = {"token": {"project": {"id": PROJECT, "name": "eu-de"}}}
        return Reply(201, body, {"X-Subject-Token": TOKEN})
    if seen.path.endswith("/projects"):
        return ok({"projects": [{"id": PROJECT, "name": "eu-de"}]})
    return ok({"images": []})


class Process:
    """A process that runs tasks one after the other."""

    def __init__(self, answer: Any = answer) -> None:
        self.cloud = FakeCloud(answer)
        self.clients = Clients()
        self.clock = FakeClock()
        self.session = requests.Session()
        self.session.mount("https://", self.cloud)
        self.told: list[str] = []
        self.warnings: list[str] = []
        self.lines: list[str] = []

    def lend(self, options: Any = None, **environ: str) -> AbstractContextManager[Client]:
        self.told, self.lines = [], []
        return self.clients.lend(
            options or KEYS,
            {**NO_PLACE, **environ},
            TaskHooks(self.lines.append, on_secret=self.told.append, warn=self.warnings.append),
            clock=self.clock,
            session=self.session,
        )

    def task(self, options: Any = None, **environ: str) -> Client:
        with self.lend(options, **environ) as client:
            client.request("ims", "GET", "/v2/cloudimages/{project_id}")
        return client

    def asked(self, path: str) -> int:
        return len([seen for seen in self.cloud.seen if seen.path.endswith(path)])


def test_tasks_of_the_same_connection_share_token_and_project() -> None:
    process = Process()

    first, second, third = (process.task(USER) for _task in range(3))

    assert first is second is third
    assert process.asked("/auth/tokens") == 1

    for _task in range(2):
        process.task()
    assert process.asked("/projects") == 1


def test_another_connection_or_environment_is_another_client() -> None:
    process = Process()

    clients = [
        process.task(),
        process.task({**KEYS, "access_key": "another"}),
        process.task({**KEYS, "validate_certs": False}),
        process.task(KEYS, https_proxy="http://proxy:3128"),
        process.task(KEYS, HOME="/elsewhere"),
    ]

    assert len({id(client) for client in clients}) == len(clients)
    assert process.task() is clients[0]


def test_a_client_serves_one_task_at_a_time() -> None:
    process = Process()

    with process.lend() as one, process.lend() as other:
        assert one is not other


def test_each_task_hears_of_all_secrets_before_anything_is_sent() -> None:
    process = Process()
    process.task(USER)

    with process.lend(USER):
        assert {"pw-very-secret", TOKEN} <= set(process.told)
    assert process.asked("/v2/cloudimages/" + PROJECT) == 1


def test_nothing_of_a_task_reaches_the_next_one() -> None:
    process = Process()
    with process.lend() as client:
        client.deadline = Deadline(process.clock, 1)
        lines = process.lines
    process.clock.sleep(10)

    assert process.task() is client
    assert client.deadline is None
    assert lines == []
    assert len(process.lines) == 2


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
def test_after_a_failure_nothing_is_taken_over(failure: type[BaseException]) -> None:
    """KeyboardInterrupt: as a task is broken off whose time is up, in the middle of anything."""
    process = Process()
    before = process.task()

    with pytest.raises(failure), process.lend() as client:
        raise failure

    assert client is before
    assert process.task() is not before


def test_wrong_credentials_are_tried_again() -> None:
    replies = iter([refused(401), ok({"projects": [{"id": PROJECT, "name": "eu-de"}]}), ok()])
    process = Process(lambda seen: next(replies))

    with pytest.raises(Exception, match="401"):
        process.task()

    process.task()
    assert process.asked("/projects") == 2


def test_a_fork_shares_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process()
    before = process.task()

    monkeypatch.setattr(os, "getpid", lambda: -1)

    assert process.task() is not before


def test_no_more_than_a_handful_is_kept() -> None:
    process = Process()
    clients = [process.task({**KEYS, "access_key": f"key-{number}"}) for number in range(20)]

    assert process.task({**KEYS, "access_key": "key-19"}) is clients[19]
    assert process.task({**KEYS, "access_key": "key-0"}) is not clients[0]
