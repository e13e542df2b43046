"""Encrypted calls where each host has a relay: one real edge, a cell and a relay here, and both of another host."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ivr.adapters.kamailio.config import HERE, CellsAfar
from ivr.adapters.rtpengine import daemon
from ivr.adapters.rtpengine.daemon import RelaySide
from ivr.apps.wiring.edge import EdgeDesk, relays
from ivr.core.sip.dialog import Dialog
from ivr.engine.supervisor.sip_ping import open_ping
from ivr.errors import PeerError
from ivr.ports.edge import LostMedia
from ivr.testing.certificates import Authority
from ivr.testing.engine import freeze
from ivr.testing.listening import tone_level
from ivr.testing.ports import free_port
from ivr.testing.robot import CallRefused, RobotCaller
from ivr.testing.robot_call import RobotCall
from tests.integration.conftest import until
from tests.integration.edge_bench import BenchRelay, EdgeBench, RobotCell, relay_bench
from tests.integration.real_phones import Baresip
from tests.integration.test_relay import NOWHERE, assert_unheard, port_of, strangers, talk

AUTHORITY = Authority()
FAR_CELL, FAR_FACE, CALLER = "127.128.0.2", "127.0.0.3", "127.0.0.9"
HERTZ = 440
THERE = HERE + 1
"""Number of the other host."""


class FarRelay(BenchRelay):
    """Takes its orders where those of another host's come out of the link."""

    def __init__(self, folder: Path, control: tuple[str, int]) -> None:
        super().__init__(folder)
        self.control = control
        sides = RelaySide("cell", "127.0.0.1"), RelaySide("far0", FAR_FACE)
        self.config = replace(self.config, control_port=control[1], sides=sides)

    def command(self) -> list[str]:
        words = super().command()
        return [word.replace(f"={daemon.HOST}:", f"={self.control[0]}:") for word in words]

    @asynccontextmanager
    async def cut_off(self) -> AsyncIterator[None]:
        """It answers nothing meanwhile, and its calls go on."""
        assert self._process is not None
        freeze(self._process.pid)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    async def takes_orders(self) -> bool:
        try:
            daemon.calls(self.control)
        except PeerError:
            return False
        return True


@dataclass
class Hosts:
    """The edge with what is here, and what is there."""

    edge: EdgeBench
    relay: BenchRelay
    cell: RobotCell
    far: FarRelay

    @property
    def carried(self) -> tuple[int, int]:
        """Calls of each relay."""
        return len(daemon.calls((daemon.HOST, self.relay.config.control_port))), len(daemon.calls(self.far.control))

    def caller(self, **more: Any) -> RobotCaller:
        return self.edge.caller(host=CALLER, **more)

    def only_far(self) -> None:
        self.edge.control.down_cell(0)


@asynccontextmanager
async def hosts(tmp_path: Path, **use: Any) -> AsyncIterator[Hosts]:
    first = free_port(count=2)
    there = CellsAfar(FAR_CELL, first, 1, FAR_CELL)
    (tmp_path / "far").mkdir()
    far = FarRelay(tmp_path / "far", (FAR_CELL, there.relay_port))
    await far.start()
    try:
        async with (
            relay_bench(AUTHORITY.issue(tmp_path), afar=(there,), use=use) as (edge, relay),
            RobotCell(user="far", host=FAR_CELL, port=first, rings=0.05) as cell,
        ):
            edge.control.free_cell(1)
            yield Hosts(edge, relay, cell, far)
    finally:
        far.kill()


async def test_the_relay_beside_the_cell_carries_the_call(tmp_path: Path) -> None:
    async with hosts(tmp_path) as both, both.caller() as caller:
        both.only_far()
        call = await caller.dial(srtp=True)
        served = await both.cell.takes_call()
        assert both.cell.invites[-1].headers.get("x-ivr-source") == "127.0.0.1;trunk=1"
        assert b"crypto" not in both.cell.invites[-1].body
        assert call.media.remote == (FAR_FACE, port_of(call)), "the caller speaks with that host"
        await talk(call, served)
        assert call.media.unopened == 0
        assert both.carried == (0, 1)
        assert (await call.hold()).code == 200
        assert (await call.unhold()).code == 200
        assert (await served.reinvite()).code == 200
        await talk(call, served)
        assert (len(both.edge.control.relayed(HERE)), len(both.edge.control.relayed(THERE))) == (0, 1)
        await call.hang_up()
        await asyncio.wait_for(served.ended.wait(), 10)
        await until(lambda: both.carried == (0, 0), "the relay holds a call that is over")
        assert both.edge.control.relayed(THERE) == {}


