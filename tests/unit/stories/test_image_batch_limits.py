# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many images in one task: how fast, with how many requests, and within which limits."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from .conftest import Cloud, in_lists, ok

Json = dict[str, Any]

LIST = "GET /v2/cloudimages"
COPY = {"method": "POST", "path": "/copy$"}


def copies(number: int) -> list[Json]:
    names = [f"copy-of-linux-base-{one:03}" for one in range(number)]
    return [{"image_copy": {"name": name, "source_image": "linux-base"}} for name in names]


def batch(cloud: Cloud, images: list[Json], **arguments: Any) -> Json:
    return cloud.run("image_batch", images=images, **arguments)


def statuses(result: Json) -> list[str]:
    return [image["status"] for image in result["images"]]


def looked_up(cloud: Cloud) -> list[str]:
    """The names of new images that the cloud was asked for."""
    names = [entry["query"].get("name", "") for entry in cloud.simulator.requests]
    return [name for name in names if name.startswith("copy-of")]


def test_all_are_awaited_by_one_list_for_each_poll(tame: Cloud) -> None:
    """100 images that take 300 s each take hardly longer together."""
    tame.switch(copy_limit=None, create_limit=None)
    tame.rules({**COPY, "action": "job", "duration": 300})
    begun = tame.clock.now()

    result = ok(batch(tame, copies(100)))

    assert statuses(result) == ["active"] * 100
    assert tame.clock.now() - begun < 1.1 * 300
    polls = sum(entry["path"] == "/v2/cloudimages" for entry in tame.simulator.requests)
    assert polls < 100 * 4 + 40


def test_an_unchanged_batch_costs_a_list_of_images_and_one_of_sources(tame: Cloud) -> None:
    images = copies(30)
    tame.switch(copy_limit=None, create_limit=None)
    ok(batch(tame, images))
    tame.clock.advance(600)
    tame.forget_requests()

    ok(batch(tame, images))

    # A list ends with a page that has nothing new.
    assert tame.requests() == [LIST] * (2 + 2)


def test_a_few_sources_are_looked_up_one_by_one(tame: Cloud) -> None:
    images = copies(3)
    tame.switch(copy_limit=None, create_limit=None)
    ok(batch(tame, images))
    tame.clock.advance(600)
    tame.forget_requests()

    ok(batch(tame, images))

    assert tame.requests() == [LIST] * (2 + 3)


@pytest.mark.parametrize("by", ["id", "name"])
def test_what_new_images_are_looked_up_with_does_not_grow_with_their_number(
    tame: Cloud, by: str
) -> None:
    source = tame.thing("images", "linux-base")[by]
    tame.switch(copy_limit=None, create_limit=None)
    images = [{"image_copy": {**one["image_copy"], "source_image": source}} for one in copies(100)]

    ok(batch(tame, images))

    lists = [entry["query"] for entry in tame.simulator.requests if entry["path"] == LIST[4:]]
    assert not any("id" in query or "name" in query for query in lists)
    before_creates = tame.requests()[: tame.requests().index(tame.creates()[0])]
    assert len(before_creates) <= 6


def test_a_source_that_several_images_have_the_name_of_is_refused(tame: Cloud) -> None:
    tame.switch(copy_limit=None, create_limit=None)
    ok(batch(tame, copies(1)))
    copied = tame.images("copy-of-linux-base-000")[0]
    tame.simulator.cloud.world.images[copied["id"]].facets.name = "linux-base"

    result = batch(tame, copies(12))

    assert statuses(result) == ["failed"] * 12
    assert "There are 2 images named 'linux-base'" in result["msg"]


