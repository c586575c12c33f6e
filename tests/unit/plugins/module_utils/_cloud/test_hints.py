# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The advice for each code that the cloud answers with or a job fails with."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from ansible_collections.huaweicloud.ims.plugins import module_utils
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import refusals
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.hints import (
    BY_STATUS,
    HINTS,
    hint_for,
)

# The codes that the IMS API reference lists for what this collection asks of the service.
IMS_CODES = """
0001 0002 0003 0004 0005 0006 0007 0008 0009 0010 0012 0013 0014 0015 0016 0017 0018 0019 0020
0021 0022 0023 0024 0025 0026 0027 0028 0029 0030 0031 0032 0033 0035 0036 0037 0046 0047 0053
0054 0055 0056 0057 0058 0059 0060 0061 0062 0063 0064 0065 0066 0067 0068 0069 0086 0087 0090
0091 0092 0093 0094 0095 0096 0097 0099 0100 0101 0102 0103 0105 0106 0109 0110 0111 0115 0116 0117
0118 0119 0122 0126 0127 0130 0132 0133 0134 0136 0137 0138 0139 0140 0141 0144 0149 0153 0154
0155 0156 0157 0158 0159 0161 0164 0165 0166 0167 0175 0176 0180 0181 0182 0183 0184 0185 0186
0187 0188 0190 0191 0192 0193 0194 0195 0196 0197 0198 0212 0238 0239 0241 0242 1075
"""
OTHER_CODES = """
EVS.1002 EVS.2144 EVS.2145 EVS.2409 EVS.5400 EVS.5403 EVS.5404 EVS.5413 EVS.5503 Ecs.0114
BackupService.6105 BackupService.6200 BackupService.6204 BackupService.6500
Common.0011 Common.0018 IAM.0001 IAM.0002 IAM.0012 IAM.0061 IAM.0062 IAM.0066 IAM.0067 IAM.0080
IAM.0081 IAM.0082 IAM.0083 APIGW.0101 APIGW.0301 APIGW.0302 APIGW.0308
"""
CODES = {*(f"IMG.{number}" for number in IMS_CODES.split()), *OTHER_CODES.split()}
# Answers to calls that no module makes: sharing, exports to a bucket.
OTHERS = {"IMG.0098", "IMG.0128", "IMG.0135"}
# The codes that a task does not simply report. Each has a story in stories/.
TREATED = {
    *("IMG.0010", "IMG.0060", "IMG.0136", "IMG.0149", "EVS.2409"),  # busy
    *("IMG.0009", "IMG.0029", "IMG.0134"),  # the image is there already
    *("IMG.0035", "IMG.0105"),  # the other operation of a PATCH, an attribute that is not supported
    *("IMG.0027", "IMG.0086", "IMG.0144", "IMG.0090", "IMG.0176", "BackupService.6204"),  # deleting
    *("IMG.0184", "IMG.0190", "EVS.5400"),  # no vault, a disk of an unsuitable format
}


def hint_of(status: int, code: str) -> str:
    body = json.dumps({"error": {"code": code, "message": "x"}}).encode()
    return refusals.parse(status, {}, body, "POST", "/v1/cloudimages").hint


def test_every_code_that_the_modules_can_meet_has_a_hint() -> None:
    assert HINTS.keys() == CODES | OTHERS


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 429, 500, 503])
def test_an_error_carries_the_hint_of_its_code_whatever_its_status(status: int) -> None:
    for code, hint in HINTS.items():
        assert hint_of(status, code) == hint, code
        assert hint_for(code, status) == hint, code


# What the references say of codes that are easily mistaken for others.
FACTS = {
    "IMG.0059": ("1 TB", "128 GB"),
    "IMG.0111": ("system disk", "1024 GB"),
    "IMG.0161": ("permission", "real-name"),
    "IMG.0166": ("ISO", "os_version"),
    "IMG.0191": ("flavour", "support"),
    "IMG.0192": ("flavour", "support"),
    "EVS.2144": ("account", "real-name", "bills"),
    "EVS.2145": ("account", "real-name", "bills", "payment"),
    "EVS.5400": ("message", "available", "force: true"),
}


def test_a_hint_states_the_facts_of_its_code() -> None:
    for code, facts in FACTS.items():
        assert [fact for fact in facts if fact not in HINTS[code]] == [], code


def test_a_hint_reads_well() -> None:
    for hint in (*HINTS.values(), *BY_STATUS.values()):
        assert_reads_well(hint)


def assert_reads_well(hint: str) -> None:
    """One or two sentences, in words, about what to do rather than about codes."""
    assert not re.search(r"[A-Za-z]+\.\d{4}", hint), hint
    text = re.sub(r"'.'|\.mf|huaweicloud\.ims\.", "x", hint)
    sentences = re.findall(r"[^.]+\.", text)
    assert "".join(sentences) == text, hint
    assert 1 <= len(sentences) <= 2, hint
    for sentence in sentences:
        assert re.match(r"[A-Z]", sentence.strip()), hint
        assert len(sentence.split()) >= 3, hint
    assert not re.search(r"\s\s|\n|\s[.,:;]|[.,:;]{2}", text), hint
    assert len(hint) <= 250, hint


def test_no_other_code_is_treated_in_a_way_of_its_own() -> None:
    """A code in a file that is not about hints decides something: it needs a story."""
    folder = next(iter(module_utils.__path__))
    decided = {
        code
        for path in Path(folder).rglob("*.py")
        if path.name != "hints.py"
        for code in re.findall(r'"([A-Za-z]+\.\d{4})"', path.read_text("utf-8"))
    }
    assert decided == TREATED


@pytest.mark.parametrize(
    ("status", "word"), [(401, "credentials"), (403, "permission"), (429, "many"), (503, "again")]
)
def test_unknown_codes_get_the_advice_of_their_status(status: int, word: str) -> None:
    assert word in hint_of(status, "NEW.9999")


def test_nothing_is_invented_where_nothing_is_known() -> None:
    assert hint_of(400, "NEW.9999") == ""
