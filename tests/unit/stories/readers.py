# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that the collection reads from answers of the cloud, each with an answer that the
simulator gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import requests
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import (
    accounts,
    cbr,
    ecs,
    evs,
    ims,
    records,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.client import (
    Client,
    TaskHooks,
    connect,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.wire import CreateHooks
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.lookups import image_quota
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.model.image import Image, Job
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.waiting.awaited import Awaited
from ansible_collections.huaweicloud.ims.tests.samples import BACKUP, IMAGE, SERVER, VAULT, VOLUME
from ansible_collections.huaweicloud.ims.tests.simulator import ManualClock, Simulator
from ansible_collections.huaweicloud.ims.tests.simulator.adapter import SimulatorAdapter
from ansible_collections.huaweicloud.ims.tests.unit.plugins.module_utils._cloud.fake import Reply
from ansible_collections.huaweicloud.ims.tests.unit.spoiling import body

from .conftest import CONNECTION, NO_STORE, URL, Cloud, ok
from .kinds import NAME

Json = dict[str, Any]


@cache
def cloud() -> Cloud:
    """The cloud whose answers are spoilt; it has made an image."""
    made = Cloud(Simulator(clock=ManualClock(), seed=1, tame=True))
    ok(made.run("image_copy", name=NAME, source_image=IMAGE, image_tags={"tier": "web"}))
    made.simulator.cloud.world.images[IMAGE].members["partner"] = "accepted"
    return made


@cache
def job_id() -> str:
    started = ok(cloud().run("image_copy", name="started", source_image=IMAGE, wait=False))
    return str(started["job_id"])


PROPERTIES = [name for name in dir(Image) if isinstance(getattr(Image, name), property)]


@dataclass(frozen=True)
class Reader:
    """Something that the collection reads. line: of the request whose answer is spoilt; names in
    braces are facts of the simulator. ask: makes something printable of it. by: the credentials.
    list_key: the member that is a list of entries, '' for an answer that is one itself. turn: how
    many requests of the same line come before it."""

    line: str
    ask: Callable[[Client], Any]
    by: str = "keys"
    list_key: str | None = None
    turn: int = 0


def printed(wire: Json) -> Any:
    """All that can be asked of an image."""
    image = Image.from_wire(wire)
    return [image.to_result(), [str(getattr(image, name)) for name in PROPERTIES]]


def images(client: Client) -> Any:
    listing = ims.read_images(client, owner=client.project_id)
    return [str(printed(one)) for one in (*listing.images, *listing.unreadable)]


def job(client: Client) -> Any:
    return printed_job(ims.show_job(client, job_id()), client.cloud_time())


def printed_job(wire: Json, now: datetime) -> Any:
    """All that can be asked of a job."""
    found = Job.from_wire(wire, job_id())
    when = Awaited("web", job=found).times(over=True)
    return [found.to_result(), found.percent, found.task, str(found.age(now)), when]


def user(client: Client) -> Any:
    return [client.project_id, str(accounts.own_accounts(client))]


def things(ask: Callable[..., Any], *arguments: Any, **query: Any) -> Callable[[Client], Any]:
    def printable(client: Client) -> Any:
        told = ask(client, *arguments, **query)
        if isinstance(told, dict):
            told = list(told.items())
        return [str(one) for one in told] if isinstance(told, (list, set)) else str(told)

    return printable


BODY = {"name": "another"}
EXPORT = {"image_name": "another", "disk_format": "zvhd2", "container_format": "bare"}
READERS = {
    "images": Reader("GET /v2/cloudimages", images, list_key="images"),
    "one of the images": Reader(
        "GET /v2/cloudimages",
        lambda client: printed(ims.get_image(client, IMAGE) or {}),
        list_key="images",
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
    "copy": Reader(
        f"POST /v1/cloudimages/{IMAGE}/copy", things(ims.copy_image, IMAGE, BODY, CreateHooks())
    ),
    "export": Reader(
        f"POST /v3/{{project_id}}/volumes/{VOLUME}/action",
        things(evs.export_volume, VOLUME, EXPORT, CreateHooks()),
    ),
    "job": Reader("GET /v1/{project_id}/jobs/{job_id}", job),
    "added tags": Reader(
        f"POST /v2/{{project_id}}/images/{IMAGE}/tags/action",
        things(ims.add_tags, IMAGE, {"team": "a"}),
    ),
    "tags": Reader(
        f"GET /v2/{{project_id}}/images/{IMAGE}/tags", things(ims.list_tags, IMAGE), list_key="tags"
    ),
    "members": Reader(
        f"GET /v2/images/{IMAGE}/members", things(ims.list_members, IMAGE), list_key="members"
    ),
    "OS versions": Reader(
        "GET /v1/cloudimages/os_version", things(ims.list_os_versions), list_key=""
    ),
    "quota": Reader("GET /v1/cloudimages/quota", things(image_quota)),
    "disk": Reader(f"GET /v2/{{project_id}}/cloudvolumes/{VOLUME}", things(evs.get_volume, VOLUME)),
    "disks": Reader(
        "GET /v2/{project_id}/cloudvolumes/detail", things(evs.list_volumes), list_key="volumes"
    ),
    "disks of a server": Reader(
        "GET /v2/{project_id}/cloudvolumes/detail",
        things(evs.list_volumes, server_id=SERVER),
        list_key="volumes",
    ),
    "server": Reader(
        f"GET /v1/{{project_id}}/cloudservers/{SERVER}", things(ecs.get_server, SERVER)
    ),
    "servers": Reader(
        "GET /v1/{project_id}/cloudservers/detail", things(ecs.list_servers), list_key="servers"
    ),
    "vault": Reader(f"GET /v3/{{project_id}}/vaults/{VAULT}", things(cbr.get_vault, VAULT)),
    "vaults": Reader("GET /v3/{project_id}/vaults", things(cbr.list_vaults), list_key="vaults"),
    "vaults of a server": Reader(
        "GET /v3/{project_id}/vaults",
        things(cbr.list_vaults, resource_id=SERVER),
        list_key="vaults",
    ),
    "backup": Reader(f"GET /v3/{{project_id}}/backups/{BACKUP}", things(cbr.get_backup, BACKUP)),
    "backups": Reader(
        "GET /v3/{project_id}/backups", things(cbr.list_backups, "twin-backup"), list_key="backups"
    ),
    "CSBS backup": Reader(
        f"GET /v1/{{project_id}}/checkpoint_items/{BACKUP}", things(cbr.get_csbs_backup, BACKUP)
    ),
    "CSBS backups": Reader(
        "GET /v1/{project_id}/checkpoint_items",
        things(cbr.list_csbs_backups, "csbs-available"),
        list_key="checkpoint_items",
    ),
    "accounts": Reader("GET /v3/auth/domains", things(accounts.own_accounts), list_key="domains"),
    "projects": Reader("GET /v3/auth/projects", things(accounts.own_projects), list_key="projects"),
    "project of the region": Reader("GET /v3/projects", user, "keys without a project"),
    "token of a user": Reader("POST /v3/auth/tokens", user, "user"),
    "token that was given": Reader("GET /v3/auth/tokens", user, "token"),
    "token of an agency": Reader("POST /v3/auth/tokens", user, "agency by user", turn=1),
    "keys of an agency": Reader("POST /v3.0/OS-CREDENTIAL/securitytokens", user, "agency by keys"),
    "token of a server": Reader("PUT /meta-data/latest/api/token", user, "metadata"),
    "keys of a server": Reader("GET /openstack/latest/securitykey", user, "metadata"),
}


NOON = datetime(2024, 5, 6, 12, tzinfo=timezone.utc)
# What decodes one record, and the member of its answer that holds it, by the readers.
DECODERS: dict[str, tuple[str, Callable[[Json], Any]]] = {
    "image": ("", printed),
    "job": ("", lambda wire: printed_job(wire, NOON)),
    "disk": ("volume", records.Volume.from_wire),
    "server": ("server", records.Server.from_wire),
    "vault": ("vault", records.Vault.from_wire),
    "backup": ("backup", records.Backup.from_wire),
    "CSBS backup": ("checkpoint_item", records.Backup.from_wire),
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
    secrets: list[str] = []
    assert connected("user", hooks=TaskHooks(on_secret=secrets.append)).project_id
    return secrets[-1]


def connected(by: str, session: Any = None, **hooks: Any) -> Client:
    """A client that talks to the simulator."""
    session = session or cloud().session()
    return connect(options(by), NO_STORE, session=session, clock=cloud().clock, **hooks)


@cache
def answered(reader: Reader) -> dict[str, list[Reply]]:
    """What the simulator answers to the requests of a reader, by their lines."""
    recorder = Recorder(cloud().simulator)
    session = cloud().session()
    session.mount(URL, recorder)
    reader.ask(connected(reader.by, session))
    return recorder.replies


class Recorder(SimulatorAdapter):
    """Keeps the answers, by the lines of the requests."""

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(simulator)
        self.replies: dict[str, list[Reply]] = {}

    def build_response(self, request: Any, raw: Any) -> requests.Response:
        response = super().build_response(request, raw)
        line = f"{request.method} {urlsplit(request.url).path}"
        headers = {k: v for k, v in response.headers.items() if k.lower() != "content-length"}
        content = response.content
        if headers.get("Content-Type", "").startswith("application/json"):
            content = json.dumps(shortened(json.loads(content))).encode()
        self.replies.setdefault(line, []).append(Reply(response.status_code, content, headers))
        return response


def shortened(document: Any) -> Any:
    """With the first two entries of each list, so that each of their values is spoilt."""
    if isinstance(document, dict):
        return {name: shortened(member) for name, member in document.items()}
    return [shortened(one) for one in document[:2]] if isinstance(document, list) else document


def line_of(reader: Reader) -> str:
    return reader.line.format(project_id=cloud().simulator.facts("")["project_id"], job_id=job_id())


def good_answer(reader: Reader) -> Reply:
    return answered(reader)[line_of(reader)][reader.turn]


def document(reply: Reply) -> Any:
    """What it says: JSON, or plain text."""
    try:
        return json.loads(reply.content or b"{}")
    except ValueError:
        return reply.content.decode()


def with_entries(reader: Reader, entries: list[Any]) -> Reply:
    """The good answer with another list."""
    good = good_answer(reader)
    told = {**document(good), reader.list_key: entries} if reader.list_key else entries
    return Reply(good.status, body(told), good.headers)
