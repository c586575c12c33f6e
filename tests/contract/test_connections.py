# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections that break look to the vendor's SDK like those of a real cloud."""

from __future__ import annotations

import time

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import IMAGE
from huaweicloudsdkcore.exceptions.exceptions import ConnectionException
from huaweicloudsdkims.v2 import ListImagesRequest

from .calls import copy
from .running import RunningSimulator, until
from .sdk import Sdk


def test_a_connection_dropped_before_the_work_leaves_nothing_behind(
    sdk: Sdk, simulator: RunningSimulator
) -> None:
    simulator.rule(action="drop", path="/copy$", times=1)

    with pytest.raises(ConnectionException):
        copy(sdk, name="never made")

    assert sdk.created_image(copy(sdk, name="made")).name == "made"
    assert sdk.list_images(name="never made") == []


def test_a_connection_dropped_after_the_work_leaves_the_image(
    sdk: Sdk, simulator: RunningSimulator
) -> None:
    simulator.rule(action="drop", path="/copy$", times=1, handled=True)

    with pytest.raises(ConnectionException):
        copy(sdk, name="made in silence")

    made = until(lambda: sdk.list_images(name="made in silence", status="active"))
    assert [image.originalimagename for image in made] == [IMAGE]


def test_an_idle_connection_may_be_closed_under_the_client(
    sdk: Sdk, simulator: RunningSimulator
) -> None:
    simulator.rule(action="stale", idle=0.05, after=1, times=1)
    assert sdk.image(IMAGE) is not None
    time.sleep(0.2)

    with pytest.raises(ConnectionException):
        sdk.image(IMAGE)

    assert sdk.image(IMAGE) is not None


def test_an_answer_that_is_no_json_reaches_the_sdk_as_text(
    sdk: Sdk, simulator: RunningSimulator
) -> None:
    simulator.rule(action="garbage", path="^/v2/cloudimages$", times=1)

    answer = sdk.ims.list_images(ListImagesRequest())

    assert answer.images is None
    assert b"<html>" in answer.raw_content
