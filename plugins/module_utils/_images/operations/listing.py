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
except ImportError:  # the front end says so before anything runs (_cloud.libraries)
    jmespath = None  # type: ignore[assignment,unused-ignore]

# Option -> query parameter that the cloud honours exactly (IMS API reference, "Querying Images").
_FILTERS = {
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
    """Return the task's result: the images, newest first, as the modules that create images return
    them."""
    with task.step("listing images"):
        predicted = any(
            isinstance(arguments.get(name), Predicted) for name in ("image_id", "source")
        )
        listed = [] if predicted else ims.list_images(task.client, **_query(task, arguments))
        images = [Image.from_wire(wire) for wire in listed]
        clocks = Clocks.of(task.client)
        if clocks.disagreement and (arguments.get("older_than") or arguments.get("newer_than")):
            task.warn(f"{clocks.disagreement}. Of two ages the younger one counts. {REMEDY}")
        tag, tags = arguments.get("tag"), _TagReader(task)
        found = [
            image
            for image in images
            if _matches(image, arguments, clocks) and (tag is None or has_tag(tags.of(image), tag))
        ]
        found.sort(key=lambda image: image.seniority, reverse=True)
        if arguments["most_recent"]:
            del found[1:]
        # The list shows tags well enough; only a filter has to know them for certain.
        certain = tag is not None
        results = [
            image.to_result(tags.of(image) if certain or image.tags is None else image.tags)
            for image in found
        ]
    query = arguments.get("query")
    outcome = {} if query is None else {"result": _apply(query, results)}
    return success(changed=False, images=results, **outcome)


@dataclass
class _TagReader:
    """Reads the tags of images; in a region without tag calls, those that the list of images shows,
    with a warning."""

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
                "The tags of images are shown as far as the list of images has them: the cloud "
                "does not have the call that reads them."
            )
        return image.tags or {}


def _apply(query: str, images: list[dict[str, Any]]) -> Any:
    """Return the outcome of a JMESPath expression. Raises Refused where it cannot be applied.

    Any exception is the expression's fault: JMESPath lets through what Python raises, for example
    where a number is compared with text.
    """
    try:
        outcome = jmespath.search(query, images)
        json.dumps(outcome, allow_nan=False)  # a reference (&name) and infinity are no results
    except Exception as error:
        reason = " ".join(str(error).split())[:_LONGEST_REASON].rstrip(".")
        raise Refused(
            f"query: {query!r} cannot be applied to the images that were found: {reason}. Correct "
            "the expression, or leave it out to see the images."
        ) from error
    return outcome


def _query(task: Task, arguments: Mapping[str, Any]) -> dict[str, Any]:
    query = {wire: arguments[name] for name, wire in _FILTERS.items() if arguments.get(name)}
    if arguments.get("tag"):
        key, value = wanted_tag(arguments["tag"])
        # How clouds treat a tag without a value is not documented: it is compared here.
        query["tag"] = f"{key}={value}" if value else None
    kind = arguments.get("image_type")
    if kind in _FOREIGN:
        query["__imagetype"] = kind
        if kind == "shared":
            query["visibility"] = query.get("visibility") or "shared"
    # Public images belong to projects of the cloud's own.
    elif not (
        arguments.get("image_id") or (kind is None and arguments.get("visibility") == "public")
    ):
        # The type "private" leaves out own images that are shared out; the owner does not.
        query["owner"] = task.client.project_id
    return query


def _matches(image: Image, arguments: Mapping[str, Any], clocks: Clocks) -> bool:
    """Whether an image matches the options that the cloud does not filter by. Tags are compared
    last, as they may cost a request."""
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
    """Return the visibility, by the image's type where the attribute itself is missing."""
    kind = image.text("__imagetype")
    return image.text("visibility") or ("public" if kind == "gold" else kind)


def of_source(image: Image, source: str | None) -> bool:
    """Whether the image is known to be created from that: an id in lower case, or bucket:key of a
    file."""
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
    """Whether the tags hold that one, which is given as `wanted_tag` takes it."""
    key, value = wanted_tag(tag)
    return key in tags and value in (None, tags[key])


def wanted_tag(tag: str) -> tuple[str, str | None]:
    """Return key and value of "key=value" or "key.value". The value is None, which means any, for a
    key alone; of "key=" it is empty."""
    key, value = split_tag(tag)
    return key, (None if key == tag else value)


def tags_of(task: Task, image: Image) -> Mapping[str, str]:
    """Return the tags that the list of images shows; where those are missing or ambiguous, what the
    tag call returns."""
    if image.certain_tags is not None:
        return image.certain_tags
    tags: Mapping[str, str] = task.once(
        f"tags of {image.id}", lambda: ims.find_tags(task.client, image.id)
    )
    return tags
