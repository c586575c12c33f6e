# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens, keys, agencies and metadata, as the cloud sees them; what expires is renewed."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import errors

from .fake import IAM, KEYS, PROJECT, Reply, Seen, Talk, Unsent, refused
from .identity import (
    AGENCY,
    DAY,
    HERE,
    METADATA_KEY,
    METADATA_TOKEN,
    NOW,
    PATH,
    SECURITY_TOKENS,
    TOKENS,
    USER,
    Identity,
    utc,
)


def talk_to(identity: Identity, options: dict[str, Any]) -> Talk:
    talk = Talk(identity, options)
    identity.talk = talk
    return talk


def ask(talk: Talk) -> Seen:
    """One request for images, as the cloud saw it."""
    talk.client.request("ims", "GET", PATH)
    return talk.cloud.seen[-1]


# --- user and password


def test_a_password_becomes_a_token_for_the_project() -> None:
    talk = talk_to(Identity(), USER)
    seen = ask(talk)

    request = talk.cloud.seen[0]
    assert talk.cloud.lines == [f"POST {TOKENS}", f"GET {PATH}"]
    assert request.url == f"{IAM}{TOKENS}?nocatalog=1"
    assert request.json == {
        "auth": {
            "identity": {
                "methods": ["password"],
                "password": {
                    "user": {"name": "u", "password": "user-password", "domain": {"name": "d"}}
                },
            },
            "scope": {"project": {"name": "eu-de", "domain": {"name": "d"}}},
        }
    }
    assert seen.headers["X-Auth-Token"] == "token-1"
    assert "Authorization" not in seen.headers
    assert talk.client.project_id == PROJECT


@pytest.mark.parametrize(
    ("options", "scope"),
    [
        ({"project_id": "p9"}, {"project": {"id": "p9"}}),
        (
            {"project_name": "eu-de_web"},
            {"project": {"name": "eu-de_web", "domain": {"name": "d"}}},
        ),
    ],
)
def test_the_token_is_for_the_project_that_was_asked_for(
    options: dict[str, str], scope: dict[str, Any]
) -> None:
    project = {"id": "p9", "name": "eu-de_web"}
    talk = talk_to(Identity(project=project), {**USER, **options})
    ask(talk)
    assert talk.cloud.seen[0].json["auth"]["scope"] == scope
    assert talk.client.project_id == "p9"


def test_a_user_may_be_given_by_id() -> None:
    options = {"user_id": "ui", "password": "pw", "region": "eu-de"}
    talk = talk_to(Identity(), options)
    ask(talk)
    user = talk.cloud.seen[0].json["auth"]["identity"]["password"]["user"]
    assert user == {"id": "ui", "password": "pw"}


def test_a_token_serves_many_requests() -> None:
    identity = Identity()
    talk = talk_to(identity, USER)
    for _turn in range(5):
        ask(talk)
    assert identity.tokens == 1


def test_a_token_is_renewed_ten_minutes_before_its_end() -> None:
    talk = talk_to(Identity(), USER)
    ask(talk)
    talk.clock.sleep(DAY - 601)
    assert ask(talk).headers["X-Auth-Token"] == "token-1"
    talk.clock.sleep(2)
    assert ask(talk).headers["X-Auth-Token"] == "token-2"


def test_a_short_lived_token_is_used_for_half_of_its_life() -> None:
    talk = talk_to(Identity(lifetime=300), USER)
    ask(talk)
    talk.clock.sleep(149)
    assert ask(talk).headers["X-Auth-Token"] == "token-1"
    talk.clock.sleep(2)
    assert ask(talk).headers["X-Auth-Token"] == "token-2"


def test_the_end_of_a_token_goes_by_the_clock_of_who_issued_it() -> None:
    class Ahead(Identity):
        """Its clock is an hour ahead of ours."""

        @property
        def now(self) -> float:
            return super().now + 3600

        def issue_token(self, seen: Seen) -> Reply:
            reply = super().issue_token(seen)
            reply.headers["Date"] = utc(self.now, "%a, %d %b %Y %H:%M:%S GMT")
            return reply

    talk = talk_to(Ahead(), USER)
    ask(talk)
    talk.clock.sleep(DAY - 599)
    assert ask(talk).headers["X-Auth-Token"] == "token-2"


