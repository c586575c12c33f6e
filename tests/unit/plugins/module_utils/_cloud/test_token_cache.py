# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What IAM issued to one task serves the next ones, until it ends or is refused."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import errors
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.clock import Deadline
from ansible_collections.huaweicloud.ims.tests.unit.plugins.module_utils._cloud.fake import (
    KEYS,
    PROJECT,
    Reply,
    Seen,
    refused,
)
from ansible_collections.huaweicloud.ims.tests.unit.plugins.module_utils._cloud.test_authentication import (  # noqa: E501
    AGENCY,
    DAY,
    HERE,
    METADATA_KEY,
    METADATA_TOKEN,
    PATH,
    SECURITY_TOKENS,
    TOKENS,
    USER,
    Identity,
    utc,
)

from .machine import LIST, Machine

PROJECTS = "/v3/projects"

GIVEN = {"auth_token": "given-token", "region": "eu-de"}

# Options; what the first task asks; what later ones ask.
METHODS: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "password": (USER, [f"POST {TOKENS}", LIST], [LIST]),
    "password, project id": ({**USER, "project_id": PROJECT}, [f"POST {TOKENS}", LIST], [LIST]),
    "password and agency": ({**USER, **AGENCY}, [f"POST {TOKENS}", f"POST {TOKENS}", LIST], [LIST]),
    "keys": (KEYS, [f"GET {PROJECTS}", LIST], [LIST]),
    "keys, project id": ({**KEYS, "project_id": PROJECT}, [LIST], [LIST]),
    "temporary keys": ({**KEYS, "security_token": "st"}, [f"GET {PROJECTS}", LIST], [LIST]),
    "keys and agency": (
        {**KEYS, **AGENCY},
        [f"POST {SECURITY_TOKENS}", f"GET {PROJECTS}", LIST],
        [LIST],
    ),
    "token": (GIVEN, [f"GET {TOKENS}", LIST], [LIST]),
    "token and agency": ({**GIVEN, **AGENCY}, [f"POST {TOKENS}", LIST], [LIST]),
    "metadata": (
        HERE,
        [f"PUT {METADATA_TOKEN}", f"GET {METADATA_KEY}", f"GET {PROJECTS}", LIST],
        [f"PUT {METADATA_TOKEN}", f"GET {METADATA_KEY}", LIST],
    ),
    "metadata and agency": (
        {**HERE, **AGENCY},
        [
            f"PUT {METADATA_TOKEN}",
            f"GET {METADATA_KEY}",
            f"POST {SECURITY_TOKENS}",
            f"GET {PROJECTS}",
            LIST,
        ],
        [f"PUT {METADATA_TOKEN}", f"GET {METADATA_KEY}", f"POST {SECURITY_TOKENS}", LIST],
    ),
}

every_method = pytest.mark.parametrize("method", METHODS)


@every_method
def test_the_first_task_asks_iam_for_all_that_follow(machine: Machine, method: str) -> None:
    options, first, later = METHODS[method]

    assert sorted(machine.task(options)) == sorted(first)
    assert machine.task(options) == later
    assert machine.task(options) == later


@every_method
def test_it_can_be_turned_off(machine: Machine, method: str) -> None:
    options, first, _later = METHODS[method]
    off = {**options, "token_cache": False}

    assert sorted(machine.task(off)) == sorted(first)
    assert sorted(machine.task(off)) == sorted(first)
    assert machine.files == []


def test_turned_off_it_does_not_read_either(machine: Machine) -> None:
    machine.task(USER)
    assert machine.task({**USER, "token_cache": False}) == [f"POST {TOKENS}", LIST]


def test_the_token_that_assumes_an_agency_is_not_kept(machine: Machine) -> None:
    """It opens more than the agency does, and is needed once a day."""
    options = {**USER, **AGENCY}
    machine.task(options)
    assert len(machine.files) == 1
    machine.identity.refusals = [refused(401, "APIGW.0301")]
    assert machine.task(options) == [LIST, f"POST {TOKENS}", f"POST {TOKENS}", LIST]
    assert machine.clock.slept == []  # one turn for the two, not one within the other


