# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each page of the documentation: whole, readable on a phone, and content with itself."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from ansible_collections.huaweicloud.ims.tests import links
from ansible_collections.huaweicloud.ims.tests.browser.pages import (
    PHONE,
    Pages,
    contrasts,
    sideways,
)
from ansible_collections.huaweicloud.ims.tests.docs import files
from ansible_collections.huaweicloud.ims.tools.places import ROOT
from ansible_collections.huaweicloud.ims.tools.site import addresses

SITE = ROOT / "build" / "docs"
FILES = sorted(SITE.rglob("*.html"))
NAMES = [str(path.relative_to(SITE)) for path in FILES]
MODULES = [path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")]
ROLES = [path.name for path in (ROOT / "roles").iterdir()]
FILTERS = [path.stem for path in (ROOT / "plugins" / "filter").glob("*.py")]
PLAYBOOKS = [path.stem for path in (ROOT / "playbooks").glob("*.yml")]
GUIDES = [path.stem for path in (ROOT / "docs" / "docsite" / "rst").glob("*.rst")]
# Those who made the theme and the generator, in the foot of pages.
GENERATORS = ("github.com", "www.sphinx-doc.org", "pradyunsg.me")
# One of each kind, of all that a reader meets.
KINDS = [
    "index.html",
    "whole_image_module.html",
    "golden_image_role.html",
    "golden_image_playbook.html",
    "docsite/cookbook.html",
    "docsite/errors.html",
    "docsite/permissions.html",
    "docsite/states.html",
    "docsite/troubleshooting.html",
    "docsite/waiting.html",
]

# The text that can be seen and is smaller than a size in CSS pixels; empty spaces do not count.
_SMALL = """
(least) => {
  const said = (element) => [...element.childNodes]
    .filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data.trim()).join('')
  const size = (element) => {
    const svg = element.ownerSVGElement
    const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1
    return parseFloat(getComputedStyle(element).fontSize) * scale
  }
  return [...document.body.querySelectorAll(':not(.headerlink, .ansibleOptionLink)')]
    .filter((element) => said(element) && element.getClientRects().length)
    .filter((element) => getComputedStyle(element).visibility !== 'hidden')
    .map((element) => [said(element).slice(0, 40), size(element)])
    .filter(([_text, pixels]) => pixels < least)
}
"""
_UNNAMED = """
() => [...document.querySelectorAll('img, svg[role=img]')].filter((picture) =>
  picture.localName === 'img' ? !picture.getAttribute('alt')
    : !picture.getAttribute('aria-labelledby').split(' ').every(
        (id) => document.getElementById(id)?.textContent.trim())
).map((picture) => picture.outerHTML.slice(0, 80))
"""


def test_each_module_role_playbook_and_guide_has_a_page() -> None:
    wanted = {
        *(f"{name}_module.html" for name in MODULES),
        *(f"{name}_role.html" for name in ROLES),
        *(f"{name}_playbook.html" for name in PLAYBOOKS),
        *(f"{name}_filter.html" for name in FILTERS),
        *(f"docsite/{name}.html" for name in GUIDES),
        *("index.html", "collection.html", "changelog.html", "search.html"),
    }

    assert wanted <= set(NAMES)
    assert set(NAMES) - wanted <= {"genindex.html", "benchmarks.html"}


def test_each_page_is_reached_from_the_start() -> None:
    start = (SITE / "index.html").resolve()
    seen, ahead = {start}, [start]
    while ahead:
        page = ahead.pop()
        for link in files.read(page).links:
            path = urlsplit(link).path
            if path and not files.is_elsewhere(link):
                target = (page.parent / path).resolve()
                if target not in seen and target.suffix == ".html":
                    seen.add(target)
                    ahead.append(target)

    assert {path.resolve() for path in FILES} - seen <= {
        (SITE / name).resolve() for name in ("genindex.html", "search.html")
    }


@pytest.mark.parametrize("name", NAMES)
def test_no_link_of_a_page_is_broken(name: str) -> None:
    page = (SITE / name).resolve()
    ours = [link for link in files.read(page).links if not files.is_elsewhere(link)]

    assert ours
    assert [reason for link in ours if (reason := files.broken(page, link))] == []


def test_links_to_others_are_well_formed_and_encrypted() -> None:
    links = {link for path in FILES for link in files.read(path).links if files.is_elsewhere(link)}

    parts = [urlsplit(link) for link in links]
    assert links
    assert [part.geturl() for part in parts if part.scheme != "https"] == []
    assert [
        part.geturl()
        for part in parts
        if not re.fullmatch(r"[a-z0-9.-]+\.[a-z]{2,}", part.netloc) or " " in part.geturl()
    ] == []


def test_links_to_others_lead_where_a_person_has_looked() -> None:
    linked = {link for path in FILES for link in files.read(path).links if files.is_elsewhere(link)}
    theirs = {link for link in linked if urlsplit(link).netloc not in GENERATORS}

    ours = tuple(addresses.of_collection().values())
    assert {link for link in theirs if not links.is_known(link, ours)} == set()


def test_a_page_says_how_to_install_what_galaxy_does_not_have() -> None:
    if addresses.of_collection():
        pytest.skip("the collection has a repository, without which Galaxy takes none")
    for name in NAMES:
        text = (SITE / name).read_text(encoding="utf-8")
        assert "ansible-galaxy collection install huaweicloud.ims" not in text, name
        if name.endswith(("_module.html", "_role.html", "_filter.html")):
            assert "docsite/quickstart.html#ansible-collections-huaweicloud-ims" in text, name


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("_module.html")])
def test_a_module_shows_an_example_first_and_the_connection_last(name: str) -> None:
    page = (SITE / name).read_text(encoding="utf-8")
    places = [page.find(f'<section id="{one}">') for one in ("synopsis", "examples", "parameters")]
    order = [place for place in places if place >= 0]

    assert order == sorted(order)
    if 'id="parameter-access_key"' in page:
        at = page.index('<section id="connection-parameters">')
        assert order[-1] < at < page.index('id="parameter-access_key"')


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("_role.html")])
def test_a_role_shows_an_example(name: str) -> None:
    page = (SITE / name).read_text(encoding="utf-8")

    assert (
        f"huaweicloud.ims.{name.removesuffix('_role.html')}"
        in page.partition('<section id="example">')[2].partition("</section>")[0]
    )


