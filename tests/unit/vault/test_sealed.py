"""A sealed item opens where it belongs, whole, or not at all."""

from __future__ import annotations

import pytest

from ivr.core.vault.sealed import seal, unseal
from ivr.errors import BugError, SealError

KEY = bytes(range(32))


def test_it_opens() -> None:
    assert unseal(seal(b"voice", key=KEY, context=b"row 1", nonce=b"n" * 12), key=KEY, context=b"row 1") == b"voice"


def test_in_another_place_it_does_not_open() -> None:
    sealed = seal(b"voice", key=KEY, context=b"row 1", nonce=b"n" * 12)
    with pytest.raises(SealError):
        unseal(sealed, key=KEY, context=b"row 2")


def test_every_flipped_bit_and_truncation_is_an_error() -> None:
    sealed = seal(b"voice", key=KEY, context=b"", nonce=b"n" * 12)
    for position in range(len(sealed) * 8):
        flipped = bytearray(sealed)
        flipped[position // 8] ^= 1 << position % 8
        with pytest.raises(SealError):
            unseal(bytes(flipped), key=KEY, context=b"")
    for length in range(len(sealed)):
        with pytest.raises(SealError):
            unseal(sealed[:length], key=KEY, context=b"")


def test_a_short_nonce_is_a_bug() -> None:
    with pytest.raises(BugError):
        seal(b"", key=KEY, context=b"", nonce=b"")