async def test_a_phone_that_agrees_on_keys_by_dtls_does_so_with_the_relay_beside_the_cell(tmp_path: Path) -> None:
    async with (
        hosts(tmp_path) as both,
        Baresip(tmp_path, "cal", HERTZ, codecs="pcma", secured="dtls_srtp", host=CALLER) as phone,
    ):
        both.only_far()
        await phone.dial(f"sip:bank@127.0.0.1:{both.edge.config.port}")
        served = await both.cell.takes_call()
        await phone.until("CALL_ESTABLISHED")
        await until(lambda: tone_level(served.heard()[-8000:], HERTZ) > 0.9, "its tone is heard")
        assert both.carried == (0, 1)
        await phone.hang_up()
        await asyncio.wait_for(served.ended.wait(), 20)


async def test_a_stranger_puts_nothing_into_a_call_on_another_host_and_draws_nothing_from_it(tmp_path: Path) -> None:
    async with hosts(tmp_path) as both, both.caller() as caller:
        both.only_far()
        ringing = await caller.ring(srtp=True)
        served = await both.cell.takes_call()
        await caller.answered(ringing)
        async with strangers(port_of(ringing), at=FAR_FACE) as them:
            await asyncio.sleep(0.3)
            await talk(ringing, served)
            async with strangers(port_of(served)) as inside:
                await talk(ringing, served)
                assert_unheard(served, inside)
            assert_unheard(served, them)
        await ringing.hang_up()


async def test_what_a_cell_there_names_for_far_ends_is_not_where_its_relay_reaches_it(tmp_path: Path) -> None:
    async with hosts(tmp_path) as both, both.caller() as caller:
        both.only_far()
        both.cell.named = NOWHERE
        call = await caller.dial(srtp=True)
        await talk(call, await both.cell.takes_call())
        await call.hang_up()


async def dials_when_it_can(caller: RobotCaller) -> RobotCall:
    async with asyncio.timeout(30):  # a relay that was away is asked again by and by
        while True:
            try:
                return await caller.dial(srtp=True)
            except CallRefused as refused:
                if "503 Media Relay Away" not in str(refused):
                    raise
                await asyncio.sleep(0.2)


async def test_where_one_relay_is_away_the_cells_beside_the_other_serve_and_without_any_nobody_does(
    tmp_path: Path,
) -> None:
    async with hosts(tmp_path) as both, both.caller() as caller:
        both.relay.kill()
        call = await caller.dial(srtp=True)
        await talk(call, await both.cell.takes_call())
        await call.hang_up()
        await until(lambda: both.edge.control.cells() == {}, "a cell is held for a call that is over")
        await both.relay.start()
        both.far.kill()
        for _ in range(2):
            call = await dials_when_it_can(caller)
            await talk(call, await both.edge.cells[0].takes_call())
            await call.hang_up()
        both.relay.kill()
        with pytest.raises(CallRefused, match="503 Media Relay Away"):
            await caller.dial(srtp=True)
        await until(lambda: both.edge.control.cells() == {}, "a cell is held for a call that was refused")
        call = await caller.dial()
        assert call.theirs is not None
        await call.hang_up()


async def test_a_cell_that_is_taken_passes_an_encrypted_call_to_no_host_whose_relay_does_not_know_it(
    tmp_path: Path,
) -> None:
    async with hosts(tmp_path) as both, both.caller() as caller:
        both.cell.refuse = 486
        both.only_far()
        ringing = await caller.ring(srtp=True)
        await asyncio.wait_for(both.cell.ringing.wait(), 10)
        both.edge.control.free_cell(0)
        with pytest.raises(CallRefused, match="503"):
            await caller.answered(ringing)
        assert both.edge.cells[0].offered == 0
        await until(lambda: both.carried == (0, 0), "the relay holds a call that was refused")


async def test_who_calls_from_the_edges_own_machine_is_served_there(tmp_path: Path) -> None:
    async with hosts(tmp_path) as both, both.edge.caller() as caller:
        both.only_far()
        for srtp in (False, True):
            with pytest.raises(CallRefused, match="503 All Lines Busy"):
                await caller.dial(srtp=srtp)
        assert both.cell.offered == 0


