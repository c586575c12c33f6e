# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An old image gives way to a new one: killed at whatever request, the same task finishes it.

Each task is run as often as it has different requests; the n-th time it is killed at the n-th, once
the cloud has taken it and before the task sees the answer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.simulator import ManualClock, Simulator

from .conftest import Cloud, ok
from .kinds import NAME, task

DAY = 86400.0
MOST = 50  # different requests of a task


class Killed(BaseException):
    """The task ends here."""


class _Deadly(Cloud):
    """A cloud whose tasks are killed at a request."""

    def killed_at(self, number: int, module: str, **arguments: Any) -> bool:
        """False if the task had no such request; polls are one."""
        seen: set[str] = set()
        handle = self.simulator.app

        def app(environ: Any, start_response: Any) -> Any:
            answer = handle(environ, start_response)
            seen.add(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
            if len(seen) == number:
                raise Killed
            return answer

        self.simulator.app = app
        try:
            self.run(module, **arguments)
        except Killed:
            return True
        finally:
            self.simulator.app = handle
        return False


Wish = tuple[str, dict[str, Any], dict[str, Any]]
# What is there before -> what is wanted in its place, and what becomes of it: (kind, of the old
# image, of the new one).
WISHES: dict[str, Wish] = {
    "a copy replaced": (
        "image",
        {"source_image": "limited-image"},
        {"if_source_differs": "replace"},
    ),
    "a whole image replaced": (
        "server",
        {"instance": "web-01-old", "vault": None},
        {"if_source_differs": "replace"},
    ),
    "an export baked again": ("disk", {}, {"max_age": "1d"}),
    "a copy baked again": ("image", {}, {"max_age": "1d"}),
}


@pytest.mark.parametrize("names", ["allowed", "refused"])
@pytest.mark.parametrize("wish", WISHES.values(), ids=WISHES)
def test_whenever_it_is_killed_the_next_run_finishes_it(
    tmp_path: Path, wish: Wish, names: str
) -> None:
    _assert_finished_whenever_killed(tmp_path, wish, NAME, duplicate_names=names)


def test_also_if_only_the_create_record_knows_whose_the_renamed_image_is(tmp_path: Path) -> None:
    """Its name had to be cut, and the cloud takes no attributes."""
    _assert_finished_whenever_killed(
        tmp_path,
        WISHES["a copy replaced"],
        "w" * 120,
        duplicate_names="refused",
        new_attributes="refused",
    )


def _assert_finished_whenever_killed(
    tmp_path: Path, wish: Wish, name: str, **switches: str
) -> None:
    kind, before, wanted = wish

    def prepared(store: Path) -> tuple[_Deadly, str]:
        cloud = _Deadly(Simulator(clock=ManualClock(), seed=1), {"XDG_CACHE_HOME": str(store)})
        cloud.switch(**switches)
        module, arguments = task(kind, name=name, **before)
        old = ok(cloud.run(module, **{k: v for k, v in arguments.items() if v is not None}))
        cloud.clock.advance(2 * DAY)
        return cloud, old["image_id"]

    module, arguments = task(kind, name=name, **wanted)
    for number in range(1, MOST):
        cloud, old = prepared(tmp_path / str(number))
        killed = cloud.killed_at(number, module, **arguments)
        if not killed:
            assert number > 5  # so it was killed that often
            break
        _assert_one_is_active(cloud, name)

        result = ok(cloud.run(module, **arguments))

        [image] = cloud.images(name)
        assert image["id"] == result["image_id"] != old, number
        assert image["status"] == "active"
        everything = cloud.simulator.things("images")
        assert not [i for i in everything if "-replaced-" in i["name"] and not i["deleted"]], number
        assert not ok(cloud.run(module, **arguments))["changed"], number
    else:
        pytest.fail("the task has no end")


def _assert_one_is_active(cloud: Cloud, name: str) -> None:
    """Under its name or, where names are unique, while it makes room."""
    images = cloud.simulator.things("images")
    active = [i["name"] for i in images if i["status"] == "active" and not i["deleted"]]
    assert [one for one in active if one in (name, f"{name[:110]}-replaced-{one[-8:]}")]
