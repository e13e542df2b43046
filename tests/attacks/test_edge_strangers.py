"""What strangers, forgers and processes on this machine may make the edge do: nothing."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from typing import Any

import pytest

from ivr.testing.agent_phone import RobotAgent
from ivr.testing.robot import CallRefused, RobotCaller
from ivr.testing.robot_call import SDP_TYPE
from ivr.testing.sip import Headers, SipRequest, SipResponse, parameter
from ivr.testing.sip_wire import Arrived, SipWire, token
from tests.integration.edge_bench import PASSWORD, EdgeBench, RobotCell, edge_bench

STRANGERS: dict[str, Any] = {"trunks": ("127.0.0.99/32",), "flood_requests": 500}
"""No test's caller is a trunk."""
PROXY = "<sip:no-such-host.invalid;lr>"
NAMED = "<sip:robot@no-such-host.invalid:5060>"


def kinds(bench: EdgeBench) -> Counter[str]:
    """What was denied, how often."""
    return Counter({denial.kind: denial.count for denial in bench.control.denials()})


async def test_a_port_of_a_cell_proves_nothing() -> None:
    async with edge_bench(1) as bench:
        bench.employ("alice")
        async with bench.phone("alice") as phone:
            cell = bench.cells[0]
            cell.target, cell.uri = bench.target, f"sip:alice@127.0.0.1:{bench.config.port}"
            forged = ((), (("X-Ivr-Cell", "a guess"),))
            for extra in forged:
                with pytest.raises(CallRefused) as refusal:
                    await cell.dial(extra=extra)
                assert refusal.value.code == 403
            assert not phone.ringing.is_set()
            assert kinds(bench) == {"no_cell": len(forged)}
            call = await bench.cell_dials(cell, "alice")
            heard = phone.invites[0] if hasattr(phone, "invites") else None
            assert heard is None or "x-ivr-cell" not in heard.headers
            await call.hang_up()


async def test_the_word_of_a_cell_is_worth_nothing_over_tcp_or_from_another_port() -> None:
    async with edge_bench(1, robots=0) as bench:
        bench.employ("alice")
        async with bench.phone("alice") as phone:
            tcp = RobotCell(user="cell0", port=bench.config.cell_first_port, transport="tcp")
            async with tcp, bench.caller("alice") as other:
                for robot in (tcp, other):
                    robot.target, robot.uri = bench.target, f"sip:alice@127.0.0.1:{bench.config.port}"
                    with pytest.raises(CallRefused):
                        await robot.dial(extra=bench.word)
            assert not phone.ringing.is_set()


async def test_a_request_in_a_call_counts_only_from_where_the_call_is() -> None:
    async with edge_bench(1, **STRANGERS) as bench, bench.caller() as caller:
        call = await caller.dial()
        served = await bench.cells[0].takes_call()
        assert call.dialog is not None
        thief = SipWire(lambda arrived: None, host="127.0.0.2")
        await thief.open()
        try:
            answer = await thief.request(call.dialog.request("BYE"), bench.target, timeout_seconds=2)
            assert answer.code == 403
        finally:
            await thief.close()
        assert not served.ended.is_set()
        assert kinds(bench) == {"other_source": 1}
        await call.hang_up()
        assert served.ended.is_set()


@pytest.mark.parametrize("where", ["contact", "record-route"])
async def test_no_name_that_a_caller_gives_is_looked_up(where: str) -> None:
    async with edge_bench(1, **STRANGERS) as bench, bench.caller() as caller:
        if where == "contact":
            caller.wire.contact = lambda user: NAMED  # type: ignore[method-assign]
            extra: tuple[tuple[str, str], ...] = ()
        else:
            # The proxy that it names is not there; the caller itself talks to us straight.
            extra = (("Record-Route", PROXY),)
            take = caller.wire._take
            caller.wire._take = lambda data, at, reply: take(  # type: ignore[method-assign]
                data.replace(b"Record-Route: " + PROXY.encode() + b"\r\n", b""), at, reply
            )
        call = await caller.dial(extra=extra)
        served = await bench.cells[0].takes_call()
        began = asyncio.get_running_loop().time()
        await served.hang_up()
        await asyncio.wait_for(call.ended.wait(), 3)
        assert asyncio.get_running_loop().time() - began < 1.0, "a name was waited for"


