"""Data keys open with their key, their leaf and nothing else; the ring opens with its passphrase and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ivr.core.vault.erasure import ErasureTree
from ivr.core.vault.keys import (
    KeyEncryptionKey,
    KeyRing,
    PassphraseCost,
    PassphraseKey,
    key_ring_kdf,
    leaf_of,
    open_key_ring,
    seal_key_ring,
)
from ivr.errors import SealError

CHEAP = PassphraseCost(memory_kib=64, iterations=1, lanes=1)
FIRST = KeyEncryptionKey("kek-1", b"1" * 32, created_at=1.0)
SECOND = KeyEncryptionKey("kek-2", b"2" * 32, created_at=2.0)
RING = KeyRing((FIRST,), b"i" * 32, ErasureTree.plant(b"t" * 32), next_leaf=7)
DATA_KEY = bytes(range(32))
PASSPHRASE = PassphraseKey.derive(b"correct horse", salt=b"s" * 16, cost=CHEAP)


def test_a_wrapped_key_opens() -> None:
    assert RING.unwrap(RING.wrap(DATA_KEY, leaf=3), "kek-1") == DATA_KEY


def test_the_wrapped_key_names_its_leaf_and_hides_the_key() -> None:
    wrapped = RING.wrap(DATA_KEY, leaf=3)
    assert leaf_of(wrapped) == 3
    assert DATA_KEY not in wrapped


def test_every_flipped_bit_of_a_wrapped_key_is_an_error() -> None:
    wrapped = RING.wrap(DATA_KEY, leaf=3)
    for position in range(len(wrapped) * 8):
        flipped = bytearray(wrapped)
        flipped[position // 8] ^= 1 << position % 8
        with pytest.raises(SealError):
            RING.unwrap(bytes(flipped), "kek-1")


def test_a_shredded_key_does_not_open_even_with_the_right_key() -> None:
    wrapped, other = RING.wrap(DATA_KEY, leaf=3), RING.wrap(DATA_KEY, leaf=4)
    shredded = replace(RING, tree=RING.tree.destroy([3]))
    with pytest.raises(SealError, match="shredded"):
        shredded.unwrap(wrapped, "kek-1")
    assert shredded.unwrap(other, "kek-1") == DATA_KEY


def test_after_a_rotation_new_keys_are_wrapped_by_the_new_one_and_old_ones_open() -> None:
    wrapped = RING.wrap(DATA_KEY, leaf=3)
    rotated = RING.rotated(SECOND)
    assert rotated.active is SECOND
    assert rotated.unwrap(wrapped, "kek-1") == DATA_KEY
    assert rotated.unwrap(rotated.wrap(DATA_KEY, leaf=4), "kek-2") == DATA_KEY
    with pytest.raises(SealError):
        rotated.unwrap(rotated.wrap(DATA_KEY, leaf=5), "kek-1")


def test_a_key_name_is_given_once() -> None:
    with pytest.raises(SealError, match="another name"):
        RING.rotated(replace(SECOND, kek_id="kek-1"))


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(SealError, match="kek-9"):
        RING.unwrap(RING.wrap(DATA_KEY, leaf=1), "kek-9")


def test_fingerprints_are_equal_for_equal_data_and_differ_by_purpose_and_key() -> None:
    assert RING.fingerprint("caller", b"1") == RING.fingerprint("caller", b"1")
    assert RING.fingerprint("caller", b"1") != RING.fingerprint("agent", b"1")
    assert RING.fingerprint("caller", b"1") != replace(RING, index_key=b"j" * 32).fingerprint("caller", b"1")


def test_the_ring_comes_back_from_its_file() -> None:
    ring = replace(RING.rotated(SECOND), tree=RING.tree.destroy([1, 2]))
    data = seal_key_ring(ring, PASSPHRASE, nonce=b"n" * 12)
    assert open_key_ring(data, PASSPHRASE) == ring
    assert key_ring_kdf(data) == (b"s" * 16, CHEAP)


def test_no_secret_stands_in_the_file() -> None:
    data = seal_key_ring(RING, PASSPHRASE, nonce=b"n" * 12)
    for secret in (FIRST.key, RING.index_key, PASSPHRASE.key):
        assert secret not in data
        assert secret.hex().encode() not in data


def test_a_wrong_passphrase_is_named_as_such() -> None:
    data = seal_key_ring(RING, PASSPHRASE, nonce=b"n" * 12)
    wrong = PassphraseKey.derive(b"wrong horse", salt=b"s" * 16, cost=CHEAP)
    with pytest.raises(SealError, match="passphrase"):
        open_key_ring(data, wrong)


def test_the_readable_part_cannot_be_altered() -> None:
    data = json.loads(seal_key_ring(RING, PASSPHRASE, nonce=b"n" * 12))
    data["keys"][0]["created_at"] = 5.0
    with pytest.raises(SealError):
        open_key_ring(json.dumps(data).encode(), PASSPHRASE)


def test_a_file_made_to_exhaust_us_is_refused() -> None:
    data = json.loads(seal_key_ring(RING, PASSPHRASE, nonce=b"n" * 12))
    data["kdf"]["memory_kib"] = 1 << 30
    with pytest.raises(SealError, match="altered"):
        key_ring_kdf(json.dumps(data).encode())


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"format": "ivr-keystore/2"}', b"\xff"])
def test_what_is_no_key_store_is_refused(data: bytes) -> None:
    with pytest.raises(SealError, match="not a key store"):
        key_ring_kdf(data)
