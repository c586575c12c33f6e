# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What IAM issued to one task serves the next ones until it expires or is refused, and a file that
is not as it was written does no harm."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import errors, store
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.clock import Deadline

from .fake import KEYS, PROJECT, Reply, Seen, refused
from .identity import (
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

METADATA_CALLS = [f"PUT {METADATA_TOKEN}", f"GET {METADATA_KEY}"]

# Options; what the first task asks; what later ones ask. By the names that the guide has for them.
METHODS: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "access key": (KEYS, [f"GET {PROJECTS}", LIST], [LIST]),
    "access key, temporary": ({**KEYS, "security_token": "st"}, [f"GET {PROJECTS}", LIST], [LIST]),
    "user and password": (USER, [f"POST {TOKENS}", LIST], [LIST]),
    "token": (GIVEN, [f"GET {TOKENS}", LIST], [LIST]),
    "agency, by access key": (
        {**KEYS, **AGENCY},
        [f"POST {SECURITY_TOKENS}", f"GET {PROJECTS}", LIST],
        [LIST],
    ),
    "agency, by password": ({**USER, **AGENCY}, [f"POST {TOKENS}", f"POST {TOKENS}", LIST], [LIST]),
    "agency, by token": ({**GIVEN, **AGENCY}, [f"POST {TOKENS}", LIST], [LIST]),
    "metadata of the server": (
        HERE,
        [*METADATA_CALLS, f"GET {PROJECTS}", LIST],
        [*METADATA_CALLS, LIST],
    ),
    "agency, by metadata": (
        {**HERE, **AGENCY},
        [*METADATA_CALLS, f"POST {SECURITY_TOKENS}", f"GET {PROJECTS}", LIST],
        [*METADATA_CALLS, f"POST {SECURITY_TOKENS}", LIST],
    ),
}
WITH_PROJECT_ID: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "password, project id": ({**USER, "project_id": PROJECT}, [f"POST {TOKENS}", LIST], [LIST]),
    "keys, project id": ({**KEYS, "project_id": PROJECT}, [LIST], [LIST]),
}

ALL = {**METHODS, **WITH_PROJECT_ID}

every_method = pytest.mark.parametrize("method", ALL)


@every_method
def test_the_first_task_asks_iam_for_all_that_follow(machine: Machine, method: str) -> None:
    options, first, later = ALL[method]

    assert sorted(machine.task(options)) == sorted(first)
    assert machine.task(options) == later
    assert machine.task(options) == later


@every_method
def test_it_can_be_turned_off(machine: Machine, method: str) -> None:
    """Nothing is written then, and nothing read."""
    options, first, _later = ALL[method]
    off = {**options, "token_cache": False}

    for _turn in range(2):
        assert sorted(machine.task(off)) == sorted(first)
    assert machine.files == []
    machine.task(options)
    assert sorted(machine.task(off)) == sorted(first)


def test_the_token_that_assumes_an_agency_is_not_kept(machine: Machine) -> None:
    """It opens more than the agency does, and is needed once a day."""
    options = {**USER, **AGENCY}
    machine.task(options)
    assert len(machine.files) == 1
    machine.identity.refusals = [refused(401, "APIGW.0301")]
    assert machine.task(options) == [LIST, f"POST {TOKENS}", f"POST {TOKENS}", LIST]
    assert machine.clock.slept == []  # one turn for the two, not one within the other


@every_method
def test_secrets_lie_in_memory_and_the_password_nowhere(machine: Machine, method: str) -> None:
    machine.task(ALL[method][0])
    machine.task(ALL[method][0])

    issued = [f"{word}-{number}" for word in ("token", "secret", "security") for number in (1, 2)]
    given = ["given-token", "user-password", "sk-very-secret"]
    for path in machine.files:
        assert path.parent in (machine.memory, machine.cache)
        text = path.read_text() + path.name
        assert not [secret for secret in given if secret in text]
        if path.parent == machine.cache:
            assert not [secret for secret in issued if secret in text]
            assert set(json.loads(path.read_text())["value"]) == {"id"}


