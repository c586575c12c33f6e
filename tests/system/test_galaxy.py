# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible Galaxy does with the tarball when somebody publishes it, done here before."""

from __future__ import annotations

import io
import json
import os
import re
import sys
import tarfile
from pathlib import Path

import pytest
import yaml
from ansible_collections.huaweicloud.ims.tests.system.commands import Package, run
from ansible_collections.huaweicloud.ims.tools.places import BUILD, ROOT, Place

MODULES = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
ROLES = {path.name for path in (ROOT / "roles").iterdir()}
PLAYBOOKS = {path.name for path in (ROOT / "playbooks").glob("*.yml")}
# All checks that need no container.
SETTINGS = """\
[galaxy-importer]
ansible_local_tmp = {folder}
check_changelog = true
check_required_tags = true
log_level_main = INFO
offline_ansible_lint = true
run_ansible_doc = true
run_ansible_lint = true
run_flake8 = true
"""
COMPLAINTS = ("WARNING", "ERROR", "CRITICAL", "Traceback")
# The importer drops what ansible-lint says of itself, and would not notice that it saw no file.
LINT = """\
#!/bin/sh
{program} "$@" 2> {told}
code=$?
cat {told} >&2
exit $code
"""


def with_repository(tarball: Path, target: Path) -> Path:
    """The tarball as it is once there is a public repository, without which Galaxy takes none."""
    with tarfile.open(tarball) as source, tarfile.open(target, "w:gz") as copy:
        for member in source.getmembers():
            content = source.extractfile(member) if member.isfile() else None
            if content is not None and member.name == "MANIFEST.json":
                manifest = json.load(content)
                known = manifest["collection_info"]
                known["repository"] = known["repository"] or "https://git.example.com/ims"
                written = json.dumps(manifest).encode()
                member.size = len(written)
                content = io.BytesIO(written)
            copy.addfile(member, content)
    return target


@pytest.mark.skipif(
    sys.version_info >= (3, 14),
    reason="galaxy-importer does not run on this Python (tests/requirements/system.txt)",
)
def test_galaxy_imports_the_tarball_without_an_error_or_a_warning(
    package: Package, tmp_path: Path
) -> None:
    place = Place()
    settings = tmp_path / "galaxy-importer.cfg"
    settings.write_text(SETTINGS.format(folder=tmp_path / "ansible"))
    lint = tmp_path / "bin" / "ansible-lint"
    lint.parent.mkdir()
    lint_told = tmp_path / "lint.txt"
    lint.write_text(LINT.format(program=place.program("ansible-lint"), told=lint_told))
    lint.chmod(0o755)
    variables = {
        "GALAXY_IMPORTER_CONFIG": str(settings),
        "PATH": os.pathsep.join([str(lint.parent), place.environ()["PATH"]]),
        # Folders for temporary files may lie in this repository, whose git ignores them: files
        # there would be no files to ansible-lint.
        "GIT_CEILING_DIRECTORIES": os.pathsep.join([str(tmp_path), str(ROOT), str(BUILD / "tmp")]),
    }
    tarball = with_repository(package.tarball, tmp_path / package.tarball.name)
    command = [str(place.python), "-m", "galaxy_importer.main", str(tarball)]

    told = run(command, place, cwd=tmp_path, **variables).splitlines()

    assert [line for line in told if line.startswith(COMPLAINTS)] == []
    # Nothing was left out.
    assert "Importer processing completed successfully" in told
    assert "...ansible-lint run complete" in told
    linted = re.search(r"Passed: 0 failure.* in (\d+) files processed", lint_told.read_text())
    assert linted, lint_told.read_text()
    assert int(linted[1]) > len(PLAYBOOKS) + len(ROLES)
    assert len([line for line in told if line.endswith("via flake8...")]) > len(MODULES)
    found = json.loads((tmp_path / "importer_result.json").read_text())
    names: dict[str, set[str]] = {}
    for content in found["contents"]:
        names.setdefault(content["content_type"], set()).add(content["name"])
    assert names["module"] == MODULES
    assert names["role"] == ROLES
    assert names["playbook"] >= PLAYBOOKS
    documented = {
        content["content_name"]
        for content in found["docs_blob"]["contents"]
        if content["content_type"] == "module" and content["doc_strings"]["doc"]["options"]
    }
    assert documented == MODULES
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())
    assert found["requires_ansible"] == runtime["requires_ansible"]
