# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a run, from plays as users write them. How it looks is tested in tests/browser."""

from __future__ import annotations

import html
import re
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.tests.samples import KEY
from ansible_collections.huaweicloud.ims.tests.system.cloud import RunningCloud, extra

GOLDEN = ("huaweicloud.ims.golden_image", "-e", "date=2026-01-02")


def _names(page: str) -> list[str]:
    """The images in the table of a page."""
    return [html.unescape(name) for name in re.findall(r'<th scope="row"><bdi>(.*?)</bdi>', page)]


def test_one_report_tells_of_all_phases_of_golden_image_and_of_what_failed(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    path = tmp_path / "golden.html"
    command = [
        *(*GOLDEN, "-e", "servers=fleet-01,broken-error", "-e", "backups=nightly-1"),
        *extra(disks="data-available,web-01-data", force=True, cmk_id=KEY, report=str(path)),
    ]

    predicted = cloud.play(*command, "--check")
    assert not path.exists()
    assert cloud.writes() == []
    played = cloud.play(*command)

    assert played.returncode != 0
    assert "broken-error" in played.message
    assert "unsupported" not in played.output  # as ansible-core calls what is no plain data
    page = path.read_text("utf-8")
    images = played.stats["golden_image_images"]
    assert "<h1>1 of 7 images failed</h1>" in page
    lost = "broken-error-2026-01-02"
    assert sorted(_names(page)) == sorted({*images, "broken-error"} - {lost})
    assert _names(page)[0] == "broken-error"
    assert all(image["id"] in page for image in images.values())
    assert html.escape(images[lost]["msg"]) in page
    waits = [result for result in played.of("image_wait") if "timeline" in result]
    # Before anything is started, after the wait, and when all is known.
    assert [result["report"]["written"] for result in waits] == [False, True, True]
    assert predicted.returncode != 0


@pytest.mark.parametrize("refused", [False, True], ids=["all go", "one stays"])
def test_the_report_tells_what_became_of_older_images(
    cloud: RunningCloud, tmp_path: Path, refused: bool
) -> None:
    """The seed of the simulator has images shop-2025-12-28 to shop-2026-01-01."""
    path = tmp_path / "golden.html"
    old = cloud.images()
    if refused:
        answer = {"action": "answer", "status": 400, "code": "IMG.0091", "message": "In use."}
        rule = {"method": "DELETE", "path": old["shop-2025-12-30"]["id"], **answer}
        cloud.faults(rules=[rule])
    disks = [{"volume": "data-available", "family": "shop"}]

    played = cloud.play(*GOLDEN, *extra(disks=disks, keep_newest=3, report=str(path)))

    assert (played.returncode != 0) == refused
    page = html.unescape(path.read_text("utf-8"))
    assert "1 old image could not be deleted</h1>" in page if refused else "active</h1>" in page
    told = dict(re.findall(r'<bdi>(shop-[\d-]+)</bdi> <span class="pill \w+">([\w ]+)<', page))
    assert told == {
        "shop-2026-01-02": "active",
        "shop-2026-01-01": "kept",
        "shop-2025-12-31": "kept",
        "shop-2025-12-30": "not deleted" if refused else "deleted",
        "shop-2025-12-29": "deleted",
        "shop-2025-12-28": "deleted",
    }
    assert "one of the 3 newest of name shop-" in page
    assert all(old[name]["id"] in page for name in told if name in old)
    assert ("In use." in page) == refused


def test_a_retention_that_is_broken_off_is_told(cloud: RunningCloud, tmp_path: Path) -> None:
    path = tmp_path / "golden.html"
    refusal = {"action": "answer", "status": 400, "code": "Ecs.0005", "message": "Broken."}
    cloud.faults(rules=[{"method": "GET", "path": "/cloudservers/detail", **refusal}])
    disks = [{"volume": "data-available", "family": "shop"}]

    played = cloud.play(*GOLDEN, *extra(disks=disks, keep_newest=1, report=str(path)))

    assert played.returncode != 0
    page = html.unescape(path.read_text("utf-8"))
    assert "<h1>The image is active, but the run was broken off</h1>" in page
    assert "Broken." in page
    assert not [call for call in cloud.writes() if call.startswith("DELETE")]


def _bake(folder: Path, **more: Any) -> list[str]:
    """The command of a play in which each of three hosts makes an image of itself; the play of the
    third fails."""
    role = {"ansible.builtin.include_role": {"name": "huaweicloud.ims.golden_image"}}
    variables = {
        "golden_image_date": "2026-01-02",
        "golden_image_servers": [{"instance": "{{ inventory_hostname }}"}],
        "golden_image_report": str(folder / "all.html"),
    }
    play = {"hosts": "all", "gather_facts": False, "tasks": [{**role, "vars": variables}], **more}
    (folder / "play.yml").write_text(yaml.safe_dump([play]))
    names = ("broken-error", "fleet-01", "fleet-02")
    hosts = {name: {"ansible_host": "192.0.2.1"} for name in names}
    (folder / "inventory.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
    return [str(folder / "play.yml"), "-i", str(folder / "inventory.yml")]


@pytest.mark.parametrize(
    "play",
    [{}, {"serial": 2}, {"strategy": "free"}],
    ids=["together", "one after the other", "each at its own pace"],
)
def test_hosts_that_name_the_same_file_share_a_report(
    cloud: RunningCloud, tmp_path: Path, play: dict[str, Any]
) -> None:
    played = cloud.play(*_bake(tmp_path, **play))

    assert played.returncode != 0
    page = (tmp_path / "all.html").read_text("utf-8")
    assert "<h1>1 of 3 images failed</h1>" in page
    made = {"fleet-01-2026-01-02", "fleet-02-2026-01-02"}
    assert set(_names(page)) == {"broken-error", *made}
    assert all(cloud.images()[name]["id"] in page for name in made)


def test_hosts_that_name_other_files_have_their_own_reports(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    """In a second call; what the first one has written stays as it is."""
    command = _bake(tmp_path)
    [play] = yaml.safe_load((tmp_path / "play.yml").read_text())
    [first] = play["tasks"]
    own = {"golden_image_report": str(tmp_path / "{{ inventory_hostname }}.html")}
    moved = {
        "ansible.builtin.command": f"mv {tmp_path}/all.html {tmp_path}/moved.html",
        "delegate_to": "localhost",
        "run_once": True,
    }
    server = {"instance": "{{ inventory_hostname }}", "family": "{{ inventory_hostname }}-own"}
    variables = {**first["vars"], **own, "golden_image_servers": [server]}
    play.update(hosts="fleet-01,fleet-02", tasks=[first, moved, {**first, "vars": variables}])
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))

    cloud.succeed(*command)

    assert not (tmp_path / "all.html").exists()
    for host in ("fleet-01", "fleet-02"):
        page = (tmp_path / f"{host}.html").read_text("utf-8")
        assert _names(page) == [f"{host}-own-2026-01-02"]
    assert len(_names((tmp_path / "moved.html").read_text("utf-8"))) == 2


def test_a_report_that_cannot_be_written_is_refused_before_anything_is_started(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    wrong = tmp_path / "missing" / "golden.html"

    played = cloud.play(*GOLDEN, *extra(servers="fleet-01", report=str(wrong)))

    assert played.returncode != 0
    assert "there is no folder" in played.message
    assert cloud.requests() == []


def test_a_run_that_changes_nothing_reports_what_is_there(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    path = tmp_path / "golden.html"
    cloud.succeed(*GOLDEN, *extra(servers="fleet-01"))
    written = cloud.writes()

    again = cloud.succeed(*GOLDEN, *extra(servers="fleet-01", report=str(path)))

    assert (again.changed, cloud.writes()) == (0, written)
    assert "<h1>The image is active</h1>" in path.read_text("utf-8")
    assert "there before" in path.read_text("utf-8")


def test_the_module_and_the_action_write_the_same_report(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    """Of jobs that are done, whose times do not depend on who looks when."""
    start = {"name": "{{ item }}", "source_image": "linux-base", "wait": False}
    waiting: dict[str, Any] = {"jobs": "{{ started.results | map(attribute='job_id') }}"}
    tasks = [
        {"huaweicloud.ims.image_copy": start, "loop": ["one", "two"], "register": "started"},
        {"huaweicloud.ims.image_wait": dict(waiting)},
        *(
            {
                "name": where,
                "huaweicloud.ims.image_wait": {**waiting, "report": str(tmp_path / where)},
                "vars": {"huaweicloud_ims_in_process": where == "action"},
            }
            for where in ("action", "module")
        ),
    ]
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))

    played = cloud.succeed(str(tmp_path / "play.yml"))

    action, module = (tmp_path / where for where in ("action", "module"))
    pages = [
        re.sub(r"(Written by .* on ).*( UTC)", r"\1\2", path.read_text("utf-8"))
        for path in (action, module)
    ]
    assert "<h1>All 2 images are active</h1>" in pages[0]
    assert pages[0] == pages[1]
    assert stat.S_IMODE(action.stat().st_mode) == stat.S_IMODE(module.stat().st_mode)
    results = [dict(played.task(where)) for where in ("action", "module")]
    assert [result["report"]["written"] for result in results] == [True, True]
    timelines = [result["timeline"] for result in results]
    for timeline in timelines:
        for entry in timeline:
            del entry["looked_at"]
    assert timelines[0] == timelines[1]
