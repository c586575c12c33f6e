# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text for HTML pages, escaped as a whole before a template sees any of it.

Ansible's templates do not escape, and since ansible-core 2.19 its Jinja ignores an `autoescape`
block as well (seen on 2.19.14): an escape that stands in the template can be forgotten, one that
has been made cannot.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.visible import visible


def escaped(value: Any) -> Any:
    """Return a copy of text, or of lists and dictionaries of text, in which no text has a meaning
    in HTML, neither in elements nor in quoted attributes, or to Jinja. Characters that cannot be
    seen or that change the direction of text become visible, but for line breaks and tabs.

    Raises TypeError for anything else than text, lists, dictionaries and None.
    """
    if value is None:
        return None
    if isinstance(value, str):
        # Without a brace nothing can be templated once more, whoever handles the text afterwards.
        return html.escape(visible(str(value), keep="\n\t")).replace("{", "&#123;")
    if isinstance(value, Mapping):
        return {name: escaped(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [escaped(member) for member in value]
    raise TypeError(f"{type(value).__name__} is neither text nor made of text")