def test_a_401_renews_the_token_once() -> None:
    identity = Identity()
    identity.refusals = [refused(401, "APIGW.0301", "token must be updated")]
    talk = talk_to(identity, USER)
    assert ask(talk).headers["X-Auth-Token"] == "token-2"
    assert talk.cloud.lines == [f"POST {TOKENS}", f"GET {PATH}", f"POST {TOKENS}", f"GET {PATH}"]


def test_a_create_is_repeated_after_a_401_too() -> None:
    identity = Identity()
    identity.refusals = [refused(401, "APIGW.0301"), Reply(200, {"job_id": "j"})]
    talk = talk_to(identity, USER)
    answer = talk.client.request("ims", "POST", "/v1/x", body={"name": "a"})
    assert answer.json == {"job_id": "j"}
    assert [seen.json for seen in talk.cloud.seen if seen.path == "/v1/x"] == [{"name": "a"}] * 2


def test_a_second_401_is_final() -> None:
    identity = Identity()
    identity.refusals = [refused(401, "APIGW.0301") for _turn in range(2)]
    talk = talk_to(identity, USER)
    with pytest.raises(errors.Unauthorized):
        ask(talk)
    assert identity.tokens == 2
    assert len(talk.cloud.seen) == 4


def test_a_wrong_password_is_not_tried_again() -> None:
    class Strict(Identity):
        def issue_token(self, seen: Seen) -> Reply:
            return refused(401, "IAM.0061", "wrong")

    talk = talk_to(Strict(), USER)
    with pytest.raises(errors.Unauthorized) as caught:
        talk.client.request("ims", "POST", "/v1/x")
    assert talk.cloud.lines == [f"POST {TOKENS}"]
    assert not caught.value.ambiguous
    assert "password" in caught.value.hint
    with pytest.raises(errors.Unauthorized, match="wrong") as caught:
        talk_to(Strict(), {**USER, "project_id": PROJECT}).client.request("ims", "GET", PATH)
    assert "password" in caught.value.hint


def test_iam_may_have_trouble_for_a_while() -> None:
    class Slow(Identity):
        def issue_token(self, seen: Seen) -> Reply:
            if self.now < NOW + 60:
                return refused(429, "IAM.0012")
            return super().issue_token(seen)

    talk = talk_to(Slow(), USER)
    assert ask(talk).headers["X-Auth-Token"] == "token-1"


def test_an_iam_that_is_not_there_is_given_up_after_some_tries() -> None:
    talk = Talk(lambda seen: requests.ConnectTimeout(), USER)
    with pytest.raises(errors.TransportError):
        ask(talk)
    assert talk.cloud.lines == [f"POST {TOKENS}"] * 5


def test_the_tries_for_a_new_token_are_not_multiplied_by_those_of_the_request() -> None:
    identity = Identity()
    talk = talk_to(identity, {**USER, "project_id": PROJECT})
    identity.broken = requests.ConnectTimeout()
    with pytest.raises(errors.TransportError):
        ask(talk)
    assert talk.cloud.lines == [f"POST {TOKENS}"] * 5


