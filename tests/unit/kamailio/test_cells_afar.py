"""Where the edge finds cells: those of this machine, and behind them those of other hosts."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from ivr.adapters.kamailio.config import CellsAfar, RelayUse
from ivr.adapters.kamailio.render import render
from tests.unit.kamailio.test_render import CONFIG

AFAR = (CellsAfar("127.128.0.2", 6000, 4, "10.0.0.2"), CellsAfar("127.128.0.3", 5070, 2, "10.0.0.3"))
TOLD = replace(CONFIG, afar=AFAR)


def name(text: str, wanted: str) -> str:
    found = re.search(rf"^#!define {wanted} (\S+)$", text, re.MULTILINE)
    assert found is not None
    return found[1]


def place(text: str, number: int) -> tuple[str, int]:
    """What route[CELL_AT] says, read as Kamailio reads it: the last condition that holds counts."""
    body = text.partition("route[CELL_AT] {")[2].partition("\n}")[0]
    at, port = "", 0
    for low, high, inner in [("0", str(10**6), body.partition("    if")[0]),
                             *re.findall(r"if \(\$var\(which\) >= (\d+) && \$var\(which\) < (\d+)\) {(.*?)}", body, re.DOTALL)]:  # fmt: skip # noqa: E501
        if int(low) <= number < int(high):
            found = re.search(r'at\) = "([\d.]+)"', inner)
            sum_ = re.search(r"port\) = (\d+) \+ \$var\(which\)(?: - (\d+))?;", inner)
            assert found is not None
            assert sum_ is not None
            at, port = found[1], int(sum_[1]) + number - int(sum_[2] or 0)
    return at, port


def number(text: str, source: tuple[str, int]) -> int:
    """What route[WHICH_CELL] says of who sends over UDP."""
    body = text.partition("route[WHICH_CELL] {")[2].partition("\n}")[0]
    for address, low, high, first, base in re.findall(
        r'\$si == "([\d.]+)" && \$sp >= (\d+) && \$sp <= (\d+)\) {\s+\$var\(number\) = (\d+) \+ \$sp - (\d+);', body
    ):
        if source[0] == address and int(low) <= source[1] <= int(high):
            return int(first) + source[1] - int(base)
    return -1


@pytest.mark.parametrize(
    ("cell", "source"),
    [
        (0, ("127.0.0.1", 5070)),
        (7, ("127.0.0.1", 5077)),
        (8, ("127.128.0.2", 6000)),
        (11, ("127.128.0.2", 6003)),
        (12, ("127.128.0.3", 5070)),
        (13, ("127.128.0.3", 5071)),
    ],
)
def test_each_cell_is_found_where_it_is_and_known_by_where_it_sends_from(cell: int, source: tuple[str, int]) -> None:
    text = render(TOLD)
    assert place(text, cell) == source
    assert number(text, source) == cell


@pytest.mark.parametrize(
    "source",
    [("127.0.0.1", 5069), ("127.0.0.1", 5078), ("127.128.0.2", 5070), ("127.128.0.2", 6004), ("127.128.0.4", 5070)],
)
def test_nobody_else_is_a_cell(source: tuple[str, int]) -> None:
    assert number(render(TOLD), source) == -1


def test_all_cells_are_offered_but_who_calls_from_this_machine_stays_here() -> None:
    text = render(TOLD)
    assert (name(text, "CELLS_HERE"), name(text, "CELL_COUNT")) == ("8", "14")


def test_each_hosts_relay_is_a_set_of_its_own_behind_the_ports_of_its_cells() -> None:
    text = render(replace(TOLD, relay=RelayUse(2223)))
    assert re.findall(r'"rtpengine_sock", "(.*)"', text) == [
        "0 == udp:127.0.0.1:2223", "1 == udp:127.128.0.2:6004", "2 == udp:127.128.0.3:5072",
    ]  # fmt: skip


def test_without_other_hosts_all_cells_are_here() -> None:
    text = render(CONFIG)
    assert name(text, "CELLS_HERE") == name(text, "CELL_COUNT") == "8"
    assert number(text, ("127.128.0.2", 6000)) == -1
