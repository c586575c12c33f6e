# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a task: one way to build a success, one way to build a failure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._cloud import errors
from .._cloud.errors import ApiError, CloudError, ImsError, TimeBudgetExceeded
from .._cloud.hints import hint_for
from .._cloud.visible import shortened, visible
from . import failures
from .context import Task
from .failures import Failed, Incomplete, StillListed, Vanished

# Members that keep their exact value, control characters included: playbooks compare them and pass
# them to other tasks. Ansible prints them as JSON, which escapes control characters.
_EXACT = frozenset(
    ("name", "description", "tags", "image_tags", "diff", "pending", "result", "path")
)
# A longer text is cut to so many characters; so many of them from its end, which has the remedy.
_LONGEST, _TAIL = 8_000, 2_000
_LONGEST_LINE = 500
# The member `code` of `error` where the cloud gave none. Playbooks compare it: it never changes.
CODES: dict[type[BaseException], str] = {
    failures.InvalidArgument: "invalid_argument",
    failures.MissingLibrary: "missing_library",
    failures.Refused: "refused",
    failures.ImageConflict: "image_conflict",
    Failed: "failed",
    StillListed: "still_listed",
    Vanished: "vanished",
    Incomplete: "incomplete",
    errors.CredentialsError: "credentials",
    errors.ConfigurationError: "configuration",
    errors.UselessAnswer: "useless_answer",
    TimeBudgetExceeded: "timeout",
    errors.Unanswered: "no_answer",
    CloudError: "no_answer",
    Exception: "bug",
}
# How the part of a message begins that says what the task had done by then.
KNOWN = "Known so far: "


def success(
    *,
    changed: bool,
    image_id: str | None = None,
    job_id: str | None = None,
    actions: Sequence[str] | None = None,
    diff: tuple[Any, Any] | None = None,
    **members: Any,
) -> dict[str, Any]:
    """Return the result of a task that succeeded. The ids are null where it is not about one image.

    `actions`: what was done, in words. `diff`: what it changed, before and after. None: the module
    changes nothing, so its results have no such member.
    """
    ids = {"image_id": image_id, "job_id": job_id}
    result: dict[str, Any] = {"changed": changed, **ids, **members}
    if actions is not None:
        result["actions"] = list(actions)
    if diff is not None:
        result["diff"] = {"before": diff[0], "after": diff[1]}
    return result


def failure(task: Task | None, error: Exception) -> dict[str, Any]:
    """Return the result of a task that failed.

    `task`: None if it failed before it had a client. The ids are null if nothing was started.
    """
    result: dict[str, Any] = {
        "failed": True,
        "msg": message(task, error),
        "image_id": task.image_id if task else None,
        "job_id": task.job_id if task else None,
        "error": error_details(error),
        "elapsed": 0.0,  # of a task that did not begin; `run_task` measures the others
    }
    if isinstance(error, Incomplete):
        result.update(error.members)
    if task and task.deletions:
        result["changed"] = True
    return result


# The options that name the source of an image, and what kind of source each one means.
_SOURCES = {
    "instance": "server",
    "backup": "backup",
    "volume": "volume",
    "source_image": "image",
    "image_url": "file",
}


