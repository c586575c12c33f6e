# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages that antsibull-docs writes about modules, roles and filters, in the order of readers.

The example comes first, and the options about the connection, which all modules share, are a table
of their own after the options of the module. antsibull-docs marks the parts of a page by comments;
what is not found where it is expected stops the build.
"""

from __future__ import annotations

import re
import textwrap

import yaml
from ansible_collections.huaweicloud.ims.plugins.doc_fragments.auth import ModuleDocFragment

from ..places import ROOT

_PART = re.compile(r"^(?=\.\. (?:[A-Z][\w ]+)\n)", re.MULTILINE)
_ROW = re.compile(r"^(?=  \* - \.\. raw:: html\n)", re.MULTILINE)
_OPTION = re.compile(r'id="parameter-(\w+)')
_LINK = re.compile(r"`huaweicloud\.ims collection <[^>]+>`_")
_INSTALL = re.compile(r"To install it,? use: :code:`[^`]+`\.")
# An example in a README: in fences, or indented where no test can run it.
_FENCED = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"^    - .*\n(?:(?:    .*)?\n)+", re.MULTILINE)

NOT_ON_GALAXY = (
    "The collection is not on Ansible Galaxy yet:"
    " :ref:`install it from its repository <ansible_collections.huaweicloud.ims.docsite."
    "quickstart_install>`."
)
_CONNECTION = """\
Connection Parameters
---------------------

All modules that call the cloud share these options. Set them once for all tasks, in the environment
or in ``module_defaults``: see
:ref:`authentication <ansible_collections.huaweicloud.ims.docsite.authentication>`.

"""


def arranged(text: str, published: bool) -> str:
    """The text of a page. published: the collection can be had from Galaxy."""
    text = _example_first(_connection_last(text))
    return text if published else not_from_galaxy(text)


def not_from_galaxy(text: str) -> str:
    """A page without the address on Galaxy, which does not exist, and with another way to install
    the collection."""
    text, installed = _INSTALL.subn(NOT_ON_GALAXY, text)
    if not installed:
        raise ValueError(f"A page does not say how to install the collection: {text[:800]}")
    return _LINK.sub("huaweicloud.ims collection", text)


def with_example(text: str, role: str) -> str:
    """The page of a role with the first example of its README; a role has no place for one."""
    readme = (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8")
    fenced, indented = _FENCED.search(readme), _INDENTED.search(readme)
    example = fenced[1] if fenced else textwrap.dedent(indented[0]) if indented else ""
    before, marker, after = text.partition(".. Requirements\n")
    if not example or not marker:
        raise ValueError(f"No example for the page of the role {role}")
    shown = textwrap.indent(example, "    ")
    return (
        f"{before}.. Examples\n\nExample\n^^^^^^^\n\n.. code-block:: yaml+jinja\n\n{shown}\n"
        f"{marker}{after}"
    )


def _example_first(text: str) -> str:
    """Examples before requirements and parameters."""
    parts = _PART.split(text)
    [examples] = [part for part in parts if part.startswith(".. Examples\n")] or [""]
    if not examples.strip():
        return text
    parts.remove(examples)
    place = next(at for at, part in enumerate(parts) if part.startswith(".. Requirements\n"))
    return "".join([*parts[:place], examples, *parts[place:]])


def _connection_last(text: str) -> str:
    """The options of the connection in a table of their own, after the others."""
    shared = set(yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"])
    parts = _PART.split(text)
    at = next((at for at, part in enumerate(parts) if part.startswith(".. Options\n")), None)
    if at is None:
        return text
    head, *rows = _ROW.split(parts[at])
    named = [(_OPTION.search(row), row) for row in rows]
    connection = [row for name, row in named if name and name[1] in shared]
    if not connection:
        return text
    own = [row for name, row in named if not name or name[1] not in shared]
    table = head[head.index(".. tabularcolumns::") :]
    options = f"{head}{''.join(own)}\n" if own else ".. Options\n\n"
    parts[at] = f"{options}\n{_CONNECTION}{table}{''.join(connection)}\n"
    return "".join(parts)
