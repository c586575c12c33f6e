# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of replaced images: old images that are renamed so that a new one can have their name.

A replaced image belongs to the exact name it had, never to another that merely begins alike.
"""

from __future__ import annotations

from collections.abc import Collection

from .image import Image

# Attribute written with the new name: "<image id>,<name it had>". Clouds may copy attributes to
# copies of an image, so it counts only on the image of that id.
REPLACED = "ansible_ims_replaced"

_LONGEST_NAME = 128


def replaced_name(image_id: str, name: str) -> str:
    """Return the temporary name of an image called `name`, cut to what the cloud accepts."""
    suffix = _suffix(image_id)
    return name[: _LONGEST_NAME - len(suffix)] + suffix


def record_of(image: Image) -> str:
    """Return the value of the attribute for an image that is about to be renamed."""
    return f"{image.id},{image.name}"


def former_name(image: Image) -> str | None:
    """Return the name that a replaced image had; None where it is not replaced, or not proved.

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
    """Whether the image can have been called `name`; proof only where its id is known."""
    return image.name == replaced_name(image.id, name)


def may_be_replaced(image: Image, name: str) -> bool:
    """Whether, by its own attributes, it can be an old image of exactly that name."""
    return is_renamed_from(image, name) and former_name(image) in (None, name)


def is_replaced(image: Image, name: str, known: Collection[str]) -> bool:
    """Whether that is proved, by its attributes or as this machine renamed it (`known` ids)."""
    return former_name(image) == name or image.id in known


def left_deactivated(image: Image) -> str:
    """Return the warning about a deactivated image that would otherwise be replaced."""
    return (
        f"Image {image} is left alone: it is deactivated, presumably for a "
        "reason. It can be deleted by its id (huaweicloud.ims.image)."
    )


def _suffix(image_id: str) -> str:
    return f"-replaced-{image_id[:8]}"
