"""The robots' SRTP against the RFC's own figures."""

from __future__ import annotations

import base64

import pytest

from ivr.errors import PeerError
from ivr.testing.srtp import Srtp, _SessionKeys, made_key

MASTER = bytes.fromhex("e1f97a0d3e018be0d64fa32c06de4139" + "0ec675ad498afeebb6960b3aabe6")


def test_keys_are_derived_as_rfc_3711_b_3_shows() -> None:
    keys = _SessionKeys(MASTER, 0)
    assert keys._key.hex() == "c61e7a93744f39ee10734afe3ff7a087"
    assert keys._salt.to_bytes(14, "big").hex() == "30cbbc08863d8c85d49db34a9ae1"
    assert keys._mac.hex().startswith("cebe321f6ff7716b6fd4ab49af256a15")


def test_what_is_sealed_is_opened_over_a_rollover_and_not_when_a_bit_is_changed() -> None:
    key = made_key()
    seals, opens = Srtp(key), Srtp(key)
    for sequence in (65534, 65535, 0, 1):
        packet = b"\x80\x00" + sequence.to_bytes(2, "big") + bytes(8) + b"sound" * 32
        sealed = seals.seal(packet)
        assert b"sound" not in sealed
        assert opens.open(sealed) == packet
    report = b"\x80\xc9\x00\x01" + bytes(4) + b"what came"
    assert opens.open_report(seals.seal_report(report)) == report
    changed = bytearray(sealed)
    changed[20] ^= 1
    with pytest.raises(PeerError):
        opens.open(bytes(changed))
    with pytest.raises(PeerError):
        Srtp(base64.b64encode(MASTER).decode()).open(sealed)
