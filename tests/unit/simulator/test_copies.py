# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies within the region."""

from __future__ import annotations

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import KEY
from ansible_collections.huaweicloud.ims.tests.simulator.seed.images import (
    DISABLED_KEY,
    OTHER_KEY,
    PARTNER_KEY,
)
from ansible_collections.huaweicloud.ims.tests.simulator.world import known_id

from .client import Client


def path(cloud: Client, name: str, version: str = "v1") -> str:
    return f"/{version}/cloudimages/{cloud.number('images', name)}/copy"


@pytest.mark.parametrize(
    ("source", "code"),
    [("big-image", "IMG.0059"), ("killed-image", "IMG.0046"), ("partner-private", "IMG.0027")],
)
def test_a_source_that_does_not_do_is_refused(tame: Client, source: str, code: str) -> None:
    assert tame.refused("POST", path(tame, source), {"name": "copy"}) == (400, code)


def test_an_image_for_bare_metal_servers_cannot_be_encrypted(tame: Client) -> None:
    body = {"name": "copy", "cmk_id": KEY}

    assert tame.refused("POST", path(tame, "bms-image"), body)[1] == "IMG.0118"


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (KEY, None),
        (OTHER_KEY, None),
        (DISABLED_KEY, "IMG.0097"),
        (PARTNER_KEY, "IMG.0099"),
        (known_id("no key"), "IMG.0095"),
    ],
)
def test_a_key_that_does_not_do_fails_the_job(tame: Client, key: str, code: str | None) -> None:
    body = {"name": "copy", "cmk_id": key}

    assert tame.outcome(path(tame, "linux-base"), body) == code


def test_accepted_and_public_images_can_be_copied(tame: Client) -> None:
    public = tame.images("__imagetype=gold&limit=1")[0]["id"]

    assert tame.make(path(tame, "shared-accepted"), {"name": "a"})["owner"] == tame.project_id
    copy = tame.make(f"/v1/cloudimages/{public}/copy", {"name": "b"})
    assert (copy["owner"], copy["visibility"]) == (tame.project_id, "private")


@pytest.mark.parametrize("decrypts", [True, False])
def test_a_copy_without_a_key_may_be_decrypted(tame: Client, decrypts: bool) -> None:
    tame.simulator.faults({"switches": {"copy_decrypts": decrypts}})

    copy = tame.make(path(tame, "encrypted-documents-key"), {"name": "copy"})

    assert copy.get("__system__cmkid") == (None if decrypts else KEY)


@pytest.mark.parametrize(("how", "text"), [("empty", None), ("inherited", "an ordinary image")])
def test_a_copy_may_inherit_the_description(tame: Client, how: str, text: str | None) -> None:
    tame.simulator.faults({"switches": {"copy_description": how}})

    assert tame.make(path(tame, "linux-base"), {"name": "c"}).get("__description") == text


def test_windows_images_may_be_refused(tame: Client) -> None:
    assert tame.make(path(tame, "windows-image"), {"name": "copy"})["__os_type"] == "Windows"
    tame.simulator.faults({"switches": {"windows_copy": "refused"}})
    assert tame.refused("POST", path(tame, "windows-image"), {"name": "c"})[1] == "IMG.0105"
