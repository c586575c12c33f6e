# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Computes what the roles golden_image and image_import publish and print of their images."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Json = dict[str, Any]

_WORDS = {"in_progress": "not active yet", "not_started": "would be created"}


def outcome(
    result: Mapping[str, Any],
    plan: Mapping[str, Any],
    host: str,
    check_mode: bool,
    retention: Mapping[str, Any],
) -> Json:
    """Return what became of the images of a plan, from the result of image_batch.

    `host`: the one that calls the cloud. In what is returned, `failure` is why the role has to fail
    or '', and `result` what image_report takes.
    """
    failure = _failure(result, host)
    images = result.get("images") or []
    about = [*plan["about"], *({} for _image in images)]
    facts = {image["name"]: _facts(image, more) for image, more in zip(images, about)}
    families = [] if failure else _families(images, plan, retention)
    return {
        "images": facts,
        "lines": list(_lines(facts, bool(failure), check_mode)),
        "failure": failure,
        "families": families,
        "result": {**result, "failed": True, "msg": failure} if failure else dict(result),
    }


def _failure(result: Mapping[str, Any], host: str) -> str:
    """The task has `failed_when: false`, so its result does not say by `failed` how it ended."""
    message = str(result.get("msg") or "The task has failed.")
    if result.get("unreachable"):
        return f"{host}, which calls the cloud, is unreachable: {message}"
    return message if result.get("error") or "actions" not in result else ""


def _facts(image: Mapping[str, Any], about: Mapping[str, Any]) -> Json:
    """Return what is published of an image."""
    kind = {"kind": about["kind"]} if "kind" in about else {}
    return {
        "id": image.get("id") or "",
        **kind,
        "status": image["status"],
        "changed": bool(image.get("changed")),
        "msg": image.get("msg") or "",
    }


def _lines(facts: Mapping[str, Json], failed: bool, check_mode: bool) -> Iterator[str]:
    """Yield a line for each image; after a failure only for those that are not active."""
    active = [name for name, one in facts.items() if failed and one["status"] == "active"]
    yield from (_line(name, facts[name], check_mode) for name in facts if name not in active)
    if active:
        yield "1 other image is active" if len(active) == 1 else f"{len(active)} others are active"


def _line(name: str, facts: Mapping[str, Any], check_mode: bool) -> str:
    """Say what became of an image, but for the reason of a failure, which the role fails with."""
    words = [facts["kind"]] if "kind" in facts else []
    words.append(_WORDS.get(facts["status"], facts["status"]))
    if facts["status"] in ("active", "in_progress"):
        changed = "would change" if check_mode else "changed"
        words.append(changed if facts["changed"] else "unchanged")
    return f"{name} ({facts['id'] or 'no id yet'}): {', '.join(words)}"


def _families(
    images: Sequence[Mapping[str, Any]], plan: Mapping[str, Any], retention: Mapping[str, Any]
) -> list[Json]:
    """Return the families that image_retention is to look at: images with another date in the same
    place. What check mode has only predicted counts among the newest all the same."""
    return [
        {
            **retention,
            "name": _pattern(image["name"], *about["family"]),
            "predicted": 0 if image["status"] == "active" else 1,
        }
        for image, about in zip(images, plan["about"])
        if retention and about.get("family")
    ]


def _pattern(name: str, before: str, after: str) -> str:
    """The date is that of the image, even if the run lasts beyond midnight."""
    date = name[slice(len(before), len(name) - len(after))]
    return before + re.sub("[0-9]", "[0-9]", date) + after
