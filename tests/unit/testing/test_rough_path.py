"""A rough path is as rough as it was told: what is lost, doubled and held is counted over many packets."""

from __future__ import annotations

import random
from itertools import groupby

import pytest

from ivr.testing.rough_path import Fate, Roughness

PACKETS = 40_000


def fates(rough: Roughness, seed: int = 3) -> list[tuple[float, ...]]:
    fate = Fate(random.Random(seed), rough)
    return [fate.next() for _ in range(PACKETS)]


def test_a_smooth_path_passes_each_packet_once_and_at_once() -> None:
    assert set(fates(Roughness())) == {(0.0,)}


@pytest.mark.parametrize(("loss", "burst"), [(0.02, 1), (0.05, 4), (0.3, 5)])
def test_the_share_is_lost_in_bursts_of_every_length_up_to_the_longest(loss: float, burst: int) -> None:
    found = fates(Roughness(loss=loss, burst=burst))
    bursts = {len(list(run)) for lost, run in groupby(found, key=lambda one: not one) if lost}
    assert bursts == set(range(1, burst + 1))
    assert sum(not one for one in found) / PACKETS == pytest.approx(loss, rel=0.1)


def test_packets_are_held_for_no_longer_than_the_jitter_and_the_share_comes_twice() -> None:
    found = fates(Roughness(jitter_seconds=0.04, doubled=0.1))
    holds = [hold for one in found for hold in one]
    assert max(holds) <= 0.04
    assert sum(holds) / len(holds) == pytest.approx(0.02, rel=0.05)
    assert sum(len(one) == 2 for one in found) / PACKETS == pytest.approx(0.1, rel=0.1)
    assert {len(one) for one in found} == {1, 2}


def test_the_same_seed_is_the_same_fate_and_another_is_another() -> None:
    rough = Roughness(loss=0.1, burst=3, jitter_seconds=0.04, doubled=0.1)
    assert fates(rough) == fates(rough)
    assert fates(rough) != fates(rough, seed=4)
