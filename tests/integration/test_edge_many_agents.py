"""A house of thousands of agents: what the edge's tables hold is known, however long the answer that tells it.

One datagram of the control socket holds some 200 kB; what was longer never came, and to the hub the edge was gone.
"""

from __future__ import annotations

import fcntl
import os
import signal
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ivr.adapters.kamailio.config import HERE
from ivr.adapters.kamailio.exchange import PIPE_OCTETS, Exchange
from ivr.core.queueing.directory import AgentEntry
from ivr.core.sip.dialog import Dialog
from ivr.errors import PeerError
from ivr.ports.edge import CarriedCall
from tests.integration.edge_bench import EdgeBench, edge_bench

AGENTS = 3000
CALLS = 1500
ASKERS = 8


def names(count: int) -> list[str]:
    return [f"first.second.{number:05}" for number in range(count)]


async def test_thousands_of_agents_and_their_phones_are_known() -> None:
    async with edge_bench() as bench:
        for name in names(AGENTS):
            bench.employ(name)
            address = f"sip:{name}@10.0.0.9:5060"
            bench.control.call("ul.add", "location", name, address, 600, 1.0, "", 0, 0, 0)
        assert set(bench.control.agents()) == set(names(AGENTS))
        assert bench.control.registered() == set(names(AGENTS))
        bench.control.drop_agent(names(AGENTS)[7])
        assert len(bench.control.agents()) == len(bench.control.registered()) == AGENTS - 1


async def test_the_relayed_calls_of_many_hosts_are_known() -> None:
    async with edge_bench() as bench:
        calls = [CarriedCall(f"{number:060}".encode(), (b"a", b"b"), "RTP/SAVP") for number in range(CALLS)]
        bench.control.know_relayed(calls, HERE)
        assert len(bench.control.relayed(HERE)) == 2 * CALLS


async def test_many_ask_at_once_and_each_gets_its_own_answer() -> None:
    async with edge_bench() as bench:
        for name in names(AGENTS):
            bench.control.put_agent(AgentEntry(name=name, ha1=None, uri="sip:desk@127.0.0.1:5099"))
        bench.control.know_dialog(0, Dialog("a-call", "inviter", "other", "sip:other@127.0.0.1"))
        wrong: list[str] = []

        def ask(number: int) -> None:
            control = Exchange(bench.config.control_socket)
            for _ in range(20):
                table, size = (("agents", AGENTS), ("cells", 1))[number % 2]
                slots = control.read("htable.dump", table)
                assert isinstance(slots, list)
                if sum(len(slot["slot"]) for slot in slots) != size:
                    wrong.append(table)

        asking = [threading.Thread(target=ask, args=(number,)) for number in range(ASKERS)]
        for one in asking:
            one.start()
        for one in asking:
            one.join()
        assert not wrong


@contextmanager
def standing_still(bench: EdgeBench) -> Iterator[None]:
    """Somebody asked for a long table, with the room that we ask for, and reads no answer."""
    folder = bench.config.run_dir
    os.mkfifo(folder / "still", 0o600)
    here = os.open(folder / "still", os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(here, fcntl.F_SETPIPE_SZ, PIPE_OCTETS)
    order = b'{"jsonrpc": "2.0", "method": "htable.dump", "params": ["agents"], "reply_name": "still", "id": 1}'
    bench.config.control_pipe.write_bytes(order)
    try:
        yield
    finally:
        os.close(here)


async def test_one_who_asks_and_stands_still_keeps_nobody_waiting() -> None:
    async with edge_bench() as bench:
        for name in names(AGENTS):
            bench.control.put_agent(AgentEntry(name=name, ha1=None, uri="sip:desk@127.0.0.1:5099"))
        with standing_still(bench):
            assert len(bench.control.agents()) == AGENTS
            assert bench.control.alive()


async def test_the_pipe_is_its_owners_alone_and_nothing_is_left_beside_it() -> None:
    async with edge_bench() as bench:
        bench.employ("alice")
        assert "alice" in bench.control.agents()
        mode = bench.config.control_pipe.stat().st_mode
        assert stat.S_ISFIFO(mode)
        assert stat.S_IMODE(mode) == 0o600
        assert not list(bench.config.run_dir.glob("r*-*"))


async def test_an_edge_that_is_gone_answers_nobody_and_another_does() -> None:
    async with edge_bench() as bench:
        bench.employ("alice")
        os.killpg(bench.pid, signal.SIGSTOP)
        assert not bench.control.alive()
        with pytest.raises(PeerError, match="does not take orders"):
            bench.control.agents()
        await bench.restart()
        assert bench.control.agents() == {}
        with pytest.raises(PeerError, match="refused"):
            Exchange(bench.config.control_socket).read("no.such.order")
