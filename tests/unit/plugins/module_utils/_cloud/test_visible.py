# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from elsewhere is harmless to a terminal, and no longer than somebody reads."""

from __future__ import annotations

import sys
import unicodedata

from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.visible import (
    shortened,
    visible,
)


def test_what_cannot_be_seen_and_could_mislead_is_an_escape() -> None:
    assert visible("a\u202eb\u2066\x1b[0m\x00\ud800\u2028\u200b\r\n\t\x9b") == (
        "a\\u202eb\\u2066\\u001b[0m\\u0000\\ud800\\u2028\\u200b\\r\\n\\t\\u009b"
    )


def test_ordinary_text_stays_as_it_is() -> None:
    harmless = "Ünïcode 镜像 صورة 🙂 a\u00a0b\u3000c C:\\new"
    assert visible(harmless) == harmless
    assert visible("line\nline\ttab\r", keep="\n\t") == "line\nline\ttab\\r"


def test_no_character_of_unicode_that_is_a_command_is_left() -> None:
    shown = visible("".join(map(chr, range(sys.maxunicode + 1))))
    assert not {unicodedata.category(one) for one in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_a_long_text_keeps_its_beginning_and_where_wanted_its_end() -> None:
    assert shortened("a" * 10, 10) == "a" * 10
    assert shortened("a" * 30, 10) == "a" * 10 + "… (20 characters more)"
    assert shortened("a" * 30 + "end.", 10, 4) == "a" * 10 + "… (20 characters more) … end."
