# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""tests/chaos/reference.py says by the truth which images image_retention may delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.chaos import reference
from ansible_collections.huaweicloud.ims.tests.simulator.records import Facets, Image
from ansible_collections.huaweicloud.ims.tests.simulator.seed.identity import (
    PARTNER_PROJECT,
    PROJECT,
)

NOW = 1_789_000_000.0
DAY = 86400.0
NEWEST = {"name": "web-*", "keep_newest": 1}


def image(name: str, days: float, **fields: Any) -> Image:
    facets = {name: fields.pop(name) for name in ("tags", "protected") if name in fields}
    fields.setdefault("owner", PROJECT)
    return Image(f"id-of-{name}", facets=Facets(name, **facets), created=NOW - days * DAY, **fields)


def kept(
    images: list[Image], *families: Mapping[str, Any], used: str = "", **more: Any
) -> list[str]:
    """The names of those that are kept, in the order of the images."""
    sources = {one.id: "a-server" for one in images if one.facets.name.endswith("s")}
    truth = reference.Truth(images, NOW, frozenset({used}), sources)
    arguments = {"families": families, **more}
    return [one.facets.name for one in images if reference.kept_because(truth, one, arguments)]


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("web-1", "web-1", True),
        ("web-1", "web-12", False),
        ("web-*", "web-", True),
        ("web-?", "web-", False),
        ("web-[0-9]*", "web-2026", True),
        ("web-[0-9]*", "web-data", False),
        ("web-[!0-9]*", "web-data", True),
        ("web.1", "web-1", False),
        ("web-[", "web-[", True),
        ("web-*", "Web-1", False),
    ],
)
def test_names_are_matched_as_a_shell_does(pattern: str, name: str, fits: bool) -> None:
    assert reference.matches(pattern, name) is fits


@pytest.mark.parametrize(
    ("wanted", "tags", "fits"),
    [
        ("team", {"team": "web"}, True),
        ("team=web", {"team": "web"}, True),
        ("team=", {"team": "web"}, False),
        ("team=", {"team": ""}, True),
        ("team.web", {"team": "web"}, True),
        ("team.web", {"team.web": "x"}, False),
        ("cost.center=42", {"cost.center": "42"}, True),
        ("cost.center=42", {"cost": "center=42"}, False),
        ("cost", {"cost.center": "42"}, False),
    ],
)
def test_tags_are_split_at_the_equals_sign_else_at_the_first_dot(
    wanted: str, tags: dict[str, str], fits: bool
) -> None:
    assert reference.is_tagged(tags, wanted) is fits


def test_the_newest_active_images_of_the_project_are_kept() -> None:
    images = [
        image("web-3", 1, status="killed"),
        image("web-4", 2, owner=PARTNER_PROJECT),
        image("web-2", 3),
        image("web-1", 4),
    ]

    assert kept(images, NEWEST) == ["web-4", "web-2"]
    assert kept(images, {**NEWEST, "keep_newest": 2}) == ["web-4", "web-2", "web-1"]


def test_images_younger_than_the_limit_are_kept() -> None:
    images = [image("web-3", 1), image("web-2", 6.9), image("web-1", 7.1)]

    assert kept(images, {"name": "web-*", "keep_younger_than": "7d", "keep_newest": 0}) == [
        "web-3",
        "web-2",
    ]
    assert kept(images, {"name": "web-*", "keep_younger_than": "30m"}) == ["web-3"]


def test_what_is_in_no_family_is_kept_and_all_criteria_have_to_fit() -> None:
    images = [image("new-s", 1), image("web-s", 2, tags={"team": "web"}), image("web-1", 3)]
    family = {"tag": "team", "source": "a-server", "keep_newest": 0, "keep_younger_than": "12h"}

    assert kept(images, family) == ["new-s", "web-1"]
    assert kept(images, {**family, "tag": "other"}) == ["new-s", "web-s", "web-1"]


def test_an_image_of_several_families_goes_only_if_all_let_it_go() -> None:
    images = [image("web-2", 1), image("web-1", 2, tags={"team": "web"})]

    assert kept(images, NEWEST, {"tag": "team", "keep_newest": 1}) == ["web-2", "web-1"]


@pytest.mark.parametrize(
    "special",
    [
        {"protected": True},
        {"status": "saving"},
        {"status": "deactivated"},
        {"members": {PARTNER_PROJECT: "pending"}},
        {"attributes": {"virtual_env_type": "Ironic"}},
        {"public": True},
    ],
)
def test_some_images_are_always_kept(special: dict[str, Any]) -> None:
    images = [image("web-2", 1), image("web-1", 50, **special)]

    assert kept(images, NEWEST) == ["web-2", "web-1"]


def test_images_in_use_and_those_in_keep_are_kept() -> None:
    images = [image("web-2", 1), image("web-1", 50)]

    assert kept(images, NEWEST) == ["web-2"]
    assert kept(images, NEWEST, used="id-of-web-1") == ["web-2", "web-1"]
    assert kept(images, NEWEST, keep=["web-1"]) == ["web-2", "web-1"]
    assert kept(images, NEWEST, keep=["ID-OF-WEB-1"]) == ["web-2", "web-1"]
    assert kept(images, NEWEST, keep=["WEB-1"]) == ["web-2"]


def test_images_of_other_enterprise_projects_are_kept() -> None:
    images = [image("web-2", 1), image("web-1", 50)]

    assert kept(images, NEWEST, enterprise_project_id="0") == ["web-2"]
    assert kept(images, NEWEST, enterprise_project_id="other") == ["web-2", "web-1"]


@pytest.mark.parametrize(
    ("family", "is_due"),
    [
        ({"name": "web-*"}, False),
        ({"name": ""}, True),
        ({"name": "web-*", "tag": ""}, True),
        ({"name": "web-*", "source": ""}, True),
        ({"name": "*"}, True),
        ({"name": "w*"}, True),
        ({"name": "[web]*"}, True),
        ({"name": "w*", "tag": "team=web"}, False),
        ({"tag": "team="}, False),
    ],
)
def test_what_is_empty_or_means_everything_is_to_be_refused(
    family: dict[str, str], is_due: bool
) -> None:
    assert bool(reference.refusal_due({"families": [family]})) is is_due


def test_empty_entries_of_keep_are_to_be_refused_and_unknown_ones_told() -> None:
    images = [image("web-1", 1), image("web-2", 1, owner=PARTNER_PROJECT)]
    truth = reference.Truth(images, NOW, frozenset(), {})

    assert reference.refusal_due({"families": [NEWEST], "keep": ["web-1", ""]})
    assert reference.unknown_entries(truth, ["ID-OF-web-1", "web-1", "web-2", "web"]) == [
        "web-2",
        "web",
    ]