async def test_an_agent_who_encrypts_is_rung_by_the_relay_beside_the_cell_that_dials(tmp_path: Path) -> None:
    async with hosts(tmp_path, required=True) as both:
        both.edge.employ("alice")
        phone = both.edge.phone("alice", transport="tls", tls=AUTHORITY.context(), srtp=True)
        phone.target = phone.registrar = both.edge.tls_target
        async with phone:
            for cell, carried in ((both.cell, (0, 1)), (both.edge.cells[0], (1, 0))):
                leg = await both.edge.cell_dials(cell, "alice")
                answered = await phone.takes_call()
                await talk(leg, answered)
                assert both.carried == carried
                await leg.hang_up()
                await answered.wait_ended()
                await until(lambda: both.carried == (0, 0), "a relay holds a call that is over")


async def test_an_edge_that_was_started_anew_lets_encrypted_calls_of_every_host_change(tmp_path: Path) -> None:
    """Told of them as the supervisor does, which asks the relay of each host."""
    async with hosts(tmp_path) as both, both.edge.tls_caller(AUTHORITY, host=CALLER) as caller:
        both.only_far()
        call = await caller.dial(srtp=True)
        served = await both.cell.takes_call()
        known = both.edge.control.relayed(THERE)
        await both.edge.restart()
        with closing(await open_ping("127.0.0.1")) as bell:
            await EdgeDesk(both.edge.control, bell, relays=relays(both.edge.config)).begin()
        assert known.items() <= both.edge.control.relayed(THERE).items()
        assert both.edge.control.relayed(HERE) == {}
        dialog = call.dialog
        both.edge.control.know_dialog(1, Dialog(dialog.call_id, dialog.remote, dialog.local, dialog.contact))
        both.edge.control.put_word("another")
        assert (await call.hold()).code == 200
        assert (await call.unhold()).code == 200
        assert (await served.reinvite()).code == 200
        await talk(call, served)
        await call.hang_up()
        await asyncio.wait_for(served.ended.wait(), 10)
        await until(lambda: both.carried == (0, 0), "the relay holds a call that is over")


async def test_what_a_new_edge_was_not_told_of_a_host_changes_no_call_there_until_it_is_and_goes_out_in_clear_never(
    tmp_path: Path,
) -> None:
    async with hosts(tmp_path) as both, both.edge.tls_caller(AUTHORITY, host=CALLER) as caller:
        both.only_far()
        call = await caller.dial(srtp=True)
        served = await both.cell.takes_call()
        await both.edge.restart()
        with closing(await open_ping("127.0.0.1")) as bell:
            desk = EdgeDesk(both.edge.control, bell, relays=relays(both.edge.config))
            async with both.far.cut_off():
                await desk.begin()
                dialog = call.dialog
                both.edge.control.know_dialog(1, Dialog(dialog.call_id, dialog.remote, dialog.local, dialog.contact))
                both.edge.control.put_word("another")
                for asked in (served.reinvite(tries=1), served.reinvite(offer=False, tries=1), call.reinvite(tries=1)):
                    refused = await asked
                    assert (refused.reason, refused.headers.get("retry-after")) == ("Media Relay Not Asked Yet", "7")
                assert (await call.request("UPDATE")).code == 200, "it would change nothing"
                assert not [one for one in call.requests if one.method == "INVITE"]
                plain = await caller.dial()
                assert plain.theirs is not None, "nothing is unknown of what begins now"
                assert (await plain.reinvite()).code == 200
                await plain.hang_up()
            telling = asyncio.create_task(desk.keep_telling())
            try:
                await until(lambda: both.edge.control.relayed(THERE) != {}, "the relay is not asked again")
            finally:
                telling.cancel()
        assert (await call.hold()).code == 200
        assert (await call.unhold()).code == 200
        assert (await served.reinvite()).code == 200
        assert b"RTP/SAVP " in [one for one in call.requests if one.method == "INVITE"][-1].body
        await talk(call, served)
        await call.hang_up()
        await asyncio.wait_for(served.ended.wait(), 10)


