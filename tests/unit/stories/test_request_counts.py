# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task costs in requests, as promised in the documentation."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import EXAMPLES, REQUESTS, VOLUME

from .conftest import URL, Cloud, ok
from .kinds import example


@example
def test_an_unchanged_image_costs_the_list_and_at_most_one_more(
    tame: Cloud, module: str, arguments: dict[str, Any]
) -> None:
    tame.run(module, **arguments)
    tame.forget_requests()

    result = tame.run(module, **arguments)

    assert not result["changed"]
    calls = tame.requests()
    assert calls[0] == "GET /v2/cloudimages"
    tags_managed = "tags" in arguments or "image_tags" in arguments
    assert len(calls) == (2 if tags_managed else 1), calls


def test_an_unmarked_whole_image_of_a_server_costs_the_list_and_its_backup(tame: Cloud) -> None:
    tame.switch(new_attributes="refused")
    module, arguments = EXAMPLES["server, tags"]
    untagged = {name: value for name, value in arguments.items() if name != "tags"}
    tame.run(module, **untagged)
    tame.forget_requests()

    result = tame.run(module, **untagged)

    assert not result["changed"]
    assert result["source_verified"]
    assert [call.split("/")[-2] for call in tame.requests()] == ["v2", "backups"]


def _kind(request: dict[str, Any]) -> str:
    """What a request is for, in a word."""
    method, path, query = request["method"], request["path"], request["query"]
    if method == "PATCH":
        return "note"
    if method == "POST":
        return "create"
    if path == "/v2/cloudimages":
        return "image" if "id" in query else "images"
    ends = {"detail": "disks", "os_version": "os_version", "quota": "quota"}
    parts = path.split("/")
    parents = {"cloudservers": "server", "vaults": "vault", "backups": "backup"}
    parents.update({"jobs": "jobs", "cloudvolumes": "disk"})
    return ends.get(parts[-1]) or parents[parts[-2]]


@pytest.mark.parametrize(("case", "expected"), REQUESTS.items(), ids=REQUESTS.keys())
def test_a_created_image_costs_one_request_for_each_thing(
    tame: Cloud, case: str, expected: str
) -> None:
    """One look-up, one GET for each resource, one for the quota, the create request, polls, the
    source tag where the cloud does not record the source, one final GET. The image is looked up by
    its name, so that a duplicate of another machine is seen."""
    module, arguments = EXAMPLES[case]

    ok(tame.run(module, **arguments))

    kinds = [_kind(request) for request in tame.simulator.requests]
    polled = [kind for kind, _same in groupby(kinds)]
    assert " ".join(polled) == expected


def test_a_name_costs_one_request_more_than_an_id(tame: Cloud) -> None:
    by_id: dict[str, Any] = {"name": "counted", "volume": VOLUME}
    tame.run("volume_image_export", **by_id)
    tame.forget_requests()
    tame.run("volume_image_export", **by_id)
    with_id = len(tame.requests())
    tame.forget_requests()

    result = tame.run("volume_image_export", **{**by_id, "volume": "evs-ims-test"})

    assert not result["changed"]
    assert len(tame.requests()) == with_id + 1


@example
def test_the_create_record_of_a_finished_image_costs_no_request(
    tame: Cloud, tmp_path: Path, module: str, arguments: dict[str, Any]
) -> None:
    tame.run(module, **arguments)
    tame.forget_requests()
    tame.run(module, **arguments)
    without_notes = tame.requests()
    tame.environ = {"XDG_CACHE_HOME": str(tmp_path)}
    tame.run(module, **{**arguments, "name": "noted", "state": "absent"})
    other = {**arguments, "name": "noted"}
    other.pop("image_name", None)
    if "backup_id" in arguments:
        tame.run(module, state="absent", name=arguments["name"])
    made = tame.run(module, **other)
    tame.forget_requests()

    again = tame.run(module, **other)

    assert made["changed"]
    assert not again["changed"]
    assert len(tame.requests()) == len(without_notes), tame.requests()


# What IAM is asked on top, by the first task: arguments beside the connection, and the calls.
KEYS: dict[str, Any] = {"project_id": None}


@pytest.mark.parametrize("credentials", ["access key", "password"])
def test_who_we_are_and_where_costs_the_first_task_only(
    tame: Cloud, tmp_path: Path, credentials: str
) -> None:
    module, arguments = EXAMPLES["server, tags"]
    named = {"project_name": tame.simulator.facts(URL)["project_name"]}
    more = KEYS if credentials == "access key" else {**KEYS, **tame.user(), **named}
    asked = "GET /v3/projects" if credentials == "access key" else "POST /v3/auth/tokens"
    tame.run(module, **arguments)
    tame.forget_requests()
    tame.run(module, **arguments)
    without = tame.requests()
    tame.environ = dict.fromkeys(("XDG_CACHE_HOME", "XDG_RUNTIME_DIR"), str(tmp_path))

    tame.forget_requests()
    first = tame.run(module, **{**arguments, **more})
    requests_of_first = tame.requests()
    tame.forget_requests()
    later = tame.run(module, **{**arguments, **more})

    assert not first["changed"]
    assert not later["changed"]
    assert requests_of_first == [asked, *without]
    assert tame.requests() == without


def test_all_tasks_of_a_run_ask_iam_once(tame: Cloud, tmp_path: Path) -> None:
    tame.environ = {"XDG_CACHE_HOME": str(tmp_path)}
    for case in REQUESTS:
        module, arguments = EXAMPLES[case]
        ok(tame.run(module, **{**arguments, **KEYS, "name": f"made-{case[:6]}"}))

    asked = [entry["path"] for entry in tame.simulator.requests if entry["service"] == "iam"]
    assert asked == ["/v3/projects"]
