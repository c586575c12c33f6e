# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of all unit tests."""

from __future__ import annotations

from collections import Counter

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import password_proof, store
from ansible_collections.huaweicloud.ims.tools.places import BUILD
from hypothesis import HealthCheck, configuration, settings

# What hypothesis caches belongs to what is built, not to the sources.
configuration.set_hypothesis_home_dir(BUILD / "hypothesis")
# The same examples in each run, on each machine; nothing is kept on disk.
settings.register_profile(
    "ours",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ours")

# Tests share nothing through the memory of this machine, only through a directory that they name.
store.SHARED_MEMORY = "/dev/null"

# Whoever logs in with a password proves it in no time.
password_proof._MEMORY_COST = 2

COUNTED = ("spoilt answers", "tasks that got spoilt answers")


def pytest_configure(config: pytest.Config) -> None:
    """Keep ansible-test from forking for each test.

    That isolates tests that change what all share. Ours do not: plain pytest runs them in one
    process. In forks of their own they would also prepare the simulator anew, for twice the time.
    """
    forking = config.pluginmanager.get_plugin("ansible_forked")
    if forking is not None:
        config.pluginmanager.unregister(forking)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tells how many answers were spoilt (`test_spoilt_*.py`)."""
    counts: Counter[str] = Counter()
    for report in terminalreporter.getreports(""):
        if report.when == "teardown":
            counts.update({what: n for what, n in report.user_properties if what in COUNTED})
    for what, number in counts.items():
        terminalreporter.write_line(f"{what}: {number}")