@every_method
def test_no_secret_is_readable_in_files_or_their_names(machine: Machine, method: str) -> None:
    machine.task(METHODS[method][0])
    talk = machine.talk(METHODS[method][0])
    talk.client.request("ims", "GET", PATH)

    issued = [f"{word}-{number}" for word in ("token", "secret", "security") for number in (1, 2)]
    secrets = ["given-token", "user-password", "sk-very-secret", "AKEXAMPLE", "AK1", *issued]
    for path in machine.files:
        for secret in secrets:
            assert secret.encode() not in path.read_bytes()
            assert secret not in path.name


def test_credentials_of_any_source_are_treated_alike(machine: Machine, tmp_path: Path) -> None:
    variables = {"OS_USERNAME": "u", "OS_PASSWORD": "user-password", "OS_USER_DOMAIN_NAME": "d"}
    here = {"region": "eu-de"}
    (tmp_path / "clouds.yaml").write_text(
        "{clouds: {c: {region_name: eu-de, auth:"
        " {username: u, password: user-password, user_domain_name: d}}}}"
    )
    file = {"OS_CLIENT_CONFIG_FILE": str(tmp_path / "clouds.yaml")}

    assert machine.task(here, **variables) == [f"POST {TOKENS}", LIST]
    assert machine.task({"cloud": "c"}, **file) == [LIST]
    assert machine.task(USER) == [LIST]
    off = {"token_cache": False}
    assert machine.task({**here, **off}, **variables) == [f"POST {TOKENS}", LIST]
    assert machine.task({"cloud": "c", **off}, **file) == [f"POST {TOKENS}", LIST]


def test_a_recalled_token_is_told_as_secret_before_it_is_used(machine: Machine) -> None:
    machine.task(USER)
    machine.task(USER)
    assert machine.last is not None
    assert machine.sent["X-Auth-Token"] == "token-1"
    assert ("token-1", 0) in machine.last.secrets


def test_recalled_keys_are_told_as_secret_before_they_are_used(machine: Machine) -> None:
    machine.task({**KEYS, **AGENCY})
    machine.task({**KEYS, **AGENCY})
    assert machine.last is not None
    assert "Access=AK1," in machine.sent["Authorization"]
    assert {("AK1", 0), ("secret-1", 0), ("security-1", 0)} <= set(machine.last.secrets)


# --- who gets what

OTHERS: dict[str, dict[str, Any]] = {
    "another user": {**USER, "username": "v"},
    "another account": {**USER, "domain_name": "e"},
    "another password": {**USER, "password": "another"},
    "another region": {**USER, "region": "eu-nl"},
    "another project": {**USER, "project_id": "p9"},
    "another IAM": {**USER, "auth_url": "https://iam-pub.eu-de.otc.t-systems.com/v3"},
    "an agency": {**USER, **AGENCY},
    "unverified": {**USER, "validate_certs": False},
}


@pytest.mark.parametrize("other", OTHERS)
def test_a_token_is_for_the_same_user_place_and_password_only(machine: Machine, other: str) -> None:
    machine.task(USER)
    assert f"POST {TOKENS}" in machine.task(OTHERS[other])
    assert machine.identity.tokens > 1


@pytest.mark.parametrize("options", [USER, {**USER, **AGENCY}, {**KEYS, **AGENCY}, KEYS])
def test_nothing_that_was_fetched_unverified_serves_verified_tasks(
    machine: Machine, options: dict[str, Any]
) -> None:
    asked = machine.task({**options, "validate_certs": False})
    assert machine.task({**options, "validate_certs": False}) == [LIST]
    assert machine.task(options) == asked


def test_a_wrong_password_does_not_get_in_by_a_token_of_the_right_one(machine: Machine) -> None:
    class Strict(Identity):
        def issue_token(self, seen: Seen) -> Reply:
            if seen.json["auth"]["identity"]["password"]["user"]["password"] != "user-password":
                return refused(401, "IAM.0061", "wrong")
            return super().issue_token(seen)

    machine.identity = Strict()
    machine.task(USER)
    with pytest.raises(errors.Unauthorized):
        machine.task({**USER, "password": "guessed"})
    assert machine.last is not None
    assert machine.last.cloud.lines == [f"POST {TOKENS}"]
    assert machine.task(USER) == [LIST]