async def test_one_address_has_no_more_lines_than_it_may_and_others_go_on() -> None:
    async with edge_bench(3, **STRANGERS, calls_per_source=1) as bench:
        other = RobotCaller(target=bench.target, uri=f"sip:bank@127.0.0.1:{bench.config.port}", host="127.0.0.2")
        async with bench.caller() as caller, other:
            call = await caller.dial()
            with pytest.raises(CallRefused) as refusal:
                await caller.dial()
            assert refusal.value.code == 503
            assert kinds(bench) == {"source_busy": 1}
            await (await other.dial()).hang_up()
            await call.hang_up()
            await (await caller.dial()).hang_up()


async def test_a_trunk_has_as_many_lines_as_there_are() -> None:
    async with edge_bench(3, calls_per_source=1) as bench, bench.caller() as caller:
        calls = [await caller.dial() for _ in range(3)]
        await asyncio.gather(*(call.hang_up() for call in calls))


# --- agents' phones -------------------------------------------------------------------------------------------------


class Overheard(RobotAgent):
    """A phone whose REGISTERs are written down."""

    def __init__(self, **more: object) -> None:
        super().__init__(**more)  # type: ignore[arg-type]
        self.sent: list[SipRequest] = []
        request = self.wire.request

        async def noted(message: SipRequest, *rest: object, **how: object) -> SipResponse:
            self.sent.append(message)
            return await request(message, *rest, **how)  # type: ignore[arg-type]

        self.wire.request = noted  # type: ignore[method-assign, assignment]


async def test_a_password_proof_that_was_overheard_is_worth_nothing() -> None:
    async with edge_bench(1) as bench:
        bench.employ("alice")
        async with Overheard(user="alice", registrar=bench.target, password=PASSWORD) as phone:
            proof = next(one for one in phone.sent if "authorization" in one.headers)
            thief = SipWire(lambda arrived: None)
            await thief.open()
            try:
                changed = {"contact": thief.contact("alice"), "call-id": token(), "cseq": "9 REGISTER"}
                headers = [(n, changed.get(n.lower(), v)) for n, v in proof.headers if n.lower() != "via"]
                again = SipRequest("REGISTER", proof.uri, Headers(tuple(headers)))
                assert (await thief.request(again, bench.target, timeout_seconds=2)).code == 401
            finally:
                await thief.close()
            call = await bench.cell_dials(bench.cells[0], "alice")
            await phone.takes_call()
            await call.hang_up()


async def test_a_phone_registers_itself_and_nobody_else() -> None:
    async with edge_bench(1) as bench:
        bench.employ("alice")
        phone = bench.phone("alice")
        phone.wire.contact = lambda user: "<sip:alice@198.51.100.7:5060>"  # type: ignore[method-assign]
        with pytest.raises(Exception, match="403"):
            await phone.__aenter__()
        assert bench.control.registered() == frozenset()
        assert kinds(bench) == {"foreign_contact": 1}


async def test_behind_a_nat_what_rings_is_where_the_phone_registered_from() -> None:
    async with edge_bench(1) as bench:
        bench.employ("alice")
        phone = bench.phone("alice")
        phone.wire.contact = lambda user: "<sip:alice@192.168.77.7:5060>"  # type: ignore[method-assign]
        async with phone:
            call = await bench.cell_dials(bench.cells[0], "alice")
            await phone.takes_call()
            await call.hang_up()


async def test_an_agent_has_one_phone_the_newest() -> None:
    async with edge_bench(1) as bench:
        bench.employ("alice")
        async with bench.phone("alice") as old, bench.phone("alice") as new:
            call = await bench.cell_dials(bench.cells[0], "alice")
            await new.takes_call()
            assert not old.ringing.is_set()
            await call.hang_up()


# --- what far ends answer -------------------------------------------------------------------------------------------


