# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API accepts, as far as several modules check it before any request. Each message names
the option, the value and the rule.

What one module checks alone stands with its options in operations/arguments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .failures import InvalidArgument
from .model.image import split_tag

UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_AGE = re.compile(r"(\d+)\s*([smhdw]?)")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_WILDCARDS = frozenset("*?[]")


def reject(option: str, value: Any, rule: str) -> InvalidArgument:
    """Return the error for a value that an option does not accept. `rule`: what it has to be."""
    return InvalidArgument(f"{option}: {value!r} is not accepted: {rule}.")


def check_given(option: str, value: Any) -> None:
    """Refuse an empty value of an option that selects images: an empty variable must not select
    more images than the user had in mind. None: the option was not given."""
    if isinstance(value, str) and not value.strip():
        raise reject(
            option, value, "it is empty; fill the variable that it comes from, or remove it"
        )


def id_or_name(value: str | None) -> str | None:
    """Return an id in lower case, as clouds write ids, and anything else unchanged."""
    return value.lower() if value is not None and UUID.fullmatch(value) else value


def check_tag(option: str, tag: str | None) -> None:
    """Check a tag that selects images: "key=value", "key.value" or "key"."""
    check_given(option, tag)
    if tag is not None and not split_tag(tag)[0].strip():
        raise reject(option, tag, "it has no key; write key=value, or the key alone")


def check_image(option: str, value: str | None) -> None:
    """Check an option that takes the id or the exact name of one image."""
    check_reference(option, value)
    if value is not None:
        refuse_pattern(option, value)


def check_reference(option: str, value: str | None) -> None:
    """Check an option that takes an id or an exact name."""
    if value is not None and not value.strip():
        raise reject(option, value, "it has to be an id or an exact name")


def refuse_pattern(option: str, value: str) -> None:
    """Refuse a pattern in place of a name: no image can have such a name."""
    if _WILDCARDS.intersection(value):
        raise reject(
            option,
            value,
            "it has to be an id or an exact name, without * ? [ and ]; patterns go with the query "
            "of image_info and the families of image_retention",
        )


def check_os_type(value: str | None, *systems: str) -> str | None:
    """Return a type of operating system as the API spells it, whatever case the user writes."""
    found = next((one for one in systems if value and one.lower() == value.lower()), None)
    if value is not None and found is None:
        known = f"{', '.join(systems[:-1])} or {systems[-1]}"
        raise reject("os_type", value, f"it has to be {known}")
    return found


def enterprise_project(value: str | None) -> str | None:
    """Return the id of an enterprise project in one form; '' means '0', the default project."""
    if value is None:
        return None
    if value in ("", "0"):
        return "0"
    if not UUID.fullmatch(value):
        raise reject(
            "enterprise_project_id", value, "it has to be '0' (the default project) or a UUID"
        )
    return value.lower()


def seconds(age: str | None, option: str = "max_age") -> float | None:
    """Return "7d", "12h", "90m", "3600s" or "3600" as seconds."""
    if age is None:
        return None
    match = _AGE.fullmatch(age.strip())
    value = float(match.group(1)) * _UNITS[match.group(2) or "s"] if match else 0.0
    if value <= 0:
        raise reject(option, age, "it is a number of s, m, h, d or w, as in 12h or 7d")
    return value


def check_times(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Check `wait_timeout` and `http_timeout`, and return a copy of the arguments."""
    timeout = arguments.get("wait_timeout")
    if timeout is not None and timeout <= 0:
        rule = "it is in seconds, 1 or more; to start only, set wait: false"
        raise reject("wait_timeout", timeout, rule)
    http_timeout = arguments.get("http_timeout")
    if http_timeout is not None and http_timeout <= 0:
        raise reject("http_timeout", http_timeout, "it is in seconds, 1 or more")
    return dict(arguments)