def test_a_changed_password_takes_the_place_of_the_old_one(machine: Machine) -> None:
    machine.task(USER)
    machine.task({**USER, "password": "new"})
    assert machine.task({**USER, "password": "new"}) == [LIST]
    assert len(machine.files) == 1


@pytest.mark.parametrize(
    "other",
    [{"access_key": "AKOTHER"}, {"secret_key": "sk-another"}, {"project_name": "eu-de_web"}],
)
def test_a_project_is_for_the_same_keys_and_name_only(
    machine: Machine, other: dict[str, str]
) -> None:
    machine.task(KEYS)
    talk = machine.talk({**KEYS, **other})
    with suppress(errors.ConfigurationError):  # there may be no project of that name
        talk.client.request("ims", "GET", PATH)
    assert talk.cloud.lines[0] == f"GET {PROJECTS}"


# --- when it ends


def test_a_token_is_dropped_ten_minutes_before_its_end(machine: Machine) -> None:
    machine.task(USER)
    machine.clock.sleep(DAY - 601)
    assert machine.task(USER) == [LIST]
    machine.clock.sleep(2)
    assert machine.task(USER) == [f"POST {TOKENS}", LIST]
    assert machine.task(USER) == [LIST]


def test_a_short_lived_token_is_kept_for_half_of_its_life(machine: Machine) -> None:
    machine.identity.lifetime = 300
    machine.task(USER)
    for _turn in range(3):
        machine.clock.sleep(49)
        assert machine.task(USER) == [LIST]
    machine.clock.sleep(4)
    assert machine.task(USER) == [f"POST {TOKENS}", LIST]


def test_a_task_in_mid_wait_renews_a_recalled_token_in_time(machine: Machine) -> None:
    machine.task(USER)
    machine.clock.sleep(DAY - 1000)
    talk = machine.talk(USER)
    talk.client.request("ims", "GET", PATH)
    machine.clock.sleep(399)
    talk.client.request("ims", "GET", PATH)
    machine.clock.sleep(2)
    talk.client.request("ims", "GET", PATH)
    assert talk.cloud.lines == [LIST, LIST, f"POST {TOKENS}", LIST]


def test_the_end_goes_by_the_clock_of_the_cloud(machine: Machine) -> None:
    class Behind(Identity):
        """Its clock is an hour behind ours: what it says has ended goes on for an hour."""

        @property
        def now(self) -> float:
            return super().now - 3600

        def issue_token(self, seen: Seen) -> Reply:
            reply = super().issue_token(seen)
            reply.headers["Date"] = utc(self.now, "%a, %d %b %Y %H:%M:%S GMT")
            return reply

    machine.identity = Behind(lifetime=3600)
    machine.task(USER)
    machine.clock.sleep(2999)
    assert machine.task(USER) == [LIST]
    machine.clock.sleep(2)
    assert machine.task(USER) == [f"POST {TOKENS}", LIST]


def test_what_does_not_say_when_it_ends_is_not_kept(machine: Machine) -> None:
    machine.identity.lifetime = -5.0
    machine.task(USER)
    assert machine.task(USER) == [f"POST {TOKENS}", LIST]


def test_a_clock_that_was_set_back_makes_nothing_live_longer(machine: Machine) -> None:
    machine.task(USER)
    machine.clock.now -= 3600
    assert machine.task(USER) == [f"POST {TOKENS}", LIST]


@pytest.mark.parametrize("step", [-3600.0, -0.5, 3600.0, 2 * DAY])
def test_setting_the_clock_makes_nothing_live_longer_or_shorter(
    machine: Machine, step: float
) -> None:
    machine.identity.lifetime = 3600
    machine.task(USER)
    machine.clock.sleep(2998)
    machine.clock.stepped = step
    assert machine.task(USER) == [LIST]
    machine.clock.sleep(3)
    assert machine.task(USER) == [f"POST {TOKENS}", LIST]


