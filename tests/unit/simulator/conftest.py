# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated clouds for the simulator's own tests; time is a matter of `clock.advance`."""

from __future__ import annotations

import pytest
from ansible_collections.huaweicloud.ims.tests.simulator import ManualClock, Simulator

from .client import Client


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def cloud(clock: ManualClock) -> Client:
    """A client of the cloud as it is by default: nasty."""
    return Client(Simulator(clock, seed=1), clock)


@pytest.fixture
def tame(clock: ManualClock) -> Client:
    """A client of a cloud that answers at once and always alike."""
    return Client(Simulator(clock, seed=1, tame=True), clock)
