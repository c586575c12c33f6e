# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes bytes unreadable for all who do not know a secret, and shows them if somebody changed them.

The standard library has no cipher, so this is the textbook construction from its HMAC: encrypt with
HMAC-SHA256 of a counter as key stream, then authenticate the result with another key (encrypt-then-
MAC). Both keys come from the secret and a random salt (PBKDF2), which is new each time, so no part
of a key stream is ever used twice.

What it is worth: as much as the secret. Those that machines made (secret keys, tokens) cannot be
guessed. A password may be: whoever has a sealed file can try passwords on it, each at the price of
``ROUNDS_OF_A_PASSWORD``. So sealed files are as private as others in which people keep passwords.
"""

from __future__ import annotations

import hashlib
import hmac
import os

# A few milliseconds: there for each task, felt by who tries a million passwords.
ROUNDS_OF_A_PASSWORD = 5000
# For secrets that are as random as a key.
ROUNDS_OF_A_KEY = 1

_FORM = b"huaweicloud.ims 1\n"
_HASH = "sha256"
_BLOCK = 32
_SALT = 32
_MAC = 32


def seal(content: bytes, secret: str, context: str, rounds: int) -> bytes:
    """``content``, to be had back by ``unseal`` with the same three only; ``context`` says what it
    is, so that one thing cannot be put in the place of another."""
    salt = os.urandom(_SALT)
    cipher, authentic = _keys(secret, salt, rounds)
    hidden = _xor(content, cipher)
    return _FORM + salt + hidden + _proof(authentic, context, salt + hidden)


def unseal(sealed: bytes, secret: str, context: str, rounds: int) -> bytes | None:
    """What was sealed; None if it is something else, was changed, or needs another secret."""
    if not sealed.startswith(_FORM) or len(sealed) < len(_FORM) + _SALT + _MAC:
        return None
    body, proof = sealed.removeprefix(_FORM)[:-_MAC], sealed[-_MAC:]
    salt, hidden = body[:_SALT], body[_SALT:]
    cipher, authentic = _keys(secret, salt, rounds)
    if not hmac.compare_digest(proof, _proof(authentic, context, body)):
        return None
    return _xor(hidden, cipher)


def _keys(secret: str, salt: bytes, rounds: int) -> tuple[bytes, bytes]:
    """One to encrypt, one to authenticate."""
    # Secrets from the environment may be no UTF-8.
    known = secret.encode("utf-8", "surrogatepass")
    both = hashlib.pbkdf2_hmac(_HASH, known, salt, rounds)
    return hmac.digest(both, b"encrypt", _HASH), hmac.digest(both, b"authenticate", _HASH)


def _proof(key: bytes, context: str, body: bytes) -> bytes:
    about = hashlib.sha256(context.encode("utf-8")).digest()
    return hmac.digest(key, _FORM + about + body, _HASH)


def _xor(content: bytes, key: bytes) -> bytes:
    """``content`` with the key stream over it; done twice it is ``content`` again."""
    blocks = range(-(-len(content) // _BLOCK))
    stream = b"".join(hmac.digest(key, number.to_bytes(8, "big"), _HASH) for number in blocks)
    both = int.from_bytes(content, "big") ^ int.from_bytes(stream[: len(content)], "big")
    return both.to_bytes(len(content), "big")
