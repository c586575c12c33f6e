# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation of the connection options."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.plugins.doc_fragments.auth import ModuleDocFragment
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.environment import FAMILIES
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.arguments import (
    connection,
)

OPTIONS: dict[str, Any] = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
# The option -> what the families of variables call it.
NAMES = {**{option: option for option in connection.CONNECTION}, "validate_certs": "insecure"}


def test_every_connection_option_is_documented() -> None:
    assert set(OPTIONS) == set(connection.CONNECTION)


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_names_the_environment_variables_that_give_it(option: str) -> None:
    text = " ".join(OPTIONS[option]["description"])
    name = NAMES[option]
    expected = {
        f"{family.prefix}{family.names[name][0]}" for family in FAMILIES if name in family.names
    }

    assert expected <= set(re.findall(r"E\((\w+)\)", text))
