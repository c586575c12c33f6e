# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the options of image_wait before any request: ids, names, and registered results of other
tasks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..._cloud.decode import flag
from ..failures import InvalidArgument
from ..model.image import Predicted
from ..model.managed import MANAGED
from ..result import KNOWN
from ..validation import UUID, check_image, check_times, reject

# Without dashes, unlike those of images (IMS API reference, "Querying the Status of an Asynchronous
# Job").
_JOB = re.compile(r"[0-9a-fA-F]{32}")
_NOT_OURS = "it is not what a module of this collection returns"
# Members that tell the items of a loop apart, where these are dictionaries.
_NAMES = ("name", "instance", "backup", "volume", "source_image", "image_url")


def check(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Check the options of image_wait; return what is awaited as one list, `things` (see `_thing`).

    Raises InvalidArgument.
    """
    result = check_times(arguments)
    if all(arguments.get(option) is None for option in ("results", "jobs", "images")):
        raise InvalidArgument("results, jobs and images: at least one of them is needed.")
    result["things"] = [
        *_results(arguments.get("results")),
        *(_thing(number, job_id=_job(job)) for number, job in _numbered("jobs", arguments)),
        *(_thing(number, **_image(image)) for number, image in _numbered("images", arguments)),
    ]
    return result


def _numbered(option: str, arguments: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(f"{option}[{at}]", value) for at, value in enumerate(arguments.get(option) or ())]


def _thing(place: str, **known: Any) -> dict[str, Any]:
    """Return one thing to wait for.

    `place` is where it was given, `title` what it is called there. `name`, `job_id` and `image_id`
    are set as far as known, which they are not if check mode has only predicted the image. `image`
    is a name to look up, `pending` the pending work that the task which started it returned.
    `started`: its create request was sent just now. `outcome` is failed, skipped or absent if there
    is nothing to wait for; `source`, `msg` and `error` belong to a failure.
    """
    facts = ("title", "name", "job_id", "image_id", "image", "pending", "outcome")
    thing = dict.fromkeys((*facts, "source", "msg", "error"))
    started = known.get("job_id") is not None
    return {**thing, "started": started, "place": place, **known}


def _job(value: Any) -> str | None:
    """Return the id of a job; None for null, which check mode returns for a job to come."""
    if value is None or isinstance(value, Predicted):
        return None
    text = value.strip() if isinstance(value, str) else value
    if isinstance(text, str) and UUID.fullmatch(text):
        raise reject("jobs", value, "this is the form of an image's id: give it in images")
    if not isinstance(text, str) or not _JOB.fullmatch(text):
        raise reject("jobs", value, "the id of a job has 32 hexadecimal digits")
    return text.lower()


def _image(value: Any) -> dict[str, str | None]:
    if value is None or isinstance(value, Predicted):
        return {}
    if not isinstance(value, str):
        raise reject("images", value, "it has to be an id or an exact name")
    check_image("images", value)
    if UUID.fullmatch(value):
        return {"image_id": value.lower()}
    if _JOB.fullmatch(value):
        raise reject("images", value, "this is the form of a job's id: give it in jobs")
    return {"image": value}


def _results(given: Any) -> list[dict[str, Any]]:
    """Return the things of a loop's results, or of what a loop or a single task registered."""
    if given is None:
        return []
    if isinstance(given, Mapping):
        members = (given.get("results"), given.get("images"))
        given = next((one for one in members if isinstance(one, list)), [given])
    if not isinstance(given, list):
        raise reject(
            "results", given, "it is what a task has registered, or the results of its loop"
        )
    return [_of_result(f"results[{at}]", entry) for at, entry in enumerate(given)]


def _of_result(place: str, entry: Any) -> dict[str, Any]:
    """Return the thing of one result of a task that creates images."""
    if not isinstance(entry, Mapping):
        raise reject(place, entry, "it is not the result of a task")
    item = entry.get("ansible_loop_var", "item")
    title = _title(entry.get(item)) if isinstance(item, str) else None
    if isinstance(item, str) and isinstance(entry.get(item), str):
        place = f"{place} ({entry[item]})"
    if "status" in entry and "id" in entry:
        entry = _of_batch(entry)
    if flag(entry.get("skipped")):
        title = title or _mapping(entry.get("desired")).get("name")
        return _thing(place, title=title, outcome="skipped")
    ids = {option: _id_of(place, entry, option) for option in ("job_id", "image_id")}
    failed = flag(entry.get("failed")) is True
    if not failed and not ids.keys() & entry.keys():
        raise InvalidArgument(f"{place}: {_no_result(entry)}")
    # A failure may also name an image that was in the way, but says itself which one was wanted.
    desired = _mapping(entry.get("desired"))
    name = desired.get("name") or _mapping(entry.get("image")).get("name")
    left = pending(place, entry.get("pending"))
    started = flag(entry.get("changed")) is True and bool(ids["job_id"] or left)
    thing = _thing(place, title=title, name=name, pending=left, started=started, **ids)
    if _removes(entry):
        return {**thing, "outcome": "absent"}
    if failed:
        message = str(entry.get("msg") or "The task that was to create it failed.")
        reason = message.partition(KNOWN)[0].rstrip()
        failure = {"msg": reason, "error": _mapping(entry.get("error")) or None}
        source = str(desired.get("source") or "") or None
        return {**thing, "outcome": "failed", "source": source, **failure}
    return thing


def _of_batch(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `image_batch` returns of an image as its own task would."""
    return {
        **entry,
        "image_id": entry["id"],
        "job_id": entry.get("job_id"),
        "desired": {"name": entry.get("name")},
        "failed": entry["status"] == "failed",
        "skipped": entry["status"] == "skipped",
    }


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _title(item: Any) -> str | None:
    """Return what the item of a loop is called."""
    if isinstance(item, Mapping):
        item = next((item[name] for name in _NAMES if item.get(name)), None)
    return item if isinstance(item, str) else None


def _id_of(place: str, entry: Mapping[str, Any], option: str) -> str | None:
    value = entry.get(option)
    if value is None or (isinstance(value, str) and value.strip()):
        return value
    raise reject(f"{place}.{option}", value, _NOT_OURS)


def _no_result(entry: Mapping[str, Any]) -> str:
    if "ansible_job_id" in entry:
        return (
            "this task runs in the background (async). Wait for it with "
            "ansible.builtin.async_status, and give what that registers."
        )
    if isinstance(entry.get("results"), list):
        return "this is a whole loop. Give its results."
    return "this is no result of a module that creates images: it has neither image_id nor job_id."


def _removes(entry: Mapping[str, Any]) -> bool:
    """Whether it is the result of a task with `state: absent`."""
    diff = entry.get("diff")
    after = diff.get("after") if isinstance(diff, Mapping) else None
    return isinstance(after, Mapping) and "images" in after


# The members of `pending`: their types, and those of their parts.
_PENDING: dict[str, tuple[type, type]] = {
    "attributes": (dict, object),
    "tags": (dict, str),
    "other_ids": (list, str),
    "delete_ids": (list, str),
    "renamed_ids": (list, str),
}


def _has_known_types(value: Mapping[str, Any]) -> bool:
    good = True
    for member, (kind, of) in _PENDING.items():
        member_value = value.get(member, kind())
        parts = member_value.values() if isinstance(member_value, Mapping) else member_value
        good = good and isinstance(member_value, kind)
        good = good and all(isinstance(part, of) for part in parts)
    return good


def _are_attributes(value: Any) -> bool:
    known = isinstance(value, Mapping) and _has_known_types(value)
    known = known and flag(value.get("purge_tags", False)) is not None
    return known and set(value.get("attributes", ())) <= set(MANAGED)


def pending(place: str, value: Any) -> Mapping[str, Any] | None:
    """Check the pending work that a task which did not wait has returned."""
    if value is None:
        return None
    good = isinstance(value, Mapping) and isinstance(value.get("name"), str)
    good = good and _has_known_types(value)
    parts = [value, *([value["requested"]] if good and value.get("requested") else [])]
    good = good and all(_are_attributes(one) for one in parts)
    # Jinja makes text of them where it is not native.
    good = good and flag(value.get("delete_backup", False)) is not None
    if not good:
        raise reject(
            f"{place}.pending", value, "it is not what a module of this collection returns"
        )
    checked: Mapping[str, Any] = value
    return checked
