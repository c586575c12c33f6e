# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a run, from plays as users write them. How it looks is tested in tests/browser."""

from __future__ import annotations

import html
import os
import re
import stat
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.tests.samples import KEY
from ansible_collections.huaweicloud.ims.tests.system.cloud import RunningCloud, extra

GOLDEN = ("huaweicloud.ims.golden_image", "-e", "date=2026-01-02")

SHOWN = "Show the path and the outcome"


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
    assert sorted(_names(page)) == sorted(images)
    assert _names(page)[0] == lost
    assert "from server broken-error" in page
    assert all(image["id"] in page for image in images.values())
    assert html.escape(images[lost]["msg"]) in page
    assert predicted.returncode != 0
    said = [played.lines(SHOWN)[-1], predicted.lines(SHOWN)[-1]]
    assert said[0] == f"{path}: 1 of 7 images failed"
    assert said[1] == f"{path}: 1 of 1 image failed (not written)"


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


def test_a_retention_that_is_interrupted_is_reported(cloud: RunningCloud, tmp_path: Path) -> None:
    path = tmp_path / "golden.html"
    refusal = {"action": "answer", "status": 400, "code": "Ecs.0005", "message": "Broken."}
    cloud.faults(rules=[{"method": "GET", "path": "/cloudservers/detail", **refusal}])
    disks = [{"volume": "data-available", "family": "shop"}]

    played = cloud.play(*GOLDEN, *extra(disks=disks, keep_newest=1, report=str(path)))

    assert played.returncode != 0
    page = html.unescape(path.read_text("utf-8"))
    assert "<h1>The image is active, but the run was interrupted</h1>" in page
    assert "Broken." in page
    assert not [call for call in cloud.writes() if call.startswith("DELETE")]


def _bake(folder: Path, report: str, **more: Any) -> list[str]:
    """The command of a play in which each of three hosts creates an image of itself; the image of
    the first fails."""
    role = {"ansible.builtin.include_role": {"name": "huaweicloud.ims.golden_image"}}
    variables = {
        "golden_image_date": "2026-01-02",
        "golden_image_servers": ["{{ inventory_hostname }}"],
        "golden_image_report": report,
    }
    play = {"hosts": "all", "gather_facts": False, "tasks": [{**role, "vars": variables}], **more}
    (folder / "play.yml").write_text(yaml.safe_dump([play]))
    names = ("broken-error", "fleet-01", "fleet-02")
    hosts = {name: {"ansible_host": "192.0.2.1"} for name in names}
    (folder / "inventory.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
    return [str(folder / "play.yml"), "-i", str(folder / "inventory.yml")]


TAKEN = "Another call of this run writes its report to"


@pytest.mark.parametrize(
    ("play", "created"),
    [({}, 0), ({"serial": 1}, 1), ({"strategy": "free"}, 1)],
    ids=["together", "one after the other", "each at its own pace"],
)
def test_hosts_that_name_the_same_file_are_refused_before_any_request(
    cloud: RunningCloud, tmp_path: Path, play: dict[str, Any], created: int
) -> None:
    """All of them, or all but the first."""
    command = _bake(tmp_path, str(tmp_path / "all.html"), **play)

    played = cloud.play(*command, "-l", "fleet-01,fleet-02")

    refused = [line for line in played.results if TAKEN in str(line["result"].get("msg"))]
    creates = [call for call in cloud.writes() if call.endswith("/wholeimages/action")]
    assert played.returncode != 0
    assert len(creates) == 2 - len(refused)
    assert len(creates) <= created
    assert (tmp_path / "all.html").exists() == bool(creates)


def test_hosts_that_name_other_files_have_their_own_reports(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    """In a second call, too; what the first one has written stays as it is."""
    command = _bake(tmp_path, str(tmp_path / "{{ inventory_hostname }}.html"))
    [play] = yaml.safe_load((tmp_path / "play.yml").read_text())
    [first] = play["tasks"]
    own = {
        "golden_image_report": str(tmp_path / "{{ inventory_hostname }}-own.html"),
        "golden_image_name_template": "{family}-own-{date}",
    }
    play.update(tasks=[first, {**first, "vars": {**first["vars"], **own}}])
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))

    cloud.succeed(*command, "-l", "fleet-01,fleet-02")

    for host in ("fleet-01", "fleet-02"):
        for name in (host, f"{host}-own"):
            page = (tmp_path / f"{name}.html").read_text("utf-8")
            assert _names(page) == [f"{name}-2026-01-02"]


