# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulator for the whole run, reset for every test, and the clients aimed at it."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator, Mapping
from typing import Any

import openstack
import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from openstack.connection import Connection

from .running import RunningSimulator
from .sdk import Sdk

# The disputed behaviours are drawn from the seed; a failure is repeated by setting it.
SEED_VARIABLE = "IMS_CONTRACT_SEED"
TIME_SCALE = 600.0


def pytest_configure(config: pytest.Config) -> None:
    # Both clients announce plans for their own calls and for their own insides.
    config.addinivalue_line("filterwarnings", "ignore::DeprecationWarning:huaweicloudsdk.*")
    config.addinivalue_line("filterwarnings", "ignore::PendingDeprecationWarning")


@pytest.fixture(scope="session")
def seed() -> int:
    return int(os.environ.get(SEED_VARIABLE) or random.SystemRandom().randrange(1, 10_000))


@pytest.fixture(scope="session", autouse=True)
def _plain_environment() -> Iterator[None]:
    """Proxies, ~/.netrc and credentials of the person at the keyboard stay out of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "*")
        patch.setenv("no_proxy", "*")
        patch.setenv("NETRC", os.devnull)
        for name in list(os.environ):
            if name.startswith(("OS_", "HW_", "HUAWEICLOUD_")):
                patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def _simulator(seed: int, request: pytest.FixtureRequest) -> Iterator[RunningSimulator]:
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line(f"simulator: {SEED_VARIABLE}={seed}, time scale {TIME_SCALE:g}")
    # A killed run must not leave the simulator behind: SIGTERM ends it like Ctrl-C does.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    running = RunningSimulator(seed, TIME_SCALE)
    try:
        yield running
    finally:
        running.stop()
        signal.signal(signal.SIGTERM, before)


@pytest.fixture
def simulator(_simulator: RunningSimulator) -> RunningSimulator:
    """The nasty cloud, with the behaviours that the documents dispute drawn from the seed."""
    _simulator.reset()
    _simulator.switch(disputed="seeded")
    return _simulator


@pytest.fixture(scope="session")
def _sdk(_simulator: RunningSimulator) -> Iterator[Sdk]:
    facts = _simulator.facts
    credentials = BasicCredentials(facts["access_key"], facts["secret_key"], facts["project_id"])
    sdk = Sdk(facts["url"], credentials)
    yield sdk
    sdk.close()


@pytest.fixture
def sdk(_sdk: Sdk, simulator: RunningSimulator) -> Sdk:
    """The vendor's SDK signing with the account's permanent keys."""
    return _sdk


def connect_openstack(facts: Mapping[str, Any], **options: str) -> Connection:
    return openstack.connect(
        load_yaml_config=False,
        load_envvars=False,
        auth_type="password",
        auth={
            "auth_url": facts["auth_url"],
            "username": facts["username"],
            "password": facts["password"],
            "user_domain_name": facts["domain_name"],
            "project_name": facts["project_name"],
            "project_domain_name": facts["domain_name"],
        },
        region_name=facts["region"],
        interface="public",
        identity_api_version="3",
        **options,
    )


@pytest.fixture
def cloud(simulator: RunningSimulator) -> Iterator[Connection]:
    """openstacksdk, logged in with the password; everything else it finds in the catalogue."""
    with connect_openstack(simulator.facts) as connection:
        yield connection
