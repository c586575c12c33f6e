# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role golden_image, from plays as users write them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.tests.samples import KEY
from ansible_collections.huaweicloud.ims.tests.system.cloud import RunningCloud, extra
from ansible_collections.huaweicloud.ims.tests.system.commands import LIMIT
from ansible_collections.huaweicloud.ims.tests.system.conftest import TIME_SCALE
from ansible_collections.huaweicloud.ims.tools import simulator
from ansible_collections.huaweicloud.ims.tools.places import Place

DATE = {"golden_image_date": "2026-01-02"}
# Nobody answers at these addresses (RFC 5737): whatever is not delegated fails.
INVENTORY = {
    "web": {
        "hosts": {
            "fleet-01": {"ansible_host": "192.0.2.1"},
            "fleet-02": {"ansible_host": "192.0.2.2"},
        },
        "vars": {"ansible_ssh_common_args": "-o ConnectTimeout=1", "ansible_become": True},
    }
}


def _play(
    folder: Path, hosts: str, inventory: Any = None, apply: Any = None, **variables: Any
) -> list[str]:
    """The command line that runs the role on `hosts` with `variables`, its tasks with `apply`."""
    role = {"name": "huaweicloud.ims.golden_image", "apply": apply or {}}
    task = {"ansible.builtin.include_role": role, "vars": {**DATE, **variables}}
    play = {"hosts": hosts, "gather_facts": False, "tasks": [task]}
    playbook, hosts_file = folder / "play.yml", folder / "inventory.json"
    playbook.write_text(yaml.safe_dump([play]))
    hosts_file.write_text(json.dumps(inventory or INVENTORY))
    return [str(playbook), "-i", str(hosts_file)]


def _made(cloud: RunningCloud, kinds: dict[str, str], changed: bool) -> dict[str, dict[str, Any]]:
    """What the role publishes of active images, by their names and kinds."""
    images = cloud.images()
    assert {images[name]["status"] for name in kinds} == {"active"}
    return {
        name: {
            "id": images[name]["id"],
            "kind": kind,
            "status": "active",
            "changed": changed,
            "msg": "",
        }
        for name, kind in kinds.items()
    }


def test_each_host_of_a_play_bakes_its_own_server(cloud: RunningCloud, tmp_path: Path) -> None:
    servers = [{"instance": "{{ inventory_hostname }}", "image_tags": {"tier": "web"}}]
    command = _play(tmp_path, "web", golden_image_servers=servers)

    first = cloud.succeed(*command)
    written = cloud.writes()
    second = cloud.succeed(*command)

    kinds = {"fleet-01-2026-01-02": "whole", "fleet-02-2026-01-02": "whole"}
    assert first.stats["golden_image_images"] == _made(cloud, kinds, changed=True)
    assert (second.changed, cloud.writes()) == (0, written)
    assert second.stats["golden_image_images"] == _made(cloud, kinds, changed=False)


def test_an_inventory_that_wants_privileges_for_localhost_is_not_heard(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    """What would ask for them fails here."""
    wanted = {
        "ansible_connection": "local",
        "ansible_become": True,
        "ansible_become_method": "ansible.builtin.su",
        "ansible_become_exe": "/bin/false",
        "ansible_become_user": "nobody",
    }
    inventory = {"all": {"hosts": {"localhost": wanted}}}
    disks = [{"volume": "data-available", "family": "shop"}]
    retention = {"keep_newest": 2}
    command = _play(
        *(tmp_path, "localhost", inventory),
        golden_image_disks=disks,
        golden_image_retention=retention,
    )

    played = cloud.succeed(*command)

    assert played.stats["golden_image_images"]["shop-2026-01-02"]["status"] == "active"
    where = command[1:]
    copy = ["huaweicloud.ims.image_copy", *extra(image_name="copied", source_image="linux-base")]
    cloud.succeed(*where, *copy)
    imported = [{"image_url": "my-bucket:web.zvhd2", "min_disk": 40, "type": "DataImage"}]
    files = extra(image_import_files=imported)
    roles = [{"role": "huaweicloud.ims.image_import"}]
    playbook = tmp_path / "import.yml"
    playbook.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "roles": roles}]))
    cloud.succeed(*where, str(playbook), *files, "--check")