class OldPhone(RobotAgent):
    """A phone from before RFC 3261: it answers without a tag, and knows its calls by Call-ID."""

    def on_invite(self, arrived: Arrived) -> None:
        super().on_invite(Arrived(arrived.message, arrived.at, lambda data: arrived.reply(_without_tag(data, b"To"))))

    def _on_request(self, arrived: Arrived) -> None:
        assert isinstance(arrived.message, SipRequest)
        if arrived.message.method in ("ACK", "BYE"):
            self.tags.append(parameter(arrived.message.headers.get("to"), "tag"))
        super()._on_request(arrived)

    tags: list[str]


def _without_tag(data: bytes, name: bytes) -> bytes:
    head, _, rest = data.partition(b"\r\n" + name + b": ")
    value, _, tail = rest.partition(b"\r\n")
    return head + b"\r\n" + name + b": " + value.partition(b";tag=")[0] + b"\r\n" + tail


async def test_an_old_phone_that_answers_without_a_tag_has_a_call_like_any_other() -> None:
    async with edge_bench(1) as bench:
        phone = OldPhone(user="desk")
        phone.tags = []
        async with phone:
            bench.employ("desk", uri=phone.uri_here)
            call = await bench.cell_dials(bench.cells[0], "desk")
            answered = await phone.takes_call()
            assert call.dialog is not None
            assert parameter(call.dialog.remote, "tag"), "the cell's library knows no call without one"
            await call.hang_up()
            await asyncio.wait_for(answered.ended.wait(), 3)
            assert phone.tags == ["", ""], "ACK and BYE, with the tag that the phone gave: none"


async def test_an_old_phone_that_gives_itself_no_tag_hangs_up_like_any_other() -> None:
    async with edge_bench(1) as bench:
        phone = OldPhone(user="desk")
        phone.tags = []
        async with phone:
            bench.employ("desk", uri=phone.uri_here)
            call = await bench.cell_dials(bench.cells[0], "desk")
            answered = await phone.takes_call()
            answered.dialog.local = answered.dialog.local.partition(";tag=")[0]
            bye = answered.dialog.request("BYE")
            answer = await phone.wire.request(bye, bench.target, timeout_seconds=5)
            assert answer.code == 200
            assert "ivr-untagged" not in answer.headers.get("from"), "its own words come back to it"
            await asyncio.wait_for(call.ended.wait(), 5)


async def test_an_agents_answer_is_cut_to_what_a_cell_reads() -> None:
    async with edge_bench(1) as bench, RobotAgent(user="desk") as phone:
        answer = phone.wire.answer

        def long(arrived: Arrived, response: SipResponse) -> None:
            headers = Headers((*response.headers, ("X-Long", "y" * 6000)))
            answer(arrived, SipResponse(response.code, response.reason, headers, response.body))

        phone.wire.answer = long  # type: ignore[method-assign]
        bench.employ("desk", uri=phone.uri_here)
        call = await bench.cell_dials(bench.cells[0], "desk")
        assert call.invite is not None
        last = call.invite.responses[-1][0]
        assert last.code == 200
        assert len(bytes(last)) < 2000
        assert last.body
        await call.hang_up()


async def test_an_answer_of_a_profile_that_cells_do_not_serve_reaches_none() -> None:
    async with edge_bench(1) as bench, bench.caller() as caller:
        call = await caller.dial()
        served = await bench.cells[0].takes_call()
        offer = served._sdp("sendrecv").replace(b"RTP/AVP", b"RTP/FOO")
        answer = await call.request("INVITE", Headers((SDP_TYPE,)), offer)
        assert answer.code == 488
        assert not served.ended.is_set()
        assert kinds(bench)["unserved"] == 1
        await call.hang_up()


async def test_a_call_id_of_any_octets_is_a_name_like_any_other() -> None:
    """Tables of the edge are read as JSON: no octet of a stranger's may stand in them."""
    async with edge_bench(1) as bench:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.bind(("127.0.0.1", 0))
            invite = (
                f"INVITE sip:bank@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK{token()};rport\r\n"
                'From: <sip:x@127.0.0.1>;tag=a|b\r\nTo: <sip:bank@127.0.0.1>\r\nCall-ID: \xff\xfe|"\\\r\n'
                "CSeq: 1 INVITE\r\nContact: <sip:x@127.0.0.1>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
            )
            stranger.sendto(invite.encode("latin-1"), bench.target)
            await asyncio.sleep(0.4)
        (state,) = bench.control.cells().values()
        assert len(state) == 32
