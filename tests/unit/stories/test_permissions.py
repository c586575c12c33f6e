# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of permissions that account_info shows, beside what there is and what is really asked
for: by the modules that there are, their roles, and what the cloud's journal says of their work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.plugins.module_utils._diagnostics.permissions import (
    LOOKUPS,
    MODULES,
    ROLES,
)
from ansible_collections.huaweicloud.ims.plugins.plugin_utils.role_plan import (
    plan_golden_images,
    plan_imports,
)
from ansible_collections.huaweicloud.ims.tests.samples import (
    BACKUP,
    CENTOS,
    FILE,
    IMAGE,
    KEY,
    SERVER,
    VAULT,
    VOLUME,
)

from .conftest import Cloud, ok
from .kinds import NAME

ROOT = Path(__file__).resolve().parents[3]
PREFIX = "huaweicloud.ims."
# They look for what is wrong, with the look-ups of the others, and at a server from within.
WITHOUT_NEEDS = {"account_info", "prepare_guest"}
LOOKS: dict[str, Any] = {"description": "changed", "min_ram": 1024, "image_tags": {"a": "b"}}
GONE: dict[str, Any] = {"name": NAME, "state": "absent"}
# A file for data disks needs another permission than one for system disks; the simulator has one
# name for the call. Backups of CSBS are asked for by those only who still have some.
NOT_TOLD_APART = {"ims:dataImages:create"}
OLD_SERVICE = "csbs:"
# What golden_image gives to its plan by default.
GOLDEN: dict[str, Any] = {
    "date": "2026-01-02",
    "name_template": "{family}-{date}",
    "image_tags": {},
    "delete_backup": False,
    "retention": {},
    "keep": [],
}


def test_each_module_has_its_needs() -> None:
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")} - {"__init__"}

    missing = MODULES.keys() ^ (modules - WITHOUT_NEEDS)
    assert not missing, (
        f"{sorted(missing)}: add the PERMISSIONS of the module to MODULES in"
        " plugins/module_utils/_diagnostics/permissions.py"
    )
    assert {one for needs in MODULES.values() for one in needs.lookups} == LOOKUPS.keys()
    assert MODULES.keys() == WORK.keys(), (
        f"{sorted(MODULES.keys() ^ WORK.keys())}: add to WORK in {__file__} tasks that need each"
        " of the permissions of the module"
    )


def called(tasks: Any) -> set[str]:
    """What a list of tasks calls of this collection: modules, and roles as `role <name>`."""
    found = set()
    for task in tasks:
        for key, value in task.items():
            if key in ("block", "rescue", "always"):
                found |= called(value)
            elif key.endswith(("include_role", "import_role")):
                found.add("role " + value["name"].removeprefix(PREFIX))
            elif key.startswith(PREFIX):
                found.add(key.removeprefix(PREFIX))
    return found


def makers() -> dict[str, set[str]]:
    """The modules that a role names in the images of its image_batch task."""
    golden = {**GOLDEN, "servers": ["a"], "backups": ["b"], "disks": ["c"], "cmk_id": KEY}
    file = {"image_url": FILE, "min_disk": 40, "os_version": CENTOS}
    plans = {
        "golden_image": plan_golden_images(golden),
        "image_import": plan_imports([file]),
    }
    return {role: {name for one in plan["images"] for name in one} for role, plan in plans.items()}


def modules_of(role: str) -> set[str]:
    """The modules that a role calls, and the roles that it includes."""
    folder = ROOT / "roles" / role / "tasks"
    calls = {name for path in folder.glob("*.yml") for name in called(yaml.safe_load(path.open()))}
    roles = {name for name in calls if name.startswith("role ")}
    if "image_batch" in calls:
        calls = calls - {"image_batch"} | makers()[role]
    return (calls - roles).union(*(modules_of(name.removeprefix("role ")) for name in roles))


def test_each_role_has_the_needs_of_the_modules_that_it_calls() -> None:
    roles = {path.name for path in (ROOT / "roles").iterdir()}

    assert ROLES.keys() == roles
    for role in roles:
        assert set(ROLES[role]) == modules_of(role) - WITHOUT_NEEDS


# --- what is really asked for


def good(cloud: Cloud, module: str, **arguments: Any) -> dict[str, Any]:
    return ok(cloud.run(module, **arguments))


def finish(cloud: Cloud, module: str, **arguments: Any) -> dict[str, Any]:
    """Starts an image without waiting, outside of what is looked at."""
    started = good(cloud, module, name=NAME, wait=False, **arguments)
    cloud.forget_requests()
    return started


def leave_a_backup(cloud: Cloud) -> None:
    """The next image that is deleted leaves its backup behind, which then has to go by itself."""
    left = {"action": "answer", "status": 400, "code": "IMG.0176", "handled": True, "times": 1}
    cloud.rules({"method": "DELETE", "path": "^/v2/images/", **left})