def test_the_guide_says_what_iam_is_asked() -> None:
    guide = Path(__file__).parents[5] / "docs" / "docsite" / "rst" / "authentication.rst"
    row = r"   \* - (.+)\n     - .+\n     - (\d)\n     - (\d)\n"
    written = {
        name: (int(first), int(later))
        for name, first, later in re.findall(row, guide.read_text("utf-8"))
    }
    asked = {
        name: tuple(len(set(calls) - {*METADATA_CALLS, LIST}) for calls in (first, later))
        for name, (_options, first, later) in METHODS.items()
    }
    asked["agency, by password"] = (2, 0)  # the same call twice

    assert written == asked


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


@pytest.mark.parametrize(
    ("options", "header", "secrets"),
    [
        (USER, ("X-Auth-Token", "token-1"), {"token-1"}),
        ({**KEYS, **AGENCY}, ("Authorization", "Access=AK1,"), {"AK1", "secret-1", "security-1"}),
    ],
    ids=["token", "keys"],
)
def test_what_is_kept_is_registered_as_secret_before_it_is_used(
    machine: Machine, options: dict[str, Any], header: tuple[str, str], secrets: set[str]
) -> None:
    machine.task(options)
    machine.task(options)

    assert machine.last is not None
    assert header[1] in machine.sent[header[0]]
    assert {(secret, 0) for secret in secrets} <= set(machine.last.secrets)


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