def test_the_table_of_attributes_repeats_no_titles_on_a_desktop(pages: Pages) -> None:
    page = pages.open(SITE / "whole_image_module.html", within=SITE)

    row = page.locator("tr", has=page.locator("#attribute-check_mode"))

    assert "Support" not in row.inner_text()
    assert "Description" not in row.inner_text()


@pytest.mark.parametrize("name", ["whole_image_module.html", "whole_image_playbook.html"])
def test_the_sidebar_shows_the_current_page(pages: Pages, name: str) -> None:
    page = pages.open(SITE / name, within=SITE)

    box = page.locator(".sidebar-scroll").bounding_box()
    current = page.locator(".sidebar-tree .current-page").bounding_box()

    assert box
    assert current
    assert box["y"] <= current["y"] <= box["y"] + box["height"] - current["height"]


def test_each_page_has_a_title_of_its_own_and_the_icon_of_the_site() -> None:
    texts = {name: (SITE / name).read_text(encoding="utf-8") for name in NAMES}
    heads = {name: text.partition("</head>")[0] for name, text in texts.items()}
    titles = [
        title for head in heads.values() for title in re.findall(r"<title>(.+)</title>", head)
    ]

    assert len(titles) == len(set(titles)) == len(NAMES)
    # Without one a browser asks the server for /favicon.ico, and complains.
    assert [name for name, head in heads.items() if "favicon.svg" not in head] == []


def test_nothing_is_loaded_from_elsewhere() -> None:
    sources = {source for path in FILES for source in files.read(path).sources}

    assert sources
    assert [one for one in sources if files.is_elsewhere(one) and not one.startswith("data:")] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_page_can_be_read_on_a_phone(pages: Pages, name: str) -> None:
    page = pages.open(SITE / name, within=SITE, width=PHONE)

    assert sideways(page) == 0
    assert page.evaluate(_SMALL, 12) == []
    assert page.evaluate(_UNNAMED) == []
    # The search has a heading once it has been asked something.
    assert page.locator("h1").count() == (0 if name == "search.html" else 1)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", KINDS)
def test_text_stands_out_from_what_is_behind_it(pages: Pages, name: str, dark: bool) -> None:
    page = pages.open(SITE / name, within=SITE, dark=dark)

    found = contrasts(page)

    assert sideways(page) == 0
    assert len(found) > 20
    assert [(text, round(contrast, 1)) for text, contrast in found if contrast < 4.5] == []


def test_the_search_finds_a_module(pages: Pages) -> None:
    url = (SITE / "search.html").resolve().as_uri()
    page = pages.open(f"{url}?q=image_wait", within=SITE)

    page.wait_for_selector("#search-results li a")

    found = page.eval_on_selector_all("#search-results li a", "(all) => all.map((a) => a.href)")
    assert any(urlsplit(link).path.endswith("/image_wait_module.html") for link in found)


def test_a_field_of_a_table_says_what_it_is_where_rows_are_blocks(pages: Pages) -> None:
    label = ".ims-label >> nth=0"
    phone = pages.open(SITE / "docsite" / "permissions.html", within=SITE, width=PHONE)
    desktop = pages.open(SITE / "docsite" / "permissions.html", within=SITE)

    assert phone.inner_text(label) == "Reads"
    assert phone.locator(label).is_visible()
    assert not desktop.locator(label).is_visible()


def test_the_menu_of_a_phone_leads_to_a_guide(pages: Pages) -> None:
    page = pages.open(SITE / "index.html", within=SITE, width=PHONE)

    page.click("header label[for=__navigation]")
    page.click(".sidebar-tree a:has-text('Cookbook')")
    page.wait_for_url("**/docsite/cookbook.html")

    assert "Cookbook" in (page.text_content("h1") or "")


def test_what_the_pages_say_of_the_code_is_in_them() -> None:
    text = (SITE / "docsite" / "errors.html").read_text(encoding="utf-8")

    assert "IMG.0182" in text
    assert "Enlarge the vault" in text
