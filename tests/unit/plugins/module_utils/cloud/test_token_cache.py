# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What IAM issued to one task serves the next ones; whatever else lies in its place does not."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from ansible_collections.huaweicloud.ims.plugins.module_utils.cloud import errors, store
from ansible_collections.huaweicloud.ims.plugins.module_utils.cloud.clock import Deadline
from ansible_collections.huaweicloud.ims.tests.unit.plugins.module_utils.cloud.fake import (
    KEYS,
    PROJECT,
    FakeClock,
    Reply,
    Seen,
    Talk,
    refused,
)
from ansible_collections.huaweicloud.ims.tests.unit.plugins.module_utils.cloud.test_authentication import (  # noqa: E501
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

PROJECTS = "/v3/projects"
GIVEN = {"auth_token": "given-token", "region": "eu-de"}


class Machine:
    """Tasks of one machine, one after the other, on one clock."""

    def __init__(self, folder: Path, identity: Identity | None = None) -> None:
        self.cache = folder
        self.folder = folder / store.NAME
        self.identity = identity or Identity()
        self.clock = FakeClock()
        self.environ = {"XDG_CACHE_HOME": str(folder)}
        self.last: Talk | None = None

    def task(self, options: dict[str, Any], **environ: str) -> list[str]:
        """The requests of a task that lists images."""
        talk = self.talk(options, **environ)
        talk.client.request("ims", "GET", PATH)
        return talk.cloud.lines

    def talk(self, options: dict[str, Any], **environ: str) -> Talk:
        place = {**self.environ, **environ}
        self.last = Talk(self.identity, options, place, clock=self.clock)
        self.identity.talk = self.last
        return self.last

    @property
    def files(self) -> list[Path]:
        return sorted(self.folder.iterdir()) if self.folder.exists() else []

    @property
    def file(self) -> Path:
        [path] = self.files
        return path

    @property
    def sent(self) -> Any:
        """The headers of the last request."""
        assert self.last is not None
        return self.last.cloud.seen[-1].headers


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


LIST = f"GET {PATH}"
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
}


@pytest.mark.parametrize("other", OTHERS)
def test_a_token_is_for_the_same_user_place_and_password_only(machine: Machine, other: str) -> None:
    machine.task(USER)
    assert f"POST {TOKENS}" in machine.task(OTHERS[other])
    assert machine.identity.tokens > 1


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


# --- what lies in its place


def _corrupt(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


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
    "corrupt": _corrupt,
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "empty": lambda path: path.write_bytes(b""),
    "foreign": lambda path: path.write_text('{"token": "planted", "expires": 9999999999}'),
    "foreign bytes": lambda path: path.write_bytes(os.urandom(500)),
    "huge": lambda path: os.truncate(path, 1 << 30),
    "readable by others": lambda path: path.chmod(0o644),
    "writable by others": lambda path: path.chmod(0o620),
    "another user's": _another_users,
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


def test_the_file_of_another_thing_is_not_taken_for_it(machine: Machine) -> None:
    """Same user, same password; somebody has exchanged the files."""
    machine.task(USER)
    first = machine.file
    machine.task({**USER, "region": "eu-nl"})
    [second] = set(machine.files) - {first}
    second.write_bytes(first.read_bytes())
    assert f"POST {TOKENS}" in machine.task({**USER, "region": "eu-nl"})


def test_what_another_version_has_written_is_ignored(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = "ansible_collections.huaweicloud.ims.plugins.module_utils.cloud.token_cache"
    with monkeypatch.context() as patch:
        patch.setattr(f"{cache}.asdict", lambda value: {"id": "old", "kind": 3})
        machine.task(USER)
    assert machine.task(USER) == [f"POST {TOKENS}", LIST]
    assert machine.task(USER) == [LIST]


@pytest.mark.parametrize("mode", [0o755, 0o777, 0o750])
def test_a_directory_that_is_open_to_others_is_not_used(machine: Machine, mode: int) -> None:
    machine.task(USER)
    machine.folder.chmod(mode)
    assert machine.task(USER, TMPDIR="/dev/null") == [f"POST {TOKENS}", LIST]


def test_a_directory_that_is_a_link_is_not_used(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(0o700)
    machine.folder.symlink_to(tmp_path / "elsewhere")
    for _turn in range(2):
        assert machine.task(USER) == [f"POST {TOKENS}", LIST]
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_an_unwritable_directory_is_done_without(machine: Machine) -> None:
    for _turn in range(2):
        machine.environ = {"XDG_CACHE_HOME": "/dev/null/nothing", "TMPDIR": "/dev/null"}
        assert machine.task(USER) == [f"POST {TOKENS}", LIST]


def test_a_directory_that_becomes_unwritable_is_done_without(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: str, *rest: Any, **more: Any) -> int:
        if str(machine.folder) in str(path):
            raise OSError(28, "No space left on device")
        return opened(path, *rest, **more)

    opened = os.open
    monkeypatch.setattr(os, "open", full)
    for _turn in range(2):
        assert machine.task(USER) == [f"POST {TOKENS}", LIST]


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
    assert stat.S_IMODE(machine.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(machine.file.stat().st_mode) == 0o600


def test_old_files_are_removed_and_those_of_others_are_not(machine: Machine) -> None:
    machine.task(USER)
    kept = machine.folder / "image-of-a-claim"
    kept.touch()
    draft = machine.folder / (next(iter(set(machine.files) - {kept})).name + ".0123456789abcdef")
    draft.touch()
    now = machine.clock.now
    for path in machine.files:
        os.utime(path, (now - 3 * DAY, now - 3 * DAY))

    machine.task(KEYS)

    assert kept.exists()
    assert not draft.exists()
    assert len(machine.files) == 2


# --- several at once


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
