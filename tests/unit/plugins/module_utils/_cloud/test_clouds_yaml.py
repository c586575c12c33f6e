# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A clouds.yaml that is meant to harm is an error within a second, one that is only odd is read."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import (
    clouds_yaml,
    credentials,
    errors,
)

NINE = range(9)


def exploding(start: str, level: str) -> str:
    """Each level holds the one below it nine times."""
    lines = [f"a0: &a0 {start}"]
    lines += [
        f"a{one + 1}: &a{one + 1} {level.format(', '.join([f'*a{one}'] * 9))}" for one in NINE
    ]
    return "\n".join([*lines, "clouds: {otc: {auth: {token: *a9}}}"])


BOMBS = {
    "aliases of aliases": (exploding("[x]", "[{}]"), "with its aliases"),
    "merges of merges": (exploding("{k: v}", "{{<<: [{}]}}"), "with its aliases"),
    "an alias of itself": ("clouds: &a {otc: *a}", "an alias of something"),
    "nested lists": ("clouds: " + "[" * 100_000, "nested"),
    "nested mappings": ("\n".join(" " * depth + "clouds:" for depth in range(500)), "nested"),
    "a huge integer": (f"clouds: {{otc: {{auth: {{token: {'9' * 100_000}}}}}}}", "a number of"),
    "a huge sum of sixties": ("clouds: 1" + ":1" * 100_000, "a number of"),
    "a huge hexadecimal": ("clouds: 0x" + "f" * 100_000, "a number of"),
    "a date that is none": ("clouds: 2024-99-99", "cannot be read"),
    "a tag that does not fit": ("clouds: !!timestamp pw-in-file", "cannot be read"),
    "half a character": ('clouds: {otc: {auth: {token: "\\ud800"}}}', "not a character"),
    "a very large file": ("# x\n" * 200_000, "more than"),
}


@pytest.mark.parametrize(("text", "said"), BOMBS.values(), ids=BOMBS.keys())
def test_what_would_explode_is_an_error_within_a_second(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "clouds.yaml").write_text(text)
    begun = time.process_time()

    with pytest.raises(errors.ConfigurationError, match=f"cannot be used: .*{said}") as caught:
        credentials.select_credentials({"cloud": "otc"}, {"HOME": "/nowhere"}, str(tmp_path))

    assert time.process_time() - begun < 1
    assert "pw-in-file" not in str(caught.value)


def test_anchors_and_merges_that_people_write_are_read(tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_text(
        """
defaults: &defaults
  region_name: eu-de
  auth: &auth {user_domain_name: d, username: u}
clouds:
  one:
    <<: *defaults
    auth: {<<: *auth, password: p1}
  two:
    <<: *defaults
    auth: {<<: *auth, password: p2}
"""
    )
    clouds = clouds_yaml.load_clouds({}, str(tmp_path))
    read = {name: clouds_yaml.source(clouds, name, "").settings for name in clouds.entries}
    assert {name: settings["password"] for name, settings in read.items()} == {
        "one": "p1",
        "two": "p2",
    }
    assert read["two"]["region"] == "eu-de"


def test_a_file_of_hundreds_of_clouds_is_read(tmp_path: Path) -> None:
    auth = "{{username: u, password: p, user_domain_name: d}}"
    entry = f"  c{{0}}:\n    auth: {auth}\n    region_name: r\n"
    text = "clouds:\n" + "".join(entry.format(number) for number in range(800))
    (tmp_path / "clouds.yaml").write_text(text)
    assert len(clouds_yaml.load_clouds({}, str(tmp_path)).entries) == 800
