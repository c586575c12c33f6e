# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the simulator does on demand only: it breaks the documents, or its answers are none."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from .client import BODY, IMPORT, Client

VOLUMES = "/v2/{pid}/cloudvolumes/detail"
VAULTS = "/v3/{pid}/vaults"
EXPORT = "os-volume_upload_image"


def switch(cloud: Client, **switches: Any) -> None:
    cloud.simulator.faults({"switches": switches})


def rule(cloud: Client, **text: Any) -> None:
    cloud.simulator.faults({"rules": [text]})


def made(cloud: Client) -> int:
    """How many images of the name there are in truth."""
    return sum(image["name"] == "new" for image in cloud.simulator.state()["images"])


# --- filters


def test_an_ignored_owner_shows_foreign_images(tame: Client) -> None:
    query = f"owner={tame.project_id}&limit=1000"
    own = {image["owner"] for image in tame.images(query)}
    switch(tame, ignored_filters=["ims.owner"])

    assert own == {tame.project_id}
    assert len({image["owner"] for image in tame.images(query)}) > 2


def test_other_filters_and_pages_still_work(tame: Client) -> None:
    switch(tame, ignored_filters=["ims.owner"])

    assert {image["name"] for image in tame.images("name=linux-base")} == {"linux-base"}
    assert len(tame.images("limit=3")) == 3


@pytest.mark.parametrize(
    ("path", "query", "key"),
    [
        (VOLUMES, "server_id=nobody", "volumes"),
        (VAULTS, "resource_ids=nobody", "vaults"),
        ("/v1/{pid}/cloudservers/detail", "name=nobody", "servers"),
        ("/v3/{pid}/backups", "name=nobody", "backups"),
        ("/v1/{pid}/checkpoint_items", "name=nobody", "checkpoint_items"),
    ],
)
def test_look_ups_show_everything_if_their_filters_are_ignored(
    tame: Client, path: str, query: str, key: str
) -> None:
    assert tame.ok("GET", f"{path}?{query}")[key] == []
    switch(tame, ignored_filters=["evs.*", "cbr.*", "ecs.*", "csbs.*"])

    assert len(tame.ok("GET", f"{path}?{query}&limit=2")[key]) == 2


@pytest.mark.parametrize(("how", "status"), [("listed", 200), ("refused", 400), ("empty", 200)])
def test_the_list_of_all_enterprise_projects_may_not_work(
    tame: Client, how: str, status: int
) -> None:
    switch(tame, all_projects=how)
    answer = tame.call("GET", "/v2/cloudimages?enterprise_project_id=all_granted_eps")

    assert answer.status_code == status
    assert bool(answer.json().get("images")) is (how == "listed")
    assert tame.images()


# --- pages of look-ups


def test_a_look_up_gives_less_than_it_was_asked_for(tame: Client) -> None:
    whole = tame.ok("GET", VOLUMES)
    switch(tame, lookup_page_size=2)
    page = tame.ok("GET", VOLUMES)

    assert len(page["volumes"]) == 2
    assert page["count"] == whole["count"] == len(whole["volumes"])


@pytest.mark.parametrize("path", [VOLUMES, VAULTS, "/v1/{pid}/cloudservers/detail"])
def test_the_count_of_a_look_up_may_be_of_its_page(tame: Client, path: str) -> None:
    switch(tame, lookup_count="page")

    assert tame.ok("GET", f"{path}?limit=2")["count"] == 2


# --- images and jobs


# By cloud: key and value in the new form, and what comes of them (None: refused).
TAGS = [
    ("strict", ("cost.center", "a:b"), None),
    ("strict", ("version", "1.2"), ("version", "1.2")),
    ("flexible-engine", ("cost.center", "a:b"), ("cost.center", "a:b")),
    ("flexible-engine", ("a=b", ""), None),
    ("flexible-engine", (" a", ""), None),
    ("otc", ("cost.center", "a:b"), ("cost.center", "a:b")),
    ("otc", (" a ", " b "), ("a", "b")),
    ("otc", ("k" * 37, ""), None),
]


@pytest.mark.parametrize(("cloud_is", "given", "kept"), TAGS)
def test_each_cloud_takes_other_tags(
    tame: Client, cloud_is: str, given: tuple[str, str], kept: tuple[str, str] | None
) -> None:
    switch(tame, tag_keys=cloud_is)
    path = f"/v2/{{pid}}/images/{tame.number('images', 'linux-base')}/tags/action"
    body = {"action": "create", "tags": [{"key": given[0], "value": given[1]}]}

    if kept is None:
        assert tame.refused("POST", path, body) == (400, "IMG.0115")
        return
    tame.ok("POST", path, body)
    assert tame.truth("images", "linux-base")["tags"][kept[0]] == kept[1]