@pytest.mark.parametrize("run_once", [False, True])
@pytest.mark.parametrize("first_fails", [False, True])
def test_a_file_that_an_earlier_call_of_the_run_has_written_is_refused(
    cloud: RunningCloud, tmp_path: Path, run_once: bool, first_fails: bool
) -> None:
    """However it is named; a file of its own is not refused."""
    (tmp_path / "folder").mkdir()

    def call(server: str, report: Path) -> dict[str, Any]:
        role = {"name": "huaweicloud.ims.golden_image", "apply": {"run_once": run_once}}
        variables = {
            "golden_image_date": "2026-01-02",
            "golden_image_servers": [server],
            "golden_image_report": str(report),
        }
        return {"ansible.builtin.include_role": role, "vars": variables}

    same = tmp_path / "folder" / ".." / "report.html"
    server = "broken-error" if first_fails else "fleet-01"
    first = {
        "block": [call(server, tmp_path / "report.html")],
        "rescue": [{"ansible.builtin.meta": "noop"}],
    }
    second, third = call("fleet-02", tmp_path / "other.html"), call("fleet-03", same)
    play = {"hosts": "all", "gather_facts": False, "tasks": [first, second, third]}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))

    played = cloud.play(str(tmp_path / "play.yml"), "-i", "one,")

    assert played.returncode != 0
    assert TAKEN in played.message
    assert not [image for image in cloud.images() if image.startswith("fleet-03")]
    assert _names((tmp_path / "report.html").read_text("utf-8")) == [f"{server}-2026-01-02"]
    assert _names((tmp_path / "other.html").read_text("utf-8")) == ["fleet-02-2026-01-02"]


def test_one_report_of_all_hosts_is_made_of_what_their_calls_publish(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    """As the README of the role shows it."""
    command = _bake(tmp_path, "")
    [play] = yaml.safe_load((tmp_path / "play.yml").read_text())
    results = (
        "{{ ansible_play_hosts_all | map('extract', hostvars)"
        " | map(attribute='golden_image_results', default=[]) | flatten }}"
    )
    report = {
        "ansible.builtin.include_role": {"name": "huaweicloud.ims.image_report"},
        "vars": {
            "image_report_results": results,
            "image_report_path": str(tmp_path / "all.html"),
        },
        "run_once": True,
    }
    play["tasks"] = [{"block": play["tasks"], "always": [report]}]
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))

    played = cloud.play(*command)

    assert played.returncode != 0
    page = (tmp_path / "all.html").read_text("utf-8")
    assert "<h1>1 of 3 images failed</h1>" in page
    made = {"fleet-01-2026-01-02", "fleet-02-2026-01-02"}
    assert set(_names(page)) == {"broken-error-2026-01-02", *made}
    assert all(cloud.images()[name]["id"] in page for name in made)


def test_a_report_that_cannot_be_written_is_refused_before_anything_is_started(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    wrong = tmp_path / "missing" / "golden.html"

    played = cloud.play(*GOLDEN, *extra(servers="fleet-01", report=str(wrong)))

    assert played.returncode != 0
    assert f"The report cannot be written to '{wrong}'" in played.message
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
    assert ">existing<" in path.read_text("utf-8")


# --- the role by itself

START = {
    "huaweicloud.ims.image_copy": {
        "name": "{{ item }}",
        "source_image": "linux-base",
        "wait": False,
    },
    "loop": ["one", "two"],
    "register": "started",
}
WAIT = {
    "huaweicloud.ims.image_wait": {"results": "{{ started.results }}"},
    "register": "waited",
    "ignore_errors": True,
}


def _write(folder: Path, *tasks: Any, **variables: Any) -> str:
    """A play that calls the role after the tasks."""
    role = {"ansible.builtin.include_role": {"name": "huaweicloud.ims.image_report"}}
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [*tasks, {**role, "vars": variables}],
    }
    path = folder / "play.yml"
    path.write_text(yaml.safe_dump([play]))
    return str(path)


