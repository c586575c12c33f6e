# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which image does a call mean, and may the caller see it?"""

from __future__ import annotations

from .. import records
from ..api import Call
from ..errors import Refusal, img


def membership(call: Call, image: records.Image) -> str | None:
    """own, public, or the member status (accepted, pending, rejected); None: invisible. The second
    region has no public images."""
    if image.owner == call.project_id:
        return "own"
    if image.public:
        return "public" if call.region == call.cloud.world.region else None
    return image.members.get(call.project_id)


def visible(call: Call, image_id: str) -> records.Image | None:
    """The image if the caller may see it and it is there (a deleted one is not)."""
    image = call.cloud.world.images.get(image_id)
    if image is None or image.deleted or call.now < image.born_at:
        return None
    return image if membership(call, image) else None


def existing(call: Call, image_id: str) -> records.Image:
    """The visible image, or IMG.0027."""
    image = visible(call, image_id)
    if image is None:
        raise img("0027", "The image does not exist.")
    return image


def own(call: Call, image_id: str) -> records.Image:
    """The caller's own image, or IMG.0027 or IMG.0047."""
    image = existing(call, image_id)
    if image.owner != call.project_id:
        raise img("0047", "Only the owner of the image can do that.")
    return image


def glance(call: Call, image_id: str) -> records.Image:
    """The visible image, or a 404 as Glance writes it."""
    image = visible(call, image_id)
    if image is None:
        raise Refusal(404, "404", f"No image found with ID {image_id}", shape="html")
    return image
