# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the text of a setting means: truth, and the white space around it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.parsing.convert_bool import BOOLEANS_FALSE, BOOLEANS_TRUE
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import errors
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.decode import flag
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.setting_values import (
    boolean,
    clean_settings,
    one_word,
)

WORDS = sorted(
    (word, meaning)
    for words, meaning in ((BOOLEANS_TRUE, True), (BOOLEANS_FALSE, False))
    for word in words
    if isinstance(word, str)
)


@pytest.mark.parametrize(("text", "meaning"), WORDS)
def test_the_words_of_ansible_are_understood_in_any_case(text: str, meaning: bool) -> None:
    assert flag(text) is flag(text.upper()) is flag(f" {text}\n") is meaning
    assert boolean(text, "verify") is meaning


@pytest.mark.parametrize(
    ("value", "meaning"), [(True, True), (False, False), (1, True), (0, False)]
)
def test_what_is_no_text_is_what_it_is(value: object, meaning: bool) -> None:
    assert flag(value) is meaning


@pytest.mark.parametrize("value", ["", "maybe", "2", 2, 1.5, "/etc/ca.pem", None, [], {}, [True]])
def test_what_is_neither_is_named(value: object) -> None:
    assert flag(value) is None
    with pytest.raises(errors.ConfigurationError, match=r"^HW_INSECURE: .*neither true nor false"):
        boolean(value, "HW_INSECURE")


SURROUNDED = ["x\n", "x\r\n", " x ", "\tx", "x\u00a0", "\n\nx\n\n"]


@pytest.mark.parametrize("text", SURROUNDED)
@pytest.mark.parametrize("option", ["access_key", "secret_key", "security_token", "auth_token"])
def test_keys_and_tokens_lose_what_surrounds_them(option: str, text: str) -> None:
    found, notes = clean_settings({option: text})
    assert found == {option: "x"}
    assert notes == (f"{option}: white space at its ends was removed",)


@pytest.mark.parametrize("text", ["a b", "a\nb", "a\tb", "a\rb", "a\0b", "a\u00a0b", "a\u200bb"])
@pytest.mark.parametrize("option", ["access_key", "secret_key", "security_token", "auth_token"])
def test_white_space_inside_is_refused_without_quoting_it(option: str, text: str) -> None:
    with pytest.raises(
        errors.CredentialsError, match=r"^HW_X has white space or a control"
    ) as caught:
        clean_settings({option: text}, lambda name: "HW_X")
    assert text not in str(caught.value)
    with pytest.raises(ValueError, match="inside"):
        one_word(text)


@pytest.mark.parametrize("option", ["password", "username", "domain_name"])
@pytest.mark.parametrize(
    ("text", "kept"),
    [("x\n", "x"), ("x\r\n", "x"), (" x ", " x "), ("x \n", "x "), ("\nx", "\nx"), ("a b", "a b")],
)
def test_users_and_passwords_lose_a_line_end_only(option: str, text: str, kept: str) -> None:
    assert clean_settings({option: text})[0] == {option: kept}


def test_other_settings_lose_what_surrounds_them_and_what_is_empty_goes() -> None:
    given: dict[str, Any] = {"region": " eu-de\n", "cloud": " ", "http_timeout": 5, "endpoints": {}}
    found, _notes = clean_settings({**given, "auth_token": "\n", "project_id": None})
    assert found == {"region": "eu-de", "http_timeout": 5, "endpoints": {}}


def test_nothing_is_noted_of_what_is_as_it_should_be() -> None:
    assert clean_settings({"access_key": "x", "password": " p "})[1] == ()
