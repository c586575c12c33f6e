# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small drawings as inline SVG, readable on light and dark pages and on a phone.

Lengths are in units of the drawing, which is WIDTH wide: about the pixels of a phone's page. Text
and lines have the colour of the page's text; the accents below are told from both backgrounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

WIDTH = 340
BLUE, GREEN, AMBER, PLAIN = "#3b82f6", "#2f9e6e", "#d98a00", "currentColor"
_LINE = 16
_SIZE = 13


@dataclass
class Drawing:
    """What is drawn, in the order in which it lies on top of each other."""

    title: str
    description: str
    parts: list[str] = field(default_factory=list)

    def box(
        self, x: float, y: float, width: float, height: float, colour: str = PLAIN, radius: int = 6
    ) -> None:
        fill, stroke = (0.06, 0.5) if colour == PLAIN else (0.12, 1)
        self.parts.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" rx="{radius}"'
            f' fill="{colour}" fill-opacity="{fill}" stroke="{colour}" stroke-opacity="{stroke}"'
            ' stroke-width="1.5"/>'
        )

    def block(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        self.parts.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" rx="3"'
            f' fill="{colour}"/>'
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, dashed: bool = False) -> None:
        dashes = ' stroke-dasharray="3 3"' if dashed else ""
        self.parts.append(
            f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" stroke="currentColor"'
            f' stroke-opacity="0.6" stroke-width="1.5"{dashes}/>'
        )

    def arrow(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """A line with a head at its end, straight down or to the right."""
        self.line(x1, y1, x2, y2)
        side = [(-4, -5), (4, -5)] if x1 == x2 else [(-5, -4), (-5, 4)]
        points = " ".join(f"{_n(x2 + dx)},{_n(y2 + dy)}" for dx, dy in [(0, 0), *side])
        self.parts.append(f'<polygon points="{points}" fill="currentColor" fill-opacity="0.6"/>')

    def text(
        self,
        x: float,
        y: float,
        lines: Sequence[str],
        *,
        anchor: str = "start",
        bold: bool = False,
        size: float = _SIZE,
    ) -> None:
        """Lines of text, the middle of their block at y."""
        first = y - (len(lines) - 1) * _LINE / 2 + size * 0.35
        weight = ' font-weight="600"' if bold else ""
        for number, line in enumerate(lines):
            self.parts.append(
                f'<text x="{_n(x)}" y="{_n(first + number * _LINE)}" text-anchor="{anchor}"'
                f' font-size="{_n(size)}"{weight}>{escape(line)}</text>'
            )

    def html(self, name: str, height: float) -> str:
        """The drawing as a figure of a page; name makes its ids."""
        title, description = f"figure-{name}-title", f"figure-{name}-text"
        return "\n".join(
            [
                '<figure class="ims-figure" style="margin:1.5rem 0">',
                f'<svg role="img" aria-labelledby="{title} {description}"'
                f' viewBox="0 0 {WIDTH} {_n(height)}"'
                ' style="display:block;width:100%;max-width:27rem;height:auto" fill="currentColor"'
                ' font-family="inherit">',
                f'<title id="{title}">{escape(self.title)}</title>',
                f'<desc id="{description}">{escape(self.description)}</desc>',
                *self.parts,
                "</svg>",
                "</figure>",
            ]
        )


def height_of(lines: Sequence[str]) -> float:
    """How high a box around those lines is."""
    return len(lines) * _LINE + 12


def _n(number: float) -> str:
    """Short, and the same on each machine."""
    return f"{number:.1f}".removesuffix(".0")
