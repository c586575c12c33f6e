# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read YAML within bounds, so that no file costs more than a second.

The limits are far above what a settings file needs. Aliases of aliases, nesting and long numbers
cost time and memory that grow much faster than the file.
"""

from __future__ import annotations

import re
from typing import Any

# The pure Python parser of PyYAML reads some hundred thousand bytes a second.
LARGEST = 1 << 18
# Nodes, with each alias counted as all that it stands for.
_MOST_NODES = 50_000
_DEEPEST = 50
_LONGEST_NUMBER = 64
_NUMBERS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("int", "float", "timestamp"))
_SURROGATE = re.compile("[\ud800-\udfff]")


class Unreasonable(ValueError):
    """YAML that cannot be settings. Says why without quoting it: it may contain a password."""


def load_yaml(text: str) -> Any:
    """Return what `yaml.safe_load` returns. Raises ImportError without PyYAML, `yaml.YAMLError` for
    invalid YAML, Unreasonable for anything else that cannot be read."""
    import yaml

    loader = type("Bounded", (_Bounds, yaml.SafeLoader), {"alias_event": yaml.AliasEvent})
    try:
        return yaml.load(text, loader)  # noqa: S506 (it is a SafeLoader)
    except (yaml.YAMLError, Unreasonable):
        raise
    except Exception as error:  # PyYAML lets through what int(), datetime() and others raise
        raise Unreasonable("it has a value that cannot be read") from error


class _Bounds:
    """Counts nodes while a loader of PyYAML composes them, before objects are created.

    A mixin, because PyYAML may be missing where this module is imported.
    """

    alias_event: type

    def __init__(self, stream: str) -> None:
        super().__init__(stream)  # type: ignore[call-arg]
        self._nodes = 0
        self._depth = 0
        self._sizes: dict[int, int] = {}

    def compose_node(self: Any, parent: Any, index: Any) -> Any:
        before = self._nodes
        self._nodes += 1
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Unreasonable(f"it is nested more than {_DEEPEST} levels deep")
        is_alias = self.check_event(self.alias_event)
        node = super().compose_node(parent, index)  # type: ignore[misc]
        if is_alias:
            if id(node) not in self._sizes:
                raise Unreasonable("it has an alias of something that the alias is part of")
            self._nodes += self._sizes[id(node)]
        else:
            self._sizes[id(node)] = self._nodes - before
        if self._nodes > _MOST_NODES:
            raise Unreasonable(f"with its aliases it has more than {_MOST_NODES} values")
        self._depth -= 1
        return node

    def compose_scalar_node(self: Any, anchor: Any) -> Any:
        node = super().compose_scalar_node(anchor)  # type: ignore[misc]
        if node.tag in _NUMBERS and len(node.value) > _LONGEST_NUMBER:
            raise Unreasonable(f"it has a number of more than {_LONGEST_NUMBER} characters")
        if _SURROGATE.search(node.value):
            raise Unreasonable("it has an escape that is not a character")
        return node
