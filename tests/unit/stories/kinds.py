# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Short tasks of the catalogue: one for each kind of image, all by id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests import samples

from .conftest import Cloud

Arguments = dict[str, Any]
Kind = tuple[str, Arguments]

# What it is made of -> (module, arguments), but for the name
KINDS: dict[str, Kind] = {name: (kind.module, kind.ways[0]) for name, kind in samples.KINDS.items()}
# One of each module: what is the same for all that a module makes needs no more.
MODULES: dict[str, Arguments] = {
    "whole_image": KINDS["backup"][1],
    "volume_image_export": KINDS["disk"][1],
    "image_copy": KINDS["image"][1],
    "quick_import": KINDS["system file"][1],
}
# Of each module that can make an image again: the module, a source, and another source.
OPERATIONS: dict[str, tuple[str, Arguments, Arguments]] = {
    name: (kind.module, kind.ways[0], kind.others[0])
    for name, kind in samples.KINDS.items()
    if name in ("server", "disk", "image", "system file")
}

NAME = "made-by-a-test"

every_kind = pytest.mark.parametrize("kind", KINDS)
every_module = pytest.mark.parametrize("module", MODULES)
operation = pytest.mark.parametrize(
    ("module", "one", "other"), OPERATIONS.values(), ids=OPERATIONS.keys()
)
example = pytest.mark.parametrize(
    ("module", "arguments"), samples.EXAMPLES.values(), ids=samples.EXAMPLES.keys()
)


def each_kind_and_each(
    names: str, cases: Mapping[str, Any], kinds: Iterable[str] = KINDS
) -> pytest.MarkDecorator:
    """Every kind with the first of the cases, and the copy of an image with each of them.

    For cases that one place treats for all kinds. names: the arguments of the test that hold a
    case, separated by commas.
    """
    several = "," in names
    rows = {
        f"{kind}-{case}": (kind, *(cases[case] if several else [cases[case]]))
        for kind, case in [
            *((kind, next(iter(cases))) for kind in kinds),
            *(("image", case) for case in cases),
        ]
    }
    return pytest.mark.parametrize(f"kind,{names}", rows.values(), ids=rows)


def task(kind: str, **more: Any) -> Kind:
    """Return the task that makes an image of that kind."""
    module, arguments = KINDS[kind]
    return module, {"name": NAME, **arguments, **more}


def run(cloud: Cloud, kind: str, **more: Any) -> dict[str, Any]:
    """Run the task that makes one and return its result."""
    module, arguments = task(kind, **more)
    return cloud.run(module, **arguments)