async def test_a_real_phone_whose_hold_is_put_off_so_goes_on_and_may_hold_later(tmp_path: Path) -> None:
    async with (
        hosts(tmp_path) as both,
        Baresip(tmp_path, "cal", HERTZ, codecs="pcma", secured="dtls_srtp", host=CALLER) as phone,
    ):
        both.only_far()
        await phone.dial(f"sip:bank@127.0.0.1:{both.edge.config.port}")
        served = await both.cell.takes_call()
        await phone.until("CALL_ESTABLISHED")
        dialog = served.dialog
        await both.edge.restart()
        with closing(await open_ping("127.0.0.1")) as bell:
            desk = EdgeDesk(both.edge.control, bell, relays=relays(both.edge.config))
            async with both.far.cut_off():
                await desk.begin()
            both.edge.control.know_dialog(1, Dialog(dialog.call_id, dialog.local, dialog.remote, dialog.target))
            both.edge.control.put_word("another")
            await phone.hold()
            await until(lambda: "no_relay" in {one.kind for one in both.edge.control.denials()}, "it is put off")
            await phone.resume()
            telling = asyncio.create_task(desk.keep_telling())
            try:
                await until(lambda: both.edge.control.relayed(THERE) != {}, "the relay is not asked again")
            finally:
                telling.cancel()
        await phone.hold()
        await until(lambda: served.held_by_peer, "it may not hold when all is known")
        await phone.resume()
        await until(lambda: not served.held_by_peer, "it may not go on")
        await until(lambda: tone_level(served.heard()[-8000:], HERTZ) > 0.9, "its tone is heard again")
        await phone.hang_up()
        await asyncio.wait_for(served.ended.wait(), 20)


async def test_a_host_without_a_relay_has_no_call_that_is_encrypted(tmp_path: Path) -> None:
    async with hosts(tmp_path) as both:
        asked = relays(both.edge.config, lambda host: host == THERE)
        both.far.kill()
        assert list(asked[THERE]()) == []
        with pytest.raises(PeerError):
            relays(both.edge.config)[THERE]()


async def test_only_calls_of_the_host_whose_relay_was_started_anew_are_lost(tmp_path: Path) -> None:
    async with hosts(tmp_path) as both, both.caller() as caller:
        one, other = await caller.dial(srtp=True), await caller.dial(srtp=True)
        await both.edge.cells[0].takes_call()
        await both.cell.takes_call()
        lost = both.edge.control.relayed(THERE)
        assert both.edge.control.forget_relayed(lost) == LostMedia(frozenset({1}))
        assert (len(both.edge.control.relayed(HERE)), both.edge.control.relayed(THERE)) == (1, {})
        for call in (one, other):
            await call.hang_up()


async def test_where_media_in_clear_is_relayed_it_is_on_every_host_and_strangers_are_heard_on_none(
    tmp_path: Path,
) -> None:
    async with hosts(tmp_path, always=True) as both, both.caller() as caller:
        both.only_far()
        call = await caller.dial()
        served = await both.cell.takes_call()
        assert both.cell.invites[-1].headers.get("x-ivr-source") == "127.0.0.1;trunk=1"
        assert call.media.remote == (FAR_FACE, port_of(call)), "the caller speaks with that host"
        assert both.carried == (0, 1)
        async with strangers(port_of(call), at=FAR_FACE) as them:
            await talk(call, served)
            assert_unheard(served, them)
        assert (await call.hold()).code == 200
        assert (await call.unhold()).code == 200
        assert (await served.reinvite()).code == 200
        await talk(call, served)
        await call.hang_up()
        await asyncio.wait_for(served.ended.wait(), 10)
        await until(lambda: both.carried == (0, 0), "the relay holds a call that is over")


async def test_where_media_in_clear_is_relayed_an_agent_is_rung_by_the_relay_beside_the_cell_that_dials(
    tmp_path: Path,
) -> None:
    async with hosts(tmp_path, always=True) as both:
        both.edge.employ("bob")
        async with both.edge.phone("bob", host=CALLER) as phone:
            for cell, carried in ((both.cell, (0, 1)), (both.edge.cells[0], (1, 0))):
                leg = await both.edge.cell_dials(cell, "bob")
                answered = await phone.takes_call()
                await talk(leg, answered)
                assert both.carried == carried
                await leg.hang_up()
                await answered.wait_ended()
                await until(lambda: both.carried == (0, 0), "a relay holds a call that is over")
