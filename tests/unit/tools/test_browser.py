# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Chromium the tests of pages get, and that CI never goes without one in silence."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.tools import browser
from ansible_collections.huaweicloud.ims.tools.browser import NoBrowser


class Machine:
    """A machine with nothing on PATH; commands that would fetch something are noted only."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.calls: list[list[str]] = []
        self._patch = patch
        patch.setattr(browser, "BUILD", folder / "build")
        patch.setattr(browser, "_FOLDER", folder / "build" / "chromium" / "1")
        patch.setattr(browser, "_BROUGHT", folder / "build" / "chromium" / "1" / "run")
        patch.setattr(browser, "_call", self._call)
        patch.setattr(browser.platform, "machine", lambda: "x86_64")
        patch.setattr(browser.platform, "freedesktop_os_release", lambda: {"ID": "debian"})
        patch.setattr(browser.os, "geteuid", lambda: 0)
        for name in ("CHROMIUM", "CI"):
            patch.delenv(name, raising=False)
        patch.setenv("PATH", str(self.bin))

    def has(self, name: str, says: str = "Chromium 153.0", code: int = 0) -> str:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n")
        path.chmod(0o755)
        return str(path)

    def set(self, name: str, value: str) -> None:
        self._patch.setenv(name, value)

    def _call(self, command: list[str], _log: Any, **_variables: str) -> None:
        self.calls.append(command)
        if command[0] == "npm":
            (Path(command[command.index("--pack-destination") + 1]) / "x.tgz").write_text("other")
        if command[:2] == ["apt-get", "install"]:
            self.has("chromium")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def provide() -> str:
    return browser.provide(io.StringIO())


def test_the_one_that_is_named_is_taken(machine: Machine) -> None:
    machine.has("chromium")
    machine.set("CHROMIUM", machine.has("my-browser"))

    assert provide() == str(machine.bin / "my-browser")


@pytest.mark.parametrize("named", ["my-browser", "/nowhere/chromium"])
def test_one_that_is_named_and_does_not_start_is_no_reason_to_take_another(
    machine: Machine, named: str
) -> None:
    machine.has("chromium")
    machine.has("my-browser", code=1)
    machine.set("CHROMIUM", named)

    with pytest.raises(NoBrowser, match=f"{named}, which does not start"):
        provide()


def test_one_on_path_is_taken_if_it_starts(machine: Machine) -> None:
    machine.has("chromium", code=127)
    machine.has("chromium-browser", says="Please install the snap")
    machine.has("google-chrome", says="Google Chrome 153.0")

    assert provide() == str(machine.bin / "google-chrome")
    assert machine.calls == []


def test_without_npm_it_is_said_what_is_needed(machine: Machine) -> None:
    with pytest.raises(NoBrowser, match="npm and node is needed") as failure:
        provide()

    assert "no Chromium on PATH" in str(failure.value)
    assert machine.calls == []  # nothing is installed on a machine that is somebody's


def test_a_package_that_is_not_the_one_that_was_chosen_is_refused(machine: Machine) -> None:
    for name in ("npm", "node"):
        machine.has(name)

    with pytest.raises(NoBrowser, match="is not what it was when it was chosen"):
        provide()

    [[*command]] = machine.calls
    assert command[:2] == ["npm", "pack"]
    assert str(browser.BUILD) in command[-1]


def test_ci_installs_the_package_of_debian_as_the_last_resort(machine: Machine) -> None:
    machine.set("CI", "true")
    machine.has("apt-get")

    assert provide() == str(machine.bin / "chromium")
    assert [command[:2] for command in machine.calls] == [
        ["apt-get", "update"],
        ["apt-get", "install"],
    ]


@pytest.mark.parametrize("system", ["ubuntu", "fedora"])
def test_ci_elsewhere_is_given_the_reason_why_there_is_none(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    machine.set("CI", "true")
    machine.has("apt-get")
    monkeypatch.setattr(browser.platform, "freedesktop_os_release", lambda: {"ID": system})

    with pytest.raises(NoBrowser, match="only be installed as root on Debian"):
        provide()


@pytest.mark.parametrize(
    ("ci", "needed"),
    [(None, False), ("", False), ("false", False), ("0", False), ("true", True), ("1", True)],
)
def test_only_ci_has_to_have_one(ci: str | None, needed: bool) -> None:
    assert browser.required({} if ci is None else {"CI": ci}) is needed


def test_the_sandbox_is_given_up_for_root_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for user, expected in ((0, True), (1000, False)):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        assert ("--no-sandbox" in browser.arguments()) is expected