def test_a_run_derives_a_key_from_its_password_once(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    derived: list[bytes] = []
    derive = hashlib.scrypt

    def counted(password: bytes, **parameters: Any) -> bytes:
        derived.append(password)
        return derive(password, **parameters)

    monkeypatch.setattr(hashlib, "scrypt", counted)

    def task(run_key: bytes | None, **more: str) -> list[str]:
        talk = machine.talk({**USER, **more}, run_key=run_key)
        talk.client.request("ims", "GET", PATH)
        return talk.cloud.lines

    assert task(b"first run") == [f"POST {TOKENS}", LIST]
    for _turn in range(3):
        assert task(b"first run") == [LIST]
    assert len(derived) == 1
    for _turn in range(3):
        assert task(b"second run") == [LIST]
    assert len(derived) == 2
    for _turn in range(2):
        assert task(None) == [LIST]
    assert len(derived) == 4
    assert task(b"first run", password="guessed") == [f"POST {TOKENS}", LIST]


def test_without_scrypt_no_token_for_a_password_is_kept(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(hashlib, "scrypt")

    for _turn in range(2):
        assert machine.task(USER) == [f"POST {TOKENS}", LIST]
    assert machine.files == []
    machine.task({**KEYS, **AGENCY})
    assert machine.task({**KEYS, **AGENCY}) == [LIST]


@pytest.mark.parametrize("proof", [None, "", ":", "nothing", "zz:zz", "00:00", 3, ["00:00"]])
def test_a_proof_that_cannot_be_read_proves_nothing(machine: Machine, proof: Any) -> None:
    machine.task(USER)
    record = {**json.loads(machine.file.read_text()), "password": proof}
    machine.file.write_text(json.dumps(record))

    assert machine.task(USER) == [f"POST {TOKENS}", LIST]


def test_a_wrong_secret_key_is_not_served_the_keys_of_the_right_one(machine: Machine) -> None:
    machine.task({**KEYS, **AGENCY})
    other = {**KEYS, **AGENCY, "secret_key": "sk-another"}

    assert machine.task(other) == [f"POST {SECURITY_TOKENS}", LIST]


def test_a_changed_password_takes_the_place_of_the_old_one(machine: Machine) -> None:
    machine.task(USER)
    machine.task({**USER, "password": "new"})
    assert machine.task({**USER, "password": "new"}) == [LIST]
    assert len(machine.files) == 1


@pytest.mark.parametrize("other", [{"access_key": "AKOTHER"}, {"project_name": "eu-de_web"}])
def test_a_project_is_for_the_same_key_and_name_only(
    machine: Machine, other: dict[str, str]
) -> None:
    machine.task(KEYS)
    talk = machine.talk({**KEYS, **other})
    with suppress(errors.ConfigurationError):  # there may be no project of that name
        talk.client.request("ims", "GET", PATH)
    assert talk.cloud.lines[0] == f"GET {PROJECTS}"


# --- when it ends


# Options, how long what IAM issues lives, how long it serves, what is asked for then.
LIVES: dict[str, tuple[dict[str, Any], float, float, str]] = {
    "a token, until ten minutes before its end": (USER, DAY, DAY - 600, f"POST {TOKENS}"),
    "a token of an hour, likewise": (USER, 3600, 3000, f"POST {TOKENS}"),
    "a short-lived token, for half of its life": (USER, 300, 150, f"POST {TOKENS}"),
    "the keys of an agency": (
        {**KEYS, **AGENCY, "project_id": PROJECT},
        3600,
        3000,
        f"POST {SECURITY_TOKENS}",
    ),
    "the id of a project, for a day": (KEYS, DAY, DAY - 600, f"GET {PROJECTS}"),
}


@pytest.mark.parametrize("life", LIVES)
def test_what_was_issued_serves_until_shortly_before_its_end(machine: Machine, life: str) -> None:
    options, machine.identity.lifetime, good_for, asked = LIVES[life]
    machine.task(options)
    machine.clock.sleep(good_for - 2)
    assert machine.task(options) == [LIST]
    machine.clock.sleep(3)
    assert machine.task(options) == [asked, LIST]
    assert machine.task(options) == [LIST]


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


# --- 401


def test_a_refused_token_is_replaced_once_and_for_all(machine: Machine) -> None:
    machine.task(USER)
    machine.identity.refusals = [refused(401, "APIGW.0301")]
    assert machine.task(USER) == [LIST, f"POST {TOKENS}", LIST]
    assert machine.sent["X-Auth-Token"] == "token-2"
    assert machine.task(USER) == [LIST]
    assert machine.sent["X-Auth-Token"] == "token-2"


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


# --- a project that is another one now


class Moving(Identity):
    """A cloud whose project is deleted and created again; its lists refuse the old id."""

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
def test_a_project_that_was_recreated_is_found(machine: Machine, status: int) -> None:
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


# What the services answer in turn; whether the project id is kept; what is asked in all.
NOT_DOUBTED: dict[str, tuple[list[Reply], bool, list[str]]] = {
    "another reason": ([refused(403, "IMG.0026")], True, [LIST, f"GET {PROJECTS}"]),
    "accepted before": ([Reply(200, {}), refused(403, "IMG.0026")], True, [LIST, LIST]),
    # A create request may have been executed: the task must not begin again.
    "an ambiguous answer before": (
        [refused(403), refused(503), refused(403)],
        True,
        [LIST, f"POST {PATH}", LIST],
    ),
    "found by this task": ([refused(403)], False, [f"GET {PROJECTS}", LIST]),
}


@pytest.mark.parametrize("case", NOT_DOUBTED)
def test_a_refusal_does_not_always_mean_that_the_project_is_another_one(
    machine: Machine, case: str
) -> None:
    refusals, kept, asked = NOT_DOUBTED[case]
    if kept:
        machine.task(KEYS)
    machine.identity.refusals = list(refusals)
    talk = machine.talk(KEYS)

    for number, reply in enumerate(refusals):
        with pytest.raises(errors.ApiError) if reply.status >= 400 else nullcontext():
            talk.client.request("ims", "POST" if number == 1 < len(refusals) - 1 else "GET", PATH)

    for _turn in range(2):
        assert not talk.client.project_has_changed()
    assert talk.cloud.lines == asked


def test_a_project_that_is_gone_is_reported(machine: Machine) -> None:
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


def test_the_token_of_a_project_that_was_recreated_is_replaced(machine: Machine) -> None:
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


# --- what lies in the place of a file


def _with(**members: Any) -> Callable[[Path], Any]:
    """Changes members of the record."""
    return lambda path: path.write_text(json.dumps({**json.loads(path.read_text()), **members}))


def _linked(path: Path) -> None:
    os.link(path, path.parent.with_name("another name"))


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir(0o700)


def _another_users(path: Path) -> None:
    if os.getuid():
        pytest.skip("only root can give files away")
    os.chown(path, 12345, -1)


SPOILT: dict[str, Callable[[Path], Any]] = {
    "a token that is no text": _with(value={"id": 3, "project_id": "p", "project_name": "n"}),
    "a token that is empty": _with(value={"id": "", "project_id": "p", "project_name": "n"}),
    "a token of two lines": _with(value={"id": "a\nb", "project_id": "p", "project_name": "n"}),
    "nothing in it": _with(value={}),
    "a list in it": _with(value=["token-1"]),
    "no time": _with(written=None),
    "an endless time": _with(renew=float("inf"), end=float("nan")),
    "a time of many digits": _with(written=10**300),
    "deep": lambda path: path.write_text("[" * 100_000),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "empty": lambda path: path.write_bytes(b""),
    "foreign": lambda path: path.write_text('{"token": "planted", "expires": 9999999999}'),
    "foreign bytes": lambda path: path.write_bytes(os.urandom(500)),
    "huge": lambda path: os.truncate(path, 1 << 30),
    "readable by others": lambda path: path.chmod(0o644),
    "writable by others": lambda path: path.chmod(0o620),
    "another user's": _another_users,
    "a second name": _linked,
    "a pipe": _pipe,
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_a_file_that_is_not_as_we_write_them_is_replaced(machine: Machine, spoilt: str) -> None:
    machine.task(USER)
    path = machine.file
    SPOILT[spoilt](path)

    assert machine.task(USER) == [f"POST {TOKENS}", LIST]
    assert machine.sent["X-Auth-Token"] == "token-2"
    assert machine.file == path
    assert stat.S_IMODE(path.lstat().st_mode) == 0o600
    assert machine.task(USER) == [LIST]


def test_what_would_be_too_large_to_be_read_is_not_written(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = "ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.token_cache"
    monkeypatch.setattr(f"{cache}._LARGEST", 100)

    assert machine.task(USER) == [f"POST {TOKENS}", LIST]
    assert machine.files == []


def test_a_link_is_neither_followed_nor_written_through(machine: Machine, tmp_path: Path) -> None:
    machine.task(USER)
    path, target = machine.file, tmp_path / "target"
    target.write_bytes(path.read_bytes())  # good in itself
    target.chmod(0o600)
    before = target.read_bytes()
    path.unlink()
    path.symlink_to(target)

    assert machine.task(USER) == [f"POST {TOKENS}", LIST]
    assert target.read_bytes() == before
    assert not path.is_symlink()
    assert machine.task(USER) == [LIST]


def test_a_link_in_the_place_of_the_lock_is_not_followed(machine: Machine, tmp_path: Path) -> None:
    machine.task(USER)
    path, target = machine.file, tmp_path / "target"
    path.unlink()
    lock = path.with_name(path.name + ".lock")
    lock.symlink_to(target)

    assert machine.task(USER) == [f"POST {TOKENS}", LIST]
    assert not target.exists()
    assert machine.task(USER) == [LIST]


def test_a_folder_in_its_place_is_done_without(machine: Machine) -> None:
    machine.task(USER)
    path = machine.file
    _folder(path)
    assert machine.task(USER) == [f"POST {TOKENS}", LIST]
    assert machine.task(USER) == [f"POST {TOKENS}", LIST]
    assert machine.file == path


# --- directories


@pytest.mark.parametrize("mode", [0o755, 0o777, 0o750])
@pytest.mark.parametrize("options", [USER, KEYS], ids=["token", "project"])
def test_a_directory_that_is_open_to_others_is_not_used(
    machine: Machine, mode: int, options: dict[str, Any]
) -> None:
    asked = machine.task(options)
    machine.file.parent.chmod(mode)
    assert machine.task(options) == asked


@pytest.mark.parametrize("options", [USER, KEYS], ids=["token", "project"])
def test_a_directory_that_is_a_link_is_not_used(
    machine: Machine, tmp_path: Path, options: dict[str, Any]
) -> None:
    (tmp_path / "elsewhere").mkdir(0o700)
    for folder in (machine.memory, machine.cache):
        folder.parent.mkdir(exist_ok=True)
        folder.symlink_to(tmp_path / "elsewhere")

    assert machine.task(options) == machine.task(options)
    assert list((tmp_path / "elsewhere").iterdir()) == []


NO_RUNTIME_DIRECTORY: dict[str, Callable[[Path], Any]] = {
    "open to others": lambda path: path.chmod(0o755),
    "missing": lambda path: path.rmdir(),
    "a link": lambda path: path.symlink_to(path.rename(path.with_name("renamed"))),
}


@pytest.mark.parametrize("fault", NO_RUNTIME_DIRECTORY)
def test_tokens_are_kept_in_shared_memory_without_a_runtime_directory(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    shared = tmp_path / "shm"
    shared.mkdir(0o1777)
    monkeypatch.setattr(store, "SHARED_MEMORY", str(shared))
    NO_RUNTIME_DIRECTORY[fault](machine.memory.parent)

    machine.task(USER)

    assert machine.task(USER) == [LIST]
    [ours] = shared.iterdir()
    assert stat.S_IMODE(ours.stat().st_mode) == 0o700
    assert machine.files == []


def test_without_memory_to_share_a_token_serves_its_process_only(machine: Machine) -> None:
    machine.environ["XDG_RUNTIME_DIR"] = "relative"

    for _turn in range(2):
        talk = machine.talk(USER)
        for _request in range(2):
            talk.client.request("ims", "GET", PATH)
        assert talk.cloud.lines == [f"POST {TOKENS}", LIST, LIST]
    assert machine.files == []


def test_an_unwritable_directory_is_done_without(machine: Machine) -> None:
    machine.environ = dict.fromkeys(machine.environ, "/dev/null")
    for options in (USER, KEYS):
        assert machine.task(options) == machine.task(options)


def test_a_full_disk_leaves_no_draft_behind(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: str, target: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert machine.task(USER) == [f"POST {TOKENS}", LIST]
    assert machine.files == []


def test_files_and_directory_are_private(machine: Machine) -> None:
    before = os.umask(0)
    try:
        machine.task(USER)
    finally:
        os.umask(before)
    assert stat.S_IMODE(machine.memory.stat().st_mode) == 0o700
    assert stat.S_IMODE(machine.file.stat().st_mode) == 0o600


def test_old_files_are_removed_and_image_locks_are_not(machine: Machine) -> None:
    machine.task(KEYS)
    lock = machine.cache / "image-of-a-lock"
    draft = machine.cache / (machine.file.name + ".0123456789abcdef")
    sealed = machine.cache / "issued-by-an-older-version"
    for path in (lock, draft, sealed):
        path.touch()
    now = machine.clock.now
    for path in machine.files:
        os.utime(path, (now - 3 * DAY, now - 3 * DAY))

    machine.task({**KEYS, "access_key": "AKOTHER"})

    assert lock.exists()
    assert len(machine.files) == 2


# --- several tasks at once


def test_who_has_to_wait_too_long_asks_himself(machine: Machine) -> None:
    machine.task(USER)
    path = machine.file
    path.unlink()
    lock = store.try_lock(f"{path}.lock")
    assert lock is not None

    assert machine.task(USER) == [f"POST {TOKENS}", LIST]
    assert 10 <= sum(machine.clock.slept) < 11
    os.close(lock)


def test_who_waits_takes_what_the_other_one_got(machine: Machine) -> None:
    machine.task(USER)
    path = machine.file
    content = path.read_bytes()
    path.unlink()
    lock = store.try_lock(f"{path}.lock")
    assert lock is not None
    slept = machine.clock.sleep

    def done(seconds: float) -> None:
        slept(seconds)
        if len(machine.clock.slept) == 3:
            path.write_bytes(content)
            path.chmod(0o600)
            os.close(lock)

    machine.clock.sleep = done  # type: ignore[method-assign]
    assert machine.task(USER) == [LIST]
    assert len(machine.clock.slept) == 3


def test_whatever_ends_the_request_ends_the_turn(machine: Machine) -> None:
    """An in-process front end goes on after the exception that its time limit raises."""

    class Limited(Identity):
        def issue_token(self, seen: Seen) -> Reply:
            raise KeyboardInterrupt

    machine.identity = Limited()
    with pytest.raises(KeyboardInterrupt) as held:
        machine.task(USER)
    machine.identity = Identity()
    assert machine.task(USER) == [f"POST {TOKENS}", LIST]
    assert machine.clock.slept == []
    del held


def test_no_lock_is_left_behind(machine: Machine) -> None:
    machine.task({**KEYS, **AGENCY})
    assert not [path for path in machine.files if path.name.endswith(".lock")]
    assert len(machine.files) == 2


def test_the_lock_of_a_killed_task_holds_nobody_up(machine: Machine) -> None:
    machine.task(USER)
    path = machine.file
    path.unlink()
    path.with_name(f"{path.name}.lock").touch(0o600)

    assert machine.task(USER) == [f"POST {TOKENS}", LIST]
    assert machine.clock.slept == []
    assert machine.file == path
