# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text for people: nothing in it moves the cursor, turns the text around or goes on for pages."""

from __future__ import annotations

import unicodedata

# Control characters, invisible ones and those that change the direction of the text (Cf), halves of
# characters, and separators that are line breaks for some programs.
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str, keep: str = "") -> str:
    """The text with a visible escape for each character that cannot be seen and could mislead, but
    for those to `keep`."""
    if text.isprintable():
        return text
    return "".join(
        _escape(one) if one not in keep and unicodedata.category(one) in _UNSEEN else one
        for one in text
    )


def _escape(character: str) -> str:
    number = ord(character)
    return _SHORT.get(character) or (f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}")


def shortened(text: str, most: int, tail: int = 0) -> str:
    """The text, or its first `most` characters with a remark of how many were left out, and then
    its last `tail` ones."""
    left_out = len(text) - most - tail
    if left_out <= 0:
        return text
    end = f" … {text[-tail:]}" if tail else ""
    return f"{text[:most]}… ({left_out} characters more){end}"
