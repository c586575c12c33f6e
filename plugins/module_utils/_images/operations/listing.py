# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists images: asks the cloud for what it can filter, and filters the rest here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..._cloud import ims
from ..._cloud.errors import NotFound
from ..age import REMEDY, Clocks
from ..context import Task
from ..failures import Refused
from ..model.image import Image, Predicted, split_tag
from ..result import success
from ..validation import id_or_name

try:
    import jmespath
except ImportError:  # the front end says so before anything runs (cloud.libraries)
    jmespath = None  # type: ignore[assignment,unused-ignore]

# Option -> query parameter that the cloud honours exactly (IMS API reference, "Querying Images").
_ASKED = {
    "image_id": "id",
    "name": "name",
    "status": "status",
    "visibility": "visibility",
    "os_type": "__os_type",
    "enterprise_project_id": "enterprise_project_id",
}
_LONGEST_REASON = 300
_FOREIGN = ("gold", "market", "shared")


def run(task: Task, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The task's result: images, newest first, each as the creating modules return it."""
    with task.step("listing images"):
        to_come = any(isinstance(arguments.get(name), Predicted) for name in ("image_id", "source"))
        listed = [] if to_come else ims.list_images(task.client, **_query(task, arguments))
        images = [Image.from_wire(wire) for wire in listed]
        clocks = Clocks.of(task.client)
        if clocks.doubt and (arguments.get("older_than") or arguments.get("newer_than")):
            task.warn(f"{clocks.doubt}. Of two ages the younger one counts. {REMEDY}")
        fitting = [image for image in images if _fits(image, arguments, clocks)]
        tag = arguments.get("tag")
        tags = _TagReader(task)
        chosen = [one for one in fitting if tag is None or has_tag(tags.of(one), tag)]
        chosen.sort(key=lambda image: image.seniority, reverse=True)
        if arguments["most_recent"]:
            del chosen[1:]
        # One list is enough to show tags; only a filter has to know each for certain.
        certain = tag is not None
        results = [
            image.to_result(tags.of(image) if certain or image.tags is None else image.tags)
            for image in chosen
        ]
    if arguments.get("query") is None:
        return success(changed=False, images=results)
    return success(changed=False, images=results, result=_answer(arguments["query"], results))


@dataclass
class _TagReader:
    """Reads the tags of images, also in a region that has no tag calls: then as their own lists
    tell them, none where they have no list."""

    task: Task
    published: bool = True

    def of(self, image: Image) -> Mapping[str, str]:
        try:
            if self.published:
                return tags_of(self.task, image)
        except NotFound as error:
            if not error.unpublished:
                raise
            self.published = False
            self.task.warn(
                "The tags of images are shown as far as the list tells them: the cloud does not "
                "have the call that reads them."
            )
        return image.tags or {}


def _answer(query: str, images: list[dict[str, Any]]) -> Any:
    """What a JMESPath expression makes of the images. Raises Refused where that is nothing.

    What goes wrong in it is the expression's fault, and JMESPath lets through what Python raises,
    for example where a number is compared with a text.
    """
    try:
        answer = jmespath.search(query, images)
        json.dumps(answer, allow_nan=False)  # a reference (&name) and infinity are no results
    except Exception as error:
        reason = " ".join(str(error).split())[:_LONGEST_REASON].rstrip(".")
        raise Refused(
            f"query: {query!r} cannot be applied to the images that were found: {reason}. Correct "
            "the expression, or leave it out to see the images."
        ) from error
    return answer


def _query(task: Task, arguments: Mapping[str, Any]) -> dict[str, Any]:
    query = {wire: arguments[name] for name, wire in _ASKED.items() if arguments.get(name)}
    if arguments.get("tag"):
        key, value = wanted_tag(arguments["tag"])
        # How a cloud takes a tag without a value is not documented: those are picked here.
        query["tag"] = f"{key}={value}" if value else None
    kind = arguments.get("image_type")
    if kind in _FOREIGN:
        query["__imagetype"] = kind
        if kind == "shared":
            query["visibility"] = query.get("visibility") or "shared"
    elif not (arguments.get("image_id") or (kind is None and _public(arguments))):
        # The type "private" leaves out own images that are shared out; the owner does not.
        query["owner"] = task.client.project_id
    return query


def _public(arguments: Mapping[str, Any]) -> bool:
    """Are public images asked for, which belong to projects of the cloud's own?"""
    return arguments.get("visibility") == "public"


def _fits(image: Image, arguments: Mapping[str, Any], clocks: Clocks) -> bool:
    """What the cloud's filters leave open: lists may leave `__whole_image` out, and so on. Tags are
    compared later."""
    age = clocks.age(image)
    older, newer = arguments.get("older_than"), arguments.get("newer_than")
    visibility = arguments.get("visibility")
    checks = (
        visibility is None or _visibility(image) in ("", visibility),
        arguments.get("whole_image") in (None, image.whole),
        arguments.get("os_version") in (None, image.text("__os_version")),
        of_source(image, arguments.get("source")),
        older is None or (age is not None and age > older),
        newer is None or (age is not None and age < newer),
    )
    return all(checks)


def _visibility(image: Image) -> str:
    """The type tells it where the attribute itself is missing."""
    kind = image.text("__imagetype")
    return image.text("visibility") or ("public" if kind == "gold" else kind)


def of_source(image: Image, source: str | None) -> bool:
    """Is the image known to be made from this: the id of a thing (in lower case), or bucket:key of
    a file?"""
    if source is None:
        return True
    known = (
        image.source.id if image.source else None,
        image.data_origin.id if image.data_origin else None,
        image.text("__backup_id"),
        image.text("__originalimagename"),
    )
    return source in map(id_or_name, known)


def has_tag(tags: Mapping[str, str], tag: str) -> bool:
    """tag: as `wanted_tag` takes it."""
    key, value = wanted_tag(tag)
    return key in tags and value in (None, tags[key])


def wanted_tag(tag: str) -> tuple[str, str | None]:
    """Key and value of "key=value" or "key.value"; None for any value, of a key alone. "key=" is
    the empty value."""
    key, value = split_tag(tag)
    return key, (None if key == tag else value)


def tags_of(task: Task, image: Image) -> Mapping[str, str]:
    """The image's own list costs nothing; where it is missing or ambiguous, the tag call tells."""
    if image.certain_tags is not None:
        return image.certain_tags
    asked: Mapping[str, str] = task.once(
        f"tags of {image.id}", lambda: ims.list_tags(task.client, image.id)
    )
    return asked
