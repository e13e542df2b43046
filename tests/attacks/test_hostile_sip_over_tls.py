"""Everything of `ivr.testing.hostile_sip` over TLS: a running call does not notice, and the next caller is served."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from pathlib import Path

from ivr.testing.certificates import Authority
from ivr.testing.hostile_sip import damaged, hostile
from tests.attacks.test_unreadable_sip import CODES, NO_REQUEST, UNNAMED
from tests.integration.edge_bench import EdgeBench, tls_bench
from tests.integration.test_relay import talk

AUTHORITY = Authority()
UNFRAMED = frozenset({"a negative length", "less body than promised", "headers that end by half"})
"""Of these it is not known where they end on a stream (RFC 3261 18.3): the rest is waited for, and no answer comes."""
NO_SIP = frozenset({"no SIP at all", "a single octet", "the longest datagram"})


def answer(edge: EdgeBench, message: bytes, context: ssl.SSLContext, seconds: float) -> str:
    """What comes back on a connection of its own; empty: nothing, or it was closed."""
    with (
        contextlib.suppress(OSError),
        socket.create_connection(edge.tls_target, timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as wire,
    ):
        wire.sendall(message.replace(b"SIP/2.0/UDP", b"SIP/2.0/TLS"))
        wire.settimeout(seconds)
        return wire.recv(65535).decode("latin-1")
    return ""


async def test_each_odd_broken_or_damaged_message_costs_nobody_a_call(tmp_path: Path) -> None:
    async with (
        tls_bench(AUTHORITY.issue(tmp_path), cells=2, flood_requests=5000) as edge,
        edge.tls_caller(AUTHORITY) as caller,
    ):
        call = await caller.dial()
        served = await edge.cells[1].takes_call()
        context, kinds = AUTHORITY.context(), dict(hostile("bank", "127.0.0.1", 5061))
        silent = NO_REQUEST | UNNAMED | UNFRAMED | NO_SIP
        asked = (
            asyncio.to_thread(answer, edge, message, context, 1.0 if name in silent else 20.0)
            for name, message in kinds.items()
        )
        got = dict(zip(kinds, await asyncio.gather(*asked), strict=True))
        differs = {name: got[name][:40] for name, code in CODES.items() if not got[name].startswith(f"SIP/2.0 {code} ")}
        assert differs == {}
        assert {name for name, text in got.items() if not text} == silent
        spoilt = damaged("bank", "127.0.0.1", 5061, count=60, seed=7)
        await asyncio.gather(*(asyncio.to_thread(answer, edge, one, context, 0.5) for one in spoilt))
        await talk(call, served)
        assert (await call.hold()).code == 200
        await call.hang_up()
        again = await caller.dial()
        await again.hang_up()
        assert edge.control.alive()
