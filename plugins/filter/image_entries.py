# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: image_entries
short_description: Make a list of entries out of names as people type them
version_added: 0.1.0
description:
  - Makes entries for the roles P(huaweicloud.ims.golden_image#role) and P(huaweicloud.ims.image_import#role) out of a variable that comes
    from a command line or a survey. The playbooks of these roles use it.
author:
  - The huaweicloud.ims contributors (@huaweicloud)
positional: source
options:
  _input:
    description:
      - Names or ids separated by commas or in lines; or a list of names and of mappings, as such or as text in JSON or YAML.
    type: raw
    required: true
  source:
    description:
      - The option of an entry that its name is given in.
    type: str
    required: true
  options:
    description:
      - Options of all entries that are given by name. Those that are empty or null count as not given.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show the entries
  ansible.builtin.debug:
    msg: "{{ 'web-01, web-02' | huaweicloud.ims.image_entries('instance', {'min_ram': 2048, 'vault': ''}) }}"
"""

RETURN = r"""
_value:
  description: The entries; mappings as they are given, without a change.
  type: list
  elements: dict
  sample: [{instance: web-01, min_ram: 2048}, {instance: web-02, min_ram: 2048}]
"""

from collections.abc import Callable, Mapping
from typing import Any

import yaml
from ansible.errors import AnsibleFilterError


def image_entries(
    given: Any, source: str, options: Mapping[str, Any] | None = None
) -> list[Mapping[str, Any]]:
    """Return the entries of names as people type them. Raises AnsibleFilterError."""
    common = {name: value for name, value in (options or {}).items() if value not in ("", None)}
    return [
        one if isinstance(one, Mapping) else {source: str(one).strip(), **common}
        for one in _members(given)
        if isinstance(one, Mapping) or str(one).strip()
    ]


def _members(given: Any) -> list[Any]:
    if isinstance(given, str):
        text = given.strip()
        if not text.startswith(("[", "- ")):
            return ",".join(text.splitlines()).split(",")
        try:
            given = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise AnsibleFilterError(f"It is no list in JSON or YAML: {text!r}.") from error
    if given is not None and not isinstance(given, (list, tuple)):
        raise AnsibleFilterError(f"It is neither text nor a list: {given!r}.")
    return list(given or ())


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"image_entries": image_entries}
