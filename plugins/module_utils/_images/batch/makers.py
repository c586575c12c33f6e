# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sources of the images that an entry of a batch can ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..._cloud.client import Client
from ..operations import image_copy, quick_import, volume_image_export, whole_image
from ..sources.protocol import Source

# By maker, as in operations/arguments/image_batch.py.
SOURCE_OF: dict[str, Callable[[Client, Mapping[str, Any]], Source | None]] = {
    "whole_image": whole_image.source_of,
    "volume_image_export": volume_image_export.source_of,
    "image_copy": image_copy.source_of,
    "quick_import": quick_import.source_of,
}
