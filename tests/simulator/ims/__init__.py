# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image service."""

from __future__ import annotations

from ..api import Route
from . import copies, images, imports, jobs, members, misc, standard, tags, whole


def routes() -> list[Route]:
    """Every published API of the image service."""
    modules = (whole, copies, imports, standard, jobs, images, tags, members, misc)
    return [route for module in modules for route in module.ROUTES.all]
