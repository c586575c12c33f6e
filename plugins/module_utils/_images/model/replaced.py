# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replaced images: old images that were renamed so that a new one can have their name.

A replaced image belongs to the exact name it had, never to another that merely begins alike.
"""

from __future__ import annotations

from .image import Image

# Attribute written with the new name: "<image id>,<name it had>". Clouds may copy attributes to
# copies of an image, so it counts only on the image of that id.
REPLACED = "ansible_ims_replaced"

_LONGEST_NAME = 128


def replaced_name(image_id: str, name: str) -> str:
    """The name that an image called `name` gets to make room; cut to what the cloud accepts."""
    suffix = _suffix(image_id)
    return name[: _LONGEST_NAME - len(suffix)] + suffix


def record_of(image: Image) -> str:
    """The value of the attribute, before the image is renamed."""
    return f"{image.id},{image.name}"


def former_name(image: Image) -> str | None:
    """The name that a replaced image had; None where it is not replaced, or that is not proved.

    A name of full length may have been cut, so it proves nothing without the attribute.
    """
    suffix = _suffix(image.id)
    if not image.name.endswith(suffix):
        return None
    image_id, _comma, name = image.text(REPLACED).partition(",")
    if image_id == image.id and replaced_name(image_id, name) == image.name:
        return name
    return image.name[: -len(suffix)] if len(image.name) < _LONGEST_NAME else None


def is_renamed_from(image: Image, name: str) -> bool:
    """Could the image have been called `name` before? Proof only for one whose id is known."""
    return image.name == replaced_name(image.id, name)


def _suffix(image_id: str) -> str:
    return f"-replaced-{image_id[:8]}"
