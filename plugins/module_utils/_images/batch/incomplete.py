# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The failure of a task about many images, in a message that stays short: Ansible prints it twice,
and the result with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..._cloud.errors import TimeBudgetExceeded
from ..failures import Incomplete
from ..result import error_details

# Of more images than these, a message names some and a failure returns no details.
FEW = 10
_SOME = 3


class NotDone(NamedTuple):
    """An image that failed or is not finished."""

    name: str
    # How a message about few images names it.
    label: str
    # Without a full stop.
    why: str
    error: Exception | None


def incomplete(
    kind: type[Incomplete],
    of: str,
    failed: Sequence[NotDone],
    late: Sequence[NotDone],
    trouble: Exception | None,
    members: Mapping[str, Any],
    remarks: Sequence[str] = (),
) -> Incomplete:
    """Return the failure. `of`: how many images there are, as the message says it. `trouble`: what
    ended the wait for all, if something did. `remarks`: sentences after the reasons."""
    is_time = trouble is None or isinstance(trouble, TimeBudgetExceeded)
    in_time = " in time" if is_time or getattr(trouble, "unfinished", False) else ""
    parts = [f"{len(failed)} of {of} failed: {_reasons(failed)}"] if failed else []
    parts += [f"{len(late)} of {of} not finished{in_time}: {_states(late)}"] if late else []
    interruption = str(trouble) if trouble is not None and not (late and in_time) else ""
    parts += [*remarks, *([interruption] if interruption else [])]
    if late or trouble is not None:
        parts.append("Run the task again to keep waiting")
    text = ". ".join(part.rstrip(".") for part in parts)
    error = kind(text, members, unfinished=not failed, interruption=interruption)
    error.__cause__ = trouble or next((one.error for one in failed or late if one.error), None)
    return error


def some_of(names: Sequence[str]) -> str:
    """Name all of a few, and some of many."""
    if len(names) <= FEW:
        return ", ".join(names)
    return f"{', '.join(names[:_SOME])} and {len(names) - _SOME} more"


def _reasons(failed: Sequence[NotDone]) -> str:
    """Say why each failed. Of many, those that failed alike share the reason of the first one."""
    if len(failed) <= FEW:
        return _each(failed)
    alike: dict[tuple[str, str], list[NotDone]] = {}
    for one in failed:
        details = error_details(one.error) if one.error is not None else {}
        key = (details.get("code", ""), details.get("message", one.why))
        alike.setdefault(key, []).append(one)
    groups = (f"{some_of([one.name for one in ones])}: {ones[0].why}" for ones in alike.values())
    return "; ".join(groups)


def _states(late: Sequence[NotDone]) -> str:
    return _each(late) if len(late) <= FEW else some_of([one.name for one in late])


def _each(images: Sequence[NotDone]) -> str:
    return "; ".join(f"{one.label}: {one.why}" for one in images)
