# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make demo` and `make simulator` show."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from ansible_collections.huaweicloud.ims.tests.system.commands import LIMIT, run
from ansible_collections.huaweicloud.ims.tools import account, places
from ansible_collections.huaweicloud.ims.tools.demo import tour
from ansible_collections.huaweicloud.ims.tools.places import ROOT, Place

# The cloud works ten times as fast as for a person who watches.
FAST = account.Visitor(variables={"TIME_SCALE": "600"})
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


@contextmanager
def _started(module: str) -> Iterator[subprocess.Popen[str]]:
    """A tool that is running, its output in a pipe; gone afterwards in any case.

    It hears Ctrl-C also where these tests were started in the background, which ignores it.
    """
    listen = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    start = f"import runpy; runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"
    command = [str(FAST.python), "-c", f"{listen}; {start}"]
    process = places.start(
        command, FAST, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        yield process
    finally:
        places.stop(process)


def _read_until(process: subprocess.Popen[str], pattern: str) -> str:
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if re.search(pattern, line):
            return text
    raise AssertionError(f"the output ended without {pattern!r}:\n{text}")


def _answers(url: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{url}/_sim/state", timeout=5):
            return True
    except urllib.error.URLError:
        return False


def _interrupt(process: subprocess.Popen[str]) -> None:
    """What Ctrl-C does."""
    os.killpg(process.pid, signal.SIGINT)


def test_the_demo_makes_six_images_and_then_changes_nothing() -> None:
    output = run([str(FAST.python), "-m", "tools.demo"], FAST)

    assert re.findall(r"\bchanged=(\d+)", output) == ["6", "0"]
    assert output.count(": changed, ") == output.count(": unchanged, ") == 6
    headings = re.findall(r"^(\d\. .*)\n=+$", output, re.MULTILINE)
    assert [heading[:2] for heading in headings] == ["1.", "2.", "3.", "4."]
    rows = re.findall(r"^ +(\S+) +changed +[\d.]+ s +unchanged +[\d.]+ s$", output, re.MULTILINE)
    assert len(set(rows)) == 6
    for told in ("export HW_ACCESS_KEY", "ansible-playbook huaweicloud.ims.whole_image"):
        assert told in output


@pytest.mark.parametrize(
    "second",
    [
        tour.PlayRun(1, [], 1.0),
        tour.PlayRun(0, [{"method": "PATCH", "path": "/", "status": 200}], 1.0),
    ],
    ids=["changed", "written"],
)
def test_the_demo_fails_if_the_second_run_does_anything(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], second: tour.PlayRun
) -> None:
    runs = iter([tour.PlayRun(6, [], 1.0), second])
    monkeypatch.setattr(tour, "_play", lambda _place, _url: next(runs))
    facts = {"region": "r", "endpoints": {}, "access_key": "a", "secret_key": "s", "url": "u"}

    with pytest.raises(tour.DemoFailure, match="second run"):
        tour.run_twice(facts)

    assert "as they should be" not in capsys.readouterr().out


def test_make_starts_the_demo_and_the_simulator() -> None:
    for target, module in (("demo", "tools.demo"), ("simulator", "tools.serve")):
        assert f".venv/bin/python -m {module}" in run(["make", "--dry-run", target], Place())


def test_an_interrupted_demo_leaves_nothing_behind() -> None:
    with _started("tools.demo") as process:
        url = ADDRESS.search(_read_until(process, r"A simulated cloud has started"))
        _read_until(process, r"^PLAY \[")

        _interrupt(process)

        output, _error = process.communicate(timeout=LIMIT)
        assert "Stopped." in output
        assert "Traceback" not in output
        assert process.returncode == 130
    assert url is not None
    assert not _answers(url.group())


def test_the_simulator_tells_how_to_reach_it_until_it_is_interrupted() -> None:
    with _started("tools.serve") as process:
        told = _read_until(process, r"What there is")
        variables = dict(re.findall(r"^export (\w+)=(.*)$", told, re.MULTILINE))
        visitor = account.Visitor(variables=variables)
        [command] = re.findall(r"^\.venv/bin/(ansible-playbook .*)$", told, re.MULTILINE)
        url = variables["HUAWEICLOUD_SDK_REGION_IMS_EU_WEST_101"]

        program, *arguments = command.split()
        output = run([visitor.program(program), *arguments], visitor)
        _interrupt(process)
        process.communicate(timeout=LIMIT)

    assert "changed=1" in output
    assert not _answers(url)
