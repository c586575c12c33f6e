# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong is refused before any request, with option, value and rule; what is right passes.

What is right is sent to the cloud, too: its rules have to be the same as ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import (
    BACKUP,
    CENTOS,
    FILE,
    IMAGE,
    KEY,
    PRODUCTION,
    SERVER,
    VAULT,
    VOLUME,
)
from ansible_collections.huaweicloud.ims.tests.simulator import ManualClock, Simulator

from .conftest import Cloud, ok, refusal
from .kinds import MODULES, NAME, every_module

Arguments = dict[str, Any]
# (arguments, what the message has to say)
Wrong = tuple[Arguments, tuple[str, ...]]

ELEVEN = {f"key{number}": "value" for number in range(11)}
TEN = {f"key{number}": "value" for number in range(10)}
NAME_RULE = "1 to 128 letters"
KEY_RULE = "1 to 36 characters, none of them = * < > \\ , | /"
VALUE_RULE = "0 to 43 characters, none of them = * < > \\ , | /"
TEXT_RULE = "put it in quotes"

COMMON_WRONG: dict[str, Wrong] = {
    "name: empty": ({"name": ""}, ("name", "''", NAME_RULE)),
    "name: 129 letters": ({"name": "n" * 129}, ("name", "n" * 129, "129 characters", NAME_RULE)),
    "name: space in front": ({"name": " web"}, ("name", "' web'", "with a space")),
    "name: space behind": ({"name": "web "}, ("name", "'web '", "with a space")),
    "name: slash": ({"name": "a/b"}, ("name", "'a/b'", "must not contain '/'", NAME_RULE)),
    "name: umlaut": (
        {"name": "größe/büro"},
        ("name", "'größe/büro'", "must not contain '/', 'ß', 'ö', 'ü'", NAME_RULE),
    ),
    "name: line break": ({"name": "web\n"}, ("name", "'web\\n'", NAME_RULE)),
    "name: tab": ({"name": "a\tb"}, ("name", NAME_RULE)),
    "name: colon": ({"name": "a:b"}, ("name", "'a:b'", NAME_RULE)),
    "description: 1025 letters": ({"description": "d" * 1025}, ("description", "1025", "1024")),
    "description: CR": ({"description": "a\rb"}, ("description", "'a\\rb'", "line breaks")),
    "description: LF": ({"description": "a\nb"}, ("description", "'a\\nb'", "line breaks")),
    "description: <": ({"description": "a<b"}, ("description", "'a<b'", "'<' and '>'")),
    "description: >": ({"description": "a>b"}, ("description", "'a>b'", "'<' and '>'")),
    "min_ram: negative": ({"min_ram": -1}, ("min_ram", "-1", "MB", "0 (no limit) or more")),
    "max_ram: negative": ({"max_ram": -1}, ("max_ram", "-1", "MB", "0 (no limit) or more")),
    "max_ram: less than min_ram": (
        {"min_ram": 2048, "max_ram": 1024},
        ("max_ram", "1024", "less than min_ram (2048 MB)"),
    ),
    "enterprise_project_id: name": (
        {"enterprise_project_id": "production"},
        ("enterprise_project_id", "'production'", "'0' (the default project) or a UUID"),
    ),
    "enterprise_project_id: no dashes": (
        {"enterprise_project_id": PRODUCTION.replace("-", "")},
        ("enterprise_project_id", "UUID"),
    ),
    "wait_timeout: 0": ({"wait_timeout": 0}, ("wait_timeout", "0", "seconds", "wait: false")),
    "wait_timeout: negative": ({"wait_timeout": -5}, ("wait_timeout", "-5", "wait: false")),
    "http_timeout: 0": ({"http_timeout": 0}, ("http_timeout", "0", "seconds")),
    "max_age: no number": ({"max_age": "soon"}, ("max_age", "soon", "12h")),
    "max_age: zero": ({"max_age": "0h"}, ("max_age", "0h", "7d")),
    "tags and image_tags": (
        {"tags": ["a.b"], "image_tags": {"a": "b"}},
        ("tags and image_tags", "one of the two"),
    ),
    "image_tags: empty text beside tags": (
        {"tags": ["a.b"], "image_tags": ""},
        ("image_tags", "''", "mapping"),
    ),
    "tags: 11": ({"tags": [f"k{n}.v" for n in range(11)]}, ("tags", "11", "at most 10")),
    "tags: key of 37": ({"tags": ["k" * 37 + ".v"]}, ("tags", "k" * 37, KEY_RULE)),
    "tags: value of 44": ({"tags": ["k." + "v" * 44]}, ("tags", "v" * 44, VALUE_RULE)),
    "tags: no key": ({"tags": [".value"]}, ("tags", "''", KEY_RULE)),
    "tags: empty": ({"tags": [""]}, ("tags", "''", KEY_RULE)),
    "tags: equals sign": (
        {"tags": ["key=value"]},
        ("tags", "'key=value'", KEY_RULE, "write key.value, or image_tags"),
    ),
    "tags: equals sign behind the dot": ({"tags": ["a.b=c"]}, ("tags", "b=c", VALUE_RULE)),
    "tags: twice": ({"tags": ["a.1", "a.2"]}, ("tags", "'a'", "given twice")),
    "tags: _sys": ({"tags": ["_sys_x.1"]}, ("tags", "'_sys_x'", "belong to the cloud")),
    "image_tags: 11": ({"image_tags": ELEVEN}, ("image_tags", "11", "at most 10")),
    "image_tags: key of 37": ({"image_tags": {"k" * 37: ""}}, ("image_tags", "k" * 37, KEY_RULE)),
    "image_tags: value of 44": (
        {"image_tags": {"k": "v" * 44}},
        ("image_tags", "v" * 44, VALUE_RULE),
    ),
    "image_tags: no key": ({"image_tags": {"": "v"}}, ("image_tags", "''", KEY_RULE)),
    **{
        f"image_tags: {key!r} as a key": ({"image_tags": {key: "v"}}, ("image_tags", KEY_RULE))
        for key in (*(f"a{taboo}b" for taboo in "=*<>\\,|/\t\n"), " a", "a ", " ")
    },
    **{
        f"image_tags: {value!r} as a value": ({"image_tags": {"k": value}}, ("tags", VALUE_RULE))
        for value in (*(f"a{taboo}b" for taboo in "=*<>\\,|/\t\n"), " a", "a ", " ")
    },
    "image_tags: _sys": ({"image_tags": {"_sys": "x"}}, ("image_tags", "'_sys'", "cloud")),
    "image_tags: boolean": ({"image_tags": {"a": True}}, ("image_tags", "{'a': True}", TEXT_RULE)),
    "image_tags: float": ({"image_tags": {"a": 1.10}}, ("image_tags", "1.1", TEXT_RULE)),
    "image_tags: boolean key": ({"image_tags": {True: "a"}}, ("image_tags", "True", TEXT_RULE)),
    "image_tags: null key": ({"image_tags": {None: "a"}}, ("image_tags", "None", TEXT_RULE)),
    "image_tags: list value": ({"image_tags": {"a": ["b"]}}, ("image_tags", "['b']", TEXT_RULE)),
    "image_tags: text": ({"image_tags": "a=b"}, ("image_tags", "'a=b'", "a mapping")),
    "image_tags: list of texts": ({"image_tags": ["a.b"]}, ("image_tags", "a.b", "a mapping")),
    "image_tags: entry without value": (
        {"image_tags": [{"key": "a"}]},
        ("image_tags", "{'key': 'a'}", "key and value"),
    ),
    "image_tags: entry with more": (
        {"image_tags": [{"key": "a", "value": "b", "c": "d"}]},
        ("image_tags", "'c'", "key and value"),
    ),
    "image_tags: entry twice": (
        {"image_tags": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]},
        ("image_tags", "'a'", "given twice"),
    ),
    "image_tags: number and text of one key": (
        {"image_tags": {1: "a", "1": "b"}},
        ("image_tags", "'1'", "given twice"),
    ),
}

