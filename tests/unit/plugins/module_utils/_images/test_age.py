# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The age of an image by two clocks, neither of which is believed alone."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.age import Clocks
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.failures import Refused
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.model.image import Image

NOW = datetime(2026, 10, 14, 8, tzinfo=timezone.utc)
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


def clocks(cloud_ahead: float) -> Clocks:
    return Clocks(NOW, NOW + timedelta(seconds=cloud_ahead))


def made(ago: float) -> Image:
    created = NOW - timedelta(seconds=ago)
    return Image.from_wire({"created_at": f"{created:%Y-%m-%dT%H:%M:%SZ}"})


@pytest.mark.parametrize("ahead", [-10 * MINUTE, 0.0, 10 * MINUTE])
def test_the_younger_of_both_ages_counts(ahead: float) -> None:
    assert clocks(ahead).age(made(HOUR)) == HOUR + min(0.0, ahead)
    assert clocks(ahead).older(made(HOUR), 49 * MINUTE)
    assert clocks(ahead).older(made(HOUR), 55 * MINUTE) is (ahead >= 0)


def test_an_image_of_the_future_was_made_just_now() -> None:
    assert clocks(0).age(made(-HOUR)) == 0
    assert not clocks(0).older(made(-HOUR), 0)


@pytest.mark.parametrize("told", ["", "04-Jun-2015 18:11:06:586"])
def test_an_image_that_does_not_tell_has_no_age(told: str) -> None:
    image = Image.from_wire({"created_at": told})

    assert clocks(0).age(image) is None
    assert not clocks(0).older(image, 0)


@pytest.mark.parametrize("ahead", [-15 * MINUTE, 15 * MINUTE])
def test_clocks_that_differ_by_no_more_than_a_quarter_of_an_hour_agree(ahead: float) -> None:
    clocks(ahead).check()

    assert clocks(ahead).disagreement == ""


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (31 * DAY, "is 31 days behind the cloud's (2026-11-14T08:00:00Z"),
        (-16 * MINUTE, "is 16 min ahead of the cloud's (2026-10-14T07:44:00Z"),
    ],
)
def test_clocks_that_differ_by_more_are_both_named(ahead: float, said: str) -> None:
    with pytest.raises(Refused) as failure:
        clocks(ahead).check()

    assert f"This machine's clock (2026-10-14T08:00:00Z) {said}" in str(failure.value)


@pytest.mark.parametrize("ahead", [-31 * DAY, 31 * DAY])
def test_what_is_older_by_one_of_clocks_that_disagree_may_be_older(ahead: float) -> None:
    assert clocks(ahead).older(made(40 * DAY), 39 * DAY)
    assert clocks(ahead).older(made(20 * DAY), 30 * DAY) is (ahead > 0)


def test_without_the_clouds_clock_no_age_can_be_relied_on() -> None:
    alone = Clocks(NOW, None)

    assert alone.age(made(HOUR)) == HOUR
    assert alone.older(made(HOUR), MINUTE)
    with pytest.raises(Refused, match="Date header is missing"):
        alone.check()