def test_a_list_of_sources_that_is_refused_is_asked_for_once(tame: Cloud) -> None:
    tame.switch(copy_limit=None, create_limit=None)
    source = tame.thing("images", "linux-base")["id"]
    images = [{"image_copy": {**one["image_copy"], "source_image": source}} for one in copies(12)]
    refused: list[str] = []

    def refuse(call: str, answer: Any) -> Any:
        # Only a list without a filter shows public images.
        if call == LIST and any(image["visibility"] == "public" for image in answer["images"]):
            refused.append(call)
            return b"{}"
        return answer

    tame.retell = refuse
    result = ok(batch(tame, images))

    assert statuses(result) == ["active"] * 12
    assert len(refused) == 5  # as often as any useless answer


def test_by_ids_an_unchanged_batch_costs_one_list(tame: Cloud) -> None:
    source = tame.thing("images", "linux-base")["id"]
    images = [{"image_copy": {**one["image_copy"], "source_image": source}} for one in copies(100)]
    tame.switch(copy_limit=None, create_limit=None)
    ok(batch(tame, images))
    tame.clock.advance(600)
    tame.forget_requests()

    ok(batch(tame, images))

    assert tame.requests() == [LIST] * 2


def test_new_images_are_looked_up_by_a_list_that_they_share(tame: Cloud) -> None:
    tame.switch(copy_limit=None, create_limit=None)

    ok(batch(tame, copies(100)))

    assert looked_up(tame) == []


def test_as_long_as_an_image_of_the_list_cannot_be_identified_each_name_is_looked_up(
    tame: Cloud,
) -> None:
    tame.switch(copy_limit=None, create_limit=None)
    tame.retell = in_lists(lambda image: image["name"] == "limited-image" and image.update(name=7))

    ok(batch(tame, copies(4)))

    assert {one["image_copy"]["name"] for one in copies(4)} <= set(looked_up(tame))


def test_an_image_that_came_up_since_the_list_is_found_by_its_create_record(
    machine: Cloud,
) -> None:
    """The list that the batch shares is taken before it has the image lock."""
    machine.switch(copy_limit=None, create_limit=None)
    first, *others = copies(3)
    done = False

    def meanwhile(call: str, answer: Any) -> Any:
        nonlocal done
        if call.startswith(LIST) and not done:
            done = True
            ok(machine.run("image_copy", **first["image_copy"], wait=False))
        return answer

    machine.retell = meanwhile
    result = ok(batch(machine, [first, *others]))

    assert statuses(result) == ["active"] * 3
    assert len(machine.images(first["image_copy"]["name"])) == 1


def test_a_batch_that_does_not_fit_the_quota_requests_nothing(tame: Cloud) -> None:
    own = [one for one in tame.simulator.things("images") if not one["deleted"]]
    tame.switch(image_quota=len(own) + 3)

    result = batch(tame, copies(40))

    assert result["failed"]
    assert "40 images have to be created" in result["msg"]
    assert tame.creates() == []


def test_what_exists_needs_no_room(tame: Cloud) -> None:
    images = copies(12)
    tame.switch(copy_limit=None, create_limit=None)
    ok(batch(tame, images))
    tame.clock.advance(600)
    own = [one for one in tame.simulator.things("images") if not one["deleted"]]
    tame.switch(image_quota=len(own) + 1)
    extra = {"image_copy": {"name": "one-more", "source_image": "linux-base"}}

    assert ok(batch(tame, [*images, extra]))["changed"]


def test_one_failure_of_a_hundred_prints_little(tame: Cloud) -> None:
    """Ansible prints a failed result whole, and its message once more."""
    tame.switch(copy_limit=None, create_limit=None)
    tame.rules({**COPY, "nth": 50, "action": "job", "fail": "IMG.0060"})

    result = batch(tame, copies(100))

    assert result["failed"]
    assert statuses(result).count("failed") == 1
    assert len(json.dumps(result)) + len(result["msg"]) < 12_000
    [failed] = [image for image in result["images"] if image["status"] == "failed"]
    assert failed["name"] in result["msg"]
    assert result["msg"].count(failed["name"] + ":") == 1


