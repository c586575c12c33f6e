# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the answers hold that a task reads: it ends in time, and not in a bug of ours; no
image is made twice, and nothing goes that is to stay."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from ansible_collections.huaweicloud.ims.tests.samples import IMAGE
from ansible_collections.huaweicloud.ims.tests.simulator import ManualClock, Simulator
from ansible_collections.huaweicloud.ims.tests.simulator.adapter import SimulatorAdapter
from ansible_collections.huaweicloud.ims.tests.unit.spoiling import (
    ANY,
    UNREADABLE,
    Spoiler,
    SpoilMember,
    body,
    spoilers,
    spoilt,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import URL, Cloud, Count, ok
from .kinds import MODULES, NAME, every_kind, every_module, task
from .readers import Json, options

# So many tasks of a kind that make something, or find it made.
TASKS, RERUNS = 16, 20
WAIT = 900
FAMILY = {"name": f"{NAME}*", "keep_newest": 1}
# What decisions rest on, by the requests that tell it (a part of their lines).
OF_IMAGES = (
    *("images", "id", "name", "status", "owner", "visibility", "protected", "created_at", "tags"),
    *("active_at", "min_disk", "min_ram", "__imagetype", "__system__cmkid", "__backup_id"),
    *("__data_origin", "__originalimagename", "__support_arm", "__image_size", "__whole_image"),
    *("virtual_env_type", "ansible_ims_source", "enterprise_project_id"),
)
OF_JOBS = ("status", "job_id", "entities", "image_id", "process_percent", "begin_time", "end_time")
MEMBERS: dict[str, tuple[str, ...]] = {
    "GET /v2/cloudimages": OF_IMAGES,
    "GET /v2/images/": OF_IMAGES,
    "PATCH /v2/cloudimages/": OF_IMAGES,
    "/jobs/": OF_JOBS,
    "POST ": ("job_id", "image_id", "os-volume_upload_image", "token", "project", "credential"),
    "/tags": ("tags", "key", "value"),
    "/members": ("members", "member_id"),
    "/os_version": ("version_list", "os_version"),
    "/quota": ("quotas", "resources", "type", "used", "quota"),
    "/cloudvolumes/": ("volume", "volumes", "id", "status", "size", "created_at", "attachments"),
    "/cloudservers/": ("server", "servers", "id", "status", "image", "metadata", "count"),
    "/vaults": ("vault", "vaults", "id", "billing", "size", "used", "resources", "count"),
    "/backups": (
        "backup",
        "backups",
        "id",
        "status",
        "resource_id",
        "resource_type",
        "extend_info",
    ),
    "/checkpoint_items": ("checkpoint_item", "id", "status", "resource_type", "extend_info"),
    "/v3/": ("projects", "domains", "id", "name"),
}


# Attributes of an image that say nothing of its source.
NOT_NEEDED = (
    *("min_ram", "max_ram", "protected", "created_at", "updated_at", "active_at", "file", "schema"),
    *("__os_version", "__os_bit", "__platform", "__image_size", "disk_format", "container_format"),
    *("__description", "virtual_env_type", "hw_firmware_type", "__isregistered", "self"),
)


@dataclass(frozen=True)
class Tamper:
    """Spoils answers to the requests that have a text in their line: all of them, or only so many
    from one on."""

    line: str
    spoil: Spoiler
    first: int = 0
    times: int | None = None


PLACES = [(line, member) for line, members in MEMBERS.items() for member in members]


def tampers(values: Sequence[Any], *, always: bool = False) -> st.SearchStrategy[list[Tamper]]:
    """Some that one cloud is up to: members of a name, and a value of one answer. always: it
    answers so each time, and only members are spoilt."""
    members = st.builds(
        lambda place, value, first, times: Tamper(
            place[0], SpoilMember(place[1], value), first, times
        ),
        st.sampled_from(PLACES),
        st.sampled_from(values),
        st.just(0) if always else st.sampled_from((0, 0, 1, 3)),
        st.none() if always else st.sampled_from((None, None, 1, 3)),
    )
    if always:
        return st.lists(members, min_size=4, max_size=6)
    one = st.builds(lambda spoil, first: Tamper("", spoil, first, 1), spoilers(), st.integers(0, 9))
    return st.tuples(members, members, one).map(list)


class Tampering:
    """Spoils answers, and counts them: a Retell."""

    def __init__(self, tampers: Sequence[Tamper], count: Count) -> None:
        self.spoilt = 0
        self.count = count
        self._tampers = tampers
        self._seen = [0] * len(tampers)

    def __call__(self, line: str, answer: Any) -> Any:
        spoiling = [
            tamper.spoil
            for at, tamper in enumerate(self._tampers)
            if tamper.line in line and self._is_due(at)
        ]
        content = spoilt(answer, spoiling)
        if content != body(answer):
            self.spoilt += 1
            self.count.add(line, content)
        return content

    def _is_due(self, at: int) -> bool:
        tamper, number = self._tampers[at], self._seen[at] - self._tampers[at].first
        self._seen[at] += 1
        return number >= 0 and (tamper.times is None or number < tamper.times)


def run(cloud: Cloud, module: str, **arguments: Any) -> Json:
    """The result of a task that may have failed, but neither of a bug of ours nor too late."""
    tampering = cloud.retell
    assert isinstance(tampering, Tampering)
    before = tampering.spoilt
    result = cloud.run(module, **arguments)
    tampering.count.tasks += tampering.spoilt > before
    return no_bug(result, arguments.get("wait_timeout", 3600))


def no_bug(result: Json, seconds: float = WAIT) -> Json:
    assert "is a bug of the collection" not in json.dumps(result, default=str), result.get("msg")
    assert result["elapsed"] <= seconds + 1, result.get("msg")
    assert json.dumps(result, ensure_ascii=False, allow_nan=False).encode()
    return result


def fresh() -> Cloud:
    return Cloud(Simulator(clock=ManualClock(), seed=1))


@every_kind
def test_one_image_is_made_whatever_the_answers_hold(kind: str, count: Count) -> None:
    module, arguments = task(kind, wait_timeout=WAIT, image_tags={"tier": "web"})

    @settings(max_examples=TASKS)
    @given(tampers(ANY))
    def one_is_made(drawn: list[Tamper]) -> None:
        cloud = fresh()
        cloud.retell = Tampering(drawn, count)

        run(cloud, module, **arguments)

        assert len(cloud.images(NAME)) <= 1
        cloud.retell = None
        cloud.clock.advance(3600)
        ok(cloud.run(module, **arguments))
        assert len(cloud.images(NAME)) == 1

    one_is_made()


@every_kind
def test_an_image_that_is_there_stays_the_only_one(kind: str, count: Count) -> None:
    cloud = fresh()
    module, arguments = task(kind, wait_timeout=WAIT)
    first = ok(cloud.run(module, **arguments))

    @settings(max_examples=RERUNS)
    @given(tampers(UNREADABLE, always=True), st.sampled_from(("fail", "replace", "keep")))
    def it_stays(drawn: list[Tamper], policy: str) -> None:
        cloud.retell = Tampering(drawn, count)

        run(cloud, module, if_source_differs=policy, **arguments)

        assert [image["id"] for image in cloud.images(NAME)] == [first["image_id"]]

    it_stays()


def test_nothing_goes_that_is_to_stay(count: Count) -> None:
    @settings(max_examples=TASKS)
    @given(tampers(UNREADABLE, always=True))
    def all_stay(drawn: list[Tamper]) -> None:
        cloud = fresh()
        for name in ("old", "middle", "new"):
            ok(cloud.run("image_copy", name=f"{NAME}-{name}", source_image=IMAGE))
            cloud.clock.advance(86400)
        may_go = (f"{NAME}-old", f"{NAME}-middle")
        images = cloud.simulator.things("images")
        stay = {image["id"] for image in images if image["name"] not in may_go}
        cloud.retell = Tampering(drawn, count)

        run(cloud, "image_retention", families=[FAMILY])
        run(cloud, "image", image=f"{NAME}-old", state="absent", wait_timeout=WAIT)

        images = cloud.simulator.things("images")
        assert stay <= {image["id"] for image in images if not image["deleted"]}

    all_stay()


def test_no_other_task_ends_in_a_bug(count: Count) -> None:
    credentials = st.sampled_from(("keys", "user", "agency by keys", "metadata"))

    @settings(max_examples=TASKS)
    @given(tampers(ANY), st.booleans(), credentials)
    def none_does(drawn: list[Tamper], check_mode: bool, by: str) -> None:
        cloud = fresh()
        ok(cloud.run("image_copy", name=NAME, source_image=IMAGE, image_tags={"tier": "web"}))
        started = [
            cloud.run("image_copy", name=name, source_image=IMAGE, wait=False)
            for name in ("started-1", "started-2")
        ]
        cloud.retell = Tampering(drawn, count)
        elsewhere = ("region", "endpoints")
        who = {name: value for name, value in options(by).items() if name not in elsewhere}

        run(cloud, "image_wait", results=started, wait_timeout=WAIT, check_mode=check_mode)
        run(cloud, "account_info", check_mode=check_mode, **who)
        run(cloud, "image_info", query="sort_by(@, &name)[].min_disk", tag="tier=web", **who)
        change = {"description": "new", "min_ram": 2048, "image_tags": {"tier": "db"}}
        run(cloud, "image", image=NAME, check_mode=check_mode, wait_timeout=WAIT, **change)

    none_does()


@every_kind
def test_an_attribute_that_cannot_be_read_matters_only_where_it_is_needed(
    kind: str, count: Count
) -> None:
    cloud = fresh()
    module, arguments = task(kind, wait_timeout=WAIT)
    made = ok(cloud.run(module, **arguments))
    (image,) = [one for one in cloud.simulator.things("images") if one["id"] == made["image_id"]]

    @settings(max_examples=RERUNS)
    @given(st.sampled_from(NOT_NEEDED), st.sampled_from(UNREADABLE))
    def it_is_found(attribute: str, value: Any) -> None:
        cloud.retell = Tampering([Tamper("/v2/cloudimages", SpoilMember(attribute, value))], count)

        again = run(cloud, module, **arguments)

        assert not ok(again)["changed"]
        assert again["image_id"] == image["id"]

    it_is_found()


# --- refusals that prove nothing

PROVES_NOTHING = (300, 301, 302, 303, 304, 307, 308, 408, 425, 499, 500, 502, 503, 504, 599, 999)
LOCATIONS = ("", "//", "http://[", "https://a:b@c:99999999/", "\x00", "x" * 5000, "é")
BODIES = (b"", b"<html><title>504</title>", b"{}", b"[" * 2000, b"\xff\xfe", b'{"error": NaN}')


class Refusing(SimulatorAdapter):
    """Carries out requests that have a text in their line, and answers them with a refusal: so
    many of them, from one on."""

    def __init__(self, simulator: Simulator, line: str, first: int, times: int, count: Count):
        super().__init__(simulator)
        self.answer: tuple[int, str, bytes] = (500, "", b"")
        self.refused = 0
        self._line, self._due, self._count = line, range(first, first + times), count
        self._seen = 0

    def build_response(self, request: Any, raw: Any) -> requests.Response:
        response = super().build_response(request, raw)
        line = f"{request.method} {urlsplit(request.url).path}"
        if self._line in line:
            if self._seen in self._due:
                self.refused += 1
                status, location, content = self.answer
                self._count.add(line, *self.answer)
                response.status_code = status
                response.headers["Location"] = location
                response._content = content
            self._seen += 1
        return response


@every_module
def test_a_refusal_that_proves_nothing_makes_no_second_image(module: str, count: Count) -> None:
    arguments = {"name": NAME, "wait_timeout": WAIT, **MODULES[module]}

    @settings(max_examples=TASKS)
    @given(
        st.sampled_from(("POST ", "/jobs/", "GET /v2/cloudimages", "PATCH ", "GET ")),
        st.sampled_from((0, 0, 1, 3)),
        st.sampled_from((1, 3, 1000)),
        st.tuples(*map(st.sampled_from, (PROVES_NOTHING, LOCATIONS, BODIES))),
    )
    def one_is_made(line: str, first: int, times: int, answer: tuple[int, str, bytes]) -> None:
        cloud = fresh()
        refusing = Refusing(cloud.simulator, line, first, times, count)
        refusing.answer = answer
        cloud.elsewhere[URL] = refusing

        no_bug(cloud.run(module, **arguments))

        count.tasks += refusing.refused > 0
        assert len(cloud.images(NAME)) <= 1
        cloud.elsewhere.clear()
        cloud.clock.advance(3600)
        ok(cloud.run(module, **arguments))
        assert len(cloud.images(NAME)) == 1

    one_is_made()