def test_an_old_token_is_used_while_iam_cannot_renew_it() -> None:
    identity = Identity()
    talk = talk_to(identity, USER)
    ask(talk)
    talk.clock.sleep(DAY - 500)
    identity.broken = Unsent(requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED"))
    assert ask(talk).headers["X-Auth-Token"] == "token-1"
    talk.clock.sleep(500)
    with pytest.raises(errors.TransportError):
        ask(talk)


def test_an_issued_token_is_reported_as_secret_before_it_is_used() -> None:
    talk = talk_to(Identity(), USER)
    ask(talk)
    assert talk.secrets == [("user-password", 0), ("token-1", 1)]


def test_a_token_answer_without_a_token_is_garbled() -> None:
    class Silent(Identity):
        def issue_token(self, seen: Seen) -> Reply:
            return Reply(201, {"token": {}})

    talk = talk_to(Silent(), USER)
    with pytest.raises(errors.GarbledAnswer, match="X-Subject-Token") as caught:
        talk.client.request("ims", "POST", "/v1/x", body={})
    assert not caught.value.ambiguous


# --- white space around what is issued


class Spaced(Identity):
    """It ends, or cuts, what it issues with something that is no part of it."""

    def __init__(self, mark: str, inside: bool = False) -> None:
        super().__init__()
        self.mark, self.inside = mark, inside

    def odd(self, text: str) -> str:
        return f"{text[:3]}{self.mark}{text[3:]}" if self.inside else f"{text}{self.mark}"

    def credential(self) -> dict[str, Any]:
        found = super().credential()["credential"]
        words = {name: self.odd(found[name]) for name in ("access", "secret", "securitytoken")}
        return {"credential": {**found, **words}}

    def metadata_token(self, seen: Seen) -> Reply:
        return Reply(200, self.odd("metadata-token").encode())


@pytest.mark.parametrize("options", [{"region": "eu-de"}, {**KEYS, **AGENCY}])
@pytest.mark.parametrize("mark", ["\n", "\r\n", " "])
def test_issued_keys_lose_what_surrounds_them(options: dict[str, str], mark: str) -> None:
    seen = ask(talk_to(Spaced(mark), options))
    assert "Access=AK1," in seen.headers["Authorization"]
    assert seen.headers["X-Security-Token"] == "security-1"


@pytest.mark.parametrize("options", [{"region": "eu-de"}, {**KEYS, **AGENCY}])
@pytest.mark.parametrize("mark", ["\n", " "])
def test_issued_keys_with_white_space_inside_are_no_keys(
    options: dict[str, str], mark: str
) -> None:
    talk = talk_to(Spaced(mark, inside=True), options)
    with pytest.raises(errors.CloudError, match="was issued with white space") as caught:
        ask(talk)
    assert talk.clock.slept == []
    assert "met" not in str(caught.value).replace("metadata", "")


# --- a ready token


def test_a_given_token_is_used_and_knows_its_project() -> None:
    talk = talk_to(Identity(), {"auth_token": "given", "region": "eu-de"})
    seen = ask(talk)
    assert talk.cloud.lines == [f"GET {TOKENS}", f"GET {PATH}"]
    assert talk.cloud.seen[0].headers["X-Subject-Token"] == "given"
    assert seen.headers["X-Auth-Token"] == "given"
    assert talk.client.project_id == PROJECT


def test_a_given_token_is_not_renewed() -> None:
    identity = Identity()
    identity.refusals = [refused(401, "APIGW.0301")]
    options = {"auth_token": "given", "region": "eu-de", "project_id": PROJECT}
    talk = talk_to(identity, options)
    with pytest.raises(errors.Unauthorized):
        ask(talk)
    # It is looked at, to say what is wrong with it.
    assert talk.cloud.lines == [f"GET {PATH}", f"GET {TOKENS}"]


def test_a_token_for_another_project_is_refused() -> None:
    options = {"auth_token": "given", "region": "eu-de", "project_name": "eu-de_web"}
    with pytest.raises(errors.ConfigurationError, match="'eu-de', not for 'eu-de_web'"):
        ask(talk_to(Identity(), options))


def test_a_token_that_cannot_be_looked_at_finds_its_project_by_name() -> None:
    class Closed(Identity):
        def describe_token(self, seen: Seen) -> Reply:
            return refused(403)

    talk = talk_to(Closed(), {"auth_token": "given", "region": "eu-de"})
    assert talk.client.project_id == PROJECT
    assert talk.cloud.lines == [f"GET {TOKENS}", "GET /v3/projects"]
    assert talk.cloud.seen[1].headers["X-Auth-Token"] == "given"


# --- what a refusal means


def hint_of(
    identity: Identity,
    options: dict[str, Any],
    status: int = 401,
    code: str = "APIGW.0301",
    words: str = "Incorrect IAM information",
) -> str:
    """Of a refusal by the image service."""
    identity.refusals = [refused(status, code, words) for _time in "12"]
    with pytest.raises(errors.ApiError) as caught:
        ask(talk_to(identity, options))
    return caught.value.hint


UNSCOPED: dict[str, str] = {}
GIVEN = {"auth_token": "given", "region": "eu-de"}


def test_a_token_without_a_project_is_named_as_the_reason() -> None:
    for options in (GIVEN, USER, {**GIVEN, "project_id": PROJECT}):
        hint = hint_of(Identity(project=UNSCOPED), options)
        assert "The token is for no project" in hint
        assert "key" not in hint
        assert "clock" not in hint


@pytest.mark.parametrize("more", [{}, {"project_id": PROJECT}])
@pytest.mark.parametrize("variable", ["OS_TOKEN", "HW_AUTH_TOKEN"])
def test_a_token_that_is_not_valid_is_named_with_its_variable(
    variable: str, more: dict[str, str]
) -> None:
    talk = Talk(lambda seen: refused(401), {"region": "eu-de", **more}, {variable: "given"})
    with pytest.raises(errors.Unauthorized) as caught:
        ask(talk)
    assert caught.value.hint.startswith("The token is not valid")
    assert f"environment {variable}." in caught.value.hint
    assert "key" not in caught.value.hint


def test_an_expired_token_is_named_as_such() -> None:
    identity = Identity()
    options = {**GIVEN, "project_id": PROJECT}
    hint = hint_of(identity, options, words="the token has expired and must be updated")
    assert hint.startswith("The token has expired: request a new one.")
    assert "options auth_token" in hint


def test_a_token_of_another_project_is_named_with_both_projects() -> None:
    for status, words in ((401, ""), (403, "the project is not the token's")):
        hint = hint_of(Identity(), {**GIVEN, "project_id": "0" * 32}, status, words=words)
        assert hint.startswith("The token is for the project 'eu-de', not for '000")
        assert "(project_id)" in hint


def test_a_missing_permission_is_not_blamed_on_the_token() -> None:
    hint = hint_of(Identity(), {**GIVEN, "project_id": PROJECT}, 403, "IMG.0026")
    assert hint.startswith("Grant these credentials the permission")


def test_of_a_token_that_cannot_be_looked_at_all_reasons_are_reported() -> None:
    """And it is tried once only."""

    class Lost(Identity):
        def describe_token(self, seen: Seen) -> Reply:
            self.tokens += 1
            return refused(503)

    identity = Lost()
    hint = hint_of(identity, {**GIVEN, "project_id": PROJECT})
    assert identity.tokens == 1
    assert "has not expired" in hint
    assert "an unscoped one" in hint
    assert "clock" not in hint


def test_a_given_token_of_another_region_is_refused_before_it_is_used() -> None:
    identity = Identity(project={"id": "p2", "name": "eu-nl_web"})
    talk = talk_to(identity, GIVEN)
    with pytest.raises(
        errors.ConfigurationError, match="'eu-nl_web' of the region eu-nl"
    ) as caught:
        ask(talk)
    assert talk.cloud.lines == [f"GET {TOKENS}"]
    assert "key" not in str(caught.value)


def test_an_issued_token_of_another_region_is_named_as_the_reason() -> None:
    identity = Identity(project={"id": "p2", "name": "eu-nl"})
    hint = hint_of(identity, {**USER, "project_id": "p2"})
    assert "of the region eu-nl, but the region is eu-de" in hint


@pytest.mark.parametrize("options", [{**KEYS, "project_id": PROJECT}, USER, GIVEN])
@pytest.mark.parametrize("status", [401, 403])
def test_an_iam_of_another_region_is_named_as_the_reason(
    options: dict[str, str], status: int
) -> None:
    auth_url = "https://iam.eu-nl.otc.t-systems.com/v3"
    hint = hint_of(Identity(), {**options, "auth_url": auth_url}, status)
    assert "IAM is used in the region eu-nl, the other services in eu-de" in hint
    assert "access key" not in hint
    assert "clock" not in hint


def test_a_permission_that_lacks_is_named_before_that() -> None:
    options = {**KEYS, "auth_url": "https://iam.eu-nl.otc.t-systems.com/v3"}
    hint = hint_of(Identity(), {**options, "project_id": PROJECT}, 403, "IMG.0026")
    assert hint.startswith("Grant these credentials the permission")
    assert "IAM is used in the region eu-nl" in hint


def test_a_refusal_of_the_project_speaks_of_the_project() -> None:
    identity = Identity()
    identity.refusals = [refused(401, "APIGW.0301", "the project does not exist")]
    with pytest.raises(errors.Unauthorized) as caught:
        ask(talk_to(identity, {**KEYS, "project_id": PROJECT}))
    assert caught.value.hint.startswith(f"The project '{PROJECT}' (project_id) does not exist in")
    assert "the region eu-de" in caught.value.hint


def test_a_project_that_is_refused_is_named_with_its_variable() -> None:
    words = "The project of the scope does not exist or is not the user's."
    environ = {
        "OS_USERNAME": "user",
        "OS_PASSWORD": "secret",
        "OS_USER_DOMAIN_NAME": "account",
        "OS_PROJECT_ID": PROJECT,
    }
    talk = Talk(lambda seen: refused(401, "401", words), {"region": "eu-de"}, environ)
    with pytest.raises(errors.Unauthorized) as caught:
        ask(talk)
    assert caught.value.hint.startswith(f"The project '{PROJECT}' (OS_PROJECT_ID) does not exist")
    assert "environment OS_USERNAME and OS_PASSWORD" in caught.value.hint


def test_keys_that_are_refused_are_to_be_checked() -> None:
    hint = hint_of(Identity(), {**KEYS, "project_id": PROJECT})
    assert hint.startswith("Check access key")
    assert "options access_key and secret_key" in hint


def test_a_look_up_of_projects_that_is_not_permitted_suggests_the_id() -> None:
    talk = Talk(lambda seen: refused(403, "IAM.0002"), KEYS)
    with pytest.raises(errors.Forbidden) as caught:
        ask(talk)
    assert "Set project_id" in caught.value.hint


def test_keystones_wish_for_the_account_of_a_project_is_explained() -> None:
    words = "Expecting to find domain in project. The server could not comply with the request."
    talk = Talk(lambda seen: refused(400, "400", words), {**USER, "user_id": "u"})
    with pytest.raises(errors.BadRequest) as caught:
        ask(talk)
    assert "OS_PROJECT_DOMAIN_NAME" in caught.value.hint


# --- agency


def test_a_password_assumes_an_agency_with_tokens() -> None:
    talk = talk_to(Identity(), {**USER, **AGENCY})
    seen = ask(talk)
    own, assumed = talk.cloud.seen[0], talk.cloud.seen[1]
    # To assume an agency is a right in the account, so the first token is for that.
    assert own.json["auth"]["scope"] == {"domain": {"name": "d"}}
    assert assumed.headers["X-Auth-Token"] == "token-1"
    assert assumed.json == {
        "auth": {
            "identity": {
                "methods": ["assume_role"],
                "assume_role": {"agency_name": "builder", "domain_name": "partner"},
            },
            "scope": {"project": {"name": "eu-de", "domain": {"name": "partner"}}},
        }
    }
    assert seen.headers["X-Auth-Token"] == "token-2"
    assert [value for value, _when in talk.secrets] == ["user-password", "token-1", "token-2"]


def test_keys_assume_an_agency_with_temporary_keys() -> None:
    talk = talk_to(Identity(), {**KEYS, **AGENCY})
    seen = ask(talk)
    assumed = talk.cloud.seen[0]
    assert assumed.line == f"POST {SECURITY_TOKENS}"
    assert "Access=AKEXAMPLE," in assumed.headers["Authorization"]
    identity = assumed.json["auth"]["identity"]
    assert identity["methods"] == ["assume_role"]
    assert identity["assume_role"]["agency_name"] == "builder"
    assert 900 <= identity["assume_role"]["duration_seconds"] <= 86400
    assert "Access=AK1," in seen.headers["Authorization"]
    assert seen.headers["X-Security-Token"] == "security-1"
    assert ("secret-1", 1) in talk.secrets
    assert ("security-1", 1) in talk.secrets


def test_keys_of_an_agency_are_renewed_on_a_401() -> None:
    identity = Identity()
    identity.refusals = [refused(401, "APIGW.0301")]
    talk = talk_to(identity, {**KEYS, **AGENCY, "project_id": PROJECT})
    assert "Access=AK2," in ask(talk).headers["Authorization"]
    assert talk.cloud.lines == [
        f"POST {SECURITY_TOKENS}",
        f"GET {PATH}",
        f"POST {SECURITY_TOKENS}",
        f"GET {PATH}",
    ]


def test_an_expired_callers_token_does_not_end_a_long_wait() -> None:
    """The agency's token is renewed with a token of the caller that has meanwhile been revoked."""

    class Revoking(Identity):
        revoked = ""

        def issue_token(self, seen: Seen) -> Reply:
            if seen.headers.get("X-Auth-Token") == self.revoked:
                return refused(401, "IAM.0001")
            return super().issue_token(seen)

    identity = Revoking()
    talk = talk_to(identity, {**USER, **AGENCY})
    ask(talk)
    identity.revoked = "token-1"
    identity.refusals = [refused(401, "APIGW.0301")]
    assert ask(talk).headers["X-Auth-Token"] == "token-4"


# --- keys


def test_permanent_keys_are_not_renewed_on_a_401() -> None:
    identity = Identity()
    identity.refusals = [refused(401, "APIGW.0301")]
    talk = talk_to(identity, {**KEYS, "project_id": PROJECT})
    with pytest.raises(errors.Unauthorized):
        ask(talk)
    assert talk.cloud.lines == [f"GET {PATH}"]


def test_a_given_security_token_is_sent() -> None:
    options = {**KEYS, "security_token": "st", "project_id": PROJECT}
    seen = ask(talk_to(Identity(), options))
    assert seen.headers["X-Security-Token"] == "st"
    assert "x-security-token" in seen.headers["Authorization"]


# --- metadata


@pytest.mark.parametrize("version", [1, 2])
def test_an_instance_has_keys_in_its_metadata(version: int) -> None:
    identity = Identity()
    identity.metadata_version = version
    talk = talk_to(identity, HERE)
    seen = ask(talk)
    assert talk.cloud.lines[:2] == [f"PUT {METADATA_TOKEN}", f"GET {METADATA_KEY}"]
    assert {one.host for one in talk.cloud.seen[:2]} == {"169.254.169.254"}
    assert talk.cloud.seen[0].headers["X-Metadata-Token-Ttl-Seconds"] == "21600"
    assert ("X-Metadata-Token" in talk.cloud.seen[1].headers) is (version == 2)
    assert "Access=AK1," in seen.headers["Authorization"]
    assert talk.client.auth_source == "the metadata of this instance"


TOKEN_FAILURES: dict[str, Any] = {
    **{str(status): refused(status) for status in (400, 401, 403, 404, 405, 429, 500, 503)},
    "no connection": requests.ConnectTimeout(),
    "no answer": requests.ReadTimeout(),
    "reset": requests.ConnectionError(ConnectionResetError(104, "reset by peer")),
    "a page": Reply(200, b"<html>what is that?</html>"),
    "nothing": Reply(200, b""),
    "several words": Reply(200, b"no such thing"),
    "no text": Reply(200, b"\xff\xfe\x00"),
    "elsewhere": Reply(302, b"", {"Location": "http://169.254.169.254/"}),
}


@pytest.mark.parametrize("failure", TOKEN_FAILURES.values(), ids=TOKEN_FAILURES)
def test_an_instance_has_keys_whatever_becomes_of_the_token_for_its_metadata(failure: Any) -> None:
    identity = Identity()
    identity.metadata_version = 1

    def answer(seen: Seen) -> Any:
        return failure if seen.method == "PUT" else identity(seen)

    identity.talk = talk = Talk(answer, HERE)
    seen = ask(talk)
    assert "Access=AK1," in seen.headers["Authorization"]
    assert talk.cloud.lines[:2] == [f"PUT {METADATA_TOKEN}", f"GET {METADATA_KEY}"]
    assert "X-Metadata-Token" not in talk.cloud.seen[1].headers


def test_the_metadata_is_not_waited_for() -> None:
    talk = talk_to(Identity(), HERE)
    ask(talk)
    assert {seen.kwargs["timeout"] for seen in talk.cloud.seen[:2]} == {(3.0, 3.0)}


def test_the_metadatas_secrets_are_reported_before_they_are_used() -> None:
    talk = talk_to(Identity(), HERE)
    ask(talk)
    assert talk.secrets == [
        ("metadata-token", 1),
        *((word, 2) for word in ("AK1", "secret-1", "security-1")),
    ]


def test_keys_of_the_instance_are_read_again_before_they_end() -> None:
    talk = talk_to(Identity(), HERE)
    ask(talk)
    talk.clock.sleep(DAY - 599)
    assert "Access=AK2," in ask(talk).headers["Authorization"]


def test_keys_of_the_instance_are_read_again_on_a_401() -> None:
    identity = Identity()
    identity.refusals = [refused(401, "APIGW.0301")]
    talk = talk_to(identity, HERE)
    assert "Access=AK2," in ask(talk).headers["Authorization"]


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (requests.ConnectTimeout(), "did not accept a connection in time"),
        (refused(403, "", "no agency"), "no agency"),
    ],
)
def test_without_metadata_all_that_was_looked_for_is_reported(failure: Any, said: str) -> None:
    talk = Talk(lambda seen: failure, HERE, {"HUAWEICLOUD_ACCESS_KEY": "ak"})
    with pytest.raises(errors.CredentialsError, match=said) as caught:
        ask(talk)
    assert "HUAWEICLOUD_ACCESS_KEY: the collection does not read it" in str(caught.value)
    assert "HW_*: no credentials" in str(caught.value)
    assert talk.cloud.lines == [f"PUT {METADATA_TOKEN}", f"GET {METADATA_KEY}"]
    assert not caught.value.ambiguous
    assert "access_key" in caught.value.hint


def test_metadata_is_left_alone_while_other_credentials_are_there() -> None:
    talk = talk_to(Identity(), KEYS)
    ask(talk)
    assert "169.254.169.254" not in {seen.host for seen in talk.cloud.seen}