URL_RULE = "<bucket>:<object key>"
IMPORT = {"image_url": FILE, "min_disk": 40}
SYSTEM = {**IMPORT, "os_version": CENTOS}
DATA = {**IMPORT, "type": "DataImage"}

# Tasks of a module that are wrong in themselves; nothing is added but the name.
OWN_WRONG: dict[str, dict[str, Wrong]] = {
    "whole_image": {
        "no source": ({}, ("instance and backup", "exactly one", "none was given")),
        "two sources": (
            {"instance": SERVER, "backup": BACKUP},
            ("instance and backup", "exactly one", "both were given"),
        ),
        "vault with backup": (
            {"backup": BACKUP, "vault": VAULT},
            ("vault", VAULT, "goes with instance only"),
        ),
        "vault alone": ({"vault": VAULT}, ("instance and backup", "none was given")),
        "backup_type with instance": (
            {"instance": SERVER, "backup_type": "CBR"},
            ("backup_type", "'CBR'", "goes with backup only"),
        ),
        "instance: empty": ({"instance": ""}, ("instance", "''", "an id or an exact name")),
        "instance: blank": ({"instance": "  "}, ("instance", "'  '", "an id or an exact name")),
        "backup: empty": ({"backup": ""}, ("backup", "''", "an id or an exact name")),
        "vault: empty": ({"instance": SERVER, "vault": ""}, ("vault", "''", "an exact name")),
    },
    "volume_image_export": {
        "volume: empty": ({"volume": ""}, ("volume", "''", "an id or an exact name")),
        "os_type: unknown": (
            {"volume": VOLUME, "os_type": "Other"},
            ("os_type", "'Other'", "linux or windows"),
        ),
    },
    "image_copy": {
        "source_image: empty": ({"source_image": ""}, ("source_image", "''", "an exact name")),
        "cmk_id: name": (
            {"source_image": IMAGE, "cmk_id": "documents-key"},
            ("cmk_id", "'documents-key'", "UUID of 36 characters"),
        ),
        "cmk_id: short": (
            {"source_image": IMAGE, "cmk_id": KEY[:-1]},
            ("cmk_id", KEY[:-1], "UUID of 36 characters"),
        ),
        "cmk_id: blanks": ({"source_image": IMAGE, "cmk_id": "  "}, ("cmk_id", "'  '", "UUID")),
    },
    "quick_import": {
        **{
            f"image_url: {url or 'empty'}": ({**SYSTEM, "image_url": url}, ("image_url", URL_RULE))
            for url in (
                "",
                "centos70.zvhd2",
                "ims-image/centos70.zvhd2",
                "ims-image:",
                ":centos70.zvhd2",
                "ims-image::centos70.zvhd2",
                "Ims-Image:centos70.zvhd2",
                "ims_image:centos70.zvhd2",
                "im:centos70.zvhd2",
                "-image:centos70.zvhd2",
                "i" * 64 + ":centos70.zvhd2",
                "ims-image:" + "k" * 1025,
                "ims-image:cent os.zvhd2",
                "ims-image:centos70.zvhd2\n",
                "obs://ims-image",
                "obs://ims-image/",
                "obs:///centos70.zvhd2",
                "obs://ims-image/centos70.zvhd2?versionId=7",
                "http://ims-image.obs.eu-de.example.com/centos70.zvhd2",
                "ftp://ims-image.obs.eu-de.example.com/centos70.zvhd2",
                "https://ims-image.example.com/centos70.zvhd2",
                "https://obs.eu-de.example.com/ims-image/centos70.zvhd2",
                "https://ims-image.obs.eu-de.example.com/",
                "https://ims-image.obs.eu-de.example.com:8443/centos70.zvhd2",
                "https://user@ims-image.obs.eu-de.example.com/centos70.zvhd2",
                "https://ims-image.obs.eu-de.example.com/centos70.zvhd2?versionId=7",
                "https://ims-image.obs.eu-de.example.com/centos70.zvhd2#part",
                "https://ims-image.obs.eu-de.example.com/cent%20os.zvhd2",
                "https://ims-image.obs.eu-de.example.com/centos%00.zvhd2",
                "https://ims-image.obs.eu-de.example.com/centos%ff.zvhd2",
            )
        },
        "min_disk: 0": ({**SYSTEM, "min_disk": 0}, ("min_disk", "0", "GB", "1 to 1024")),
        "min_disk: 1025": ({**SYSTEM, "min_disk": 1025}, ("min_disk", "1025", "GB", "1 to 1024")),
        "min_disk: negative": ({**DATA, "min_disk": -40}, ("min_disk", "-40", "1 to 1024")),
        "ECS without os_version": (IMPORT, ("os_version", "needed", "ECS")),
        "ECS with empty os_version": ({**SYSTEM, "os_version": ""}, ("os_version", "needed")),
        "BMS without os_version": ({**IMPORT, "type": "BMS"}, ("os_version", "needed", "BMS")),
        "ECS with os_type": (
            {**SYSTEM, "os_type": "Linux"},
            ("os_type", "'Linux'", "type: ECS takes os_version", "DataImage"),
        ),
        "BMS with os_type": (
            {**SYSTEM, "type": "BMS", "os_type": "Windows"},
            ("os_type", "'Windows'", "type: BMS takes os_version", "DataImage"),
        ),
        "DataImage with os_version": (
            {**DATA, "os_version": CENTOS},
            ("os_version", CENTOS, "DataImage"),
        ),
        "DataImage with architecture": (
            {**DATA, "architecture": "x86"},
            ("architecture", "'x86'", "DataImage"),
        ),
        "DataImage with hw_firmware_type": (
            {**DATA, "hw_firmware_type": "uefi"},
            ("hw_firmware_type", "'uefi'", "DataImage"),
        ),
        "DataImage with license_type": (
            {**DATA, "license_type": "byol"},
            ("license_type", "'byol'", "DataImage"),
        ),
        "arm with bios": (
            {**SYSTEM, "architecture": "arm", "hw_firmware_type": "bios"},
            ("hw_firmware_type", "'bios'", "arm", "uefi"),
        ),
        "license_type of a Linux": (
            {**SYSTEM, "license_type": "byol"},
            ("license_type", "'byol'", "Windows"),
        ),
        "os_type: unknown": (
            {**DATA, "os_type": "Unix"},
            ("os_type", "'Unix'", "Linux or Windows"),
        ),
    },
}


