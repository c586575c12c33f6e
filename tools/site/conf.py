# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of Sphinx for the documentation site."""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

_BUILD = Path(__file__).resolve().parents[2] / ".build" / "site"

project = "huaweicloud.ims"
author = "The huaweicloud.ims contributors"
project_copyright = f"2026 {author}"
html_title = project

extensions = [
    "myst_parser",  # the changelog, and what `make bench` has written
    "sphinx.ext.intersphinx",
    "sphinx_antsibull_ext",
    "sphinx_copybutton",
]

# Every reference has to lead somewhere.
nitpicky = True
intersphinx_mapping = {
    "ansible": ("https://docs.ansible.com/ansible/latest/", str(_BUILD / "ansible.inv"))
}

pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
highlight_language = "YAML+Jinja"
default_role = "any"
smartquotes_action = "D"  # dashes; quotes are those of code

html_theme = "furo"
html_theme_options = {
    "navigation_with_keys": True,
    "light_css_variables": {
        "color-brand-primary": "#b3261e",
        "color-brand-content": "#b3261e",
        "color-code-background": "#f6f7f9",
        "ims-good": "#17704a",
        "ims-so-so": "#8a5a00",
    },
    "dark_css_variables": {
        "color-brand-primary": "#ff8a80",
        "color-brand-content": "#ff8a80",
        "ims-good": "#5fd39c",
        "ims-so-so": "#e0b050",
    },
}
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["sidebar.js"]
html_favicon = "static/favicon.svg"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
# So the search works from files, too: a page that was not served may not read others.
html_show_search_summary = False
html_use_index = False
# Those of the options tables are taken from the theme, which can be switched to dark.
antsibull_ext_color_scheme = "none"
copybutton_exclude = ".linenos, .gp, .go"


def _without_contents(_app: Sphinx, page: nodes.document) -> None:
    """Take the table of contents out of a page: this theme has it beside the text already."""
    for topic in list(page.findall(nodes.topic)):
        if "contents" in topic["classes"]:
            topic.parent.remove(topic)
    for title in page.findall(nodes.title):
        title.attributes.pop("refid", None)  # led back to it


def _label_fields(_app: Sphinx, page: nodes.document) -> None:
    """Put the title of its column before each field of a table: on a phone, where rows are blocks,
    nothing else tells what it is (site.css shows it there only). In two columns there is no doubt.
    The tables of antsibull-docs do so themselves.
    """
    for table in page.findall(nodes.tgroup):
        if "ansible-option-table" in table.parent["classes"]:
            continue
        titles = [one.astext() for head in table.findall(nodes.thead) for one in head.children[0]]
        if len(titles) < 3:
            continue
        for row in (row for body in table.findall(nodes.tbody) for row in body.children):
            for title, field in list(zip(titles, row.children, strict=True))[1:]:
                if field.children:
                    field.children[0].insert(0, nodes.inline("", title, classes=["ims-label"]))


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", _without_contents)
    app.connect("doctree-read", _label_fields)
