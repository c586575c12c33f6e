# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of AWX: each template with the answers to its survey, cancelled and launched again."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.tests.leaks import leaks
from ansible_collections.huaweicloud.ims.tests.simulator.clock import RealClock
from ansible_collections.huaweicloud.ims.tests.simulator.simulator import Simulator
from ansible_collections.huaweicloud.ims.tests.system.awx import (
    CREDENTIAL_TYPE,
    TEMPLATES,
    WORKFLOW,
    Done,
    Job,
    Json,
    answered,
    survey,
)
from ansible_collections.huaweicloud.ims.tests.system.awx_answers import ANSWERS, credential, job
from ansible_collections.huaweicloud.ims.tests.system.cloud import RunningCloud, extra
from ansible_collections.huaweicloud.ims.tests.system.commands import LIMIT
from ansible_collections.huaweicloud.ims.tests.system.served import served, simulated

ONE_IMAGE = [name for name in ANSWERS if TEMPLATES[name]["questions"][0] == "image_name"]


@dataclass(frozen=True)
class Ran:
    """Jobs of all templates, run at the same time in one cloud, which had these images then."""

    jobs: Mapping[str, Done]
    images: Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    with served(simulated()) as facts:
        cloud = RunningCloud(facts)
        jobs = {
            name: job(cloud, tmp_path_factory.mktemp("job"), name, number=number)
            for number, name in enumerate(ANSWERS, 1)
        }
        try:
            for process in [one.start() for one in jobs.values()]:
                process.wait(LIMIT)
        finally:
            for one in jobs.values():
                one.destroy()
        return Ran({name: one.done() for name, one in jobs.items()}, cloud.images())


@pytest.mark.parametrize("name", ANSWERS)
def test_a_job_succeeds_and_leaves_no_secret(ran: Ran, name: str) -> None:
    done = ran.jobs[name]

    assert done.status == "successful", done.output
    assert done.artifacts
    assert leaks(done.text(), [simulated().facts("")["secret_key"]]) == []


@pytest.mark.parametrize("name", ONE_IMAGE)
def test_a_job_does_what_was_answered(ran: Ran, name: str) -> None:
    done, answers = ran.jobs[name], ANSWERS[name]

    result = done.result(TEMPLATES[name]["playbook"].removesuffix(".yml"))
    image = ran.images[answers["image_name"]]
    assert result["changed"]
    assert result["image_id"] == image["id"]
    assert done.artifacts["ims_image_id"] == image["id"]
    shown = result["image"]
    for variable in ("min_ram", "description"):
        if variable in answers:
            assert shown[variable] == answers[variable]
    assert shown["tags"] == yaml.safe_load(answers.get("image_tags", "{}"))


def test_a_job_makes_images_of_all_servers(ran: Ran) -> None:
    made = ran.jobs["golden image"].artifacts["golden_image_images"]

    assert set(made) == {"fleet-01-2026-01-31", "fleet-02-2026-01-31"}
    assert {ran.images[name]["id"] for name in made} == {one["id"] for one in made.values()}


def test_a_job_imports_all_files(ran: Ran) -> None:
    made = ran.jobs["image import"].artifacts["image_import_images"]

    assert set(made) == {"big-data", "centos70"}
    assert {ran.images[name]["id"] for name in made} == {one["id"] for one in made.values()}


def test_a_job_changes_an_image(ran: Ran) -> None:
    done = ran.jobs["image"]

    assert ran.images["arm-image-2026"]["id"] == done.artifacts["ims_image_id"]
    assert done.result("image")["image"]["min_ram"] == 1024


def test_a_job_lists_images_and_hands_the_newest_on(ran: Ran) -> None:
    published = ran.jobs["image info"].artifacts

    assert published["ims_image_name"] == "shop-2026-01-01"
    assert [image["id"] for image in published["ims_images"]] == [published["ims_image_id"]]


def test_a_job_waits_for_images(ran: Ran) -> None:
    published = ran.jobs["image wait"].artifacts["ims_images"]

    assert [(image["name"], image["status"]) for image in published] == [
        ("linux-base", "active"),
        ("limited-image", "active"),
    ]