SOMETHING = "00000000-0000-4000-8000-000000000000"
# Of the modules for images that are there, and of images that are to be absent.
OTHERS_WRONG: dict[str, tuple[str, Arguments, tuple[str, ...]]] = {
    "image: missing": ("image", {}, ("image", "missing")),
    "image, absent without a selector": ("image", {"state": "absent"}, ("image", "name")),
    "image, absent by a pattern": ("image", {"name": "web-*", "state": "absent"}, ("name", "*")),
    "image: empty": ("image", {"image": ""}, ("image", "''", "an id or an exact name")),
    "image, name: slash": ("image", {"image": "x", "name": "a/b"}, ("name", NAME_RULE)),
    "image, description: <": ("image", {"image": "x", "description": "<"}, ("description", "'<'")),
    "image, min_ram": ("image", {"image": "x", "min_ram": -1}, ("min_ram", "-1", "MB")),
    "image, max_ram": (
        "image",
        {"image": "x", "min_ram": 2048, "max_ram": 1024},
        ("max_ram", "less than min_ram"),
    ),
    "image, tags": ("image", {"image": "x", "tags": ["a=b"]}, ("tags", "'a=b'", KEY_RULE)),
    "image, image_tags": ("image", {"image": "x", "image_tags": ELEVEN}, ("11", "at most 10")),
    "image, enterprise_project_id": (
        "image",
        {"image": "x", "enterprise_project_id": "production"},
        ("enterprise_project_id", "UUID"),
    ),
    "image, wait_timeout": (
        "image",
        {"image": "x", "wait_timeout": 0},
        ("wait_timeout", "wait: false"),
    ),
    "image_info, os_type": (
        "image_info",
        {"os_type": "BSD"},
        ("os_type", "'BSD'", "Linux, Windows or Other"),
    ),
    "image_info, older_than": ("image_info", {"older_than": "old"}, ("older_than", "'old'", "12h")),
    "image_info, newer_than": ("image_info", {"newer_than": "0"}, ("newer_than", "'0'", "7d")),
    "image_info, enterprise_project_id": (
        "image_info",
        {"enterprise_project_id": "production"},
        ("enterprise_project_id", "'production'", "UUID"),
    ),
    "image_info, query": ("image_info", {"query": "[?"}, ("query", "'[?'", "JMESPath")),
    "image_info, query: plain number": (
        "image_info",
        {"query": "[?min_disk > 40]"},
        ("query", "JMESPath", "`40`"),
    ),
    "absent: neither name nor id": (
        "whole_image",
        {"state": "absent"},
        ("name", "needed", "image_id"),
    ),
    "absent: name and id": (
        "whole_image",
        {"state": "absent", "name": "x", "image_id": SOMETHING},
        ("name and image_id", "one of the two"),
    ),
    "absent: no id": (
        "quick_import",
        {"state": "absent", "image_id": "golden"},
        ("image_id", "'golden'", "UUID"),
    ),
    "present by id": (
        "quick_import",
        {"image_id": SOMETHING, **SYSTEM, "name": "x"},
        ("image_id", SOMETHING, "state: absent"),
    ),
}


