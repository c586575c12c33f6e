# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task hands back: one shape for success, one for failure, in words for the person who reads
it at night."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._cloud.errors import ApiError, CloudError, CredentialsError, TimeBudgetExceeded
from .._cloud.hints import hint_for
from .._cloud.visible import shortened, visible
from .context import Task
from .failures import Failed, Incomplete, InvalidArgument, Refused, StillListed
from .model.image import Image, Job
from .model.plan import Plan

_ANSWER = {
    "description": "__description",
    "min_ram": "min_ram",
    "max_ram": "max_ram",
    "enterprise_project_id": "enterprise_project_id",
}

# Members whose values are exact, whatever characters they have: playbooks compare them and hand
# them to other tasks. Ansible writes them as JSON, in which control characters are escapes.
_EXACT = frozenset(
    ("name", "description", "tags", "image_tags", "diff", "pending", "result", "path")
)
# So many characters of a text are shown, and of its end, where a message says what to do.
_LONGEST, _TAIL = 8_000, 2_000
_LONGEST_LINE = 500


@dataclass(frozen=True)
class Outcome:
    """What a task did. image: None when it is not to be seen yet; pending: what is still to be set
    once it is active."""

    plan: Plan
    image: Image | None
    tags: Mapping[str, str] | None = None
    job: Job | None = None
    resumed: bool = False
    pending: Mapping[str, Any] | None = None


def success(task: Task, outcome: Outcome) -> dict[str, Any]:
    plan = outcome.plan
    image = _image(task, outcome)
    result: dict[str, Any] = {
        "changed": plan.changed,
        "image": image,
        "image_id": image["id"] if image else None,
        "job_id": task.job_id,
        "job": outcome.job.to_result() if outcome.job else None,
        "actions": list(plan.actions),
        "resumed": outcome.resumed,
        "source_verified": plan.source_verified,
        "diff": {"before": dict(plan.before), "after": dict(plan.after)},
    }
    if outcome.pending is not None:
        result["pending"] = dict(outcome.pending)
    return result


def _image(task: Task, outcome: Outcome) -> dict[str, Any] | None:
    """The image as it is, or as it was before it was deleted; of one that cannot be seen yet, what
    is known: its name and managed attributes. None where there is none and none is wanted."""
    if outcome.image is not None:
        return outcome.image.to_result(outcome.tags)
    after = outcome.plan.after
    if "name" not in after:
        return None
    wire = {_ANSWER.get(name, name): value for name, value in after.items() if name in _ANSWER}
    image = Image.from_wire({**wire, "id": task.image_id, "name": after["name"]})
    result = image.to_result(after.get("tags"))
    result.update(id=task.image_id, status=None)
    return result


def failure(task: Task | None, error: Exception) -> dict[str, Any]:
    """Every failure carries msg, error, image_id and job_id; the ids are null when nothing was
    started."""
    result: dict[str, Any] = {
        "failed": True,
        "msg": message(task, error),
        "image_id": task.image_id if task else None,
        "job_id": task.job_id if task else None,
    }
    details = details_of(error)
    if details:
        result["error"] = details
    if isinstance(error, Incomplete):
        result.update(error.told)
    if task and task.deletions:
        result["changed"] = True
    return result


def message(task: Task | None, error: Exception) -> str:
    """What was being done, what came back, what to do now."""
    if isinstance(error, (InvalidArgument, Refused, CredentialsError)):
        return str(error)
    doing = task.doing if task else "starting"
    hint = _hint(error)
    parts = [f"Failed while {doing}: {_sentence(_text(error))}"]
    if hint:
        parts.append(_sentence(hint))
    if isinstance(error, StillListed):
        parts.append("The cloud takes it off the list by itself.")
    elif task and (task.job_id or task.image_id) and _goes_on(error):
        again = "to keep waiting" if task.in_flight else "to go on from here"
        parts.append(f"{_ids(task)} {_deletions(task)}; run the task again {again}.")
    elif isinstance(error, Failed) and error.unfinished and not isinstance(error, Incomplete):
        parts.append("Running the task again is safe: it takes up the image if it shows up.")
    return " ".join(parts)


def is_bug(error: Exception) -> bool:
    """Is it neither the cloud's doing nor the user's?"""
    return not isinstance(error, (CloudError, Failed, InvalidArgument, Refused))


def _text(error: Exception) -> str:
    if not is_bug(error):
        return str(error)
    return (
        f"{type(error).__name__}: {error}. This is a bug of the collection huaweicloud.ims; "
        "please report it with the output of -vvv"
    )


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _goes_on(error: Exception) -> bool:
    """Does the cloud go on with what was started? Not when it said itself that it failed."""
    return error.unfinished if isinstance(error, Failed) else True


def _ids(task: Task) -> str:
    known = [
        f"{what} {value}"
        for what, value in (("image", task.image_id), ("job", task.job_id))
        if value
    ]
    return f"Known so far: {', '.join(known)}."


def _deletions(task: Task) -> str:
    """What has become of the images that the task was to delete, without a full stop."""
    accepted = [image_id for image_id, accepted in task.deletions.items() if accepted]
    unclear = [image_id for image_id, accepted in task.deletions.items() if not accepted]
    told = [f"The deletion of {_images(accepted)} was accepted"] if accepted else []
    told += [f"Whether {_images(unclear)} was deleted is not known"] if unclear else []
    return ". ".join(told) or "Nothing was deleted"


def _images(ids: Sequence[str]) -> str:
    return f"image {' and image '.join(ids)}"


def _hint(error: Exception) -> str:
    if isinstance(error, Failed):
        if error.code:
            return hint_for(error.code, 0)
        return _hint(error.__cause__) if isinstance(error.__cause__, CloudError) else ""
    return error.hint if isinstance(error, CloudError) else ""


def details_of(error: Exception) -> Mapping[str, Any] | None:
    """The cloud's own words, for playbooks that look at them; None where the cloud said nothing."""
    if isinstance(error, Failed) and isinstance(error.__cause__, CloudError):
        error = error.__cause__
    if isinstance(error, TimeBudgetExceeded) and error.last is not None:
        error = error.last
    if isinstance(error, ApiError):
        return {
            "http_status": error.http_status,
            "code": error.code,
            "message": error.message,
            "request_id": error.request_id,
            "hint": error.hint,
        }
    if isinstance(error, Failed) and (error.code or error.reason):
        return {
            "http_status": None,
            "code": error.code,
            "message": error.reason,
            "request_id": None,
            "hint": _hint(error),
        }
    return None


def displayed(value: Any) -> Any:
    """A result as it is handed back. All that a task returns passes here, so that no text of the
    cloud reaches a terminal with characters that are commands to it, or without an end."""
    if isinstance(value, str):
        return shortened(visible(value), _LONGEST, _TAIL)
    if isinstance(value, dict):
        return {key: _member(key, member) for key, member in value.items()}
    return [displayed(member) for member in value] if isinstance(value, list) else value


def _member(key: str, value: Any) -> Any:
    if key in _EXACT:
        return value
    if key == "exception":  # the only text of several lines
        return "\n".join(map(displayed, str(value).split("\n")))
    return displayed(value)


def displayed_line(line: str) -> str:
    """A progress line as it is shown."""
    return shortened(visible(line), _LONGEST_LINE)