def test_a_call_for_all_hosts_has_one_result(cloud: RunningCloud, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    command = _play(
        *(tmp_path, "web", INVENTORY, {"run_once": True}),
        golden_image_disks=[
            {"volume": "data-available", "family": "shop"},
            {"volume": "web-01-data", "force": True},
        ],
        golden_image_retention={"keep_newest": 2},
        golden_image_report=str(report),
    )

    played = cloud.succeed(*command)

    assert sorted(played.stats["golden_image_images"]) == [
        *("shop-2026-01-02", "web-01-data-2026-01-02")
    ]
    page = report.read_text("utf-8")
    assert page.count('shop-2026-01-02</bdi> <span class="pill good">active</span>') == 1


@pytest.mark.parametrize("options", [{}, {"golden_image_cmk_id": KEY}])
def test_a_controller_that_cannot_be_reached_is_a_failure(
    cloud: RunningCloud, tmp_path: Path, options: dict[str, Any]
) -> None:
    command = _play(
        *(tmp_path, "fleet-01", INVENTORY, {"ignore_unreachable": True}),
        golden_image_disks=[{"volume": "data-available"}],
        golden_image_retention={"keep_newest": 2},
        golden_image_delegate_to="fleet-02",
        **options,
    )

    played = cloud.play(*command)

    assert cloud.writes() == []
    assert played.returncode == 2
    assert "fleet-02" in played.message
    assert "unreachable" in played.message


def test_what_is_said_to_prepare_guest_is_said_under_vars(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    """As the documentation has it; beside `role` Ansible refuses what is no option of the role."""
    inventory = {"all": {"hosts": {"localhost": {"ansible_connection": "local"}}}}
    wanted = {
        "golden_image_prepare_guest": True,
        "golden_image_disks": [{"volume": "data-available"}],
    }
    said = {"prepare_guest_fail_on": [], "prepare_guest_become": False}
    command = _play(tmp_path, "localhost", inventory, **wanted, **said)
    predicted = cloud.succeed(*command, "--check")
    role = {"role": "huaweicloud.ims.golden_image", **wanted}
    plays = [{"hosts": "localhost", "gather_facts": False, "roles": [{**role, "vars": said}]}]
    (tmp_path / "play.yml").write_text(yaml.safe_dump(plays))
    also = cloud.succeed(*command, "--check")
    plays[0]["roles"] = [{**role, **said}]
    (tmp_path / "play.yml").write_text(yaml.safe_dump(plays))
    refused = cloud.play(*command, "--check")

    for played in (predicted, also):
        assert len(played.of("prepare_guest")) == 1
    assert refused.returncode == 2
    assert "prepare_guest_fail_on" in refused.message


def test_all_that_is_listed_is_started_at_once_exports_are_copied_and_old_images_go(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    """The role has a family of its own in the seed of the simulator: shop, until 2026-01-01."""
    command = _play(
        tmp_path,
        "localhost",
        golden_image_cmk_id=KEY,
        golden_image_servers=[{"instance": "web-01", "family": "shop", "vault": "vault-servers"}],
        golden_image_backups=[{"backup": "nightly-1", "family": "nightly", "min_ram": 2048}],
        golden_image_disks=[
            {"volume": "web-01-data", "family": "web-data", "force": True, "min_ram": 1024},
            {"volume": "data-available", "name": "plain", "cmk_id": ""},
        ],
        golden_image_retention={"keep_newest": 2},
        golden_image_keep=["shop-2025-12-28"],
    )

    predicted = cloud.succeed(*command, "--check")
    assert cloud.writes() == []
    first = cloud.succeed(*command)
    written = cloud.writes()

    kinds = {
        "shop-2026-01-02": "whole",
        "nightly-2026-01-02": "whole",
        "web-data-2026-01-02": "export",
        "plain": "export",
        "web-data-2026-01-02-encrypted": "copy",
    }
    assert first.stats["golden_image_images"] == _made(cloud, kinds, changed=True)
    creates = [call for call in written if call.endswith("/action") and "/tags/" not in call]
    assert len(creates) == 4
    assert sorted(creates) == sorted(written[:4])  # nothing was waited for in between
    images = cloud.images()
    copy = images["web-data-2026-01-02-encrypted"]["attributes"]
    assert copy["__system__cmkid"] == KEY
    assert copy["__originalimagename"] == images["web-data-2026-01-02"]["id"]
    assert images["web-data-2026-01-02-encrypted"]["min_ram"] == 1024
    assert images["nightly-2026-01-02"]["min_ram"] == 2048
    left = {name for name, image in images.items() if not image["deleted"]}
    shops = {name for name in left if name.startswith("shop-")}
    assert shops == {"shop-2026-01-02", "shop-2026-01-01", "shop-2025-12-28"}
    assert [image["name"] for image in first.stats["image_retention_deleted"]] == [
        *("shop-2025-12-31", "shop-2025-12-30", "shop-2025-12-29")
    ]
    assert predicted.changed > 0
    # Images that are only predicted count among the newest: what is said to go is what goes.
    assert predicted.stats["image_retention_deleted"] == first.stats["image_retention_deleted"]
    foretold = predicted.stats["golden_image_images"]
    assert {name: image["kind"] for name, image in foretold.items()} == kinds
    assert {(image["id"], image["changed"]) for image in foretold.values()} == {("", True)}
    assert {image["status"] for image in foretold.values()} == {"not_started"}
    for name, kind in kinds.items():
        assert f"{name} (no id yet): {kind}, would be created" in predicted.output
        assert f"{name} ({images[name]['id']}): {kind}, active, changed" in first.output


def test_what_fails_does_not_keep_the_others_nor_costs_an_old_image(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    command = _play(
        tmp_path,
        "localhost",
        golden_image_cmk_id=KEY,
        golden_image_servers=[{"instance": "fleet-01"}, {"instance": "broken-error"}],
        golden_image_disks=[
            {"volume": "data-available", "family": "shop"},
            {"volume": "data-error", "family": "lost"},
        ],
        golden_image_retention={"keep_newest": 1},
    )

    played = cloud.play(*command)

    assert played.returncode != 0
    outcomes = played.stats["golden_image_images"]
    assert {name: image["status"] for name, image in outcomes.items()} == {
        "fleet-01-2026-01-02": "active",
        "broken-error-2026-01-02": "failed",
        "shop-2026-01-02": "active",
        "lost-2026-01-02": "failed",
        "shop-2026-01-02-encrypted": "active",
        "lost-2026-01-02-encrypted": "skipped",
    }
    for lost in ("broken-error", "data-error"):
        assert lost in played.message
    assert "broken-error" in outcomes["broken-error-2026-01-02"]["msg"]
    assert not [call for call in cloud.writes() if call.startswith("DELETE")]


# How many lines a run prints at most beside one for each image: the names of tasks, and lines about
# all images.
OTHER_LINES = 60


# Ansible begins the line of each image with 25 characters of its own; a failure has no such lines.
@pytest.mark.parametrize(("failing", "most_characters"), [(True, 12_000), (False, 14_000)])
def test_a_hundred_images_print_at_most_a_line_each(
    tmp_path: Path, failing: bool, most_characters: int
) -> None:
    """Under Ansible's own callback, progress included."""
    assert sys.__stderr__ is not None
    simulated = simulator.started(Place(), sys.__stderr__, time_scale=TIME_SCALE, seed=1, fleet=100)
    with simulated as facts:
        cloud = RunningCloud(facts, cache=tmp_path / "cache")
        limits = {"image_quota": 1000, "create_limit": 200, "rate_limit": None}
        cloud.faults(switches=limits)
        disks = [f"fleet-data-{number:02d}" for number in range(1, 101 - failing)]
        disks += ["data-error"] if failing else []
        command = _play(tmp_path, "localhost", golden_image_disks=disks)

        played = cloud.play(*command)

        statuses = [image["status"] for image in played.stats["golden_image_images"].values()]
        assert (statuses.count("active"), len(statuses)) == (100 - failing, 100)
        assert (played.returncode != 0) == failing
        assert len(played.output) <= most_characters, played.output
        lines = played.output.splitlines()
        told = Counter(disk for disk in disks for line in lines if f"{disk}-2026-01-02" in line)
        assert told.pop("data-error", 1) <= 4  # ansible-core prints the message of a failure twice
        assert set(told.values()) <= {1}
        assert len(lines) <= 100 + OTHER_LINES


def test_check_mode_of_the_role_alone_predicts_copies_as_well(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    """Where the command itself does not run in check mode."""
    disks = [{"volume": "data-available", "family": "shop"}]
    command = _play(tmp_path, "localhost", golden_image_cmk_id=KEY, golden_image_disks=disks)
    [play] = yaml.safe_load((tmp_path / "play.yml").read_text())
    play["tasks"][0]["ansible.builtin.include_role"]["apply"] = {"check_mode": True}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))

    predicted = cloud.succeed(*command)

    assert cloud.writes() == []
    assert set(predicted.stats["golden_image_images"]) == {
        *("shop-2026-01-02", "shop-2026-01-02-encrypted")
    }
    copy = "shop-2026-01-02-encrypted (no id yet): copy, would be created"
    assert copy in predicted.output


def test_a_second_call_of_the_role_in_a_play_has_a_date_of_its_own(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    disk = {"family": "web", "if_source_differs": "replace"}
    calls = [
        {
            "ansible.builtin.import_role": {"name": "huaweicloud.ims.golden_image"},
            "vars": {
                "golden_image_disks": [{"volume": volume, **disk}],
                "golden_image_date": date,
            },
        }
        for volume, date in (("data-available", "1.0"), ("data-available-2", "2.0"))
    ]
    play = {"hosts": "localhost", "gather_facts": False, "tasks": calls}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))

    cloud.succeed(str(tmp_path / "play.yml"))

    made = [image for image in cloud.state()["images"] if image["name"].startswith("web-")]
    assert sorted(image["name"] for image in made if not image["deleted"]) == ["web-1.0", "web-2.0"]
    assert not [call for call in cloud.writes() if call.startswith("DELETE")]


@pytest.mark.parametrize(
    "disk",
    [{"name": "shop-2026-01-02"}, {"family": "nobody", "copy_name": "shop-2026-01-02"}],
    ids=["image", "copy"],
)
def test_a_name_of_its_own_means_no_family_even_if_it_looks_like_one(
    cloud: RunningCloud, tmp_path: Path, disk: dict[str, Any]
) -> None:
    """The seed of the simulator has images shop-<date>, which nobody has asked to delete."""
    cloud.succeed(
        *_play(
            tmp_path,
            "localhost",
            golden_image_cmk_id=KEY,
            golden_image_disks=[{"volume": "data-available", **disk}],
            golden_image_retention={"keep_newest": 1},
        )
    )

    assert cloud.images()["shop-2026-01-02"]["status"] == "active"
    assert not [call for call in cloud.writes() if call.startswith("DELETE")]


def test_a_run_that_was_killed_and_started_again_makes_one_image(cloud: RunningCloud) -> None:
    """As AWX does it: the same job, on the same day, with nothing left of the first but what the
    cloud knows."""
    command = ["huaweicloud.ims.golden_image", "-e", "servers=fleet-03", "-e", "date=2026-01-02"]
    place = cloud.place()
    killed = subprocess.Popen(
        [place.program("ansible-playbook"), *command],
        env=place.environ(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        until = time.monotonic() + LIMIT
        while not cloud.writes():
            assert time.monotonic() < until
            time.sleep(0.05)
    finally:
        os.killpg(killed.pid, signal.SIGKILL)
        killed.wait()
    cloud.forget_notes()

    again = cloud.succeed(*command)

    made = [call for call in cloud.writes() if call.endswith("/wholeimages/action")]
    assert len(made) == 1
    [image] = again.stats["golden_image_images"].values()
    images = [image["name"] for image in cloud.state()["images"]]
    assert images.count("fleet-03-2026-01-02") == 1
    assert (
        image
        == _made(cloud, {"fleet-03-2026-01-02": "whole"}, changed=image["changed"])[
            "fleet-03-2026-01-02"
        ]
    )


def test_nightly_images_under_one_name_are_made_anew_when_they_are_old(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    nightly = {"volume": "data-available", "name": "nightly", "max_age": "1h"}
    command = _play(tmp_path, "localhost", golden_image_disks=[nightly], golden_image_cmk_id=KEY)
    first = cloud.succeed(*command)
    nightly["max_age"] = "1s"
    anew = _play(tmp_path, "localhost", golden_image_disks=[nightly], golden_image_cmk_id=KEY)

    second = cloud.succeed(*anew)

    before, after = (run.stats["golden_image_images"] for run in (first, second))
    assert sorted(after) == ["nightly", "nightly-encrypted"]
    for name in after:
        assert after[name]["id"] != before[name]["id"]
        assert after[name]["status"] == "active"
    left = [image["name"] for image in cloud.state()["images"] if not image["deleted"]]
    assert (left.count("nightly"), left.count("nightly-encrypted")) == (1, 1)


def test_the_backup_of_an_image_that_is_made_anew_goes_with_it_if_that_is_wanted(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    nightly = {"instance": "web-01", "name": "nightly", "max_age": "1s"}
    variables = {"golden_image_servers": [nightly], "golden_image_delete_backup": True}
    command = _play(tmp_path, "localhost", **variables)
    before = {backup["id"] for backup in cloud.state()["backups"]}

    made = [cloud.succeed(*command).stats["golden_image_images"]["nightly"] for _run in range(2)]

    left = {backup["id"] for backup in cloud.state()["backups"]} - before
    assert made[0]["id"] != made[1]["id"]
    assert len(left) == 1


def _empty(kind: str, source: str, **entry: Any) -> dict[str, Any]:
    return {f"golden_image_{kind}": [{source: "web-01", **entry}]}


EMPTY: dict[str, tuple[dict[str, Any], str]] = {
    "an empty family": (_empty("servers", "instance", family=""), "family"),
    "a family of null": (_empty("backups", "backup", family=None), "family"),
    "an empty name": (_empty("disks", "volume", name=""), "name"),
    "an empty server": ({"golden_image_servers": [{"instance": ""}]}, "instance"),
    "a disk of null": ({"golden_image_disks": [{"volume": None}]}, "volume"),
    "an empty age": (_empty("backups", "backup", max_age=""), "max_age"),
    "text of a list": ({"golden_image_servers": "{'instance': 'web-01'}"}, "golden_image_servers"),
    "a name in place of a list": (
        {**_empty("servers", "instance"), "golden_image_keep": "linux-base"},
        "golden_image_keep",
    ),
    "an empty name of a copy": (_empty("disks", "volume", copy_name=""), "copy_name"),
    **{
        f"a rule of {value!r}": (
            {
                **_empty("servers", "instance"),
                "golden_image_retention": {"keep_newest": 1, "keep_younger_than": value},
            },
            "keep_younger_than",
        )
        for value in ("", None)
    },
    "an empty entry of keep": (
        {**_empty("servers", "instance"), "golden_image_keep": ["shop-2025-12-28", ""]},
        "golden_image_keep",
    ),
}


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({}, "golden_image_servers"),
        ({"golden_image_servers": [{"family": "web"}]}, "instance"),
        ({"golden_image_disks": [{"volume": "web-01-data", "disk_format": "vmdk"}]}, "disk_format"),
        *EMPTY.values(),
    ],
    ids=["nothing to make", "no server", "unknown format", *EMPTY],
)
def test_wrong_variables_are_named_before_anything_is_asked(
    cloud: RunningCloud, tmp_path: Path, variables: dict[str, Any], named: str
) -> None:
    played = cloud.play(*_play(tmp_path, "localhost", **variables))

    assert played.returncode != 0
    assert named in str([line["result"] for line in played.results if line["status"] == "failed"])
    assert cloud.requests() == []


def test_the_playbook_hands_everything_on(cloud: RunningCloud) -> None:
    options = {"image_tags": '{"tier": "web"}', "max_age": "", "min_ram": "2048"}
    retention = {"keep_newest": "1", "keep": "shop-2025-12-28,shop-2025-12-30"}

    predicted = cloud.succeed(
        *("huaweicloud.ims.golden_image", "--check", "--diff"),
        *("-e", "servers='web-01, web-01-old'", "-e", "backups=nightly-1", "-e", "date=2026-01-02"),
        *extra(cmk_id=KEY, **options, **retention),
        *extra(disks=[{"volume": "web-01-data", "family": "shop", "force": True}]),
    )

    assert cloud.writes() == []
    [result] = predicted.of("image_batch")
    wanted = result["diff"]["after"]["images"]
    assert [image["name"] for image in wanted] == [
        *("web-01-2026-01-02", "web-01-old-2026-01-02", "nightly-1-2026-01-02"),
        *("shop-2026-01-02", "shop-2026-01-02-encrypted"),
    ]
    assert [image["tags"] for image in wanted[:3]] == [{"tier": "web"}] * 3
    assert [image["min_ram"] for image in wanted[:3]] == [2048] * 3
    assert [image["name"] for image in predicted.stats["image_retention_deleted"]] == [
        *("shop-2026-01-01", "shop-2025-12-31", "shop-2025-12-29")
    ]


@pytest.mark.parametrize(
    "servers",
    [
        "fleet-01\nfleet-02 ,\n",
        '["fleet-01", {"instance": "fleet-02"}]',
        "- fleet-01\n- instance: fleet-02",
        ["fleet-01", {"instance": "fleet-02"}],
    ],
    ids=["lines", "list in JSON", "list in YAML", "list"],
)
def test_things_are_named_in_whatever_way_people_write_lists(
    cloud: RunningCloud, servers: Any
) -> None:
    predicted = cloud.succeed(
        *("huaweicloud.ims.golden_image", "--check"),
        *extra(servers=servers, date="2026-01-02", disks=" , "),
    )

    assert list(predicted.stats["golden_image_images"]) == [
        *("fleet-01-2026-01-02", "fleet-02-2026-01-02")
    ]
