"""SIP over TLS at a real edge: honest callers and phones, a renewed certificate, and clients that hold it up."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from ivr.adapters.kamailio.config import StreamLimits
from ivr.testing.agent_phone import RobotAgent
from ivr.testing.certificates import Authority
from ivr.testing.engine import descendants
from ivr.testing.robot_call import RobotCall
from ivr.testing.sip_wire import token
from tests.integration.edge_bench import PASSWORD, EdgeBench, are_kept_apart, show, tls_bench

AUTHORITY = Authority()
PATIENCE = 60.0
STRANGERS: dict[str, Any] = {"trunks": ("127.0.0.99/32",), "flood_requests": 10_000}
"""No test's caller is a trunk."""


@asynccontextmanager
async def bench(tmp_path: Path, cells: int = 1, **changes: Any) -> AsyncIterator[EdgeBench]:
    async with tls_bench(AUTHORITY.issue(tmp_path), cells, **changes) as made:
        yield made


async def ends(one: RobotCall, other: RobotCall) -> None:
    """One side hangs up, and the other one hears of it."""
    await one.hang_up()
    await asyncio.wait_for(other.ended.wait(), PATIENCE)


def shaken(edge: EdgeBench, context: ssl.SSLContext) -> ssl.SSLSocket:
    """A connection whose handshake is done. Raises OSError."""
    raw = socket.create_connection(edge.tls_target, timeout=PATIENCE)
    try:
        return context.wrap_socket(raw, server_hostname="127.0.0.1")
    except BaseException:
        raw.close()
        raise


def options(edge: EdgeBench, source: str = "127.0.0.1") -> bytes:
    lines = (
        f"OPTIONS sip:bank@127.0.0.1:{edge.tls_target[1]};transport=tls SIP/2.0",
        f"Via: SIP/2.0/TLS {source}:5061;branch=z9hG4bK{token()};rport", "Max-Forwards: 70",
        f"From: <sip:x@{source}>;tag={token()}", "To: <sip:bank@127.0.0.1>", f"Call-ID: {token()}", "CSeq: 1 OPTIONS",
        "Content-Length: 0", "", "",
    )  # fmt: skip
    return "\r\n".join(lines).encode()


@pytest.mark.parametrize("scheme", ["sip", "sips"])
async def test_either_side_ends_a_call_over_tls(tmp_path: Path, scheme: str) -> None:
    async with bench(tmp_path) as edge:
        uri = f"{scheme}:bank@127.0.0.1:{edge.tls_target[1]}" + (";transport=tls" if scheme == "sip" else "")
        caller = edge.tls_caller(AUTHORITY, uri=uri)
        caller.wire.scheme = scheme
        async with caller:
            for number in range(2):
                call = await caller.dial()
                served = await edge.cells[0].takes_call()
                assert call.invite is not None
                answer = call.invite.responses[-1][0]
                assert answer.headers.get("contact").startswith(f"<{scheme}:"), "RFC 5630 5.1.1.1"
                last = answer.headers.all("record-route")[-1]
                assert f"{scheme}:127.0.0.1:{edge.tls_target[1]};transport=tls" in last
                invite = edge.cells[0].invites[-1]
                assert invite.uri.startswith("sip:"), "the cell's library would look for TLS of its own"
                assert "sips:" not in invite.headers.get("contact")
                await (ends(call, served) if number else ends(served, call))


async def test_an_agents_phone_is_rung_over_the_connection_on_which_it_registered(tmp_path: Path) -> None:
    async with bench(tmp_path) as edge:
        edge.employ("alice")
        for scheme in ("sip", "sips"):
            phone = RobotAgent(
                user="alice", registrar=edge.tls_target, password=PASSWORD, transport="tls", tls=AUTHORITY.context()
            )
            phone.wire.scheme = scheme
            async with phone:
                for number in range(2):
                    call = await edge.cell_dials(edge.cells[0], "alice")
                    there = await phone.takes_call()
                    await (ends(call, there) if number else ends(there, call))


async def test_a_renewed_certificate_is_shown_and_the_call_goes_on(tmp_path: Path) -> None:
    async with bench(tmp_path) as edge, edge.tls_caller(AUTHORITY) as caller:
        call = await caller.dial()
        served = await edge.cells[0].takes_call()
        with shaken(edge, AUTHORITY.context()) as before:
            old = before.getpeercert(True)
        show(edge.config, AUTHORITY.issue(tmp_path, "renewed"))
        assert edge.control.shown() is None
        await asyncio.to_thread(edge.control.reload_tls, "renewed")
        assert edge.control.shown() == "renewed"
        with shaken(edge, AUTHORITY.context()) as after:
            assert after.getpeercert(True) != old
        assert (await call.hold()).code == 200
        await ends(served, call)
        await ends(await caller.dial(), await edge.cells[0].takes_call())