def test_all_that_is_throttled_pauses_together(tame: Cloud) -> None:
    """Nothing is sent as long as the cloud has asked one of the threads to wait."""
    tame.switch(copy_limit=None, create_limit=None)
    throttled = {"action": "answer", "status": 429, "headers": {"Retry-After": "120"}, "times": 1}
    tame.rules({**COPY, "nth": 3, **throttled})

    result = ok(batch(tame, copies(20)))

    assert statuses(result) == ["active"] * 20
    refused = next(entry["time"] for entry in tame.simulator.requests if entry["status"] == 429)
    later = [
        entry["time"] - refused
        for entry in tame.simulator.requests
        if entry["method"] == "POST" and entry["time"] > refused
    ]
    assert min(later) >= 119


def test_when_the_time_is_over_the_next_run_goes_on(cloud: Cloud, tmp_path: Path) -> None:
    cloud.environ = {"XDG_CACHE_HOME": str(tmp_path)}
    cloud.switch(copy_limit=None, create_limit=None)
    cloud.rules({**COPY, "action": "job", "duration": 1000})
    images = copies(5)

    late = batch(cloud, images, wait_timeout=100)

    assert late["failed"]
    assert statuses(late) == ["in_progress"] * 5
    assert "5 of 5 images not finished in time" in late["msg"]
    assert late["msg"].endswith("Run the task again to keep waiting")
    assert all(image["job_id"] for image in late["images"])
    again = ok(batch(cloud, images))
    assert statuses(again) == ["active"] * 5
    assert len(cloud.creates()) == 5


class Killed(BaseException):
    """The whole process ends here."""


@pytest.mark.parametrize("before_answer", [True, False])
def test_after_a_kill_the_next_run_creates_no_image_twice(
    machine: Cloud, before_answer: bool
) -> None:
    """The fifth create request is the last thing that the process does."""
    machine.switch(copy_limit=None, create_limit=None)
    dead = False
    lock = threading.Lock()

    def die(call: str, told: Any) -> Any:
        nonlocal dead
        with lock:
            dead = dead or len(machine.creates()) >= 5
            if dead and (before_answer or "/jobs" in call or call.startswith("GET")):
                raise Killed
        return told

    machine.retell = die
    with pytest.raises(Killed):
        batch(machine, copies(12), concurrency=3)
    machine.retell = None
    machine.clock.advance(5)

    result = ok(batch(machine, copies(12)))

    assert statuses(result) == ["active"] * 12
    names = [one["image_copy"]["name"] for one in copies(12)]
    assert [len(machine.images(name)) for name in names] == [1] * 12


def test_a_storm_of_refusals_for_one_reason_has_one_line(tame: Cloud) -> None:
    tame.switch(copy_limit=None, create_limit=None)
    wait = {"action": "answer", "status": 429, "headers": {"Retry-After": "30"}, "times": 12}
    tame.rules({**COPY, **wait})

    ok(batch(tame, copies(20)))

    assert sum("next try in" in line for line in tame.lines) == 1


def test_lines_about_many_images_count_them_by_tenths(tame: Cloud) -> None:
    """Failures have a line each."""
    tame.switch(copy_limit=None, create_limit=None)
    for number in range(1, 100):
        tame.rules({**COPY, "nth": number, "action": "job", "duration": 300 + number * 20})
    tame.rules({**COPY, "nth": 100, "action": "job", "fail": "IMG.0060"})

    batch(tame, copies(100))

    assert sum(": failed: " in line for line in tame.lines) == 1
    minutes = 2300 / 60
    assert len(tame.lines) < 2 * 10 + minutes + 10


def test_images_that_wait_for_their_turn_are_no_reason_for_a_line_each(tame: Cloud) -> None:
    """The cloud creates five copies at a time."""
    tame.switch(copy_limit=5)
    tame.rules({**COPY, "action": "job", "duration": 300})

    ok(batch(tame, copies(20)))

    pauses = [line for line in tame.lines if "next try in" in line]
    assert 1 <= len(pauses) <= 30
    assert len(tame.lines) < 150
