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

    if len(text) > LARGEST:
        raise Unreasonable(f"it has more than {LARGEST} characters")

    class Loader(yaml.SafeLoader):
        depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            is_alias = self.check_event(yaml.AliasEvent)
            self.depth += 1
            _check(self.depth, 1)
            node = super().compose_node(parent, index)
            self.depth -= 1
            if not is_alias:
                inner = [extents[id(one)] for one in _inner(node)]
                levels = 1 + max((one[0] for one in inner), default=0)
                extents[id(node)] = levels, 1 + sum(one[1] for one in inner)
            elif id(node) not in extents:
                raise Unreasonable("it has an alias of something that the alias is part of")
            levels, values = extents[id(node)]
            _check(self.depth + levels, values)  # aliases nest without being nested in the text
            return node

    # Of each node that is complete, by its id: the number of levels and of values.
    extents: dict[int, tuple[int, int]] = {}
    try:
        return Loader(text).get_single_data()
    except (yaml.YAMLError, Unreasonable):
        raise
    except Exception as error:  # PyYAML lets through what int(), datetime() and others raise
        raise Unreasonable("it has a value that cannot be read") from error


def _check(depth: int, values: int) -> None:
    if depth > _DEEPEST:
        raise Unreasonable(f"it is nested more than {_DEEPEST} levels deep")
    if values > _MOST_NODES:
        raise Unreasonable(f"with its aliases it has more than {_MOST_NODES} values")


def _inner(node: Any) -> list[Any]:
    """Return the nodes in a list or a mapping, none for a scalar, which is checked."""
    if not isinstance(node.value, str):
        pairs = (one if isinstance(one, tuple) else (one,) for one in node.value)
        return [inner for pair in pairs for inner in pair]
    if node.tag in _NUMBERS and len(node.value) > _LONGEST_NUMBER:
        raise Unreasonable(f"it has a number of more than {_LONGEST_NUMBER} characters")
    if _SURROGATE.search(node.value):
        raise Unreasonable("it has an escape that is not a character")
    return []