async def test_what_an_authority_did_not_sign_is_not_taken_by_a_caller(tmp_path: Path) -> None:
    async with bench(tmp_path, 0) as edge:
        with pytest.raises(ssl.SSLCertVerificationError):
            shaken(edge, Authority("another").context())


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_tls_1_2_and_1_3_are_spoken(tmp_path: Path, version: ssl.TLSVersion) -> None:
    async with bench(tmp_path, 0) as edge:
        context = AUTHORITY.context()
        context.minimum_version = context.maximum_version = version
        with shaken(edge, context) as stream:
            stream.sendall(options(edge))
            assert stream.recv(65535).startswith(b"SIP/2.0 200")
        if version is ssl.TLSVersion.TLSv1_2:
            context.set_ciphers("AES256-SHA256:AES128-SHA256:ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0")
            with pytest.raises(ssl.SSLError):
                shaken(edge, context)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
async def test_tls_1_1_is_not_spoken(tmp_path: Path) -> None:
    async with bench(tmp_path, 0) as edge:
        context = AUTHORITY.context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises(ssl.SSLError):
            shaken(edge, context)


async def test_half_handshakes_hold_nobody_up_and_end(tmp_path: Path) -> None:
    limits = StreamLimits(connections=600, silent_seconds=5)
    async with bench(tmp_path, streams=limits, **STRANGERS) as edge, edge.tls_caller(AUTHORITY) as caller:
        half = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(20)
        held = [socket.create_connection(edge.tls_target, timeout=PATIENCE) for _ in range(200)]
        plain = [socket.create_connection(edge.target, timeout=PATIENCE) for _ in range(50)]
        try:
            for number, one in enumerate(held):
                one.sendall((b"", half[:3], half)[number % 3])
            for number, one in enumerate(plain):
                one.sendall((b"", b"OPTIONS sip:x SIP/2.0\r\n")[number % 2])
            call = await caller.dial()
            served = await edge.cells[0].takes_call()
            for one in (*held, *plain):
                with suppress(ConnectionError):
                    assert await asyncio.to_thread(_until_closed, one)
            await ends(served, call)
        finally:
            for one in (*held, *plain):
                one.close()


async def test_what_is_no_tls_is_ended_at_once(tmp_path: Path) -> None:
    async with bench(tmp_path, 0) as edge:
        with socket.create_connection(edge.tls_target, timeout=PATIENCE) as one:
            one.sendall(b"OPTIONS sip:x SIP/2.0\r\n")
            assert await asyncio.to_thread(_until_closed, one)


async def test_many_at_once_are_each_shaken_hands_with(tmp_path: Path) -> None:
    """Workers that share what OpenSSL keeps for a thread take one another's errors for theirs, and die (ADR 86)."""
    async with bench(tmp_path, 0, **STRANGERS) as edge:
        context = AUTHORITY.context()

        def shake() -> None:
            for _ in range(100):
                with shaken(edge, context) as stream:
                    stream.sendall(options(edge))
                    assert stream.recv(65535).startswith(b"SIP/2.0 200")

        await asyncio.gather(*(asyncio.to_thread(shake) for _ in range(4)))
        assert are_kept_apart(descendants(edge.pid))
        assert "CRITICAL" not in (edge.config.run_dir / "log").read_text()


def _until_closed(one: socket.socket) -> bool:
    """Whether the far end closes it; an alert may come before."""
    while one.recv(4096):
        pass
    return True


async def test_one_address_has_no_more_connections_than_it_may(tmp_path: Path) -> None:
    async with bench(tmp_path, 0, streams=StreamLimits(per_source=2), **STRANGERS) as edge:
        context = AUTHORITY.context()

        def speaks() -> ssl.SSLSocket | None:
            stream = shaken(edge, context)
            stream.sendall(options(edge))
            with suppress(ConnectionError):
                if stream.recv(65535).startswith(b"SIP/2.0 200"):
                    return stream
            stream.close()
            return None

        first, second = speaks(), speaks()
        assert first is not None
        assert second is not None
        assert speaks() is None
        assert [one.kind for one in edge.control.denials()] == ["source_streams"]
        first.close()
        third, until = None, time.monotonic() + PATIENCE
        while third is None and time.monotonic() < until:  # the edge hears of it by and by
            third = await asyncio.to_thread(speaks)
        assert third is not None
        third.close()
        second.close()


async def test_a_connection_is_kept_alive_by_line_ends(tmp_path: Path) -> None:
    """RFC 5626 4.4.1: CRLF CRLF is answered by CRLF."""
    async with bench(tmp_path, 0) as edge:
        with shaken(edge, AUTHORITY.context()) as tls, socket.create_connection(edge.target, timeout=PATIENCE) as tcp:
            for stream in (tls, tcp):
                stream.sendall(b"\r\n\r\n")
                assert stream.recv(16) == b"\r\n"
