# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the cloud says reaches a terminal as text only, and at a length that can be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import IMAGE

from .conftest import Cloud, ok
from .failing import CREATE
from .kinds import NAME, run

Json = dict[str, Any]

# Clears the screen, returns to the start of the line, opens a line, the same in 8 bits, turns the
# text around, hides, ends a line for some programs.
NASTY = (
    "\x1b[2J\r\nok: \x9b31m\x00\x7f\u202e\u2066\u200b\u200f\ufeff\u2028\u2029\t\x85\xad\U000e0041"
)
SHOWN = (
    "\\u001b[2J\\r\\nok: \\u009b31m\\u0000\\u007f\\u202e\\u2066\\u200b\\u200f\\ufeff\\u2028\\u2029"
    "\\t\\u0085\\u00ad\\U000e0041"
)
LONG = "why " * 50_000
FAILING = {**CREATE, "action": "job", "fail": "IMG.0014"}
# What playbooks compare and hand to other tasks keeps its exact value.
EXACT = {"name", "description", "tags", "image_tags", "diff", "pending", "result", "path"}


def texts(value: Any) -> Iterator[str]:
    """Each text of a result, but for those that are exact."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, member in value.items():
            if key not in EXACT:
                yield from texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from texts(member)


def assert_plain(result: Json) -> None:
    for text in texts(result):
        assert text.isprintable(), text


def test_why_a_job_failed_is_shown_as_text(cloud: Cloud) -> None:
    cloud.rules({**FAILING, "reason": f"no room {NASTY} left"})

    result = run(cloud, "image")

    assert_plain(result)
    assert f"no room {SHOWN} left" in result["msg"]
    assert result["error"]["message"] == f"no room {SHOWN} left"


@pytest.mark.parametrize("shape", ["error", "gateway", "cbr", "html", "text"])
def test_a_refusal_is_shown_as_text(cloud: Cloud, shape: str) -> None:
    refusal = {"action": "answer", "status": 400, "shape": shape, "code": "IMG.0015"}
    cloud.rules({**CREATE, **refusal, "message": f"no\x1b[2J room\u202e left{NASTY}"})

    result = cloud.run("image_copy", name=NAME, source_image=IMAGE, verbosity=3)

    assert_plain(result)
    assert result["failed"]
    if shape not in ("html", "text"):  # of the page of some proxy its status tells more
        assert "no\\u001b[2J room\\u202e left" in result["msg"]


def test_progress_is_shown_as_text(cloud: Cloud) -> None:
    def retell(call: str, answer: Any) -> Any:
        if "/jobs/" in call:
            answer["job_type"] += NASTY
            answer.setdefault("entities", {})["current_task"] = f"Copying{NASTY}{LONG}"
        return answer

    cloud.retell = retell
    ok(run(cloud, "image", verbosity=1))

    assert any(SHOWN in line for line in cloud.lines)
    for line in cloud.lines:
        assert line.isprintable()
        assert len(line) <= 600


def test_what_an_image_is_called_keeps_its_value_and_what_it_is_is_shown(cloud: Cloud) -> None:
    def retell(call: str, answer: Any) -> Any:
        for image in answer.get("images", []):
            image["name"] += NASTY
            image["__description"] = f"first{NASTY}"
            image["__os_version"] = f"CentOS{NASTY}"
        return answer

    plain = ok(cloud.run("image_info"))["images"]
    cloud.retell = retell
    result = ok(cloud.run("image_info", query="[].name"))

    assert_plain(result)
    names = [image["name"] for image in result["images"]]
    assert names == [image["name"] + NASTY for image in plain] == result["result"]
    for image in result["images"]:
        assert image["description"] == f"first{NASTY}"
        assert image["os_version"] == f"CentOS{SHOWN}"


def test_a_name_is_shown_as_text_in_messages_warnings_and_reports(cloud: Cloud) -> None:
    def retell(call: str, answer: Any) -> Any:
        for image in answer.get("images", []):
            image["name"] = f"family-{NASTY}{image['id'][:3]}"
        if call.endswith("/v3/projects"):
            for project in answer["projects"]:
                project["name"] += NASTY
        return answer

    cloud.retell = retell

    kept = cloud.run("image_retention", name="family-*", keep_newest=1, verbosity=3)
    absent = cloud.run("image", image=f"family-{NASTY}{IMAGE[:3]}", state="absent", verbosity=3)
    found = cloud.run("account_info", verbosity=3)

    for result in (kept, absent, found):
        assert_plain(result)


@pytest.mark.parametrize("code", ["IMG.0014", NASTY + LONG])
def test_a_long_reason_is_cut(cloud: Cloud, code: str) -> None:
    cloud.rules({**FAILING, "fail": code, "reason": LONG})

    result = cloud.run("image_copy", name=NAME, source_image=IMAGE)

    assert "why why" in result["msg"]
    assert len(result["msg"]) < 1500
    assert len(result["error"]["message"]) < 600
    assert len(result["error"]["code"]) < 300


def test_a_long_reason_of_one_of_several_is_cut(cloud: Cloud) -> None:
    cloud.rules({**FAILING, "reason": LONG, "times": 1})
    started = [
        ok(cloud.run("image_copy", name=f"{NAME}-{n}", source_image=IMAGE, wait=False))
        for n in range(2)
    ]

    result = cloud.run("image_wait", images=started)

    assert result["failed"]
    assert_plain(result)
    assert len(result["msg"]) < 1500
    assert all(len(text) <= 11_000 for text in texts(result))


def test_a_message_of_any_length_is_cut_in_the_middle(cloud: Cloud) -> None:
    """What to do stands at its end."""

    def retell(call: str, answer: Any) -> Any:
        for image in answer.get("images", [answer]):
            image.update(name=LONG, protected=True)
        return answer

    cloud.retell = retell

    result = cloud.run("image", image=IMAGE, state="absent")

    assert result["failed"]
    assert "characters more" in result["msg"]
    assert len(result["msg"]) < 11_000
    assert result["msg"].endswith(".")


def test_a_traceback_keeps_its_lines(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_rest: Any, **_more: Any) -> None:
        raise RuntimeError(f"a bug {NASTY}")

    module = "ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.listing"
    monkeypatch.setattr(f"{module}._query", crash)

    result = cloud.run("image_info", verbosity=3)

    assert f"a bug {SHOWN}" in result["msg"]
    assert result["exception"].count("\n") > 3
    assert all(line.isprintable() for line in result["exception"].split("\n"))
