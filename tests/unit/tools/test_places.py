# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the programs that the tools start get to see, and what is left of them."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from ansible_collections.huaweicloud.ims.tools import places
from ansible_collections.huaweicloud.ims.tools.places import Place

# Starts a process that leaves the group, says its number and stays, as ansible-playbook does.
_RUNAWAY = """
import subprocess, sys
child = subprocess.Popen(["sleep", "300"], start_new_session=True)
print(child.pid, flush=True)
child.wait()
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "venv", tmp_path / "home", pythons=["/opt/python3.12/bin"])


def test_credentials_of_the_person_at_the_terminal_stay_out(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HUAWEICLOUD_SDK_AK", "HW_ACCESS_KEY", "OS_PASSWORD", "ANSIBLE_CONFIG"):
        monkeypatch.setenv(name, "mine")

    assert "mine" not in place.environ().values()


def test_everything_personal_is_below_the_home_of_the_place(place: Place) -> None:
    environ = place.environ()

    assert environ["HOME"] == str(place.home)
    assert Path(environ["ANSIBLE_HOME"]).is_relative_to(place.home)


def test_a_proxy_is_not_asked_for_the_simulator(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "registry.internal")

    assert place.environ()["NO_PROXY"] == "registry.internal,127.0.0.1,localhost"


def test_own_programs_come_before_other_interpreters_and_names_of_pyenv_not_at_all(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/somebody/.pyenv/shims:/usr/bin")

    assert place.environ()["PATH"].split(os.pathsep) == [
        str(place.venv / "bin"),
        "/opt/python3.12/bin",
        "/usr/bin",
    ]


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux")
def test_a_stopped_program_leaves_no_process_behind(place: Place, tmp_path: Path) -> None:
    process = places.start(
        [sys.executable, "-c", _RUNAWAY], place, cwd=tmp_path, stdout=subprocess.PIPE, stderr=2
    )
    assert process.stdout is not None
    runaway = os.pidfd_open(int(process.stdout.readline()))

    places.stop(process)

    ended, _writable, _errors = select.select([runaway], [], [], 10)
    os.close(runaway)
    assert ended == [runaway]


def test_once_a_run_is_broken_off_nothing_is_started_any_more(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "_over", threading.Event())

    places.stop_all()

    with pytest.raises(RuntimeError, match="broken off"):
        places.start([sys.executable, "-V"], place, cwd=tmp_path, stdout=1, stderr=2)


# Writes a file when it is interrupted, as a test runner writes its report.
_RUNNER = """
import sys, time
print("two tests passed", flush=True)
try:
    time.sleep(300)
except KeyboardInterrupt:
    open(sys.argv[1], "w").write("report")
"""


def test_a_program_that_stands_still_is_interrupted_so_that_it_can_report(
    place: Place, tmp_path: Path
) -> None:
    report, path = tmp_path / "report", tmp_path / "log"

    with path.open("w") as log:
        command = [sys.executable, "-c", _RUNNER, str(report)]
        returncode = places.run(command, place, log, cwd=tmp_path, standstill=1)

    assert returncode == 1
    assert report.read_text() == "report"
    assert path.read_text().endswith("Stopped: it printed nothing for 1 seconds.\n")


def test_a_program_may_take_its_time_while_it_prints(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "_GLANCE", 0.1)
    talks = "import time\nfor _ in range(20):\n    print('.', flush=True)\n    time.sleep(0.2)"

    with (tmp_path / "log").open("w") as log:
        returncode = places.run(
            [sys.executable, "-c", talks], place, log, cwd=tmp_path, standstill=2
        )

    assert returncode == 0