def desired_image(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return as `desired` the name and the source that a task was asked to create an image of, for
    its failure; nothing for a task that creates none.

    An image that could not be started has no id by which anybody would know it.
    """
    given = [(kind, arguments.get(option)) for option, kind in _SOURCES.items()]
    source = next((f"{kind} {value}" for kind, value in given if value), None)
    if source is None or not arguments.get("name") or arguments.get("state") != "present":
        return {}
    return {"desired": {"name": arguments["name"], "source": source}}


def message(task: Task | None, error: Exception) -> str:
    """Say what was being done, what went wrong, and what to do now."""
    if isinstance(error, ImsError) and error.is_complete:
        return str(error)
    hint, failed = _hint(error), error if isinstance(error, Failed) else None
    parts = [f"{_doing(task, error)}{_sentence(_text(error))}"]
    if hint:
        parts.insert(0 if getattr(_cause(error), "hint_is_cause", False) else 1, _sentence(hint))
    if isinstance(error, StillListed):
        parts.append("The cloud removes it from the list by itself.")
    elif task and (task.job_id or task.image_id) and not (failed and not failed.unfinished):
        # The cloud continues what was started, unless it reported a failure itself.
        again = "to keep waiting" if task.in_flight else "to go on from here"
        parts.append(f"{_ids(task)} {_deletions(task)}; run the task again {again}.")
    elif failed and failed.unfinished and not isinstance(error, Incomplete):
        parts.append("Running the task again is safe: it adopts the image if it appears.")
    return " ".join(parts)


def _doing(task: Task | None, error: Exception) -> str:
    """Return how a message begins: what was being done, '' where the error is not about that."""
    cause = _cause(error)
    if task is None or not task.doing or getattr(cause, "is_about_access", False):
        return ""
    return f"Failed while {task.doing}: "


def is_bug(error: BaseException) -> bool:
    """Whether it is neither the cloud's fault nor the user's."""
    return not isinstance(error, ImsError)


def _text(error: BaseException) -> str:
    if not is_bug(error):
        return str(error)
    return (
        f"{type(error).__name__}: {error}. This is a bug of the collection huaweicloud.ims; "
        "please report it with the output of -vvv"
    )


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _ids(task: Task) -> str:
    known = [
        f"{what} {value}"
        for what, value in (("image", task.image_id), ("job", task.job_id))
        if value
    ]
    return f"{KNOWN}{', '.join(known)}."


def _deletions(task: Task) -> str:
    """Say what is known of the deletions that the task requested, without a full stop."""
    accepted = [image_id for image_id, accepted in task.deletions.items() if accepted]
    unclear = [image_id for image_id, accepted in task.deletions.items() if not accepted]
    known = [f"The deletion of {_images(accepted)} was accepted"] if accepted else []
    known += [f"Whether {_images(unclear)} was deleted is not known"] if unclear else []
    return ". ".join(known) or "Nothing was deleted"


def _images(ids: Sequence[str]) -> str:
    return f"image {' and image '.join(ids)}"


def _hint(error: BaseException) -> str:
    error = _first(error)
    if isinstance(error, Failed) and error.code:
        return hint_for(error.code, 0)
    cause = _cause(error)
    return cause.hint if isinstance(cause, CloudError) else ""


def error_details(error: BaseException) -> dict[str, Any]:
    """Return the member `error` of a failure: the cloud's own words, else a code of ours and what
    the message says. Of many failures that is the first one's."""
    error = _first(error)
    cause = _cause(error)
    kind = type(error if isinstance(error, (StillListed, Vanished)) else cause)
    code = message = ""
    if isinstance(cause, ApiError):
        code, message = cause.code or f"http_{cause.http_status}", cause.message
    elif isinstance(error, Failed):
        code, message = error.code, error.reason
    return {
        "code": code or next(CODES[base] for base in kind.__mro__ if base in CODES),
        "http_status": cause.http_status if isinstance(cause, ApiError) else None,
        "message": message or _text(error),
        "request_id": (cause.request_id or None) if isinstance(cause, CloudError) else None,
        "hint": _hint(error),
    }


def _cause(error: BaseException) -> BaseException:
    """Return the error of the cloud that is behind this one; without one, the error itself."""
    error = _first(error)
    if isinstance(error, Failed) and isinstance(error.__cause__, CloudError):
        error = error.__cause__
    if isinstance(error, TimeBudgetExceeded) and error.last is not None:
        error = error.last
    return error


def _first(error: BaseException) -> BaseException:
    """Return the first of many failures; of a single one, the error itself."""
    return error.__cause__ or error if isinstance(error, Incomplete) else error


def displayed(value: Any) -> Any:
    """Return a result with control characters of its texts made visible, and long texts cut.

    Every result passes through here, so that no text of the cloud can send commands to a terminal.
    """
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
    """Return a progress line without control characters, cut to a length that is read."""
    return shortened(visible(line), _LONGEST_LINE)
