# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the role image_report: complete, one file, and no text in it becomes markup.

What it shows is tested in test_image_chart.py, how it looks in tests/browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.filter.image_chart import image_chart
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.waiting.timeline import Entry
from ansible_collections.huaweicloud.ims.plugins.plugin_utils.escaped import escaped
from ansible_collections.huaweicloud.ims.tests.unit.report_page import (
    TEMPLATE,
    WRITTEN,
    environment,
    pruned,
    render,
    waited,
)
from jinja2 import nodes

Json = dict[str, Any]

BEGIN = datetime(2026, 1, 2, 1, 0, 4, tzinfo=timezone.utc)
VOID = {"meta", "link", "img", "br", "hr", "input"}
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style></title></main>",
    "<!--",
    "&lt;b&gt; &amp;",
    "{{ 1 + 1 }}",
    "{% raw %}",
    "{# x",
    "]]>",
]


def entry(name: str, status: str = "active", **more: Any) -> Entry:
    end = BEGIN + timedelta(minutes=1)
    over = {"ended_at": end, "ended_by": "cloud"} if status in ("active", "failed") else {}
    facts = {"made": True, "began_at": BEGIN, "began_by": "cloud", "polled_at": end, **over}
    return Entry(name, status, **{**facts, **more})


def results(text: str) -> list[Json]:
    """Results with the text in each place that holds text of the cloud or of the user."""
    error = dict.fromkeys(("code", "message", "hint", "request_id"), text)
    facts: Json = {"job_id": text + "j", "source": text, "region": text}
    old = {"id": text, "name": text, "reason": text, "error": text, "decision": "delete"}
    entries = [
        entry(text, "failed", image_id=text + "i", msg="It failed.", error=error, **facts),
        Entry(text, "failed", msg=text, source=text, error=error),
        entry(text, msg=text, actions=(text,), queued_until=BEGIN, running_at=BEGIN),
        entry(text, "in_progress", msg=text, percent=5.0),
    ]
    broken = {"failed": True, "msg": text}
    return [waited(*entries), pruned(old, {**old, "id": text + "2", "decision": "keep"}), broken]