def test_a_job_looks_at_a_server(ran: Ran) -> None:
    found = ran.jobs["prepare guest"].artifacts["prepare_guest_findings"]["localhost"]

    assert not any(finding["fixed"] for finding in found)


def test_what_a_job_is_told_to_keep_is_kept(ran: Ran) -> None:
    published = ran.jobs["image retention"].artifacts

    assert [image["name"] for image in published["image_retention_kept"]] == ["limited-image"]
    assert published["image_retention_deleted"] == []


def test_the_doctor_runs_as_a_job(tmp_path: Path) -> None:
    with served(Simulator(RealClock(), seed=1)) as facts:
        done = job(RunningCloud(facts), tmp_path, "doctor").run()

    assert done.status == "successful", done.output
    assert done.result("account_info")["healthy"]
    assert done.artifacts == {"ims_healthy": True}
    assert "ok       quota: " in done.output


def test_a_job_without_a_credential_names_the_type_to_add(tmp_path: Path) -> None:
    done = Job(tmp_path / "job", "playbooks/image_info.yml", None).run()

    assert done.status == "failed"
    message = done.result("image_info")["msg"]
    assert CREDENTIAL_TYPE["name"] in message
    assert "job template" in message


def test_the_workflow_hands_the_image_on(cloud: RunningCloud, tmp_path: Path) -> None:
    """As AWX runs it: all steps are given what was answered, and what was published before."""
    old = extra(image_name="web-2026-01-30", source_image="linux-base", wait=False)
    cloud.succeed("huaweicloud.ims.image_copy", *old)
    answers = {
        "golden_disk": "data-available",
        "golden_family": "web",
        "golden_date": "2026-01-31",
        "golden_keep": 1,
    }
    launch = answered(WORKFLOW["questions"], answers)
    published: Json = {}
    for number, step in enumerate(WORKFLOW["steps"], 1):
        done = Job(
            tmp_path / step["name"],
            f"playbooks/{step['playbook']}",
            credential(cloud.facts),
            launch={**published, **launch},
            own=step["extra_vars"],
            number=number,
        ).run()
        assert done.status == "successful", done.output
        published |= done.artifacts

    images = cloud.images()
    assert {"web-2026-01-31", "web-2026-01-31-copy"} <= set(images)
    assert images["web-2026-01-31-copy"]["status"] == "active"
    assert [one["name"] for one in published["image_retention_deleted"]] == ["web-2026-01-30"]
    assert images.get("web-2026-01-30", {"deleted": True})["deleted"]


# AWX cancels with SIGTERM to ansible-runner, which kills the play, and then takes the container
# away; an impatient cluster does only the latter.
CANCELS: dict[str, Callable[[int], None]] = {
    "cancelled": lambda pid: os.kill(pid, signal.SIGTERM),
    "killed": lambda pid: os.kill(pid, signal.SIGKILL),
}


@dataclass(frozen=True)
class Relaunched:
    """A job that ended before its time, the same one launched again, and what was asked of the
    cloud: its copies, and the orders of copies."""

    first: Done
    again: Done
    images: Sequence[Mapping[str, Any]]
    orders: Sequence[str]


@pytest.fixture(scope="module")
def relaunched(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Relaunched]:
    """Both ways at the same time: most of it is waiting."""
    with ThreadPoolExecutor() as pool:
        running = {
            how: pool.submit(_relaunched, tmp_path_factory.mktemp("jobs"), how) for how in CANCELS
        }
        return {how: one.result() for how, one in running.items()}