def assert_says(text: str, says: tuple[str, ...], title: str) -> None:
    assert [words for words in says if words not in text] == [], f"{title}: {text!r}"


def test_wrong_values_of_what_changes_lists_and_deletes_are_refused() -> None:
    for title, (module, arguments, says) in OTHERS_WRONG.items():
        assert_says(refusal(module, **arguments), says, title)


@every_module
def test_wrong_values_of_common_options_are_refused(module: str) -> None:
    for title, (arguments, says) in COMMON_WRONG.items():
        text = refusal(module, **{"name": NAME, **MODULES[module], **arguments})
        assert_says(text, says, title)


@pytest.mark.parametrize("module", OWN_WRONG)
def test_wrong_values_of_a_modules_own_options_are_refused(module: str) -> None:
    for title, (arguments, says) in OWN_WRONG[module].items():
        assert_says(refusal(module, name=NAME, **arguments), says, title)


@every_module
def test_right_values_are_not_refused(module: str) -> None:
    for title, arguments in COMMON_RIGHT.items():
        assert refusal(module, **{"name": NAME, **MODULES[module], **arguments}) == "", title


@pytest.fixture(scope="module")
def untouched() -> Cloud:
    """One cloud for all: no test of wrong input leaves a trace on it."""
    return Cloud(Simulator(clock=ManualClock(), seed=1, tame=True))


