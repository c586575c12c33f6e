# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tree of errors is the one that is drawn at the head of `_images/failures.py`."""

from __future__ import annotations

import re

from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import errors
from ansible_collections.huaweicloud.ims.plugins.module_utils._images import failures
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.batch import batch_result
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.sources import image

_NODE = re.compile(r"^(?P<lines>[│├└─ ]*)(?P<names>[A-Z]\w+(?:, [A-Z]\w+)*)(?:  +(?P<more>.*))?$")


def drawn() -> dict[str, set[str]]:
    """The name of each error in the drawing, and those of its parents."""
    above: list[str] = []
    found: dict[str, set[str]] = {}
    for line in (failures.__doc__ or "").split("\n\n")[1].splitlines():
        node = _NODE.match(line)
        assert node, line
        depth = len(node["lines"]) // 4
        also = re.match(r"also (\w+)$", node["more"] or "")
        for name in node["names"].split(", "):
            parents = set(above[depth - 1 : depth] if depth else ["Exception"])
            found[name] = parents | ({also[1]} if also else set())
            above[depth:] = [name]
    return found


def test_the_drawing_shows_each_error_and_its_parents() -> None:
    classes = {
        name: value
        for module in (errors, failures, image, batch_result)
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, errors.ImsError)
    }

    assert drawn() == {
        name: {base.__name__ for base in value.__bases__} for name, value in classes.items()
    }