def _relaunched(folder: Path, how: str) -> Relaunched:
    template = TEMPLATES["image copy"]
    answers = {"image_name": "copy", "source_image": "linux-base"}
    with ExitStack() as stack:
        facts = stack.enter_context(served(Simulator(RealClock(), seed=1)))
        cloud = RunningCloud(facts)
        # Not done before the test makes it older.
        cloud.faults(rules=[{"path": "/copy$", "action": "job", "duration": 1800}])

        def started(number: int, **more: str) -> tuple[Job, subprocess.Popen[bytes]]:
            launch = answered(survey(template), {**answers, **more})
            playbook = f"playbooks/{template['playbook']}"
            one = Job(
                folder / str(number), playbook, credential(facts), launch=launch, number=number
            )
            stack.callback(one.destroy)
            return one, one.start()

        first, process = started(1, description="of the first")
        _wait_until(lambda: _answered(cloud, _ordered), process)
        CANCELS[how](process.pid)
        process.wait(LIMIT)
        first.destroy()
        cloud.age(60)  # enough to be seen, too little to be done
        before = len(cloud.requests())
        again, process = started(2)
        _wait_until(lambda: _answered(cloud, _looked_for, before), process)
        for _second in range(LIMIT):
            cloud.age(300)
            with suppress(subprocess.TimeoutExpired):
                process.wait(1)
                break
        images = [image for image in cloud.state()["images"] if image["name"] == "copy"]
        orders = [call for call in cloud.writes() if call.endswith("/copy")]
    return Relaunched(first.done(), again.done(), images, orders)


@pytest.mark.parametrize("how", CANCELS)
def test_a_job_that_was_cancelled_and_is_launched_again_takes_up_the_image(
    relaunched: Mapping[str, Relaunched], how: str
) -> None:
    ran = relaunched[how]

    assert ran.again.status == "successful", ran.again.output
    result = ran.again.result("image_copy")
    assert result["resumed"]
    assert result["image"]["status"] == "active"
    # The question that was left open the second time changes nothing.
    assert result["image"]["description"] == "of the first"
    assert len(ran.images) == len(ran.orders) == 1
    assert ran.first.status == ("canceled" if how == "cancelled" else "")


def test_a_nightly_bake_under_one_name_that_was_killed_and_is_launched_again_makes_one_image(
    tmp_path: Path,
) -> None:
    """Each night the image of the night before is too old. The second night's job dies with its
    container, after the order; the same job is launched again."""
    answers = {"servers": "fleet-03", "image_name": "nightly", "max_age": "20h"}
    with ExitStack() as stack:
        facts = stack.enter_context(served(Simulator(RealClock(), seed=1)))
        cloud = RunningCloud(facts)

        def launched(number: int) -> tuple[Job, subprocess.Popen[bytes]]:
            template = TEMPLATES["golden image"]
            launch = answered(survey(template), answers)
            one = Job(
                tmp_path / str(number),
                f"playbooks/{template['playbook']}",
                credential(facts),
                launch=launch,
                number=number,
            )
            stack.callback(one.destroy)
            return one, one.start()

        def finished(one: Job, process: subprocess.Popen[bytes]) -> Json:
            for _second in range(LIMIT):
                cloud.age(300)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(1)
                    break
            assert one.done().status == "successful", one.done().output
            images: Json = one.done().artifacts["golden_image_images"]
            return images

        first = finished(*launched(1))
        cloud.age(24 * 3600)
        before = len(cloud.requests())
        killed, process = launched(2)
        _wait_until(lambda: _answered(cloud, _baked, before), process)
        CANCELS["killed"](process.pid)
        process.wait(LIMIT)
        killed.destroy()
        cloud.age(60)
        second = finished(*launched(3))
        orders = [one for one in cloud.requests()[before:] if _baked(one)]
        left = [image for image in cloud.state()["images"] if not image["deleted"]]

    assert process.returncode == -signal.SIGKILL
    assert len(orders) == 1
    assert second["nightly"]["id"] != first["nightly"]["id"]
    assert [one["id"] for one in left if one["name"] == "nightly"] == [second["nightly"]["id"]]


def _baked(entry: Mapping[str, Any]) -> bool:
    return str(entry["path"]).endswith("/wholeimages/action")


def _ordered(entry: Mapping[str, Any]) -> bool:
    return str(entry["path"]).endswith("/copy")


def _looked_for(entry: Mapping[str, Any]) -> bool:
    return bool(entry["path"] == "/v2/cloudimages" and entry["query"].get("name") == "copy")


def _answered(
    cloud: RunningCloud, wanted: Callable[[Mapping[str, Any]], bool], before: int = 0
) -> bool:
    """Was such a request answered, after so many others?"""
    return any(wanted(entry) and entry["status"] is not None for entry in cloud.requests()[before:])


def _wait_until(happened: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Of another process: nothing but asking tells."""
    while not happened():
        assert process.poll() is None
        time.sleep(0.05)
