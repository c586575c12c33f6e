# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Keystone on this machine: `python -m tests.contract.keystone_server FOLDER`.

Makes a database and keys in FOLDER, prints one line of JSON when it is ready, and serves until it
is stopped.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

USER = "builder"
PASSWORD = "password-of-the-builder"
DOMAIN = "Default"
PROJECT = "eu-de_web"

_SETTINGS = """
[DEFAULT]
use_stderr = false
log_file = {folder}/keystone.log
[database]
connection = sqlite:///{folder}/keystone.db
sqlite_synchronous = false
[fernet_tokens]
key_repository = {folder}/keys
[fernet_receipts]
key_repository = {folder}/keys
[credential]
key_repository = {folder}/keys
[identity]
password_hash_rounds = 4
"""


def main(folder: Path) -> None:
    settings = _settings(folder)
    _manage(settings, "db_sync")
    _manage(
        settings,
        *("bootstrap", "--bootstrap-password", PASSWORD, "--bootstrap-username", USER),
        *("--bootstrap-project-name", PROJECT, "--bootstrap-region-id", "eu-de"),
    )
    os.environ["OS_KEYSTONE_CONFIG_FILES"] = str(settings)
    del sys.argv[1:]  # oslo.config reads it
    from keystone.server.wsgi import initialize_public_application

    application = initialize_public_application()
    server = make_server("127.0.0.1", 0, application, handler_class=_Quiet)
    facts = {
        "auth_url": f"http://127.0.0.1:{server.server_port}/v3",
        "username": USER,
        "password": PASSWORD,
        "domain_name": DOMAIN,
        "project_name": PROJECT,
    }
    print(json.dumps(facts), flush=True)
    server.serve_forever()


def _settings(folder: Path) -> Path:
    """What `keystone-manage fernet_setup` does it does for a user of its own."""
    (folder / "keys").mkdir(mode=0o700)
    for number in (0, 1):
        key = folder / "keys" / str(number)
        key.write_bytes(base64.urlsafe_b64encode(os.urandom(32)))
        key.chmod(0o600)
    path = folder / "keystone.conf"
    path.write_text(_SETTINGS.format(folder=folder), encoding="utf-8")
    return path


def _manage(settings: Path, *words: str) -> None:
    code = "import sys; from keystone.cmd.manage import main; sys.exit(main())"
    command = [sys.executable, "-W", "ignore", "-c", code, "--config-file", str(settings)]
    subprocess.run([*command, *words], check=True, stdout=sys.stderr)


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *words: object) -> None:  # noqa: A002
        """Nothing."""


if __name__ == "__main__":
    main(Path(sys.argv[1]))
