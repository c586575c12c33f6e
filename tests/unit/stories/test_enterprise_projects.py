# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names are looked up in all enterprise projects, by users who may see only some of them, and on
clouds that know no enterprise projects."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Cloud, ok
from .kinds import NAME

Json = dict[str, Any]

NAMED: dict[str, tuple[str, Json]] = {
    "disk": ("volume_image_export", {"volume": "data-available"}),
    "server": ("whole_image", {"instance": "web-01"}),
    "server and vault": ("whole_image", {"instance": "app.v1", "vault": "vault-empty"}),
    "backup": ("whole_image", {"backup": "web-01-backup"}),
}
every_name = pytest.mark.parametrize("named", NAMED)
LISTS = ("/cloudvolumes/detail", "/cloudservers/detail", "/vaults", "/backups")


def lists(cloud: Cloud) -> list[str | None]:
    """The enterprise projects that the lists of disks, servers, vaults and backups named."""
    return [
        entry["query"].get("enterprise_project_id")
        for entry in cloud.simulator.requests
        if entry["method"] == "GET" and entry["path"].endswith(LISTS)
    ]


@every_name
def test_who_may_see_only_some_enterprise_projects_gives_names(cloud: Cloud, named: str) -> None:
    cloud.switch(lookups_without_project="refused")
    module, arguments = NAMED[named]

    result = ok(cloud.run(module, name=NAME, **arguments))

    assert result["changed"]
    assert set(lists(cloud)) == {"all_granted_eps"}


@every_name
@pytest.mark.parametrize("how", ["refused", "empty"])
def test_a_cloud_without_enterprise_projects_finds_names(
    cloud: Cloud, named: str, how: str
) -> None:
    cloud.switch(lookups_of_all_projects=how)
    module, arguments = NAMED[named]

    assert ok(cloud.run(module, name=NAME, **arguments))["changed"]


@every_name
def test_a_name_that_is_there_costs_no_more_requests(cloud: Cloud, named: str) -> None:
    module, arguments = NAMED[named]

    ok(cloud.run(module, name=NAME, check_mode=True, **arguments))

    asked = lists(cloud)
    assert None not in asked
    assert len(asked) == {"disk": 1, "server": 3, "server and vault": 3, "backup": 1}[named]
