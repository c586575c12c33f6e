# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as users get it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import store
from ansible_collections.huaweicloud.ims.tests.system.cloud import RunningCloud
from ansible_collections.huaweicloud.ims.tests.system.commands import Package, run
from ansible_collections.huaweicloud.ims.tools import simulator
from ansible_collections.huaweicloud.ims.tools.places import Place

# Tests share nothing through the memory of this machine, only through a directory that they name.
store.SHARED_MEMORY = "/dev/null"

# Ten minutes of the cloud in a second: the shortest pause between two looks.
TIME_SCALE = 600


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """The collection, built from the checkout and installed into an empty folder."""
    place = Place()
    built = tmp_path_factory.mktemp("built")
    collections = tmp_path_factory.mktemp("collections")
    galaxy = [place.program("ansible-galaxy"), "collection"]
    run([*galaxy, "build", "--output-path", str(built)], place)
    (tarball,) = built.glob("*.tar.gz")
    install = [*galaxy, "install", "--offline", str(tarball), "-p", str(collections)]
    run(install, place, ANSIBLE_COLLECTIONS_PATH=str(collections))
    return Package(tarball, collections)


@pytest.fixture(scope="session")
def _running_cloud() -> Iterator[RunningCloud]:
    assert sys.__stderr__ is not None
    with simulator.started(Place(), sys.__stderr__, time_scale=TIME_SCALE, seed=1) as facts:
        yield RunningCloud(facts)


@pytest.fixture
def cloud(_running_cloud: RunningCloud, tmp_path_factory: pytest.TempPathFactory) -> RunningCloud:
    """A simulated cloud in its initial state."""
    _running_cloud.reset()
    return replace(_running_cloud, cache=tmp_path_factory.mktemp("cache"))
