"""A hub serves until it is told to stop, whatever it has to look after; what ends in it by a fault is told by name."""

from __future__ import annotations

import pytest

from tests.integration.hub.house import house


@pytest.mark.parametrize("has_edge", [True, False])
async def test_a_hub_without_trunks_or_an_edge_to_watch_goes_on(has_edge: bool) -> None:
    async with house(has_edge=has_edge) as home:
        await home.cell()
        await home.until(lambda: home.hub.health()["cells"] == 1, "the cell is not there")
        for _ in range(20):
            assert '"cells": 1' in (await home.get("/healthz"))[1]


async def test_what_never_ends_ends_the_hub_with_its_name_when_it_does() -> None:
    async def watch_that_ends() -> None:
        return

    with pytest.raises(RuntimeError, match="watch_that_ends"):
        async with house(beside=[watch_that_ends()]) as home:
            await home.until(lambda: not home.path.exists(), "the hub goes on without it")