def assert_refused(cloud: Cloud, result: dict[str, Any], says: tuple[str, ...]) -> None:
    assert result["failed"]
    for words in says:
        assert words in result["msg"]
    assert result.get("image_id") is None
    assert result.get("job_id") is None
    assert cloud.requests() == []


@every_module
def test_wrong_input_is_refused_before_any_request_in_check_mode_as_well(
    tame: Cloud, module: str
) -> None:
    wrong = {"name": NAME, **MODULES[module], "description": "a<b"}

    predicted, real = tame.run(module, check_mode=True, **wrong), tame.run(module, **wrong)

    assert predicted == real
    assert real["failed"]
    assert real["msg"] == refusal(module, **wrong)
    assert tame.requests() == []


# What tasks register, and what is no such thing.
STARTED = {"changed": True, "image_id": None, "job_id": 32 * "a", "image": {"name": NAME}}
PENDING = {"name": NAME, "attributes": {"min_ram": 1}, "tags": {"a": "b"}, "other_ids": [IMAGE]}
NOT_OURS = "it is not what a module of this collection returns"
WRONG_WAITS: dict[str, Wrong] = {
    "nothing": ({}, ("results, jobs and images", "at least one")),
    "jobs: an image": ({"jobs": [IMAGE]}, ("jobs", IMAGE, "give it in images")),
    "jobs: a name": ({"jobs": ["web"]}, ("jobs", "'web'", "32 hexadecimal digits")),
    "jobs: empty": ({"jobs": [""]}, ("jobs", "''", "32 hexadecimal digits")),
    "jobs: a number": ({"jobs": [7]}, ("jobs", "7", "32 hexadecimal digits")),
    "jobs: a result": ({"jobs": [STARTED]}, ("jobs", "32 hexadecimal digits")),
    "images: a job": ({"images": [32 * "a"]}, ("images", 32 * "a", "give it in jobs")),
    "images: empty": ({"images": [" "]}, ("images", "' '", "an id or an exact name")),
    "images: a number": ({"images": [7]}, ("images", "7", "an id or an exact name")),
    "images: a result": ({"images": [STARTED]}, ("images", "an id or an exact name")),
    "results: text": ({"results": "started"}, ("results", "'started'", "registered")),
    "results: texts": ({"results": ["started"]}, ("results[0]", "'started'", "not the result")),
    "results: of another module": (
        {"results": [STARTED, {"changed": False, "ping": "pong"}]},
        ("results[1]", "no result of a module that creates images"),
    ),
    "results: of another module, by item": (
        {"results": [{"changed": False, "item": "web-01", "ansible_loop_var": "item"}]},
        ("results[0] (web-01)", "no result of a module that creates images"),
    ),
    "results: in the background": (
        {"results": [{"ansible_job_id": "j1.2", "started": 1, "finished": 0}]},
        ("results[0]", "async", "ansible.builtin.async_status"),
    ),
    "results: loops": ({"results": [{"results": [STARTED]}]}, ("results[0]", "a whole loop")),
    "results: an id that is none": (
        {"results": [{**STARTED, "job_id": 7}]},
        ("results[0].job_id", "7", NOT_OURS),
    ),
    **{
        f"results: pending: {title}": (
            {"results": [{**STARTED, "pending": pending}]},
            ("results[0].pending", NOT_OURS),
        )
        for title, pending in {
            "text": "min_ram",
            "empty": {},
            "no name": {**PENDING, "name": None},
            "attributes: list": {**PENDING, "attributes": ["min_ram"]},
            "attributes: unknown": {**PENDING, "attributes": {"visibility": "public"}},
            "tags: list": {**PENDING, "tags": ["a.b"]},
            "tags: number": {**PENDING, "tags": {"a": 1}},
            "delete_ids: text": {**PENDING, "delete_ids": IMAGE},
            "delete_ids: numbers": {**PENDING, "delete_ids": [1]},
            "renamed_ids: nothing": {**PENDING, "renamed_ids": None},
        }.items()
    },
    "wait_timeout: 0": ({"results": [], "wait_timeout": 0}, ("wait_timeout", "0", "seconds")),
    "http_timeout: 0": ({"results": [], "http_timeout": 0}, ("http_timeout", "0", "seconds")),
}


