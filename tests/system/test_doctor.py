# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook doctor."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.huaweicloud.ims.tests.leaks import leaks
from ansible_collections.huaweicloud.ims.tests.simulator.clock import RealClock
from ansible_collections.huaweicloud.ims.tests.simulator.simulator import Simulator
from ansible_collections.huaweicloud.ims.tests.system.cloud import Played, RunningCloud
from ansible_collections.huaweicloud.ims.tests.system.served import served
from ansible_collections.huaweicloud.ims.tools import changelog

DOCTOR = "huaweicloud.ims.doctor"
CLOSED = "http://127.0.0.1:1"


@pytest.fixture
def timely() -> Iterator[RunningCloud]:
    with served(Simulator(RealClock(), seed=1)) as facts:
        yield RunningCloud(facts)


def report(played: Played) -> list[str]:
    [found] = played.of("account_info")
    return list(found["report"])


def test_a_healthy_account_is_told_in_a_few_lines(timely: RunningCloud) -> None:
    played = timely.succeed(DOCTOR)

    lines = report(played)
    assert lines[0].startswith(f"huaweicloud.ims {changelog.version()}, ansible-core 2.")
    assert lines[1] == "ok       credentials: environment HW_ACCESS_KEY and HW_SECRET_KEY"
    assert lines[-1].startswith("unknown  writes: not tried")
    assert not any("->" in line for line in lines)
    assert len(lines) == 12
    # As lines of their own, not as JSON.
    assert "\n".join(lines) in played.output
    assert played.changed == 0
    assert played.stats == {"ims_healthy": True}
    assert timely.writes() == []
    assert played.output.count("\n") < 40


def test_the_findings_are_shown_in_every_way_of_running(timely: RunningCloud) -> None:
    for more in (["--check"], ["-e", "huaweicloud_ims_in_process=false"], ["-vvvv"]):
        played = timely.succeed(DOCTOR, *more)

        assert "\n".join(report(played)) in played.output


def test_output_that_a_program_reads_has_no_lines_between(timely: RunningCloud) -> None:
    played = timely.play(DOCTOR, ANSIBLE_STDOUT_CALLBACK="minimal")

    assert not set(report(played)).intersection(played.output.splitlines())


def test_all_that_is_wrong_is_told_at_once_and_the_play_fails(timely: RunningCloud) -> None:
    timely.faults(switches={"clock_skew": 3600})
    region = timely.facts["region"].upper().replace("-", "_")

    played = timely.play(
        DOCTOR,
        "-vvv",
        **{
            "HW_SECRET_KEY": "wrong-secret-key-0123",
            f"HUAWEICLOUD_SDK_REGION_EVS_{region}": CLOSED,
        },
    )

    lines = [line.split(":")[0] for line in report(played)]
    assert played.returncode != 0
    assert {"problem  credentials", "problem  clock", "warning  endpoint evs"} <= set(lines)
    assert "ok       endpoint iam, ims, ecs and cbr" in lines
    assert played.message == "Something is wrong with: credentials, clock. See above."
    assert played.stats == {"ims_healthy": False}
    assert leaks(played.output, ["wrong-secret-key-0123", timely.facts["access_key"]]) == []


def test_refusals_and_a_wrong_project_are_told_with_what_to_do(timely: RunningCloud) -> None:
    project = timely.facts["others"]["agency"]["project_id"]
    refused = timely.play(DOCTOR, "-e", f"project_id={project}")
    timely.faults(rules=[{"service": "ecs", "action": "answer", "status": 403, "code": "X.1"}])
    hindered = timely.succeed(DOCTOR, "-e", "project_id=")

    assert refused.message.startswith("Something is wrong with: project")
    assert any("Set project_id or project_name to one of" in line for line in report(refused))
    assert any("warning  list servers" in line for line in report(hindered))
    assert any("Have ecs:cloudServers:list granted" in line for line in report(hindered))
    assert any("whole_image and image_batch: lacks" in line for line in report(hindered))


def test_an_unknown_region_is_told_with_what_to_set(timely: RunningCloud) -> None:
    played = timely.play(DOCTOR, "-e", "region=eu-dd")

    assert played.returncode != 0
    told = "problem  region: The address of ims in region 'eu-dd' is not known"
    assert any(line.startswith(told) for line in report(played))
    assert timely.requests() == []
