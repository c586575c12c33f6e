# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes an active image in place until it shows the managed attributes: attributes by PATCH, tags
by the tag calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._cloud import ims
from ..._cloud.errors import ApiError, CloudError
from ..context import Task
from ..lookups import read_image
from ..model.image import SOURCE_TAG, Image, Origin
from ..model.managed import WIRE_NAMES, Drift, ManagedAttributes, drift
from ..waiting.poll import poll
from ..waiting.schedule import WRITE_TO_SHOW

# "Attribute conflict": replace of an attribute that is absent, or add of one that exists.
_CONFLICT = "IMG.0035"
# "The operation is not supported."
_NOT_SUPPORTED = "IMG.0105"
_PROTECTION = "protected"
# The longest source tag that is written, in characters: how many a cloud keeps is not documented,
# and a tag that was cut names another source.
_LONGEST_SOURCE_TAG = 255


def converge(task: Task, image: Image, change: Drift) -> None:
    """Write the change. Raises CloudError.

    A new name comes last, so that after an interruption the next task finds the image by the old
    one. The protection has a request of its own, as no document lists it among the attributes that
    PATCH changes: a cloud that refuses it refuses nothing else.
    """
    attributes = dict(change.attributes)
    protection = {name: attributes.pop(name) for name in (_PROTECTION,) if name in attributes}
    renames = "name" in attributes
    if not renames:
        _set_attributes(task, image, attributes)
    _set_tags(task, image, change)
    refusal = _protection_refused(task, image, protection)
    if renames:
        _set_attributes(task, image, attributes)
    if refusal is not None:
        if attributes or change.add_tags or change.remove_tags:
            refusal.hint = f"{refusal.hint} The other changes were made.".strip()
        raise refusal


def _protection_refused(task: Task, image: Image, values: Mapping[str, Any]) -> ApiError | None:
    """Set the protection, and return the answer of a cloud that refuses. Raises CloudError for
    other errors."""
    try:
        _set_attributes(task, image, values)
    except ApiError as error:
        if error.ambiguous:
            raise
        if error.code == _NOT_SUPPORTED:
            error.hint = "This cloud does not change the protection of images: omit protected."
        return error
    return None


def _set_attributes(task: Task, image: Image, values: Mapping[str, Any]) -> None:
    if values:
        with task.step(f"setting {', '.join(values)} of image {image}"):
            patch(task, image, {WIRE_NAMES[name]: value for name, value in values.items()})


def _set_tags(task: Task, image: Image, change: Drift) -> None:
    if change.remove_tags or change.add_tags:
        with task.step(f"setting the tags of image {image}"):
            if change.remove_tags:
                ims.remove_tags(task.client, image.id, change.remove_tags)
            if change.add_tags:
                ims.add_tags(task.client, image.id, change.add_tags)


def read_back(
    task: Task, managed: ManagedAttributes, image: Image, tagged: bool = False
) -> tuple[Image, Mapping[str, str] | None]:
    """Poll until the cloud shows all managed attributes; return the image and its tags.

    What the cloud still leaves out after half of the time is written once more. `tagged`: the
    source tag was accepted, so it has to show as well.
    """
    stale = False

    def read() -> tuple[Mapping[str, str] | None, Drift]:
        nonlocal image, stale
        if stale:
            image = _read_again(task, image)
        found = compare(task, managed, image)
        stale = True
        return found

    def shows(found: tuple[Mapping[str, str] | None, Drift]) -> bool:
        return not found[1] and bool(image.source_tag or not tagged)

    found = poll(task, read, WRITE_TO_SHOW, shows)
    if not shows(found):
        if found[1]:
            converge(task, image, found[1])
        found = poll(task, read, WRITE_TO_SHOW, shows, pause_first=True)
    tags, change = found
    if change:
        words = ", ".join(change.actions())
        task.warn(f"The cloud accepted, but does not show: {words} of image {image.id}.")
    return image, tags


def reread(task: Task, image: Image) -> Image:
    """Read the image again; while the cloud does not show it, return it as it was."""
    return poll(task, lambda: _read_again(task, image), WRITE_TO_SHOW)


def _read_again(task: Task, image: Image) -> Image:
    listed = task.list_again() if task.list_again is not None else None
    found = next((one for one in listed or () if one.id == image.id), None)
    return found or read_image(task.client, image.id) or image


def compare(
    task: Task, managed: ManagedAttributes, image: Image
) -> tuple[Mapping[str, str] | None, Drift]:
    """Return the tags of an image (None where they are neither managed nor known), and its drift.

    The image's own `tags` list costs nothing and is believed when it agrees; otherwise the tag call
    decides.
    """
    listed = image.certain_tags
    change = drift(managed, image, listed)
    if managed.tags is None or (listed is not None and not (change.add_tags or change.remove_tags)):
        return image.tags, change
    tags = ims.list_tags(task.client, image.id)
    return tags, drift(managed, image, tags)


def write_source_tag(task: Task, origin: Origin, image: Image) -> bool:
    """Write the source tag to an image whose own attributes do not name the source.

    Returns whether the cloud accepted it: it may refuse attributes that are not its own.
    """
    if image.source_tag or image.names(origin):
        return False
    value = f"{origin.kind},{origin.id}"
    if len(value) > _LONGEST_SOURCE_TAG:
        task.note(f"The image's source is too long for the source tag ({SOURCE_TAG}).")
        return False
    try:
        wire = patch(task, image, {SOURCE_TAG: value})
    except CloudError as error:
        task.note(f"The cloud did not accept the source tag ({SOURCE_TAG}): {error}")
        return False
    return Image.from_wire(wire).source_tag is not None


def patch(task: Task, image: Image, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Set attributes with one PATCH, and return the image as the cloud answers it. The cloud wants
    `add` for attributes that the image lacks and `replace` for those that it has."""
    try:
        return ims.update_image(
            task.client,
            image.id,
            [_operation(image, name, value) for name, value in values.items()],
        )
    except ApiError as error:
        if error.code != _CONFLICT:
            raise
    answers = [_patch_either_way(task, image, name, value) for name, value in values.items()]
    return answers[-1]


def _patch_either_way(task: Task, image: Image, name: str, value: Any) -> Mapping[str, Any]:
    """Set one attribute, with `add` or `replace`: null, '' and stale values do not show whether the
    cloud has the attribute."""
    operation = _operation(image, name, value)
    try:
        return ims.update_image(task.client, image.id, [operation])
    except ApiError as error:
        if error.code != _CONFLICT:
            raise
        operation["op"] = "replace" if operation["op"] == "add" else "add"
        return ims.update_image(task.client, image.id, [operation])


def _operation(image: Image, name: str, value: Any) -> dict[str, Any]:
    # Some answers show attributes that an image lacks as null or ''; and for one that exists but is
    # empty, most clouds accept `add` as well.
    exists = image.text(name) != ""
    return {"op": "replace" if exists else "add", "path": f"/{name}", "value": value}