class Page(HTMLParser):
    """What a page holds: its elements, all of which have to be closed, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).replace("\u00a0", " ").split())


# --- the page


def test_all_that_is_known_is_on_the_page_failures_first() -> None:
    error = {"code": "IMG.0182", "message": "No room.", "hint": "Make room.", "request_id": "r-1"}
    lost = entry("lost", "failed", job_id="job-1", msg="its job failed", error=error)
    old = {
        "id": "id-1",
        "name": "old",
        "decision": "delete",
        "reason": "too old",
        "error": "Refused.",
    }
    entries = [entry("first", image_id="id-0", actions=("set tags",)), lost]
    late = entry("late", "in_progress", msg="is RUNNING")

    text = Page(render([waited(*entries, late), pruned(old)])).text

    order = ["1 of 3 images failed, 1 not finished", "What failed", "lost", "its job failed"]
    order += ["The cloud says: IMG.0182 No room.", "Make room.", "job-1", "r-1"]
    order += ["Not finished yet", "late", "is RUNNING", "What could not be deleted", "Refused."]
    order += ["Timeline", "first", "All images", "set tags", "id-0", "Older images", "too old"]
    place = 0
    for words in order:
        place = text.index(words, place)
    assert text.endswith("image_report on 2026-01-02, 01:19:04 UTC.")


def test_sixty_images_are_all_there() -> None:
    text = Page(render([waited(*(entry(f"fleet-{number:02}") for number in range(60)))])).text

    assert "All 60 images are active" in text
    assert all(text.count(f"fleet-{number:02}") == 2 for number in range(60))


@pytest.mark.parametrize("empty", [[], [waited()], [pruned()]], ids=["nothing", "wait", "prune"])
def test_parts_that_would_be_empty_are_left_out(empty: list[Json]) -> None:
    page = Page(render(empty))

    assert {tag for tag, _attributes in page.elements} & {"table", "dl", "section", "ol"} == set()


def test_bars_are_for_eyes_only_and_words_say_the_same() -> None:
    page = Page(render([waited(entry("a"))]))

    tracks = [found for _tag, found in page.elements if found.get("class") == "track"]
    assert tracks == [{"class": "track", "aria-hidden": "true"}]
    assert "active after 1 min" in page.text


# --- what it must not become


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_text_becomes_markup(hostile: str) -> None:
    harmless, page = Page(render(results("x"))), Page(render(results(hostile)))

    assert [tag for tag, _found in page.elements] == [tag for tag, _found in harmless.elements]
    assert [found for _tag, found in page.elements] == [found for _t, found in harmless.elements]
    assert page.text.count(" ".join(hostile.split())) >= 20


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_text_has_a_meaning_for_a_template_afterwards(hostile: str) -> None:
    page = render(results(hostile))

    body = page[page.index("</style>") :]
    assert "{" not in body


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for member in value.values():
            yield from texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from texts(member)
    else:
        assert value is None or value.__class__ is str, f"{value!r} is no text"
        yield value or ""


@pytest.mark.parametrize("hostile", HOSTILE)
def test_the_filter_hands_out_no_text_that_is_not_escaped(hostile: str) -> None:
    for text in texts(image_chart(results(hostile), WRITTEN)):
        assert not set("<>\"'{") & set(text), text
        assert not re.search(r"&(?!(lt|gt|amp|quot|#x27|#123);)", text), text


def test_the_template_shows_nothing_but_what_the_filter_has_escaped() -> None:
    """Whoever adds a value to the page adds it to the filter."""
    tree = environment().parse(TEMPLATE.read_text("utf-8"))

    assigned = [node.target for node in tree.find_all(nodes.Assign)]
    assert [node.name for node in assigned if isinstance(node, nodes.Name)] == ["page"]
    loops = {node.target.name: node.iter for node in tree.find_all(nodes.For)}
    for output in tree.find_all(nodes.Output):
        for node in output.nodes:
            if isinstance(node, nodes.TemplateData):
                continue
            while not isinstance(node, nodes.Name) or node.name in loops:
                assert isinstance(node, (nodes.Getattr, nodes.Name)), f"line {node.lineno}"
                node = loops[node.name] if isinstance(node, nodes.Name) else node.node
            assert node.name == "page", f"line {node.lineno} shows {node.name}"
    used = [node.name for node in tree.find_all(nodes.Filter)]
    assert used == ["huaweicloud.ims.image_chart"]


def test_attributes_are_quoted() -> None:
    template = TEMPLATE.read_text("utf-8")

    for found in re.findall(r'(?:\w+=)("[^"]*"|\S*\{\{)', template):
        assert found.startswith('"')


@pytest.mark.parametrize("wrong", [5, 1.5, True, {"a": 5}, [b"x"], {1, 2}])
def test_what_is_neither_text_nor_made_of_text_cannot_be_shown(wrong: Any) -> None:
    with pytest.raises(TypeError, match="neither text nor made of text"):
        escaped(wrong)


def test_invisible_characters_and_those_that_turn_text_around_are_shown() -> None:
    assert escaped("a\u202eb\x1b\n\tc") == "a\\u202eb\\u001b\n\tc"
    assert "\u202e" not in render([waited(entry("\u202egnp.exe"))])


def test_it_loads_nothing_and_runs_nothing() -> None:
    page = render([waited(entry("a"), entry("b", "failed", msg="m"), entry("c", "in_progress"))])

    tags = {tag for tag, _attributes in Page(page).elements}
    assert not tags & {"script", "img", "iframe", "object", "embed", "video", "form", "base"}
    for _tag, attributes in Page(page).elements:
        assert not {"src", "srcset", "action"} & set(attributes)
        assert attributes.get("href", "data:,") == "data:,"
    assert not re.search(r"url\(|@import|https?:", page)
