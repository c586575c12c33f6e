# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why images failed, in a message that stays short: Ansible prints it twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..result import error_details

# Of more images than these, a message names some and a failure returns no details.
FEW = 10
_SOME = 3


def some_of(names: Sequence[str]) -> str:
    """Name all of a few, and some of many."""
    if len(names) <= FEW:
        return ", ".join(names)
    return f"{', '.join(names[:_SOME])} and {len(names) - _SOME} more"


def reasons(failed: Sequence[tuple[str, str, Exception | None]]) -> str:
    """Return the names of images and why each failed. Of many, those that failed alike share the
    reason of the first one. Each has its name, its reason and its error."""
    if len(failed) <= FEW:
        return "; ".join(f"{name}: {why}" for name, why, _error in failed)
    alike: dict[Any, list[tuple[str, str]]] = {}
    for name, why, error in failed:
        alike.setdefault(_kind(why, error), []).append((name, why))
    return "; ".join(
        f"{some_of([name for name, _ in ones])}: {ones[0][1]}" for ones in alike.values()
    )


def _kind(why: str, error: Exception | None) -> Iterable[str]:
    details = error_details(error) if error is not None else {}
    return (details["code"], details["message"]) if details else (why,)