@pytest.mark.parametrize(("arguments", "says"), WRONG_WAITS.values(), ids=WRONG_WAITS)
def test_what_nobody_can_wait_for_is_refused(arguments: Arguments, says: tuple[str, ...]) -> None:
    assert_says(refusal("image_wait", **arguments), says, "image_wait")


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_wait_for_nothing_is_refused_before_any_request(
    untouched: Cloud, check_mode: bool
) -> None:
    result = untouched.run("image_wait", check_mode=check_mode, results=["started"])

    assert_refused(untouched, result, WRONG_WAITS["results: texts"][1])


COMMON_RIGHT: dict[str, Arguments] = {
    "name: one letter": {"name": "n"},
    "name: 128 letters": {"name": "n" * 128},
    "name: all kinds": {"name": "Web 1.0_a-b"},
    "name: dot in front": {"name": ".web-"},
    "name: Chinese": {"name": "镜像 01"},
    "description: 1024 letters": {"description": "d" * 1024},
    "description: anything else": {"description": "Büro, 镜像: \"a\" & 'b' \\ / \t 100 %"},
    "description: empty": {"description": ""},
    "min_ram: 0": {"min_ram": 0},
    "max_ram: 0": {"max_ram": 0},
    "max_ram: 0 with min_ram": {"min_ram": 1024, "max_ram": 0},
    "max_ram: as min_ram": {"min_ram": 1024, "max_ram": 1024},
    "enterprise_project_id: 0": {"enterprise_project_id": "0"},
    "enterprise_project_id: number": {"enterprise_project_id": 0},
    "enterprise_project_id: empty": {"enterprise_project_id": ""},
    "enterprise_project_id: UUID": {"enterprise_project_id": PRODUCTION},
    "enterprise_project_id: capitals": {"enterprise_project_id": PRODUCTION.upper()},
    "wait_timeout: 1": {"wait_timeout": 1},
    "tags: none": {"tags": []},
    "tags: 10": {"tags": [f"k{n}.v" for n in range(10)]},
    "tags: key of 36 and value of 43": {"tags": ["k" * 36 + "." + "v" * 43]},
    "tags: Chinese": {"tags": ["环境.生产"]},
    "image_tags: none": {"image_tags": {}},
    "image_tags: none, as a list": {"image_tags": []},
    "image_tags: 10": {"image_tags": TEN},
    "image_tags: key of 36 and value of 43": {"image_tags": {"k" * 36: "v" * 43}},
    "image_tags: Chinese": {"image_tags": {"环境": "生产"}},
}


def test_no_limit_is_left_out_of_the_create_request(cloud: Cloud) -> None:
    """The document knows max_ram as not set by default, not as 0."""
    result = ok(cloud.run("whole_image", name=NAME, backup=BACKUP, min_ram=1024, max_ram=0))

    [body] = [r["body"] for r in cloud.simulator.requests if r["method"] == "POST"]
    assert "max_ram" not in body
    assert body["min_ram"] == 1024
    assert result["image"]["max_ram"] is None


@pytest.mark.parametrize("arguments", COMMON_RIGHT.values(), ids=COMMON_RIGHT)
def test_border_values_of_common_options_are_taken_by_the_cloud(
    tame: Cloud, arguments: Arguments
) -> None:
    task = {"name": NAME, **MODULES["image_copy"], **arguments}
    ok(tame.run("image_copy", wait=False, **task))

    assert len(tame.creates()) == 1


def each_of(cases: Iterable[str]) -> pytest.MarkDecorator:
    """Every module with the first of the cases, and one module with each of them."""
    first, *others = cases
    pairs = [*((module, first) for module in MODULES), *(("whole_image", case) for case in others)]
    return pytest.mark.parametrize(("module", "case"), pairs)


# The forms of tags, and what the image gets.
TAGS: dict[str, tuple[Arguments, dict[str, str]]] = {
    "mapping": ({"image_tags": {"a": "1", "b": "2"}}, {"a": "1", "b": "2"}),
    "list of key and value": (
        {"image_tags": [{"key": "a", "value": "1"}, {"key": "b", "value": ""}]},
        {"a": "1", "b": ""},
    ),
    "numbers are plain enough": ({"image_tags": {"a": 1, 2: "b"}}, {"a": "1", "2": "b"}),
    "null is a key without a value": ({"image_tags": {"a": None}}, {"a": ""}),
    "the first dot splits": ({"tags": ["version.1.2.3"]}, {"version": "1.2.3"}),
    "no dot": ({"tags": ["golden"]}, {"golden": ""}),
    "dot at the end": ({"tags": ["golden."]}, {"golden": ""}),
    "dots side by side": ({"tags": ["a..b"]}, {"a": ".b"}),
    "tags beside an empty list": ({"tags": ["a.b"], "image_tags": []}, {"a": "b"}),
    "tags beside an empty mapping": ({"tags": ["a.b"], "image_tags": {}}, {"a": "b"}),
    "image_tags beside an empty list": ({"tags": [], "image_tags": {"a": "b"}}, {"a": "b"}),
    "both empty": ({"tags": [], "image_tags": {}}, {}),
}


