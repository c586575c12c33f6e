# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no task may delete, rename or change, judged by the truth before the cloud sees the request.

An image belongs to the name under which it was created, whatever a task has renamed it to since.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..simulator.records import Image
from ..simulator.seed.identity import PROJECT

_WRITE = re.compile(r"^/v2/(?:cloudimages|(?:[0-9a-f]{32}/)?images)/([^/]+)(?:/tags/action)?$")
# Judged by the truth about its families instead.
_BY_FAMILIES = "image_retention"
_CHANGES = "image"


class Untouchable:
    """Judges the writes on images."""

    def __init__(self, images: Callable[[], Mapping[str, Image]]) -> None:
        self._images = images
        # Of images that a task has renamed: the name that they were created under.
        self._names: dict[str, str] = {}

    def name_of(self, image: Image) -> str:
        """The name that the image belongs to."""
        return self._names.get(image.id, image.facets.name)

    def offence(
        self, module: str, arguments: Mapping[str, Any], method: str, path: str, body: Any
    ) -> str | None:
        """What is wrong with the request, None for one that is in order."""
        match = _WRITE.match(path)
        image = self._images().get(match.group(1)) if match and method != "GET" else None
        if image is None or image.deleted:
            return None
        wrong = next(self._wrongs(module, arguments, method, image), None)
        if method == "PATCH" and any(one.get("path") == "/name" for one in body):
            if module == _CHANGES:
                self._names.pop(image.id, None)
            else:
                self._names.setdefault(image.id, image.facets.name)
        if wrong is None:
            return None
        return f"{method} {path} ({image.facets.name}, {image.status}): {wrong}"

    def _wrongs(
        self, module: str, arguments: Mapping[str, Any], method: str, image: Image
    ) -> Iterator[str]:
        if image.public or image.owner != PROJECT:
            yield "it is not the project's own"
        if method == "DELETE":
            if image.facets.protected:
                yield "it is protected"
            for entry in entries_of(arguments):
                yield from self._needed(entry, image)
        if module == _BY_FAMILIES:
            return
        name = self.name_of(image)
        if name not in _names_meant(arguments) and image.id not in _ids_meant(arguments):
            yield f"it belongs to the name '{name}', which the task does not mean"

    def _needed(self, arguments: Mapping[str, Any], image: Image) -> Iterator[str]:
        """Whether the image is the source of what the task makes."""
        source = arguments.get("source_image")
        if source == image.id or (source == image.facets.name and self._is_only(image)):
            yield "it is the source of the task"

    def _is_only(self, image: Image) -> bool:
        own = [one for one in self._images().values() if one.owner == PROJECT and not one.deleted]
        return [one.id for one in own if one.facets.name == image.facets.name] == [image.id]


def entries_of(arguments: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The arguments of each image that a task makes: of a batch those of its entries."""
    entries = [one for one in arguments.get("images") or () if isinstance(one, Mapping)]
    return [options for entry in entries for options in entry.values()] or [arguments]


def _names_meant(arguments: Mapping[str, Any]) -> set[str]:
    """The names whose images the task may replace, delete or change."""
    names = {arguments.get("image"), *(entry.get("name") for entry in entries_of(arguments))}
    for result in arguments.get("results") or ():
        names.add((result.get("pending") or {}).get("name"))
        names.add((result.get("image") or {}).get("name"))
    return {name for name in names if name}


def _ids_meant(arguments: Mapping[str, Any]) -> set[str]:
    return {str(arguments[option]) for option in ("image", "image_id") if arguments.get(option)}
