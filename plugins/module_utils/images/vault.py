# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backup vaults, as far as whole images need them (CBR API reference, "Querying the Vault
List")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..cloud import cbr
from .run import Refused, Run
from .source import Reference, look_at, refer, try_list

_MB_PER_GB = 1024


def locate(run: Run, given: str) -> Reference:
    def look_up() -> Reference:
        return refer(
            run.client, "cbr", "vault", given, lambda name: cbr.list_vaults(run.client, name=name)
        )

    found: Reference = run.once(f"vault {given}", look_up)
    return found


def check(run: Run, reference: Reference) -> None:
    """Raises Refused for a vault that the cloud would refuse with IMG.0182, .0184, .0188 or
    .0193."""
    vault = look_at(run, "cbr", reference, lambda vault_id: cbr.get_vault(run.client, vault_id))
    if vault is None:
        return
    _refuse_problem(vault)


def check_holding(run: Run, server_id: str) -> None:
    """A server is in one such vault at most: if that cannot take a backup, no other can
    (IMG.0183)."""
    vaults = [vault for vault in _holding(run, server_id) if not _wrong_kind(vault)]
    if len(vaults) == 1:
        _refuse_problem(vaults[0])


def _refuse_problem(vault: Mapping[str, Any]) -> None:
    problem = _problem(vault)
    if problem:
        raise Refused(f"The vault {vault.get('name')} ({vault['id']}) {problem}")


def _problem(vault: Mapping[str, Any]) -> str | None:
    return _wrong_kind(vault) or _wrong_state(vault)


def _wrong_kind(vault: Mapping[str, Any]) -> str | None:
    billing = vault.get("billing") or {}
    holds, protects = billing.get("object_type"), billing.get("protect_type")
    if holds not in (None, "server"):
        return f"is for {holds}s; a whole image needs a server backup vault."
    if protects not in (None, "backup"):
        return f"is for {protects}; a whole image needs a vault with protect_type backup."
    return None


def _wrong_state(vault: Mapping[str, Any]) -> str | None:
    billing = vault.get("billing") or {}
    status = billing.get("status")
    if status not in (None, "available"):
        return f"is not available ({status}). Unlock it, settle its bill, or name another vault."
    size, used = billing.get("size"), billing.get("used")
    if size and used is not None and used >= size * _MB_PER_GB and not vault.get("auto_expand"):
        return f"is full ({used} MB of {size} GB used). Expand it, or remove old backups."
    return None


def holding(run: Run, server_id: str) -> str | None:
    """The id of the one vault that holds the server already; None if there is none, several, or no
    permission to look."""
    usable = [vault for vault in _holding(run, server_id) if not _problem(vault)]
    if len(usable) == 1:
        return str(usable[0]["id"])
    return None


def _holding(run: Run, server_id: str) -> Sequence[Mapping[str, Any]]:
    def ask() -> Sequence[Mapping[str, Any]]:
        return cbr.list_vaults(run.client, resource_id=server_id)

    vaults = run.once(f"vaults of {server_id}", lambda: try_list(run, "cbr", "vaults", ask))
    return vaults or ()