@each_of(TAGS)
def test_tags_mean_the_same_in_all_their_forms(tame: Cloud, module: str, case: str) -> None:
    arguments, expected = TAGS[case]

    result = ok(tame.run(module, name=NAME, **MODULES[module], **arguments))

    assert result["image"]["tags"] == expected
    [image] = tame.images(NAME)
    assert image["tags"] == expected


# Tags that only some clouds take: Flexible Engine, for one.
LENIENT: dict[str, dict[str, str]] = {
    "dot in a key": {"cost.center": "42"},
    "dots and no value": {"a.b.c": ""},
    "colon and blank": {"aws:team name": "b c"},
    "umlauts": {"büro": "größe"},
    "36 and 43 of any kind": {"ü" * 36: "ß" * 43},
}


@pytest.mark.parametrize(
    ("takes", "form"),
    [("flexible-engine", "key=value"), ("flexible-engine", "key.value"), ("otc", "key=value")],
)
@each_of(LENIENT)
def test_tags_that_only_some_clouds_take_are_left_to_the_cloud(
    tame: Cloud, module: str, case: str, takes: str, form: str
) -> None:
    tags = LENIENT[case]
    tame.switch(tag_keys=takes, image_tags_as=form)

    made = tame.run(module, name=NAME, **MODULES[module], image_tags=tags)
    again = tame.run(module, name=NAME, **MODULES[module], image_tags=tags)

    assert not made.get("failed"), made["msg"]
    assert made["image"]["tags"] == again["image"]["tags"] == tags
    assert tame.images(NAME)[0]["tags"] == tags
    assert not again["changed"]


def test_tags_in_the_old_form_reach_a_cloud_that_takes_fewer_of_them_in_it(tame: Cloud) -> None:
    """Open Telekom Cloud takes no dots in values of the old form, but in the new one."""
    tame.switch(tag_keys="otc")

    result = ok(tame.run("whole_image", name=NAME, backup=BACKUP, tags=["version.1.2.3"]))

    assert result["image"]["tags"] == {"version": "1.2.3"}


def test_a_tag_that_a_cloud_does_not_take_fails_in_its_words(tame: Cloud) -> None:
    refused = tame.run("image", image=IMAGE, image_tags={"cost.center": "42"})

    assert refused["failed"]
    assert refused["error"]["code"] == "IMG.0115"


# (module, arguments, part of the body that the cloud received)
OWN_RIGHT: dict[str, tuple[str, Arguments, Arguments]] = {
    "a server, no vault": (
        "whole_image",
        {"instance": SERVER},
        {"instance_id": SERVER, "vault_id": VAULT},
    ),
    "a server, a vault": (
        "whole_image",
        {"instance_id": SERVER, "vault_id": VAULT},
        {"instance_id": SERVER, "vault_id": VAULT},
    ),
    "a backup, no type": (
        "whole_image",
        {"backup": BACKUP},
        {"backup_id": BACKUP, "whole_image_type": "CBR"},
    ),
    "a CSBS backup": (
        "whole_image",
        {"backup_id": BACKUP, "whole_image_type": "CSBS"},
        {"backup_id": BACKUP, "whole_image_type": "CSBS"},
    ),
    "ids in capitals": (
        "whole_image",
        {"instance": SERVER.upper(), "vault": VAULT.upper()},
        {"instance_id": SERVER, "vault_id": VAULT},
    ),
    "an encrypted copy": ("image_copy", {"image_id": IMAGE, "cmk_id": KEY}, {"cmk_id": KEY}),
    "a copy with the key left blank": (
        "image_copy",
        {"image_id": IMAGE, "cmk_id": ""},
        {"cmk_id": None},
    ),
    "a key in capitals": (
        "image_copy",
        {"source_image": IMAGE, "cmk_id": KEY.upper()},
        {"cmk_id": KEY},
    ),
    "min_disk: 1": ("quick_import", {**SYSTEM, "min_disk": 1}, {"min_disk": 1}),
    "min_disk: 1024": ("quick_import", {**SYSTEM, "min_disk": 1024}, {"min_disk": 1024}),
    "a key with a colon": (
        "quick_import",
        {**SYSTEM, "image_url": "ims-image:dir/a:b.zvhd2"},
        {"image_url": "ims-image:dir/a:b.zvhd2"},
    ),
    "a long key": (
        "quick_import",
        {**SYSTEM, "image_url": "ims-image:" + "k" * 1024},
        {"image_url": "ims-image:" + "k" * 1024},
    ),
    "a bare metal image": ("quick_import", {**SYSTEM, "type": "BMS"}, {"type": "BMS"}),
    "arm, firmware omitted": (
        "quick_import",
        {**SYSTEM, "architecture": "arm"},
        {"architecture": "arm", "type": "ECS"},
    ),
    "arm with uefi": (
        "quick_import",
        {**SYSTEM, "architecture": "arm", "hw_firmware_type": "uefi"},
        {"architecture": "arm", "hw_firmware_type": "uefi"},
    ),
    "x86 with bios": (
        "quick_import",
        {**SYSTEM, "architecture": "x86", "hw_firmware_type": "bios"},
        {"architecture": "x86", "hw_firmware_type": "bios"},
    ),
    "a licence for Windows": (
        "quick_import",
        {**SYSTEM, "os_version": "Windows 10 64bit", "license_type": "byol"},
        {"os_version": "Windows 10 64bit", "license_type": "byol"},
    ),
    "a data disk": ("quick_import", {**DATA, "os_type": "Windows"}, {"os_type": "Windows"}),
    "an operating system in small letters": (
        "quick_import",
        {**DATA, "os_type": "windows"},
        {"os_type": "Windows"},
    ),
    "a file as an OBS URL": (
        "quick_import",
        {**SYSTEM, "image_url": "obs://ims-image/dir/a:b.zvhd2"},
        {"image_url": "ims-image:dir/a:b.zvhd2"},
    ),
}


