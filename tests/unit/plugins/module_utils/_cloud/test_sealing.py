# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sealed is readable, and believed, with the same secret only."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.sealing import (
    ROUNDS_OF_A_KEY,
    ROUNDS_OF_A_PASSWORD,
    seal,
    unseal,
)

TOKEN = b'{"id": "MIISIM' + b"x7Kq" * 300 + b'"}'
HOW = ("the secret", "token of eu-de", ROUNDS_OF_A_KEY)


@pytest.mark.parametrize("content", [b"", b"x", b"\0" * 33, TOKEN, bytes(range(256)) * 40])
@pytest.mark.parametrize("rounds", [ROUNDS_OF_A_KEY, ROUNDS_OF_A_PASSWORD])
def test_who_knows_the_secret_reads_it(content: bytes, rounds: int) -> None:
    assert unseal(seal(content, "the secret", "it", rounds), "the secret", "it", rounds) == content


def test_nothing_of_it_can_be_seen() -> None:
    sealed = seal(TOKEN, *HOW)
    pieces = [TOKEN[start : start + 4] for start in range(0, len(TOKEN), 4)]
    assert not any(piece in sealed for piece in pieces)


def test_the_same_looks_different_each_time() -> None:
    """Two texts under one key stream would give away their difference."""
    one, other = seal(TOKEN, *HOW), seal(TOKEN, *HOW)
    same = sum(one[place] == other[place] for place in range(18, len(one)))
    assert same < len(one) / 16


@pytest.mark.parametrize(
    "other",
    [
        ("another secret", *HOW[1:]),
        ("the secret ", *HOW[1:]),
        ("", *HOW[1:]),
        (HOW[0], "token of eu-nl", HOW[2]),
        (*HOW[:2], HOW[2] + 1),
    ],
)
def test_with_anything_else_there_is_nothing(other: tuple[Any, ...]) -> None:
    assert unseal(seal(TOKEN, *HOW), *other) is None


def test_a_single_bit_that_was_changed_is_noticed() -> None:
    sealed = seal(b"some content", *HOW)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        assert unseal(bytes(changed), *HOW) is None, place


@pytest.mark.parametrize("cut", [0, 1, 17, 18, 49, 50, 81, 82, -1])
def test_a_piece_of_it_is_nothing(cut: int) -> None:
    assert unseal(seal(TOKEN, *HOW)[:cut], *HOW) is None


def test_more_than_it_is_nothing() -> None:
    assert unseal(seal(TOKEN, *HOW) + b"\n", *HOW) is None


@pytest.mark.parametrize("secret", ["pässwörd", "\udcff\ud800", "x" * 5000])
def test_any_text_is_a_secret(secret: str) -> None:
    assert unseal(seal(b"it", secret, "c", 1), secret, "c", 1) == b"it"


def test_it_is_the_construction_that_its_description_names() -> None:
    """Written once more from the description: PBKDF2, then HMAC of a counter, then HMAC of all."""

    def mac(key: bytes, text: bytes) -> bytes:
        return hmac.new(key, text, hashlib.sha256).digest()

    content = bytes(range(100))
    sealed = seal(content, "pw", "what", 3)
    form, salt, hidden, proof = sealed[:18], sealed[18:50], sealed[50:-32], sealed[-32:]
    both = hashlib.pbkdf2_hmac("sha256", b"pw", salt, 3)
    stream = b"".join(mac(mac(both, b"encrypt"), bytes([0] * 7 + [block])) for block in range(4))
    assert hidden == bytes(content[place] ^ stream[place] for place in range(100))
    about = hashlib.sha256(b"what").digest()
    assert proof == mac(mac(both, b"authenticate"), form + about + salt + hidden)
