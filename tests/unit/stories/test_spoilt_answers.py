# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever an answer holds, it is read, or it is an error of the cloud: never a bug of ours, and
never without an end.

Each answer that the collection reads is taken from the simulator once, and spoilt many times.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import errors
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.clock import Deadline
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.decode import json_value
from ansible_collections.huaweicloud.ims.tests.unit.plugins.module_utils._cloud.fake import (
    Reply,
    Seen,
    Talk,
)
from ansible_collections.huaweicloud.ims.tests.unit.spoiling import (
    IN_DOCUMENTS,
    MISSING,
    Spoiler,
    Tear,
    after,
    everywhere,
    spoilers,
    spoilt,
    tears,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import Count
from .readers import (
    DECODERS,
    READERS,
    Reader,
    answered,
    document,
    good_answer,
    line_of,
    options,
    with_entries,
)

# The time that reading one answer may take, in seconds of a clock that nobody waits for.
BUDGET = 20.0
# So often each answer is spoilt, torn, or refused instead, and each list gets a spoilt entry.
SPOILT, TORN, REFUSED, ENTRIES = 110, 20, 60, 50


def read(reader: Reader, reply: Reply) -> Any:
    """What is read from an answer, or the error that it is: it comes to an end of one kind or the
    other. A list has one page."""
    recorded, spoilt_line = answered(reader), line_of(reader)
    end = with_entries(reader, []) if reader.list_key else reply
    lines: Counter[str] = Counter()
    starts: list[Any] = []

    def handler(seen: Seen) -> Reply:
        turn = lines[seen.line]
        lines[seen.line] += 1
        if seen.line != spoilt_line or turn < reader.turn:
            known = recorded.get(seen.line, [Reply(404)])
            return known[min(turn, len(known) - 1)]
        starts.append([seen.query.get("marker"), seen.query.get("offset")])
        return reply if starts[-1] == starts[0] else end

    talk = Talk(handler, options(reader.by))
    talk.client.deadline = Deadline(talk.clock, BUDGET)
    begun = talk.clock.now
    result: Any
    try:
        result = reader.ask(talk.client)
    except errors.CloudError as error:
        result = error
    assert talk.clock.now - begun <= BUDGET
    # What cannot be encoded cannot be handed back.
    assert json.dumps([result, talk.warnings], default=str, ensure_ascii=False).encode()
    return result


@pytest.mark.parametrize("name", READERS)
def test_an_answer_that_is_not_spoilt_is_read(name: str) -> None:
    reader = READERS[name]
    assert not isinstance(read(reader, good_answer(reader)), errors.CloudError)


@pytest.mark.parametrize("name", READERS)
def test_no_answer_that_is_spoilt_ends_in_a_bug(name: str, count: Count) -> None:
    reader = READERS[name]
    good = good_answer(reader)

    @settings(max_examples=SPOILT)
    @given(st.lists(spoilers(), min_size=1, max_size=3))
    def is_read(spoiling: list[Spoiler]) -> None:
        content = spoilt(document(good), spoiling)
        count.add(content)
        read(reader, Reply(good.status, content, good.headers))

    is_read()


@pytest.mark.parametrize("name", DECODERS)
def test_every_value_of_a_record_may_be_anything(name: str, count: Count) -> None:
    member, decode = DECODERS[name]
    told = document(good_answer(READERS[name]))

    for content in everywhere(told[member] if member else told):
        count.add(content)
        assert json.dumps(decode(json_value(content)), default=str, ensure_ascii=False).encode()


@pytest.mark.parametrize("name", READERS)
def test_no_answer_that_is_torn_ends_in_a_bug(name: str, count: Count) -> None:
    reader = READERS[name]
    good = good_answer(reader)

    @settings(max_examples=TORN)
    @given(tears())
    def is_read(tear: Tear) -> None:
        content = tear(good.content)
        count.add(content)
        read(reader, Reply(good.status, content, good.headers))

    is_read()


# Of the lists that are read as a whole.
LISTS = [
    name for name, reader in READERS.items() if reader.list_key is not None and " of " not in name
]


@pytest.mark.parametrize("name", LISTS)
def test_an_entry_that_is_spoilt_leaves_the_others_of_its_list(name: str, count: Count) -> None:
    reader = READERS[name]
    told = document(good_answer(reader))
    first, *others = told[reader.list_key] if reader.list_key else told
    other = others[0] if others else {**first, "id": "another"}
    alone = read(reader, with_entries(reader, [first]))
    assert alone

    @settings(max_examples=ENTRIES)
    @given(st.lists(spoilers(IN_DOCUMENTS), min_size=1, max_size=3))
    def the_others_are_read(spoiling: list[Spoiler]) -> None:
        entry = after(other, spoiling)
        count.add(repr(entry))
        entries = [first] if entry is MISSING else [entry, first]
        found = read(reader, with_entries(reader, entries))
        assert not isinstance(found, errors.CloudError), found
        assert [one for one in alone if one not in found] == []

    the_others_are_read()


# --- refusals

REFUSALS = ("images", "image", "copy", "job", "disk", "token of a user", "keys of a server")
STATUSES = (
    *(199, 201, 204, 299, 300, 301, 303, 304, 307, 400, 401, 403, 404, 407, 408, 409, 413),
    *(425, 429, 499, 500, 502, 503, 504, 599, 600, 999),
)
HEADERS: dict[str, tuple[str, ...]] = {
    "Date": (
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Thu, 01 Jan 1970 00:00:00 -2359",
        "now",
        "",
        "9" * 99,
    ),
    "Retry-After": ("1e999", "inf", "nan", "-5", "9" * 400, "٣", "Fri, 31 Dec 9999 23:59:59 GMT"),
    "Location": (
        "",
        "//",
        "http://[",
        "http://[::1",
        "https://a:b@c:99999999/",
        "\x00",
        "x" * 5000,
    ),
    "X-Request-Id": ("", "\x1b[31m", "é" * 99),
    "X-Subject-Token": ("", " ", "\n", "é", "x" * 99999),
    "Content-Type": ("", "text/html; charset=nonsense"),
}
SHAPES: tuple[Any, ...] = (
    {"error": {"code": "IMG.0060", "message": "busy"}},
    {"error_code": "APIGW.0101", "error_msg": "no such API", "request_id": "r"},
    {"errors": [{"errCode": "IMG.0024", "errorMessage": "bad", "msg": "type"}]},
    {"itemNotFound": {"code": 404, "message": "none"}},
    "<html><title>504</title>",
)
headers = st.dictionaries(st.sampled_from(sorted(HEADERS)), st.integers(0, 6), max_size=3).map(
    lambda drawn: {name: HEADERS[name][at % len(HEADERS[name])] for name, at in drawn.items()}
)


@pytest.mark.parametrize("name", REFUSALS)
def test_no_refusal_that_is_spoilt_ends_in_a_bug(name: str, count: Count) -> None:
    @settings(max_examples=REFUSED)
    @given(
        st.sampled_from(STATUSES),
        headers,
        st.sampled_from(SHAPES),
        st.lists(spoilers(), max_size=2),
    )
    def is_read(status: int, sent: dict[str, str], shape: Any, spoiling: list[Spoiler]) -> None:
        content = spoilt(shape, spoiling)
        count.add(status, content, *sent.items())
        read(READERS[name], Reply(status, content, sent))

    is_read()


def test_five_thousand_answers_are_spoilt_at_least() -> None:
    spoilt = (SPOILT + TORN) * len(READERS) + REFUSED * len(REFUSALS) + ENTRIES * len(LISTS)
    assert spoilt >= 5000
