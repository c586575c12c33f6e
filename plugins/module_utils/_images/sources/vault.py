# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backup vaults, which whole images of servers need (CBR API reference, "Querying the Vault
List")."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ..._cloud import cbr
from ..._cloud.errors import ApiError
from ..._cloud.records import Vault
from ..context import Task
from ..failures import Refused
from ..lookups import try_list
from .reference import Reference, read_referenced, refer

_MB_PER_GB = 1024
# What a create request without a vault is refused with: "vault not found", "only CBR backups".
_LACKS_VAULT = ("IMG.0184", "IMG.0190")


def locate_vault(task: Task, given: str) -> Reference[Vault]:
    """Resolve a vault given by id or name, once per task. Raises Refused or CloudError."""

    def look_up() -> Reference[Vault]:
        return refer(
            task.client, "cbr", "vault", given, lambda name: cbr.list_vaults(task.client, name=name)
        )

    found: Reference[Vault] = task.once(f"vault {given}", look_up)
    return found


def check_vault(task: Task, reference: Reference[Vault]) -> None:
    """Raise Refused for a vault that the cloud refuses with IMG.0182, .0184, .0188 or .0193."""
    vault = read_referenced(task, "cbr", reference, partial(cbr.get_vault, task.client))
    if vault is not None:
        _refuse_problem(vault)


def check_holding(task: Task, server_id: str) -> None:
    """Check the vault that holds the server. Raises Refused where that cannot take a backup, as no
    other can then (IMG.0183); warns if there is none, as only images from CSBS need none."""
    vaults = _server_vaults(task, server_id)
    if vaults is not None and not vaults:
        task.warn(
            f"The server {server_id} is in no vault, so the cloud may refuse the image. "
            "Name a vault with vault: to have it added there."
        )
    if vaults is not None and len(vaults) == 1:
        _refuse_problem(vaults[0])


def explain_refusal(task: Task, server_id: str, refusal: ApiError) -> None:
    """Put what is known about the missing vault into the hint of a create request's refusal."""
    if refusal.code not in _LACKS_VAULT:
        return
    vaults = _server_vaults(task, server_id)
    if vaults is None:
        refusal.hint = "Name a vault with vault: which one holds the server could not be looked up."
    elif not vaults:
        refusal.hint = "The server is in no vault; name one with vault:."


def _refuse_problem(vault: Vault) -> None:
    problem = _problem(vault)
    if problem:
        raise Refused(f"The vault {vault.name} ({vault.id}) {problem}")


def _problem(vault: Vault) -> str | None:
    return _wrong_kind(vault) or _wrong_state(vault)


def _wrong_kind(vault: Vault) -> str | None:
    if vault.object_type not in ("", "server"):
        return f"is for {vault.object_type}s; a whole image needs a server backup vault."
    if vault.protect_type not in ("", "backup"):
        return f"is for {vault.protect_type}; a whole image needs a vault with protect_type backup."
    return None


def _wrong_state(vault: Vault) -> str | None:
    if vault.status not in ("", "available"):
        return (
            f"is not available ({vault.status}). Unlock it, settle its bill, or name another vault."
        )
    size, used = vault.size, vault.used
    if size and used is not None and used >= size * _MB_PER_GB and not vault.auto_expand:
        used_gb = f"{used / _MB_PER_GB:.0f}"
        return f"is full ({used_gb} of {size} GB used). Expand it, or remove old backups."
    return None


def holding(task: Task, server_id: str) -> str | None:
    """Return the id of the one vault that holds the server already; None if there is none, if there
    are several, or if vaults may not be read."""
    usable = [vault for vault in _holding(task, server_id) or () if not _problem(vault)]
    return usable[0].id if len(usable) == 1 else None


def _server_vaults(task: Task, server_id: str) -> Sequence[Vault] | None:
    """Return the vaults for server backups that hold the server; None where CBR cannot be read."""
    vaults = _holding(task, server_id)
    return None if vaults is None else [one for one in vaults if not _wrong_kind(one)]


def _holding(task: Task, server_id: str) -> Sequence[Vault] | None:
    """Return the vaults that hold the server; None, with a note, where CBR cannot be read."""

    def ask() -> Sequence[Vault]:
        return cbr.list_vaults(task.client, resource_id=server_id)

    what = f"the vaults of server {server_id}"
    vaults: Sequence[Vault] | None = task.once(what, lambda: try_list(task, "cbr", what, ask))
    return vaults
