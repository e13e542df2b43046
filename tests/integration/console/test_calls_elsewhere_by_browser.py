"""Chromium calls by wss, and a cell on another host takes its call: ICE and DTLS with the relay beside that cell."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from ivr.testing.hearing import heard_well
from ivr.testing.ports import free_port
from ivr.testing.robot_call import RobotCall
from tests.integration.conftest import until
from tests.integration.console.test_calls_by_browser import (
    PATIENCE_MS,
    RECEIVED,
    TONE_HZ,
    browser,
    loudness_at,
    said,
)
from tests.integration.linked_hosts import captured
from tests.integration.two_hosts import FAR, TwoHosts, two_hosts

pytestmark = pytest.mark.browser
UNKNOWN_AUTHORITY = "--ignore-certificate-errors"
"""Chromium knows nothing of the authority of tests; it speaks TLS all the same."""
SPEAKS_WITH = """async () => {
  const found = [...(await window.connections.at(-1).getStats()).values()];
  const transport = found.find((one) => one.type === 'transport');
  const pair = found.find((one) => one.id === transport?.selectedCandidatePairId);
  const remote = found.find((one) => one.id === pair?.remoteCandidateId);
  return { address: remote?.address ?? '', dtls: transport?.dtlsState ?? '', cipher: transport?.srtpCipher ?? '' };
}"""


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TwoHosts, str]]:
    port = free_port()
    with two_hosts(tmp_path_factory.mktemp("two"), console=port) as made:
        yield made, f"http://localhost:{port}"


async def test_a_browser_speaks_with_the_relay_of_the_host_whose_cell_took_its_call(
    two: tuple[TwoHosts, str], tmp_path: Path
) -> None:
    hosts, url = two
    async with hosts.robot() as robot:
        here = dict[int, RobotCall]()
        while 0 not in here:
            await hosts.dials(robot, here)
        for cell in set(here) & FAR:
            await here.pop(cell).hang_up()
        await until(lambda: hosts.busy() == {0} and hosts.offered(), "the host's cells are not offered")
        with captured(hosts.far.host.cable) as wire:
            async with browser(tmp_path, url, UNKNOWN_AUTHORITY) as page:
                sockets = list[str]()
                page.on("websocket", lambda opened: sockets.append(opened.url))
                await page.goto("/call")
                await page.get_by_role("button", name="Call now").click()
                await expect(page.locator("#state")).to_have_text("Connected", timeout=PATIENCE_MS)
                await said(page, "Press seven")
                [cell] = hosts.busy() & FAR
                call_id = str(hosts.cells()[cell]["call_id"])
                assert [one.partition(":")[0] for one in sockets] == ["wss"]
                with_whom = await page.evaluate(SPEAKS_WITH)
                assert with_whom["address"] == hosts.far.host.there
                assert with_whom["dtls"] == "connected"
                assert with_whom["cipher"], "its media is not encrypted"
                await page.wait_for_timeout(2000)
                received = await page.evaluate(RECEIVED)
                assert received["energy"] > 0.01, "the line is heard"
                await page.get_by_role("button", name="7").first.click()  # and the line hangs up
                await expect(page.locator("#state")).to_have_text("The call is over", timeout=PATIENCE_MS)
        await here[0].hang_up()
    await until(lambda: not hosts.far.journals(), "the journal is not sent")
    await until(lambda: hosts.line.ended(call_id), "the call has no record")
    heard, spoken = await asyncio.to_thread(hosts.line.recorded, call_id, "caller.in", "caller.out")
    assert loudness_at(heard, TONE_HZ) > 0.2, "the microphone is heard and recorded"
    assert len(wire.datagrams(hosts.far.host.there)) > 50
    assert not heard_well(spoken[: 2 * 8000], wire.sound(hosts.far.host.there))
    assert not wire.says(b"SIP/2.0")
