# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever an answer holds, it is read, or it is an error of the cloud: never a bug of ours, and
never without an end.

Each answer that the collection reads is taken from the simulator once, and spoilt many times.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from ansible_collections.huaweicloud.ims.plugins.module_utils.cloud import (
    accounts,
    cbr,
    ecs,
    errors,
    evs,
    ims,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils.cloud.client import Client, connect
from ansible_collections.huaweicloud.ims.plugins.module_utils.cloud.clock import Deadline
from ansible_collections.huaweicloud.ims.plugins.module_utils.images.model import Image, Job
from ansible_collections.huaweicloud.ims.plugins.module_utils.images.quota import image_quota
from ansible_collections.huaweicloud.ims.plugins.module_utils.images.timeline import Track, times
from ansible_collections.huaweicloud.ims.tests.simulator import ManualClock, Simulator
from ansible_collections.huaweicloud.ims.tests.simulator.adapter import SimulatorAdapter
from ansible_collections.huaweicloud.ims.tests.unit.plugins.module_utils.cloud.fake import (
    Reply,
    Seen,
    Talk,
)
from ansible_collections.huaweicloud.ims.tests.unit.spoiling import (
    ANY,
    UNREADABLE,
    Spoiler,
    SpoilMember,
    spoilers,
    spoilt,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import CONNECTION, NO_STORE, URL, Cloud, Retell, ok
from .kinds import BACKUP, IMAGE, NAME, SERVER, VAULT, VOLUME, every_kind, task

Json = dict[str, Any]

# The time that reading one answer may take, in seconds of a clock that nobody waits for.
BUDGET = 20.0
# So many times each answer, and each refusal, is spoilt.
EXAMPLES = 140


@cache
def cloud() -> Cloud:
    """The cloud whose answers are spoilt; it has made an image."""
    made = Cloud(Simulator(clock=ManualClock(), seed=1, tame=True))
    ok(made.run("image_copy", name=NAME, source_image=IMAGE, image_tags={"tier": "web"}))
    return made


@cache
def job_id() -> str:
    started = ok(cloud().run("image_copy", name="started", source_image=IMAGE, wait=False))
    return str(started["job_id"])


# --- the answers that are read

PROPERTIES = [name for name in dir(Image) if isinstance(getattr(Image, name), property)]


@dataclass(frozen=True)
class Reader:
    """Something that the collection reads. line: of the request whose answer is spoilt; names in
    braces are facts of the simulator. ask: makes something printable of it. by: the credentials."""

    line: str
    ask: Callable[[Client], Any]
    by: str = "keys"


def printed(wire: Json) -> Any:
    """All that can be asked of an image."""
    image = Image.from_wire(wire)
    return [image.to_result(), [str(getattr(image, name)) for name in PROPERTIES]]


def images(client: Client) -> Any:
    listing = ims.read_images(client, owner=client.project_id)
    return [printed(one) for one in (*listing.images, *listing.unreadable)]


def job(client: Client) -> Any:
    found = Job.from_wire(ims.show_job(client, job_id()), job_id())
    when = times(Track(), found, None, over=True)
    return [found.to_result(), found.percent, found.task, str(found.age(client.cloud_time())), when]


def user(client: Client) -> Any:
    return [client.project_id, str(accounts.own_accounts(client))]


def things(ask: Callable[..., Any], *arguments: Any, **query: Any) -> Callable[[Client], Any]:
    return lambda client: str(ask(client, *arguments, **query))


BODY = {"name": "another"}
EXPORT = {"image_name": "another", "disk_format": "zvhd2", "container_format": "bare"}
READERS = {
    "images": Reader("GET /v2/cloudimages", images),
    "one of the images": Reader(
        "GET /v2/cloudimages", lambda client: printed(ims.get_image(client, IMAGE) or {})
    ),
    "image": Reader(
        f"GET /v2/images/{IMAGE}", lambda client: printed(ims.show_image(client, IMAGE))
    ),
    "changed image": Reader(
        f"PATCH /v2/cloudimages/{IMAGE}",
        lambda client: printed(
            ims.update_image(client, IMAGE, [{"op": "replace", "path": "/min_ram", "value": 1024}])
        ),
    ),
    "copy": Reader(f"POST /v1/cloudimages/{IMAGE}/copy", things(ims.copy_image, IMAGE, BODY)),
    "export": Reader(
        f"POST /v3/{{project_id}}/volumes/{VOLUME}/action",
        things(evs.export_volume, VOLUME, EXPORT),
    ),
    "job": Reader("GET /v1/{project_id}/jobs/{job_id}", job),
    "tags": Reader(f"GET /v2/{{project_id}}/images/{IMAGE}/tags", things(ims.list_tags, IMAGE)),
    "members": Reader(f"GET /v2/images/{IMAGE}/members", things(ims.list_members, IMAGE)),
    "OS versions": Reader("GET /v1/cloudimages/os_version", things(ims.list_os_versions)),
    "quota": Reader("GET /v1/cloudimages/quota", things(image_quota)),
    "disk": Reader(f"GET /v2/{{project_id}}/cloudvolumes/{VOLUME}", things(evs.get_volume, VOLUME)),
    "disks": Reader("GET /v2/{project_id}/cloudvolumes/detail", things(evs.list_volumes)),
    "disks of a server": Reader(
        "GET /v2/{project_id}/cloudvolumes/detail", things(evs.list_volumes, server_id=SERVER)
    ),
    "server": Reader(
        f"GET /v1/{{project_id}}/cloudservers/{SERVER}", things(ecs.get_server, SERVER)
    ),
    "servers": Reader("GET /v1/{project_id}/cloudservers/detail", things(ecs.list_servers)),
    "vault": Reader(f"GET /v3/{{project_id}}/vaults/{VAULT}", things(cbr.get_vault, VAULT)),
    "vaults": Reader("GET /v3/{project_id}/vaults", things(cbr.list_vaults)),
    "vaults of a server": Reader(
        "GET /v3/{project_id}/vaults", things(cbr.list_vaults, resource_id=SERVER)
    ),
    "backup": Reader(f"GET /v3/{{project_id}}/backups/{BACKUP}", things(cbr.get_backup, BACKUP)),
    "backups": Reader("GET /v3/{project_id}/backups", things(cbr.list_backups)),
    "CSBS backup": Reader(
        f"GET /v1/{{project_id}}/checkpoint_items/{BACKUP}", things(cbr.get_csbs_backup, BACKUP)
    ),
    "CSBS backups": Reader("GET /v1/{project_id}/checkpoint_items", things(cbr.list_csbs_backups)),
    "accounts": Reader("GET /v3/auth/domains", things(accounts.own_accounts)),
    "projects": Reader("GET /v3/auth/projects", things(accounts.own_projects)),
    "project of the region": Reader("GET /v3/projects", user, "keys without a project"),
    "token of a user": Reader("POST /v3/auth/tokens", user, "user"),
    "token that was given": Reader("GET /v3/auth/tokens", user, "token"),
    "token of an agency": Reader("POST /v3/auth/tokens", user, "agency by user"),
    "keys of an agency": Reader("POST /v3.0/OS-CREDENTIAL/securitytokens", user, "agency by keys"),
    "keys of a server": Reader("GET /openstack/latest/securitykey", user, "metadata"),
}


def options(by: str) -> Json:
    """The options of a connection."""
    facts = cloud().simulator.facts(URL)
    given = {name: facts[name] for name in CONNECTION}
    agency = {
        name: facts["others"]["agency"][name] for name in ("agency_name", "agency_domain_name")
    }
    no_keys = dict.fromkeys(("access_key", "secret_key", "project_id"))
    names = ("username", "password", "domain_name", "project_name")
    person = {**no_keys, **{name: facts[name] for name in names}}
    endpoints = {"endpoints": {**facts["endpoints"], "metadata": URL}}
    more: dict[str, Json] = {
        "keys": {},
        "keys without a project": {"project_id": None},
        "user": person,
        "token": {**no_keys, "auth_token": token()} if by == "token" else {},
        "agency by keys": {"project_id": None, **agency},
        "agency by user": {**person, **agency, "project_name": None},
        "metadata": {**no_keys, **endpoints},
    }
    return {**given, **more[by]}


@cache
def token() -> str:
    client = connected("user")
    assert client.project_id
    return client.secrets[-1]


def connected(by: str, session: Any = None) -> Client:
    """A client that talks to the simulator."""
    session = session or cloud().session()
    return connect(options(by), NO_STORE, session=session, clock=cloud().clock)


@cache
def answered(reader: Reader) -> dict[str, Reply]:
    """What the simulator answers to the requests of a reader, by their lines."""
    recorder = Recorder(cloud().simulator)
    session = cloud().session()
    session.mount(URL, recorder)
    reader.ask(connected(reader.by, session))
    return recorder.replies


class Recorder(SimulatorAdapter):
    """Keeps the first answer to each request, by its line."""

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(simulator)
        self.replies: dict[str, Reply] = {}

    def build_response(self, request: Any, raw: Any) -> requests.Response:
        response = super().build_response(request, raw)
        line = f"{request.method} {urlsplit(request.url).path}"
        headers = {k: v for k, v in response.headers.items() if k.lower() != "content-length"}
        content = response.content
        if headers.get("Content-Type", "").startswith("application/json"):
            content = json.dumps(shortened(json.loads(content))).encode()
        self.replies.setdefault(line, Reply(response.status_code, content, headers))
        return response


def shortened(document: Any) -> Any:
    """With the first two entries of each list, so that each of their values is spoilt."""
    if isinstance(document, dict):
        return {name: shortened(member) for name, member in document.items()}
    return [shortened(one) for one in document[:2]] if isinstance(document, list) else document


# --- spoilt


def line_of(reader: Reader) -> str:
    return reader.line.format(project_id=cloud().simulator.facts("")["project_id"], job_id=job_id())


def read(reader: Reader, reply: Reply) -> None:
    """Reads an answer, which must come to an end of one kind or the other."""
    recorded, spoilt_line = answered(reader), line_of(reader)

    def handler(seen: Seen) -> Reply:
        return reply if seen.line == spoilt_line else recorded.get(seen.line, Reply(404))

    talk = Talk(handler, options(reader.by))
    talk.client.deadline = Deadline(talk.clock, BUDGET)
    begun = talk.clock.now
    told: list[str] = []
    talk.client.warn = told.append
    try:
        result = reader.ask(talk.client)
    except errors.CloudError as error:
        result = str(error)
    assert talk.clock.now - begun <= BUDGET
    # What cannot be encoded cannot be handed back.
    assert json.dumps([result, told], default=str, ensure_ascii=False).encode()


@pytest.mark.parametrize("name", READERS)
def test_an_answer_that_is_not_spoilt_is_read(name: str) -> None:
    reader = READERS[name]
    assert line_of(reader) in answered(reader)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=EXAMPLES)
@given(spoiling=st.lists(spoilers(), min_size=1, max_size=3))
def test_no_answer_that_is_spoilt_ends_in_a_bug(name: str, spoiling: list[Spoiler]) -> None:
    reader = READERS[name]
    good = answered(reader)[line_of(reader)]
    content = spoilt(json.loads(good.content), spoiling)
    read(reader, Reply(good.status, content, good.headers))


# --- refusals

REFUSED = ("images", "image", "copy", "job", "disk", "token of a user", "keys of a server")
STATUSES = (
    *(199, 201, 204, 299, 300, 301, 303, 304, 307, 400, 401, 403, 404, 407, 408, 409, 413),
    *(425, 429, 499, 500, 502, 503, 504, 599, 600, 999),
)
HEADERS: dict[str, tuple[str, ...]] = {
    "Date": (
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Thu, 01 Jan 1970 00:00:00 -2359",
        "now",
        "",
        "9" * 99,
    ),
    "Retry-After": ("1e999", "inf", "nan", "-5", "9" * 400, "٣", "Fri, 31 Dec 9999 23:59:59 GMT"),
    "Location": (
        "",
        "//",
        "http://[",
        "http://[::1",
        "https://a:b@c:99999999/",
        "\x00",
        "x" * 5000,
    ),
    "X-Request-Id": ("", "\x1b[31m", "é" * 99),
    "X-Subject-Token": ("", " ", "\n", "é", "x" * 99999),
    "Content-Type": ("", "text/html; charset=nonsense"),
}
SHAPES: tuple[Any, ...] = (
    {"error": {"code": "IMG.0060", "message": "busy"}},
    {"error_code": "APIGW.0101", "error_msg": "no such API", "request_id": "r"},
    {"errors": [{"errCode": "IMG.0024", "errorMessage": "bad", "msg": "type"}]},
    {"itemNotFound": {"code": 404, "message": "none"}},
    "<html><title>504</title>",
)
headers = st.dictionaries(st.sampled_from(sorted(HEADERS)), st.integers(0, 6), max_size=3).map(
    lambda drawn: {name: HEADERS[name][at % len(HEADERS[name])] for name, at in drawn.items()}
)


@pytest.mark.parametrize("name", REFUSED)
@settings(max_examples=EXAMPLES)
@given(
    status=st.sampled_from(STATUSES),
    headers=headers,
    shape=st.sampled_from(SHAPES),
    spoiling=st.lists(spoilers(), max_size=2),
)
def test_no_refusal_that_is_spoilt_ends_in_a_bug(
    name: str, status: int, headers: dict[str, str], shape: Any, spoiling: list[Spoiler]
) -> None:
    read(READERS[name], Reply(status, spoilt(shape, spoiling), headers))


def test_five_thousand_answers_are_spoilt_at_least() -> None:
    assert EXAMPLES * (len(READERS) + len(REFUSED)) >= 5000


# --- whole tasks

TASKS = 24
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
    """Some that one cloud is up to. always: it answers so each time."""
    one = st.builds(
        lambda place, value, first, times: Tamper(
            place[0], SpoilMember(place[1], value), first, times
        ),
        st.sampled_from(PLACES),
        st.sampled_from(values),
        st.just(0) if always else st.sampled_from((0, 0, 1, 3)),
        st.none() if always else st.sampled_from((None, None, 1, 3)),
    )
    return st.lists(one, min_size=2, max_size=4)


def tampered(*tampers: Tamper) -> Retell:
    """The answers that these spoil."""
    seen = [0] * len(tampers)

    def retell(line: str, answer: Any) -> Any:
        spoiling = []
        for at, tamper in enumerate(tampers):
            if tamper.line in line:
                number = seen[at] - tamper.first
                seen[at] += 1
                if number >= 0 and (tamper.times is None or number < tamper.times):
                    spoiling.append(tamper.spoil)
        return spoilt(answer, spoiling) if spoiling else answer

    return retell


def no_bug(result: Json, seconds: float = WAIT) -> Json:
    """The result of a task that may have failed, but neither of a bug of ours nor too late."""
    assert "is a bug of the collection" not in json.dumps(result, default=str), result.get("msg")
    assert result["elapsed"] <= seconds + 1, result.get("msg")
    assert json.dumps(result, ensure_ascii=False, allow_nan=False).encode()
    return result


def fresh() -> Cloud:
    return Cloud(Simulator(clock=ManualClock(), seed=1))


@every_kind
@settings(max_examples=TASKS)
@given(drawn=tampers(ANY))
def test_one_image_is_made_whatever_the_answers_hold(kind: str, drawn: list[Tamper]) -> None:
    cloud = fresh()
    module, arguments = task(kind, wait_timeout=WAIT, image_tags={"tier": "web"})
    cloud.retell = tampered(*drawn)

    no_bug(cloud.run(module, **arguments))

    assert len(cloud.images(NAME)) <= 1
    cloud.retell = None
    cloud.clock.advance(3600)
    ok(cloud.run(module, **arguments))
    assert len(cloud.images(NAME)) == 1


@every_kind
@settings(max_examples=TASKS // 2)
@given(drawn=tampers(UNREADABLE, always=True), policy=st.sampled_from(("fail", "replace", "keep")))
def test_an_image_that_is_there_stays_the_only_one(
    kind: str, drawn: list[Tamper], policy: str
) -> None:
    cloud = fresh()
    module, arguments = task(kind, wait_timeout=WAIT, if_source_differs=policy)
    first = ok(cloud.run(module, **arguments))
    cloud.retell = tampered(*drawn)

    no_bug(cloud.run(module, **arguments))

    assert [image["id"] for image in cloud.images(NAME)] == [first["image_id"]]


@settings(max_examples=TASKS)
@given(drawn=tampers(UNREADABLE, always=True))
def test_nothing_goes_that_is_to_stay(drawn: list[Tamper]) -> None:
    cloud = fresh()
    for name in ("old", "middle", "new"):
        ok(cloud.run("image_copy", name=f"{NAME}-{name}", source_image=IMAGE))
        cloud.clock.advance(86400)
    images = cloud.simulator.things("images")
    stay = {
        image["id"] for image in images if image["name"] not in (f"{NAME}-old", f"{NAME}-middle")
    }
    cloud.retell = tampered(*drawn)

    no_bug(cloud.run("image_retention", families=[FAMILY]), 3600)
    no_bug(cloud.run("image", image=f"{NAME}-old", state="absent", wait_timeout=WAIT))

    assert stay <= {
        image["id"] for image in cloud.simulator.things("images") if not image["deleted"]
    }


@settings(max_examples=TASKS)
@given(
    drawn=tampers(ANY),
    check_mode=st.booleans(),
    by=st.sampled_from(("keys", "user", "agency by keys", "metadata")),
)
def test_no_other_task_ends_in_a_bug(drawn: list[Tamper], check_mode: bool, by: str) -> None:
    cloud = fresh()
    ok(cloud.run("image_copy", name=NAME, source_image=IMAGE, image_tags={"tier": "web"}))
    names = ("started-1", "started-2")
    started = [cloud.run("image_copy", name=name, source_image=IMAGE, wait=False) for name in names]
    cloud.retell = tampered(*drawn)
    who = {
        name: value for name, value in options(by).items() if name not in ("region", "endpoints")
    }

    no_bug(cloud.run("image_wait", results=started, wait_timeout=WAIT, check_mode=check_mode))
    no_bug(cloud.run("account_info", check_mode=check_mode, **who))
    no_bug(cloud.run("image_info", query="sort_by(@, &name)[].min_disk", tag="tier=web", **who))
    change = {"description": "new", "min_ram": 2048, "image_tags": {"tier": "db"}}
    no_bug(cloud.run("image", image=NAME, check_mode=check_mode, wait_timeout=WAIT, **change))
