# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prove that a cached token was issued for the password that a task gives.

A wrong or changed password must not get in with a token that the right one was given, so something
about the password has to lie beside the token. The token is worth a day, the password years: who
steals the file must not get a cheap way to try passwords. Therefore:

- The proof is the scrypt of the password with a salt of its own: 16 MiB of memory and some 50 ms
  for each guess. It lies where the tokens lie, in memory (`store.memory_directory`), on no disk.
- A run of ansible-playbook pays for it once, not once per task. The process that forks the workers
  draws a random key, which exists in its memory and theirs and nowhere else. The first worker that
  has verified the proof leaves an empty file, the receipt, whose name is an HMAC under that key.
  The others look for this file. Without the key its name says nothing about the password.
- A task that runs as an ordinary module has no such key. It pays the 50 ms, beside the half second
  that starting a module costs.

Access keys and tokens are made by machines and cannot be guessed, so a digest of them is safe: they
go into the name of the file (see `authentication.py`).
"""

from __future__ import annotations

import hashlib
import hmac
import os
from contextlib import suppress

_MEMORY_COST, _BLOCK_SIZE, _PARALLEL = 1 << 14, 8, 1
_SALT_BYTES = 16


class PasswordProof:
    """Makes and verifies proofs of one password.

    `run_key`: random bytes that only the workers of this run know; None without such a run.
    """

    def __init__(self, password: str, run_key: bytes | None = None) -> None:
        # Passwords from the environment may be no UTF-8.
        self._password = password.encode("utf-8", "surrogatepass")
        self._run_key = run_key

    def make(self) -> str | None:
        """Return a new proof; None where this Python has no scrypt."""
        return self._derive(os.urandom(_SALT_BYTES))

    def verify(self, proof: object, path: str) -> bool:
        """Return whether `proof`, which lies in the file `path`, was made of this password. The
        receipt of this run lies beside it."""
        if not isinstance(proof, str):
            return False
        receipt = self._receipt(proof, path)
        if receipt and os.path.lexists(receipt):
            return True
        try:
            salt = bytes.fromhex(proof.partition(":")[0])
        except ValueError:
            return False
        derived = self._derive(salt)
        if derived is None or not hmac.compare_digest(derived.encode(), proof.encode()):
            return False
        self.leave_receipt(proof, path)
        return True

    def leave_receipt(self, proof: str, path: str) -> None:
        """Let the tasks of this run know that `proof` was made of this password."""
        receipt = self._receipt(proof, path)
        if receipt:
            with suppress(OSError):
                os.close(os.open(receipt, os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))

    def _receipt(self, proof: str, path: str) -> str:
        if self._run_key is None:
            return ""
        name = hmac.digest(self._run_key, proof.encode() + b"\0" + self._password, "sha256")
        return f"{path}-{name.hex()}"

    def _derive(self, salt: bytes) -> str | None:
        try:
            key = hashlib.scrypt(
                self._password, salt=salt, n=_MEMORY_COST, r=_BLOCK_SIZE, p=_PARALLEL, dklen=32
            )
        except (AttributeError, ValueError):  # built without it, or in FIPS mode
            return None
        return f"{salt.hex()}:{key.hex()}"
