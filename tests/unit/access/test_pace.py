"""Somebody who is nobody asks at a pace, and what is remembered of them is bounded."""

from __future__ import annotations

import pytest

from ivr.core.access.pace import ADDRESSES, Pace, Paced, network_of
from ivr.errors import TooSoonError


def answered(paced: Paced, address: str, *, now: float, times: int) -> int:
    count = 0
    for _ in range(times):
        try:
            paced.ask(address, now=now)
        except TooSoonError:
            break
        count += 1
    return count


def test_an_address_asks_so_often_at_once_and_then_one_by_one() -> None:
    paced = Paced(Pace(burst=3, seconds=10.0), Pace(burst=1000, seconds=0.001))
    assert answered(paced, "192.0.2.1", now=0.0, times=10) == 3
    assert answered(paced, "192.0.2.1", now=9.0, times=10) == 0
    assert answered(paced, "192.0.2.1", now=10.0, times=10) == 1
    assert answered(paced, "192.0.2.2", now=10.0, times=10) == 3
    assert answered(paced, "192.0.2.1", now=1000.0, times=10) == 3


def test_all_together_keep_to_a_pace_however_many_addresses_they_have() -> None:
    paced = Paced(Pace(burst=3, seconds=10.0), Pace(burst=50, seconds=1.0))
    assert sum(answered(paced, f"198.51.{one}.1", now=0.0, times=1) for one in range(200)) == 50
    for one in range(ADDRESSES + 10):
        paced.ask(f"10.{one >> 16}.{one >> 8 & 255}.{one & 255}", now=1000.0 + one)
    assert len(paced._free_at) == ADDRESSES


def test_one_ipv6_network_is_one_who_asks() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:0:1::1")
    assert network_of("192.0.2.1") != network_of("192.0.2.2")
    assert network_of("unix socket") == network_of("") == ""
    paced = Paced(Pace(burst=1, seconds=10.0), Pace(burst=10, seconds=1.0))
    paced.ask("2001:db8::1", now=0.0)
    with pytest.raises(TooSoonError):
        paced.ask("2001:db8::2", now=0.0)
