# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments that outlive their process."""

from __future__ import annotations

import sys

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import clock as clocks
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.clock import (
    Moment,
    SystemClock,
)
from ansible_collections.huaweicloud.ims.tests.simulator import ManualClock


@pytest.mark.parametrize("step", [-86400.0, -0.5, 59.0, 86400.0])
def test_setting_the_clock_makes_nothing_older_or_younger(step: float) -> None:
    clock = ManualClock()
    moment = Moment.now(clock)

    clock.advance(7)
    clock.step(step)

    assert moment.age(clock) == 7


def test_across_a_reboot_the_clock_of_the_machine_counts() -> None:
    clock = ManualClock()
    moment = Moment.now(clock)

    clock.reboot()
    clock.advance(7)
    clock.step(10)

    assert moment.age(clock) == 17


@pytest.mark.parametrize("boots", [True, False])
def test_a_moment_in_the_future_is_now(boots: bool) -> None:
    clock = ManualClock()
    clock.boots = boots
    moment = Moment.now(clock)

    clock.reboot()
    clock.step(-60)

    assert moment.age(clock) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the boot clock is Linux's")
def test_linux_tells_its_boot_and_how_long_it_has_been_up() -> None:
    first, second = SystemClock().boot(), SystemClock().boot()

    assert first is not None
    assert second is not None
    assert first[0] == second[0] != ""
    assert 0 < first[1] <= second[1]


def test_a_system_without_a_boot_clock_has_the_clock_of_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clocks, "_BOOT_ID", "/nonexistent")

    assert SystemClock().boot() is None
    assert Moment.now(SystemClock()).boot is None
