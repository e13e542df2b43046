"""At the end of a call with many streams what the relay told of it was longer than a datagram.

It never came, and the relay was away then, for everybody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ivr.adapters.kamailio.render import STREAMS_MAX
from ivr.errors import PeerError
from ivr.testing import sdp
from ivr.testing.certificates import Authority
from ivr.testing.robot import CallRefused
from tests.integration.edge_bench import EdgeBench, relay_bench
from tests.integration.test_relay import ends, relayed, talk

AUTHORITY = Authority()
BESIDE = b"m=video 9 RTP/SAVP 99\r\n"
OFF = b"m=video 0 RTP/SAVP 99\r\n"
TWISTED = b"m= \r\n"


class Crowd:
    """What far ends say beside their audio from now on. Cells, and whoever says nothing of keys, say it not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        plain = sdp.build
        self.more, self.ports, self.unused = b"", b"", False

        def build(ours: sdp.Media, **more: Any) -> bytes:
            said = plain(ours, **more)
            if not ours.key:
                return said
            said = said.replace(
                b"m=audio %d " % ours.port, b"m=audio %d%s " % (0 if self.unused else ours.port, self.ports)
            )
            return said + self.more

        monkeypatch.setattr(sdp, "build", build)


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> Crowd:
    return Crowd(monkeypatch)


async def serves_others(edge: EdgeBench, crowd: Crowd) -> None:
    """At once: a relay that was away is not asked for a second."""
    crowd.more, crowd.ports, crowd.unused = b"", b"", False
    assert "no_relay" not in {one.kind for one in edge.control.denials()}
    async with edge.tls_caller(AUTHORITY) as other:
        call = await other.dial(srtp=True)
        served = await edge.cells[0].takes_call()
        await talk(call, served)
        await call.hang_up()
        await ends(served)


@pytest.mark.parametrize(
    ("more", "ports"), [(BESIDE * STREAMS_MAX, b""), (BESIDE * 100, b""), (OFF * 100, b""), (b"", b"/2"), (b"", b"/8")]
)
async def test_who_offers_more_streams_than_the_relay_is_shown_is_refused(
    tmp_path: Path, crowd: Crowd, more: bytes, ports: bytes
) -> None:
    async with relay_bench(AUTHORITY.issue(tmp_path)) as (edge, relay), edge.tls_caller(AUTHORITY) as caller:
        crowd.more, crowd.ports = more, ports
        with pytest.raises(CallRefused, match="488"):
            await caller.dial(srtp=True)
        assert relayed(relay) == 0
        await serves_others(edge, crowd)


@pytest.mark.parametrize(("ports", "more"), [(b"", BESIDE * (STREAMS_MAX - 1)), (b"/1", OFF * (STREAMS_MAX - 1))])
async def test_who_offers_as_many_as_it_is_shown_is_served_and_its_end_is_heard(
    tmp_path: Path, crowd: Crowd, more: bytes, ports: bytes
) -> None:
    async with relay_bench(AUTHORITY.issue(tmp_path)) as (edge, relay), edge.tls_caller(AUTHORITY) as caller:
        crowd.more, crowd.ports = more, ports
        call = await caller.dial(srtp=True)
        served = await edge.cells[0].takes_call()
        await call.hang_up()
        await ends(served)
        assert relayed(relay) == 0
        await serves_others(edge, crowd)


@pytest.mark.parametrize(
    ("more", "unused"),
    [(BESIDE * 100, False), (OFF * 100, True), (TWISTED + OFF * 100, True), (b"a=x\r\n" * 400 + OFF * 100, True)],
    ids=["in use", "off", "behind one that nobody reads", "behind many lines"],
)
async def test_nor_may_a_call_come_to_so_many_later(tmp_path: Path, crowd: Crowd, more: bytes, unused: bool) -> None:
    async with relay_bench(AUTHORITY.issue(tmp_path)) as (edge, relay), edge.tls_caller(AUTHORITY) as caller:
        call = await caller.dial(srtp=True)
        served = await edge.cells[0].takes_call()
        crowd.more, crowd.unused = more, unused
        assert (await call.reinvite()).code in {488, 513}
        await call.hang_up()
        await ends(served)
        assert relayed(relay) == 0
        await serves_others(edge, crowd)


async def test_nor_may_a_phone_answer_with_so_many(tmp_path: Path, crowd: Crowd) -> None:
    async with relay_bench(AUTHORITY.issue(tmp_path)) as (edge, _):
        edge.employ("alice")
        phone = edge.phone("alice", transport="tls", tls=AUTHORITY.context(), srtp=True)
        phone.target = phone.registrar = edge.tls_target
        async with phone:
            crowd.more = OFF * STREAMS_MAX
            with pytest.raises(PeerError, match="no audio stream"):  # a cell ends such a call
                await edge.cell_dials(edge.cells[0], "alice")
            await phone.takes_call()
            crowd.more = b""
            leg = await edge.cell_dials(edge.cells[0], "alice")
            await talk(leg, await phone.takes_call())
