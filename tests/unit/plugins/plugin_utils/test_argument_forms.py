# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every option of every module that takes a list or a mapping takes its text as well, in the same
way on all versions of ansible-core."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins import action
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.failures import (
    InvalidArgument,
)
from ansible_collections.huaweicloud.ims.plugins.plugin_utils.argument_forms import in_one_form

MODULES = "ansible_collections.huaweicloud.ims.plugins.modules"
# Options that take both, whose argument spec cannot say so.
RAW = {"image_tags", "results"}


def _options() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Module, option, type of its elements, argument spec."""
    for path in sorted(Path(action.__path__[0]).glob("[!_]*.py")):
        spec = import_module(f"{MODULES}.{path.stem}").ARGUMENTS
        for option, declared in spec.items():
            if declared["type"] in ("list", "dict", "raw"):
                elements = declared.get("elements", declared["type"])
                yield path.stem, option, "dict" if option in RAW else elements, spec


OPTIONS = [
    pytest.param(option, elements, spec, id=f"{module}-{option}")
    for module, option, elements, spec in _options()
]
FORMS = {
    "JSON": json.dumps,
    "Python": repr,
    "with blanks": lambda value: f"  {json.dumps(value)}\n",
}


def test_every_option_of_type_raw_is_known() -> None:
    raw = {
        option for _module, option, _elements, spec in _options() if spec[option]["type"] == "raw"
    }
    assert raw == RAW


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize(("option", "elements", "spec"), OPTIONS)
def test_text_is_what_it_says(option: str, elements: str, spec: Any, form: Any) -> None:
    value = {"name": "1"} if elements == "dict" else ["one.1", "two.2"]
    if spec[option]["type"] == "list" and elements == "dict":
        value = [value]

    assert in_one_form({option: form(value)}, spec) == {option: value}
    assert in_one_form({option: value}, spec) == {option: value}


@pytest.mark.parametrize("text", ["{one}", "[one.1", "{'a': 1}, 2", "{'a', 'b'}", "[" * 9999])
@pytest.mark.parametrize(("option", "elements", "spec"), OPTIONS)
def test_text_that_only_looks_like_it_is_refused(
    option: str, elements: str, spec: Any, text: str
) -> None:
    with pytest.raises(InvalidArgument, match=f"{option}: .* neither JSON nor"):
        in_one_form({option: text}, spec)


@pytest.mark.parametrize("key", [True, False, None, 1.10], ids=repr)
@pytest.mark.parametrize(("option", "elements", "spec"), OPTIONS)
def test_keys_that_are_no_text_are_refused(option: str, elements: str, spec: Any, key: Any) -> None:
    for value in ({key: "owned"}, [{"a": "b"}, {key: "owned"}], f"{{ {key}: 'owned' }}"):
        with pytest.raises(InvalidArgument, match=f"^{option}: "):
            in_one_form({option: value}, spec)


TEXTS = [option for option in OPTIONS if option.values[1] == "str"]


@pytest.mark.parametrize("member", [{"key": "a", "value": "b"}, ["a"], True, None], ids=repr)
@pytest.mark.parametrize(("option", "elements", "spec"), TEXTS)
def test_a_list_of_texts_holds_texts(option: str, elements: str, spec: Any, member: Any) -> None:
    with pytest.raises(InvalidArgument, match=f"^{option}: "):
        in_one_form({option: ["a.b", member]}, spec)


TAGS = import_module(f"{MODULES}.image_copy").ARGUMENTS


@pytest.mark.parametrize(
    "value",
    [{"team": "web"}, "{'team': 'web'}", [{"key": "team", "value": "web"}], '[{"team": "web"}]'],
    ids=str,
)
def test_a_mapping_in_tags_is_refused_with_a_hint_to_image_tags(value: Any) -> None:
    with pytest.raises(InvalidArgument, match=r"^tags: .* in image_tags"):
        in_one_form({"tags": value}, TAGS)


@pytest.mark.parametrize("text", ["a.b", "a.b,c.d", "", "a=b"])
def test_plain_text_is_left_to_the_type_of_the_option(text: str) -> None:
    arguments = {"tags": text, "image_tags": text, "endpoints": text, "name": "[web]"}
    assert in_one_form(arguments, TAGS) == arguments


def test_the_words_of_json_stand_in_python_literals_too() -> None:
    given = in_one_form({"image_tags": "{'a': null, 'b': true, 'c': None}"}, TAGS)
    assert given == {"image_tags": {"a": None, "b": True, "c": None}}


def test_members_of_a_list_of_mappings_are_read_as_well() -> None:
    given = in_one_form({"image_tags": ["{'key': 'a', 'value': 'b'}"]}, TAGS)
    assert given == {"image_tags": [{"key": "a", "value": "b"}]}


def test_members_of_a_list_of_texts_are_what_they_are() -> None:
    assert in_one_form({"tags": ["[a.b", "{c"]}, TAGS) == {"tags": ["[a.b", "{c"]}


FAMILIES = import_module(f"{MODULES}.image_retention").ARGUMENTS


@pytest.mark.parametrize(
    ("mistake", "meant"),
    [("keep", "keep_newest"), ("keep_younger", "keep_younger_than"), ("tags", "tag")],
)
def test_a_misspelt_option_of_a_family_is_refused_with_the_right_one(
    mistake: str, meant: str
) -> None:
    families = [{"name": "web-*", "keep_newest": 1}, {"name": "app-*", mistake: 7}]

    with pytest.raises(InvalidArgument, match=rf"'{mistake}'.*Did you mean {meant}\?"):
        in_one_form({"families": families}, FAMILIES)


def test_an_option_of_a_family_that_resembles_none_is_refused_with_all_of_them() -> None:
    with pytest.raises(InvalidArgument, match=r"'zone'.*keep_newest, keep_younger_than"):
        in_one_form({"families": [{"name": "web-*", "zone": 1}]}, FAMILIES)


@pytest.mark.parametrize("value", ["web-*", ["web-*"], {"name": "web-*", "keep_newest": 1}, [7]])
@pytest.mark.parametrize(
    ("module", "option"), [("image_retention", "families"), ("image_batch", "images")]
)
def test_what_is_no_list_of_mappings_is_refused_by_the_name_of_the_option(
    module: str, option: str, value: Any
) -> None:
    spec = import_module(f"{MODULES}.{module}").ARGUMENTS

    with pytest.raises(InvalidArgument, match=rf"^{option}: .*each entry is a mapping\."):
        in_one_form({option: value}, spec)


def test_an_entry_as_key_and_value_is_left_to_ansible() -> None:
    given = {"families": ["name=web-* keep_newest=1"]}

    assert in_one_form(given, FAMILIES) == given
