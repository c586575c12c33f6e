# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of error codes, written from the only table of hints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ansible_collections.huaweicloud.ims.plugins.module_utils.cloud.hints import BY_STATUS, HINTS

# What the codes of a service begin with, in the order of the page.
SERVICES: Mapping[str, str] = {
    "IMG": "Images (IMS)",
    "EVS": "Disks (EVS)",
    "Ecs": "Servers (ECS)",
    "BackupService": "Backups (CBR)",
    "Common": "Jobs",
    "IAM": "Users and permissions (IAM)",
    "APIGW": "The gateway in front of all services",
}

_HEAD = """\
..
  Copyright (c) 2026 The huaweicloud.ims contributors
  GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later

.. Written by tools/site/errors.py from plugins/module_utils/cloud/hints.py: change it there.

.. _ansible_collections.huaweicloud.ims.docsite.errors:

Error codes
===========

A failed task says what it was doing, to which image, what the cloud answered, and what to do now. The last part comes from
this page. In a playbook it is in ``error``:

.. code-block:: yaml

   - name: Copy an image, and go on if that is not possible
     hosts: localhost
     gather_facts: false
     tasks:
       - name: Copy it
         block:
           - name: Ask for the copy
             huaweicloud.ims.image_copy:
               name: copy-with-a-key-that-is-gone
               source_image: linux-base
               cmk_id: 00000000-0000-4000-8000-000000000000
         rescue:
           - name: Say what the cloud said, and what to do about it
             ansible.builtin.debug:
               msg:
                 - "{{ ansible_failed_result.error.code }}: {{ ansible_failed_result.error.message }}"
                 - "{{ ansible_failed_result.error.hint }}"

``error`` holds ``http_status``, ``code``, ``message``, ``request_id`` and ``hint``. It is absent where the cloud was not
asked or has not refused: a wrong option, a time that is up. ``msg`` always says all of it. Support of the cloud asks for the
``request_id``.

Codes that these calls cannot get are not listed. A code that is not listed is shown with the cloud's own words; the
:ref:`HTTP status <ansible_collections.huaweicloud.ims.docsite.errors_status>` tells the rest.
"""


def page() -> str:
    """The text of docs/docsite/rst/errors.rst."""
    return "\n".join([_HEAD, *_sections()])


def _sections() -> Iterator[str]:
    unknown = {code.split(".")[0] for code in HINTS} - set(SERVICES)
    if unknown:
        raise ValueError(f"Codes of services that have no title: {', '.join(sorted(unknown))}")
    for prefix, title in SERVICES.items():
        codes = [code for code in HINTS if code.split(".")[0] == prefix]
        yield from _section(title, "Code", {code: HINTS[code] for code in sorted(codes)})
    yield ".. _ansible_collections.huaweicloud.ims.docsite.errors_status:\n"
    yield from _section(
        "Any other code", "Status", {str(status): hint for status, hint in BY_STATUS.items()}
    )


def _section(title: str, column: str, rows: Mapping[str, str]) -> Iterator[str]:
    yield f"{title}\n{'-' * len(title)}\n"
    yield f".. list-table::\n   :header-rows: 1\n   :widths: 25 75\n\n   * - {column}\n     - What to do"
    for code, hint in rows.items():
        yield f"   * - ``{code}``\n     - {_escaped(hint)}"
    yield ""


def _escaped(text: str) -> str:
    """Plain text as reStructuredText, in which some characters begin markup."""
    for character in ("\\", "*", "`", "_", "|"):
        text = text.replace(character, "\\" + character)
    return text