def test_the_keys_of_an_agency_end_with_their_hour(machine: Machine) -> None:
    machine.identity.lifetime = 3600
    options = {**KEYS, **AGENCY, "project_id": PROJECT}
    machine.task(options)
    machine.clock.sleep(2999)
    assert machine.task(options) == [LIST]
    machine.clock.sleep(2)
    assert machine.task(options) == [f"POST {SECURITY_TOKENS}", LIST]


def test_a_project_is_looked_up_once_a_day(machine: Machine) -> None:
    machine.task(KEYS)
    machine.clock.sleep(DAY - 601)
    assert machine.task(KEYS) == [LIST]
    machine.clock.sleep(2)
    assert machine.task(KEYS) == [f"GET {PROJECTS}", LIST]


# --- 401


def test_a_refused_token_is_replaced_once_and_for_all(machine: Machine) -> None:
    machine.task(USER)
    machine.identity.refusals = [refused(401, "APIGW.0301")]
    assert machine.task(USER) == [LIST, f"POST {TOKENS}", LIST]
    assert machine.sent["X-Auth-Token"] == "token-2"
    assert machine.task(USER) == [LIST]
    assert machine.sent["X-Auth-Token"] == "token-2"


def test_a_second_401_is_final(machine: Machine) -> None:
    machine.task(USER)
    machine.identity.refusals = [refused(401, "APIGW.0301") for _turn in range(2)]
    with pytest.raises(errors.Unauthorized):
        machine.task(USER)
    assert machine.identity.tokens == 2


def test_a_refused_token_is_gone_even_if_there_is_no_new_one(machine: Machine) -> None:
    machine.task(USER)
    machine.identity.refusals = [refused(401, "APIGW.0301")]
    machine.identity.broken = refused(403, "IAM.0001")  # type: ignore[assignment]
    with pytest.raises(errors.Forbidden):
        machine.task(USER)
    assert machine.files == []


def test_who_finds_a_newer_token_than_the_refused_one_takes_it(machine: Machine) -> None:
    machine.task(USER)
    waiting = machine.talk(USER)
    waiting.client.request("ims", "GET", PATH)
    machine.identity.refusals = [refused(401, "APIGW.0301")]
    machine.task(USER)
    machine.identity.refusals = [refused(401, "APIGW.0301")]
    waiting.client.request("ims", "GET", PATH)
    assert waiting.cloud.lines == [LIST, LIST, LIST]
    assert waiting.cloud.seen[-1].headers["X-Auth-Token"] == "token-2"
    assert machine.identity.tokens == 2


def test_a_given_token_is_not_kept_and_not_replaced(machine: Machine) -> None:
    machine.task(GIVEN)
    machine.identity.refusals = [refused(401, "APIGW.0301")]
    with pytest.raises(errors.Unauthorized):
        machine.task(GIVEN)
    assert machine.identity.tokens == 0


# --- a project that is another one now


class Moving(Identity):
    """A cloud whose project is deleted and made anew; its lists refuse the old id."""

    status = 401

    def __init__(self) -> None:
        super().__init__()
        self.project_id = PROJECT

    def __call__(self, seen: Seen) -> Any:
        if seen.line == f"GET {PROJECTS}":
            names = {"id": self.project_id, "name": "eu-de"}
            return Reply(200, {"projects": [names] if self.project_id else []})
        asked = seen.headers.get("X-Project-Id")
        if seen.path == PATH and asked != self.project_id:
            return refused(self.status, "APIGW.0301")
        return super().__call__(seen)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_project_that_was_made_anew_is_found(machine: Machine, status: int) -> None:
    identity = Moving()
    identity.status = status
    machine.identity = identity
    machine.task(KEYS)
    identity.project_id = "p2"
    talk = machine.talk(KEYS)

    with pytest.raises(errors.ApiError):
        talk.client.request("ims", "GET", PATH)
    assert talk.client.project_has_changed()
    assert talk.client.project_id == "p2"
    assert talk.cloud.lines == [LIST, f"GET {PROJECTS}"]
    assert not talk.client.project_has_changed()
    assert machine.task(KEYS) == [LIST]