def test_the_role_takes_the_results_of_any_number_of_tasks(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    cloud.faults(rules=[{"path": "/copy$", "nth": 1, "action": "job", "fail": "IMG.0095"}])
    prune = {
        "huaweicloud.ims.image_retention": {"families": [{"name": "shop-*", "keep_newest": 4}]},
        "register": "pruned",
    }
    path = tmp_path / "report.html"
    results = ["{{ waited }}", "{{ again }}", "{{ pruned }}"]
    command = _write(
        *(tmp_path, START, WAIT, {**WAIT, "register": "again"}, prune),
        image_report_results=results,
        image_report_path=str(path),
        image_report_mode="0604",
    )

    played = cloud.succeed(command)

    page = path.read_text("utf-8")
    assert "<h1>1 of 2 images failed</h1>" in page
    assert sorted(_names(page))[:2] == ["one", "shop-2025-12-28"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o604
    assert played.lines(SHOWN)[-1] == f"{path}: 1 of 2 images failed"
    assert [result["changed"] for result in played.of("template")] == [False]


@pytest.mark.parametrize("in_process", [True, False])
def test_a_timeline_is_the_same_from_either_front_end(
    cloud: RunningCloud, tmp_path: Path, in_process: bool
) -> None:
    path = tmp_path / "report.html"
    command = _write(
        *(tmp_path, START, WAIT),
        image_report_results=["{{ waited }}"],
        image_report_path=str(path),
    )

    cloud.succeed(command, *extra(huaweicloud_ims_in_process=in_process))

    page = path.read_text("utf-8")
    assert "<h1>All 2 images are active</h1>" in page
    assert f"Region {cloud.facts['region']}" in page


HOSTILE = "<b>{{ 1 + 1 }}</b>\"' {% raw %} {{ lookup('pipe', 'id') }} \u202e"


def test_text_of_the_cloud_is_neither_markup_nor_a_template(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    """All the way through a play: as the name and the reason of a failure."""
    lost = {"path": "/copy$", "action": "job", "fail": "IMG.0014", "reason": HOSTILE}
    cloud.faults(rules=[lost])
    path = tmp_path / "report.html"
    command = _write(
        *(tmp_path, START, WAIT),
        image_report_results=["{{ waited }}"],
        image_report_path=str(path),
    )

    cloud.succeed(command)

    page = path.read_text("utf-8")
    body = page[page.index("</style>") :]
    assert html.unescape(body).count(HOSTILE.replace("\u202e", "\\u202e")) == 2
    assert "{" not in body
    assert "<b>" not in body


def test_check_mode_writes_nothing_and_says_what_it_would_write(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    command = _write(tmp_path, image_report_results=[], image_report_path=str(path))

    predicted = cloud.succeed(command, "--check", "--diff")
    assert not path.exists()
    done = cloud.succeed(command)

    assert path.exists()
    assert (predicted.changed, done.changed) == (0, 0)
    assert predicted.lines(SHOWN)[-1] == f"{path}: Nothing to wait for (not written)"
    assert done.lines(SHOWN)[-1] == f"{path}: Nothing to wait for"
    assert "<!DOCTYPE" not in predicted.output


def test_a_file_is_replaced_and_a_link_stays_a_link(cloud: RunningCloud, tmp_path: Path) -> None:
    real, link, other = (tmp_path / name for name in ("real.html", "latest.html", "other"))
    real.write_text("of yesterday")
    real.chmod(0o604)
    os.link(real, other)
    link.symlink_to(real)

    cloud.succeed(_write(tmp_path, image_report_results=[], image_report_path=str(link)))

    assert link.is_symlink()
    assert "Nothing to wait for" in real.read_text("utf-8")
    assert stat.S_IMODE(real.stat().st_mode) == 0o604
    assert other.read_text() == "of yesterday"  # whoever has it open still reads a whole file


@pytest.mark.parametrize("wrong", ["missing/report.html", "", ".", "folder", "new/", "pipe"])
def test_what_cannot_be_a_report_is_refused(
    cloud: RunningCloud, tmp_path: Path, wrong: str
) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    path = f"{tmp_path}/{wrong}" if wrong else ""

    for mode in ([], ["--check"]):
        played = cloud.play(
            _write(tmp_path, image_report_results=[], image_report_path=path), *mode
        )
        assert played.returncode != 0
        assert f"The report cannot be written to '{path}'" in played.message


def test_what_is_no_result_is_refused_with_its_place(cloud: RunningCloud, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    command = _write(
        tmp_path, image_report_results=[{"changed": True}], image_report_path=str(path)
    )

    played = cloud.play(command)

    assert played.returncode != 0
    assert "results[0] has neither a timeline nor images" in played.output
    assert not path.exists()


def test_a_report_that_cannot_be_written_in_the_end_is_not_in_the_way(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    """Its folder goes while an image is created."""
    folder = tmp_path / "gone"
    folder.mkdir()

    def remove() -> None:
        while not cloud.writes():
            time.sleep(0.1)
        folder.rmdir()

    remover = threading.Thread(target=remove, daemon=True)
    remover.start()
    played = cloud.play(*GOLDEN, *extra(servers="fleet-01", report=str(folder / "report.html")))
    remover.join()

    assert played.returncode == 0, played.output
    assert cloud.images()["fleet-01-2026-01-02"]["status"] == "active"
    assert played.lines(SHOWN)[-1].endswith("report.html: The image is active (not written)")
