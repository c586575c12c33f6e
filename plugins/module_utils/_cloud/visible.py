# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make text safe to show: nothing in it moves the cursor, reverses the text or fills pages."""

from __future__ import annotations

import unicodedata

# Control characters, invisible ones and those that change the direction of the text (Cf), halves of
# characters, and separators that some programs take for line breaks.
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str, keep: str = "") -> str:
    """Return the text with an escape for each invisible or misleading character, except those in
    `keep`."""
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
    """Return the text, or its first `most` and last `tail` characters with a remark of how many are
    missing."""
    left_out = len(text) - most - tail
    if left_out <= 0:
        return text
    end = f" … {text[-tail:]}" if tail else ""
    return f"{text[:most]}… ({left_out} characters more){end}"
