# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers in shapes that the simulator does not send: what is read from them all the same, and what
a value that cannot be read means."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from .conftest import Cloud, Retell, ok
from .kinds import IMAGE, VOLUME

LIST = "GET /v2/cloudimages"


def in_shanghai(text: str) -> str:
    """The same moment, as a clock eight hours ahead shows it."""
    then = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ") + timedelta(hours=8)
    return then.strftime("%Y-%m-%dT%H:%M:%S+08:00")


def images(change: Any) -> Retell:
    """Changes each image of every list."""

    def retell(call: str, answer: Any) -> Any:
        if call == LIST:
            for image in answer["images"]:
                change(image)
        return answer

    return retell


def move_to_shanghai(image: dict[str, Any]) -> None:
    image["created_at"] = in_shanghai(image["created_at"])


# --- times


def test_an_image_whose_age_is_told_with_an_offset_is_as_old_as_it_is(cloud: Cloud) -> None:
    """Read as UTC, the image would be eight hours younger than it is: not born yet."""
    ok(cloud.run("image_copy", name="copy", source_image=IMAGE))
    cloud.clock.advance(3600)
    cloud.retell = images(move_to_shanghai)

    told = ok(cloud.run("image_info", name="copy", older_than="30m", newer_than="2h"))

    assert [image["name"] for image in told["images"]] == ["copy"]


def test_an_image_is_too_old_by_the_offset_that_the_cloud_names(cloud: Cloud) -> None:
    first = ok(cloud.run("image_copy", name="copy", source_image=IMAGE))
    cloud.clock.advance(7200)
    cloud.retell = images(move_to_shanghai)

    second = ok(cloud.run("image_copy", name="copy", source_image=IMAGE, max_age="1h"))

    assert second["changed"]
    assert second["image_id"] != first["image_id"]


def test_an_image_is_not_older_than_its_disk_for_the_offset_of_its_time(cloud: Cloud) -> None:
    first = ok(cloud.run("volume_image_export", name="disk", volume=VOLUME))
    made = first["image"]["created_at"]

    def retell(call: str, answer: Any) -> Any:
        if "/cloudvolumes/" in call:
            # An hour before the image, by its offset only.
            earlier = datetime.strptime(made, "%Y-%m-%dT%H:%M:%SZ") + timedelta(hours=7)
            answer["volume"]["created_at"] = earlier.strftime("%Y-%m-%dT%H:%M:%S.000000+08:00")
        return images(lambda image: image.pop("ansible_ims_source", None))(call, answer)

    cloud.retell = retell
    again = ok(cloud.run("volume_image_export", name="disk", volume=VOLUME))

    assert not again["changed"]


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", 7, None, {}])
def test_an_image_whose_time_cannot_be_is_of_unknown_age_and_stays(cloud: Cloud, time: Any) -> None:
    ok(cloud.run("image_copy", name="copy", source_image=IMAGE))
    cloud.clock.advance(86400)
    cloud.retell = images(lambda image: image.update(created_at=time))

    told = ok(cloud.run("image_retention", families=[{"name": "copy", "keep_younger_than": "1h"}]))

    assert told["deleted"] == []
    assert [image["verdict"] for image in told["images"]] == ["keep"]
