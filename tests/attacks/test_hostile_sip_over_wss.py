"""Everything of `ivr.testing.hostile_sip` over a browser's wss: a running call does not notice, the next is served."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

from ivr.adapters.kamailio.config import StreamLimits
from ivr.testing.hostile_sip import damaged, hostile
from ivr.testing.websocket import open_websocket
from tests.attacks.test_unreadable_sip import CODES, NO_REQUEST, UNNAMED
from tests.integration.edge_bench import PAGE, EdgeBench
from tests.integration.test_edge_websocket import AUTHORITY, wss_bench
from tests.integration.test_relay import talk

UNREAD = {
    "a negative length", "a quotation without its end", "a version from the future",
    "several spaces in the request line", "spaces in the request's URI", "stray separators", "two lengths",
    "two of what there may be one",
}  # fmt: skip
"""What Kamailio's parser cannot read: by UDP and TLS the edge answers by hand, and it cannot into a WebSocket."""
NO_SIP = {"no SIP at all", "a single octet", "the longest datagram"}


async def answer(edge: EdgeBench, message: bytes, context: ssl.SSLContext, seconds: float) -> str:
    """What comes back on a WebSocket of its own, which is always opened; empty: nothing, or it was closed."""
    socket = await open_websocket(edge.browser_target, origin=PAGE, tls=context)
    try:
        socket.write(message.replace(b"SIP/2.0/UDP", b"SIP/2.0/WSS"))
        async with asyncio.timeout(seconds):
            async for came in socket.messages():
                return came.decode("latin-1")
    except TimeoutError:
        pass
    finally:
        socket.close()
    return ""


async def test_each_odd_broken_or_damaged_message_costs_nobody_a_call(tmp_path: Path) -> None:
    calm = {"streams": StreamLimits(per_source=1000), "trunks": ("127.0.0.99/32",), "flood_requests": 10_000}
    context = AUTHORITY.context()
    async with (
        wss_bench(tmp_path, cells=2, **calm) as edge,
        edge.browser(transport="wss", tls=context) as caller,
    ):
        call = await caller.dial()
        served = await edge.cells[1].takes_call()
        kinds = dict(hostile("bank", "127.0.0.1", 5061))
        silent = NO_REQUEST | UNNAMED | UNREAD | NO_SIP
        got = await asyncio.gather(*(
            answer(edge, message, context, 1.0 if name in silent else 20.0) for name, message in kinds.items()
        ))  # fmt: skip
        told = dict(zip(kinds, got, strict=True))
        differs = {
            name: told[name][:40] for name, code in CODES.items() if not told[name].startswith(f"SIP/2.0 {code} ")
        }
        assert differs.keys() == CODES.keys() & UNREAD
        assert {name for name, text in told.items() if not text} == silent
        spoilt = damaged("bank", "127.0.0.1", 5061, count=60, seed=7)
        await asyncio.gather(*(answer(edge, one, context, 0.5) for one in spoilt))
        await talk(call, served)
        assert (await call.hold()).code == 200
        await call.hang_up()
        for number in list(edge.control.cells()):
            edge.control.free_cell(number)
        again = await caller.dial()
        await again.hang_up()
        assert edge.control.alive()
