# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes images of every kind in a simulated cloud, twice, and tells how to do it in a real one.

TIME_SCALE is how many times as fast as a real one the cloud works.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .. import account, environment, places, simulator
from ..places import BUILD, COLLECTIONS, ROOT, Place

_HERE = ROOT / "tools" / "demo"
_CHANGED = re.compile(r"^localhost\s.*\bchanged=(\d+)")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# The line of a playbook about its image (playbooks/tasks/publish.yml).
_OUTCOME = re.compile(r"\(item=(\S+) \(\S+\): (\w+), ([\d.]+) seconds\)")
_QUIET = {
    "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
    "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    "ANSIBLE_LOCALHOST_WARNING": "false",
}


class DemoFailure(Exception):
    """Something did not go as it should; the text says what."""


@dataclass(frozen=True)
class PlayRun:
    """What one run of the playbook did: tasks that changed something, what became of each image,
    what the cloud received."""

    changed: int
    requests: Sequence[Mapping[str, Any]]
    seconds: float
    outcomes: Mapping[str, str] = field(default_factory=dict)

    @property
    def refused(self) -> int:
        return sum(entry["status"] == 401 for entry in self.requests)

    @property
    def writes(self) -> list[str]:
        """What was more than a look, as "METHOD path"."""
        return [
            f"{entry['method']} {entry['path']}"
            for entry in self.requests
            if entry["method"] != "GET"
        ]


def main() -> int:
    """Return the exit code: 1 if the first run fails, or if the second run changes anything."""
    environment.link_collection()
    try:
        _demonstrate()
    except DemoFailure as failure:
        print(f"\nmake demo: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Nothing keeps running.", file=sys.stderr)
        return 130
    finally:
        places.stop_all()
    return 0


def _demonstrate() -> None:
    time_scale = float(os.environ.get("TIME_SCALE") or 60)
    log = BUILD / "logs" / "demo-simulator.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    _heading("1. A cloud on this machine")
    with (
        log.open("w", encoding="utf-8") as file,
        simulator.started(Place(), file, time_scale=time_scale, seed=1) as facts,
    ):
        _say(
            f"A simulated cloud has started at {facts['url']}. It checks signatures, answers late"
            f" and out of order as real ones do, and runs {time_scale:g} times as fast."
        )
        run_twice(facts)
    _tell_how_to_use_it_for_real()


def run_twice(facts: Mapping[str, Any]) -> None:
    """Run the playbook twice in the cloud that `facts` tell of. Raises DemoFailure."""
    visitor = account.Visitor(variables={**account.variables(facts), **_QUIET, **_colours()})
    _heading("2. A playbook creates six images")
    _say(
        "It finds an access key in the environment (HW_ACCESS_KEY, HW_SECRET_KEY), signs every"
        " request with it, and asks for the id of the project by the name of the region."
    )
    print("\n$ ansible-playbook tools/demo/playbook.yml -e @tools/demo/things.yml", flush=True)
    first = _play(visitor, str(facts["url"]))
    if not first.changed:
        raise DemoFailure("the first run made nothing")
    if first.refused:
        raise DemoFailure(f"the cloud refused the signature of {first.refused} requests")
    _say(
        f"In {first.seconds:.0f} seconds the cloud received {len(first.requests)} requests, and"
        " found every signature good. These are the ones that wrote: a POST makes an image, a PATCH"
        " sets what the POST cannot take, or notes the source where the cloud does not."
    )
    print("\n" + "\n".join(f"    {write}" for write in first.writes), flush=True)
    _heading("3. The same playbook again")
    second = _play(visitor, str(facts["url"]))
    if second.changed or second.writes:
        raise DemoFailure(
            f"the second run changed {second.changed} things and wrote {second.writes}; it should"
            " have found everything as it left it"
        )
    _say(
        f"In {second.seconds:.0f} seconds the cloud received {len(second.requests)} requests, and"
        " not one of them wrote anything: the six images are as they should be."
    )
    print(f"\n    {'image':<26}{'first run':<22}second run")
    for image, outcome in first.outcomes.items():
        print(f"    {image:<26}{outcome:<22}{second.outcomes.get(image, '')}")
    writes = len(first.writes)
    print(f"    {'requests that write':<26}{writes:<22}{len(second.writes)}", flush=True)


def _play(visitor: Place, url: str) -> PlayRun:
    """Run the playbook, everything it says straight to the terminal."""
    before = len(_requests(url))
    began = time.monotonic()
    command = [
        visitor.program("ansible-playbook"),
        str(_HERE / "playbook.yml"),
        *("-e", f"@{_HERE / 'things.yml'}"),
    ]
    visitor.home.mkdir(parents=True, exist_ok=True)
    process = places.start(
        command, visitor, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    changed, outcomes = 0, dict[str, str]()
    try:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            plain = _COLOUR.sub("", line)
            found = _CHANGED.search(plain)
            changed = int(found.group(1)) if found else changed
            outcomes.update(
                (image, f"{outcome:<10}{float(seconds):5.1f} s")
                for image, outcome, seconds in _OUTCOME.findall(plain)
            )
        if process.wait():
            raise DemoFailure("the playbook failed; the output above says why")
    finally:
        places.stop(process)
    return PlayRun(changed, _requests(url)[before:], time.monotonic() - began, outcomes)


def _requests(url: str) -> list[dict[str, Any]]:
    """Return what the cloud has received since it started."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(f"{url}/_sim/requests", timeout=30) as answer:
        received: list[dict[str, Any]] = json.load(answer)
    return received


def _colours() -> dict[str, str]:
    """Return the variables that make Ansible colour its lines though they pass through here."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return {}
    return {"ANSIBLE_NOCOLOR": "0", "ANSIBLE_FORCE_COLOR": "1"}


def _heading(text: str) -> None:
    print(f"\n{text}\n{'=' * len(text)}", flush=True)


def _say(text: str) -> None:
    print(f"\n{textwrap.fill(text, 80, break_on_hyphens=False)}", flush=True)


def _tell_how_to_use_it_for_real() -> None:
    _heading("4. The same on your account")
    print(f"""
Set your credentials and the path of the collection (README.md lists other ways to authenticate):

    export HW_ACCESS_KEY=<access key> HW_SECRET_KEY=<secret key> HW_REGION_NAME=<region>
    export ANSIBLE_COLLECTIONS_PATH={COLLECTIONS}
    export PATH={ROOT}/.venv/bin:$PATH

Create an image of one of your servers; --check --diff only shows what would happen:

    ansible-playbook huaweicloud.ims.whole_image -e image_name=first -e instance=<server>

Or create all six images, from the resources that you name in a copy of things.yml:

    cp tools/demo/things.yml ~/things.yml
    ansible-playbook tools/demo/playbook.yml -e @~/things.yml

The cloud charges for images and for the backups behind them.""")