@pytest.mark.parametrize("how", ["dropped", "kept"])
def test_a_copy_may_have_the_attributes_of_its_source(tame: Client, how: str) -> None:
    switch(tame, copy_attributes=how)
    source = tame.number("images", "linux-base")
    note = [{"op": "add", "path": "/own_note", "value": "mine"}]
    tame.ok("PATCH", f"/v2/cloudimages/{source}", note)
    copy = tame.make(f"/v1/cloudimages/{source}/copy", {"name": "new"})

    assert ("own_note" in copy) is (how == "kept")


@pytest.mark.parametrize(("how", "status"), [("refused", 400), ("accepted", 204)])
def test_an_unfinished_image_may_be_deleted(tame: Client, how: str, status: int) -> None:
    switch(tame, delete_unfinished=how)
    image_id = tame.number("images", "saving-image")

    assert tame.call("DELETE", f"/v2/images/{image_id}").status_code == status


def test_an_image_can_stay_saving_for_ever_and_its_job_be_forgotten(tame: Client) -> None:
    switch(tame, jobs_kept=7200)
    rule(tame, path="quickimport", action="job", image="saving")
    job_id = tame.ok("POST", IMPORT, BODY)["job_id"]

    assert tame.finish(job_id)["status"] == "SUCCESS"
    tame.clock.advance(2 * 3600)
    assert tame.refused("GET", f"/v1/{{pid}}/jobs/{job_id}") == (404, "IMG.0023")
    assert tame.truth("images", "new")["status"] == "saving"


def test_a_job_can_name_an_older_image(tame: Client) -> None:
    old = tame.make(IMPORT, BODY)["id"]
    rule(tame, path="quickimport", action="job", names="older")
    job = tame.finish(tame.ok("POST", IMPORT, BODY)["job_id"])

    assert job["entities"]["image_id"] == old
    assert made(tame) == 2


def test_a_job_can_name_any_id(tame: Client) -> None:
    rule(tame, path="quickimport", action="job", names="an-id")

    assert tame.finish(tame.ok("POST", IMPORT, BODY)["job_id"])["entities"]["image_id"] == "an-id"


def test_an_export_can_name_an_older_image(tame: Client) -> None:
    path = f"/v2/{{pid}}/volumes/{tame.number('volumes', 'data-available')}/action"
    rule(tame, path="volumes/", action="volume", names="older")
    first = tame.ok("POST", path, {EXPORT: {"image_name": "new"}})
    tame.clock.advance(3600)
    second = tame.ok("POST", path, {EXPORT: {"image_name": "new"}})

    assert second[EXPORT]["image_id"] == first[EXPORT]["image_id"]
    assert made(tame) == 2


# --- answers


@pytest.mark.parametrize("handled", [False, True])
@pytest.mark.parametrize("status", [200, 303, 408, 499])
def test_an_answer_can_have_any_status_and_body(tame: Client, status: int, handled: bool) -> None:
    rule(tame, action="answer", status=status, text='{"odd": 1}', handled=handled)
    answer = tame.call("POST", IMPORT, BODY)

    assert (answer.status_code, answer.json()) == (status, {"odd": 1})
    assert made(tame) == handled


def test_an_answer_can_be_any_text_on_the_wire(tame: Client) -> None:
    rule(tame, action="raw", text="HTTP/1.1 202 So\r\nX-Odd: 1\r\nContent-Length: 2\r\n\r\n{}")
    answer = tame.call("POST", IMPORT, BODY)

    assert (answer.status_code, answer.reason, answer.text) == (202, "So", "{}")
    assert answer.headers["X-Odd"] == "1"
    assert made(tame) == 1


@pytest.mark.parametrize("handled", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
def test_what_is_no_answer_is_what_requests_makes_of_it(
    tame: Client, text: str, handled: bool
) -> None:
    rule(tame, action="raw", text=text, handled=handled, times=1)

    with pytest.raises((requests.exceptions.RequestException, ValueError, OSError)):
        tame.call("POST", IMPORT, BODY)
    assert made(tame) == handled
    assert tame.call("POST", IMPORT, BODY).status_code == 200