def whole_images(cloud: Cloud) -> None:
    good(cloud, "whole_image", name=NAME, instance="web-01", **LOOKS)
    cloud.clock.advance(3600)
    replace = {"if_source_differs": "replace", "delete_backup": True}
    good(cloud, "whole_image", name=NAME, instance="web-01-old", **replace)
    leave_a_backup(cloud)
    good(cloud, "whole_image", **GONE, delete_backup=True)
    good(cloud, "whole_image", name=NAME, instance=SERVER, vault=VAULT)
    good(cloud, "whole_image", name=f"{NAME}-2", instance=SERVER, vault="vault-servers")
    good(cloud, "whole_image", name=f"{NAME}-3", backup=BACKUP)
    good(cloud, "whole_image", name=f"{NAME}-4", backup="nightly-1")


def exports(cloud: Cloud) -> None:
    good(cloud, "volume_image_export", name=NAME, volume=VOLUME, **LOOKS)
    good(cloud, "volume_image_export", name=f"{NAME}-2", volume="data-available")
    good(cloud, "volume_image_export", **GONE)


def copies(cloud: Cloud) -> None:
    good(cloud, "image_copy", name=NAME, source_image=IMAGE, **LOOKS)
    good(cloud, "image_copy", name=f"{NAME}-2", source_image="linux-base")
    good(cloud, "image_copy", **GONE)


def imports(cloud: Cloud) -> None:
    system = {"image_url": FILE, "min_disk": 40, "os_version": CENTOS}
    good(cloud, "quick_import", name=NAME, **system, **LOOKS)
    data = {"image_url": FILE, "min_disk": 40, "type": "DataImage"}
    good(cloud, "quick_import", name=f"{NAME}-2", **data)
    good(cloud, "quick_import", **GONE)


def changes(cloud: Cloud) -> None:
    good(cloud, "image", image="linux-base", **LOOKS)
    leave_a_backup(cloud)
    good(cloud, "image", image="whole-from-server", state="absent", delete_backup=True)


def lists(cloud: Cloud) -> None:
    good(cloud, "image_info", name="linux-base")
    good(cloud, "image_info", tag="tier=web")


def waits(cloud: Cloud) -> None:
    first = good(cloud, "whole_image", name=NAME, instance="web-01")
    assert first["image_id"]
    cloud.clock.advance(86400 * 2)
    disk = {"volume": "data-available", "wait": False}
    exported = good(cloud, "volume_image_export", name=f"{NAME}-disk", **disk)
    started = finish(
        cloud, "whole_image", instance="web-01", max_age="1d", delete_backup=True, **LOOKS
    )
    leave_a_backup(cloud)
    good(cloud, "image_wait", results=[exported, started])


def batches(cloud: Cloud) -> None:
    """What the makers do, in one task each."""
    good(cloud, "image_batch", images=[{"whole_image": {"name": NAME, "instance": "web-01"}}])
    cloud.clock.advance(86400 * 2)
    replaced = {"name": NAME, "instance": "web-01", "max_age": "1d", "delete_backup": True}
    leave_a_backup(cloud)
    system = {"image_url": FILE, "min_disk": 40, "os_version": CENTOS}
    data = {"image_url": FILE, "min_disk": 40, "type": "DataImage"}
    images = [
        {"whole_image": {**replaced, **LOOKS}},
        {"whole_image": {"name": "of-server", "instance": SERVER, "vault": "vault-servers"}},
        {"whole_image": {"name": "of-server-2", "instance": SERVER, "vault": VAULT}},
        {"whole_image": {"name": "of-backup", "backup": BACKUP}},
        {"whole_image": {"name": "of-backup-2", "backup": "nightly-1"}},
        {"volume_image_export": {"name": "data", "volume": VOLUME}},
        {"volume_image_export": {"name": "data-2", "volume": "data-available"}},
        {"image_copy": {"name": "data-copy", "source_image": "data"}},
        {"quick_import": {"name": "file", **system}},
        {"quick_import": {"name": "file-2", **data}},
    ]
    good(cloud, "image_batch", images=images)


def retains(cloud: Cloud) -> None:
    for number in range(3):
        good(cloud, "whole_image", name=f"web-{number}", instance="web-01")
        cloud.clock.advance(3600)
    cloud.forget_requests()
    leave_a_backup(cloud)
    families = [{"name": "web-[0-9]", "keep_newest": 1}]
    good(cloud, "image_retention", families=families, delete_backup=True)


WORK: dict[str, Callable[[Cloud], None]] = {
    "whole_image": whole_images,
    "volume_image_export": exports,
    "image_copy": copies,
    "quick_import": imports,
    "image": changes,
    "image_info": lists,
    "image_wait": waits,
    "image_batch": batches,
    "image_retention": retains,
}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_asks_for_what_the_table_says_and_for_nothing_else(
    cloud: Cloud, module: str
) -> None:
    WORK[module](cloud)

    needs = MODULES[module]
    told = {LOOKUPS[name].action for name in needs.lookups}.union(needs.writes)
    asked = {
        action
        for entry in cloud.simulator.requests
        if entry["service"] != "iam"
        for action in entry["actions"]
        if not action.startswith(OLD_SERVICE)
    }
    # The status of a job needs no permission, but the simulator has a name for each call.
    assert asked - told == set()
    assert told - asked - NOT_TOLD_APART == set()
