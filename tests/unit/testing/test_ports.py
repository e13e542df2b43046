"""Ports that tests give: to one at a time, and none that others choose by themselves."""

from __future__ import annotations

import socket
import subprocess
import sys

from ivr.apps.settings_hosts import HostCellSettings
from ivr.apps.settings_sections import CellSettings
from ivr.apps.wiring.ports import LAST_CHOSEN
from ivr.testing.ports import EPHEMERAL, HIGHEST, LANE, Lane, _firsts

ASKS = "from ivr.testing.ports import free_port; print(*(free_port() for _ in range(100)), flush=True); input()"


def test_processes_that_ask_at_once_are_given_different_ports() -> None:
    asking = [
        subprocess.Popen([sys.executable, "-c", ASKS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    given: list[int] = []
    for process in asking:
        assert process.stdout is not None
        given += map(int, process.stdout.readline().split())
    for process in asking:
        process.communicate("\n")
    assert len(given) == len(set(given)) == 300


def test_a_port_is_given_again_only_when_all_others_were() -> None:
    lane = Lane()
    free = [lane.free("127.0.0.1", 1) for _ in range(LANE // 2)]
    assert len(set(free)) == len(free)
    assert set(free) < set(lane.ports)


def test_what_is_bound_is_passed_over_also_in_a_row_and_at_the_lanes_end() -> None:
    lane = Lane()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", lane.ports[2]))
        for _ in range(20):
            first = lane.free("127.0.0.1", 60)
            assert lane.ports[2] not in range(first, first + 60)
            assert first + 59 <= lane.ports[-1]


def test_neither_the_kernel_nor_an_engine_gives_them_to_others() -> None:
    low, high = map(int, EPHEMERAL.read_text().split())
    lanes = [range(first, first + LANE) for first in _firsts()]
    assert not [lane for lane in lanes if (lane[-1] >= low and lane[0] <= high) or lane[-1] > HIGHEST]
    assert all(lane[0] > LAST_CHOSEN for lane in lanes[: (HIGHEST - high) // LANE]), "these come first"


def test_whatever_is_given_may_be_the_port_of_an_engines_first_cell() -> None:
    highest = max(first + LANE - 1 for first in _firsts())
    assert CellSettings(base_port=highest).base_port == highest
    assert HostCellSettings(address="192.0.2.1", base_port=highest).base_port == highest


def test_more_processes_than_lanes_above_the_ephemeral_range_are_served_too() -> None:
    lanes = [Lane() for _ in range(20)]
    assert len({lane.ports for lane in lanes}) == 20
