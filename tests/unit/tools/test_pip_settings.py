# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What reaches ansible-test, which drops the variables of its caller."""

from __future__ import annotations

from ansible_collections.huaweicloud.ims.tools.ansible_test import pip_settings


def test_variables_win_over_files_as_they_do_in_pip() -> None:
    listed = """\
:env:.index-url='https://from.the.environment/simple'
global.index-url='https://from.a.file/simple'
global.find-links='/one/place\\n/another'
install.no-binary='cffi'
"""

    settings = pip_settings(listed)

    assert settings["global"]["index-url"] == "https://from.the.environment/simple"
    assert settings["global"]["find-links"] == "/one/place\n/another"
    assert settings["install"]["no-binary"] == "cffi"


def test_the_cache_stays_in_the_repository_whatever_the_settings_say() -> None:
    settings = pip_settings(":env:.cache-dir='/home/somebody/.cache/pip'\n")

    assert settings["global"]["cache-dir"].endswith("/.build/pip-cache")
