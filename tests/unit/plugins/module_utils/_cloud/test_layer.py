# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer stands by itself: no Ansible, no third-party library at import, few at run time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import libraries

LAYER = Path(libraries.__file__).parent
PACKAGE = "ansible_collections.huaweicloud.ims.plugins.module_utils._cloud"
MODULES = sorted(path.stem for path in LAYER.glob("*.py"))


def python(code: str) -> str:
    """What `code` prints in an interpreter of its own."""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stdout


BLOCKED = "import sys; sys.modules.update(requests=None, jmespath=None, yaml=None);"


def test_every_module_can_be_imported_without_its_libraries() -> None:
    imports = ";".join(f"import {PACKAGE}.{module}" for module in MODULES)
    assert python(f"{BLOCKED}{imports};print('ok')") == "ok\n"


def test_missing_libraries_are_named_with_their_tracebacks() -> None:
    code = (
        f"{BLOCKED}from {PACKAGE}.libraries import missing_libraries;"
        "print([(name, 'ImportError' in text or 'NotFound' in text)"
        " for name, text in missing_libraries()])"
    )
    assert python(code) == "[('requests', True), ('jmespath', True)]\n"


def test_installed_libraries_are_not_missing() -> None:
    assert libraries.missing_libraries() == []


def test_clouds_yaml_without_pyyaml_is_reported_in_words(tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_text("clouds: {}")
    code = (
        f"import sys; sys.modules['yaml'] = None; from {PACKAGE} import clouds_yaml, errors\n"
        "try:\n"
        f"    clouds_yaml.load_clouds({{}}, {str(tmp_path)!r})\n"
        "except errors.ConfigurationError as error:\n"
        "    print(error)"
    )
    assert "without the Python library PyYAML" in python(code)
