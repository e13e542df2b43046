"""Who calls by the network's word: a cell reads it of a trunk, and never of a stranger, through a real edge."""

from __future__ import annotations

import pytest

from tests.integration.edge_bench import edge_bench

ASSERTED = ("P-Asserted-Identity", "<tel:+85290001234>")
HISTORY = ("History-Info", "<tel:+85221110000>;index=1, <sip:bank@127.0.0.1>;index=1.1")
DIVERTED = ("Diversion", "<tel:+85221110000>;reason=no-answer")
PRIVATE = ("Privacy", "id")
NAMES = ("p-asserted-identity", "history-info", "diversion", "privacy")


async def _read_by_a_cell(*headers: tuple[str, str], trunk: bool) -> list[str]:
    """Names of such headers in what the cell got."""
    async with edge_bench(1, trunks=("127.0.0.0/8",) if trunk else ()) as bench, bench.caller() as caller:
        call = await caller.dial(extra=headers)
        await call.hang_up()
        return [name for name in NAMES if bench.cells[0].invites[0].headers.all(name)]


@pytest.mark.parametrize(("trunk", "read"), [(True, [*NAMES]), (False, ["privacy"])], ids=["a trunk", "a stranger"])
async def test_only_a_trunks_word_of_who_calls_goes_on_to_a_cell(trunk: bool, read: list[str]) -> None:
    assert await _read_by_a_cell(ASSERTED, HISTORY, DIVERTED, PRIVATE, trunk=trunk) == read


async def test_a_long_history_costs_nobody_their_call() -> None:
    long = ", ".join(f"<sip:+8522111{at:04}@carrier.example>;index=1.{at}" for at in range(1, 90))
    assert await _read_by_a_cell(("History-Info", long), PRIVATE, trunk=True) == ["privacy"]
