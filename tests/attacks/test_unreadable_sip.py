"""What cannot be read is answered all the same: 400, or 505 for another version, if an answer can name its request.

One edge; each kind of oddity over UDP, a few over TCP.
"""

from __future__ import annotations

import asyncio
import re
import socket
from dataclasses import replace

from ivr.core.audit.denial import DenialKind
from ivr.testing.hostile_sip import BROKEN, ODD, Draft
from tests.integration.edge_bench import EdgeBench, edge_bench

NO_REQUEST = {
    "a status code beyond every range",
    "a status of no request",
    "a status line without reason",
    "a response that was sent to everyone",
    "an ACK for no one",
}
"""Nothing answers an answer or an ACK."""
UNNAMED = {"no headers that are needed"}
"""Nobody can be answered whose Call-ID or CSeq is not there."""
CODES = {
    "white space and folding everywhere": 200,
    "a quotation without its end": 400,
    "a version from the future": 505,
    "numbers beyond every range": 400,
    "an unknown method": 405,
}


async def answer(bench: EdgeBench, message: bytes, *, tcp: bool = False, seconds: float = 5.0) -> str:
    """What comes back first; empty: nothing within the time."""
    kind = socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM

    def ask() -> str:
        with socket.socket(socket.AF_INET, kind) as sender:
            sender.settimeout(seconds)
            sender.connect(bench.target)
            port = str(sender.getsockname()[1]).encode()
            sender.send(message.replace(b"127.0.0.1:5999", b"127.0.0.1:" + port))
            try:
                return sender.recv(65535).decode("latin-1")
            except TimeoutError:
                return ""

    return await asyncio.to_thread(ask)


def kinds() -> dict[str, bytes]:
    return {name: bytes(spoil(Draft("bank", "127.0.0.1", 5999))) for name, spoil in (ODD | BROKEN).items()}


async def test_each_request_that_can_be_named_is_answered() -> None:
    async with edge_bench(1, flood_requests=5000) as bench:
        messages = kinds()
        silent = NO_REQUEST | UNNAMED
        waits = {name: 1.0 if name in silent else 10.0 for name in messages}
        got = dict(zip(messages, await asyncio.gather(*(
            answer(bench, message, seconds=waits[name]) for name, message in messages.items()
        )), strict=True))  # fmt: skip
        assert {name for name, text in got.items() if not text} == silent
        for name, code in CODES.items():
            assert got[name].startswith(f"SIP/2.0 {code} "), (name, got[name])


async def test_an_answer_names_its_request_in_every_way_that_a_request_may_be_written() -> None:
    draft = Draft("bank", "127.0.0.1", 5999, changes=(("To", '"Mr. J. User <sip:j.user@127.0.0.1>'),))
    proxies = replace(draft, added=("Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKcaller",))
    text = bytes(proxies)
    small = re.sub(rb"\r\n([A-Z][\w-]+):", lambda m: b"\r\n" + m[1].lower() + b" :", text)
    short = text.replace(b"Via:", b"v:").replace(b"Call-ID:", b"i:").replace(b"To:", b"t:").replace(b"From:", b"f:")
    folded = text.replace(b"Call-ID: ", b"Call-ID:\r\n\t")
    async with edge_bench(1) as bench:
        for message in (text, small, short, folded):
            for tcp in (False, True):
                back = await answer(bench, message, tcp=tcp)
                assert back.startswith("SIP/2.0 400 "), message
                assert draft.call_id in back
                assert back.index(draft.branch) < back.index("z9hG4bKcaller"), "every Via, in its order"
                assert "7 OPTIONS" in back
                assert "j.user" in back
        seven = bytes(replace(draft, changes=(), version="SIP/7.0"))
        assert (await answer(bench, seven, tcp=True)).startswith("SIP/2.0 505 ")
        assert {one.kind: one.count for one in bench.control.denials()} == {"malformed": 9}


async def test_a_call_whose_cseq_goes_on_in_the_next_line_reaches_its_cell() -> None:
    async with edge_bench(1) as bench, bench.caller() as caller:
        send = caller.wire.send
        caller.wire.send = lambda data, to: send(  # type: ignore[method-assign, assignment]
            re.sub(rb"\r\nCSeq: (\d+) ", rb"\r\nCSeq:\r\n \1\r\n\t ", data), to
        )
        call = await caller.dial()
        assert (await call.reinvite()).code == 200
        served = await bench.cells[0].takes_call()
        await call.hang_up()
        assert served.ended.is_set()


async def test_a_flood_of_what_cannot_be_read_is_not_answered() -> None:
    async with edge_bench(1, trunks=("127.0.0.99/32",), flood_requests=20, flood_seconds=2) as bench:
        message = kinds()["a quotation without its end"]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.bind(("127.0.0.3", 0))
            for _ in range(300):
                stranger.sendto(message, bench.target)
            await asyncio.sleep(1.0)
            stranger.setblocking(False)
            answered = 0
            try:
                while stranger.recv(4000):
                    answered += 1
            except BlockingIOError:
                pass
        assert 0 < answered < 100
        counted = {one.kind: one.count for one in bench.control.denials()}
        assert counted[DenialKind.MALFORMED] + counted[DenialKind.FLOOD] == 300