@pytest.mark.parametrize(("module", "arguments", "sent"), OWN_RIGHT.values(), ids=OWN_RIGHT)
def test_accepted_values_of_a_modules_own_options_reach_the_cloud(
    tame: Cloud, module: str, arguments: Arguments, sent: Arguments
) -> None:
    ok(tame.run(module, name=NAME, wait=False, **arguments))

    [create] = [entry for entry in tame.simulator.requests if entry["method"] == "POST"]
    assert {name: create["body"].get(name) for name in sent} == sent
    assert create["body"]["name"] == NAME


def test_what_was_not_given_is_not_sent(tame: Cloud) -> None:
    tame.run("quick_import", name=NAME, wait=False, **SYSTEM)

    [create] = [entry for entry in tame.simulator.requests if entry["method"] == "POST"]
    assert create["body"] == {"name": NAME, "type": "ECS", **SYSTEM}


@pytest.mark.parametrize("disk_format", ["vhd", "zvhd", "zvhd2", "raw", "qcow2"])
def test_each_format_is_exported(tame: Cloud, disk_format: str) -> None:
    result = ok(tame.run("volume_image_export", name=NAME, volume=VOLUME, disk_format=disk_format))

    assert result["image"]["disk_format"] == disk_format


def test_an_export_always_says_its_formats_and_the_rest_only_when_asked(tame: Cloud) -> None:
    tame.run("volume_image_export", name=NAME, volume=VOLUME, wait=False)

    [create] = [entry for entry in tame.simulator.requests if entry["method"] == "POST"]
    assert create["body"] == {
        "os-volume_upload_image": {
            "image_name": NAME,
            "disk_format": "vhd",
            "container_format": "bare",
        }
    }


# What is given instead of the connection of the simulator, and what the message says. The others
# are in plugins/module_utils/_cloud/test_credentials.py and test_connection.py.
CONNECTIONS: dict[str, Wrong] = {
    "keys and a token": ({"auth_token": "t0k3n"}, ("access_key", "auth_token", "one of them")),
    "access key alone": ({"secret_key": None}, ("access_key without secret_key",)),
    "plain http": ({"endpoints": {"ims": "http://ims.example.com"}}, ("http://ims.example.com",)),
    "CA file that is not there": ({"ca_cert": "/nowhere/ca.pem"}, ("ca_cert", "/nowhere/ca.pem")),
}


@pytest.mark.parametrize(("arguments", "says"), CONNECTIONS.values(), ids=CONNECTIONS)
def test_connection_options_that_cannot_be_are_refused_before_any_request(
    untouched: Cloud, arguments: Arguments, says: tuple[str, ...]
) -> None:
    result = untouched.run("image_copy", name=NAME, **{**MODULES["image_copy"], **arguments})

    assert_refused(untouched, result, says)
    for secret in ("t0k3n", untouched.credential("reader")["secret_key"]):
        assert secret not in str(result)