def test_a_refusal_for_other_reasons_costs_one_look(machine: Machine) -> None:
    machine.task(KEYS)
    talk = machine.talk(KEYS)
    machine.identity.refusals = [refused(403, "IMG.0026")]
    with pytest.raises(errors.Forbidden):
        talk.client.request("ims", "GET", PATH)
    assert not talk.client.project_has_changed()
    assert not talk.client.project_has_changed()
    assert talk.cloud.lines == [LIST, f"GET {PROJECTS}"]


def test_a_project_that_the_cloud_has_accepted_is_not_doubted(machine: Machine) -> None:
    machine.task(KEYS)
    talk = machine.talk(KEYS)
    machine.identity.refusals = [Reply(200, {}), refused(403, "IMG.0026")]
    talk.client.request("ims", "GET", PATH)
    with pytest.raises(errors.Forbidden):
        talk.client.request("ims", "GET", PATH)
    assert not talk.client.project_has_changed()
    assert talk.cloud.lines == [LIST, LIST]


def test_after_an_unclear_answer_nothing_is_begun_again(machine: Machine) -> None:
    """An order may have been carried out: the story must not be told once more."""
    machine.task(KEYS)
    talk = machine.talk(KEYS)
    machine.identity.refusals = [refused(403), refused(503), refused(403)]
    for method in ("GET", "POST", "GET"):
        with pytest.raises(errors.ApiError):
            talk.client.request("ims", method, PATH)
    assert not talk.client.project_has_changed()


def test_a_project_that_this_task_has_found_is_not_doubted(machine: Machine) -> None:
    machine.identity.refusals = [refused(403)]
    talk = machine.talk(KEYS)
    with pytest.raises(errors.Forbidden):
        talk.client.request("ims", "GET", PATH)
    assert not talk.client.project_has_changed()
    assert talk.cloud.lines == [f"GET {PROJECTS}", LIST]


def test_a_project_that_is_gone_is_told(machine: Machine) -> None:
    identity = Moving()
    machine.identity = identity
    machine.task(KEYS)
    identity.project_id = ""
    talk = machine.talk(KEYS)
    with pytest.raises(errors.Unauthorized):
        talk.client.request("ims", "GET", PATH)
    with pytest.raises(errors.ConfigurationError, match="There is no project 'eu-de'"):
        talk.client.project_has_changed()


@pytest.mark.parametrize("trouble", [refused(403), requests.exceptions.SSLError("CERTIFICATE")])
def test_without_iam_the_first_refusal_is_what_counts(machine: Machine, trouble: Any) -> None:
    machine.identity = Moving()
    machine.task(KEYS)
    machine.identity.project_id = "p2"
    talk = machine.talk(KEYS)
    with pytest.raises(errors.Unauthorized):
        talk.client.request("ims", "GET", PATH)
    talk.cloud._handler = lambda seen: trouble
    talk.client.deadline = Deadline(machine.clock, 30)
    assert not talk.client.project_has_changed()
    assert talk.client.project_id == PROJECT


def test_the_token_of_a_project_that_was_made_anew_is_replaced(machine: Machine) -> None:
    machine.task(USER)
    machine.identity.project = {"id": "p2", "name": "eu-de"}
    machine.identity.refusals = [refused(403, "IMG.0030")]
    talk = machine.talk(USER)
    with pytest.raises(errors.Forbidden):
        talk.client.request("ims", "GET", PATH)
    assert talk.client.project_has_changed()
    assert talk.client.project_id == "p2"
    assert talk.cloud.lines == [LIST, f"POST {TOKENS}"]


def test_a_new_token_for_another_project_is_not_used_in_the_old_one(machine: Machine) -> None:
    machine.task(USER)
    machine.identity.project = {"id": "p2", "name": "eu-de"}
    machine.identity.refusals = [refused(401)]
    talk = machine.talk(USER)
    assert talk.client.project_id == PROJECT
    with pytest.raises(errors.Unauthorized):
        talk.client.request("ims", "GET", PATH)
    assert talk.client.project_has_changed()
    assert talk.client.project_id == "p2"
    talk.client.request("ims", "GET", PATH)
    assert talk.cloud.lines == [LIST, f"POST {TOKENS}", LIST]
    assert machine.task(USER) == [LIST]
