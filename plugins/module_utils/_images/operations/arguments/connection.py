# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of every module that connects to the cloud: doc_fragments/auth.py documents them."""

from __future__ import annotations

from typing import Any

# That one method of authentication is given, and completely, is checked by _cloud/credentials.py:
# mutually_exclusive and required_together would count defaults from the environment.
CONNECTION: dict[str, dict[str, Any]] = {
    "credentials_from": {"type": "str", "choices": ["environment", "clouds", "metadata"]},
    "region": {"type": "str"},
    "project_id": {"type": "str"},
    "project_name": {"type": "str"},
    "access_key": {"type": "str", "no_log": True},
    "secret_key": {"type": "str", "no_log": True},
    "security_token": {"type": "str", "no_log": True},
    "username": {"type": "str"},
    "user_id": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "domain_name": {"type": "str"},
    "domain_id": {"type": "str"},
    "auth_token": {"type": "str", "no_log": True},
    "cloud": {"type": "str"},
    "agency_name": {"type": "str"},
    "agency_domain_name": {"type": "str"},
    "auth_url": {"type": "str"},
    "endpoints": {"type": "dict"},
    "validate_certs": {"type": "bool"},
    "ca_cert": {"type": "path"},
    "client_cert": {"type": "path"},
    "client_key": {"type": "path", "no_log": False},
    "http_timeout": {"type": "int"},
    "token_cache": {"type": "bool", "default": True, "no_log": False},
}
