"""The hub's door to other hosts: real TLS on loopback, with certificates as `ivr host add` makes them."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.adapters.host_certificates import MAIN, HostFiles, client_context, server_context
from ivr.apps.wiring.host_door import named
from ivr.core.call.record_json import record_to_json
from ivr.engine.bus.calls import CallSaved
from ivr.engine.bus.cells import CellHello, CellState, CellStatus
from ivr.engine.bus.codec import LINE_MAX
from ivr.engine.bus.data_keys import data_keys
from ivr.engine.bus.hosts import FileKind, FilePart, FileWanted, JournalsHeld, ServedTold, ServedWanted
from ivr.engine.bus.messages import Message
from ivr.engine.bus.stock import KeysHeld, KeysIssued, KeysRotated, KeysVoided, KeysWanted, StocksVoided
from ivr.engine.hub import hosts, peers
from ivr.engine.hub.config import CellsOfHost
from ivr.engine.hub.hosts import KEYS_AT_ONCE, PIECE_BYTES
from ivr.engine.link.door import Door
from ivr.testing.ports import free_port, is_free
from tests.integration.hub.house import RECORD, CellByHand, House, house

CELLS_OF = {"hk2": CellsOfHost(first=2, count=3), "hk3": CellsOfHost(first=5, count=1)}
PROMPT, DOCUMENT = bytes(range(256)) * 8192, b"what is served"


class Served:
    """What an engine serves."""

    def served(self) -> str:
        return "p1"

    def publication(self, sha256: str) -> bytes | None:
        return DOCUMENT if sha256 == "d" * 64 else None

    def prompt(self, sha256: str) -> bytes | None:
        return PROMPT if sha256 == "a" * 64 else None


@dataclass
class Premises:
    """A hub with a door, and who has which certificate."""

    home: House
    files: HostFiles
    folder: Path
    port: int
    refused: list[str] = field(default_factory=list)
    unreached: set[str] = field(default_factory=set)
    """Hosts whose cells the edge does not reach."""

    def identity(self, name: str, *, now: datetime | None = None, files: HostFiles | None = None) -> Path:
        """As `ivr host add` makes it."""
        path = self.folder / f"{name}-{len(list(self.folder.iterdir()))}.pem"
        path.write_bytes((files or self.files).add(name, now=now or datetime.now(UTC)).identity)
        path.chmod(0o600)
        return path

    async def connects(self, context: ssl.SSLContext) -> CellByHand:
        """Somebody's end of the bus, over TLS."""
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, ssl=context, server_hostname=MAIN, limit=LINE_MAX
        )
        return CellByHand(reader, writer)

    async def comes(self, identity: Path) -> CellByHand:
        """A host."""
        return await self.connects(client_context(identity))

    async def is_refused(self, context: ssl.SSLContext) -> bool:
        """Whether somebody's word reaches nobody: TLS 1.3 tells a client after its handshake only."""
        try:
            stranger = await self.connects(context)
            stranger.say(ServedWanted())
            return await stranger.is_cut_off()
        except OSError:
            return True


@asynccontextmanager
async def premises(tmp_path: Path) -> AsyncIterator[Premises]:
    files, folder = HostFiles(tmp_path / "hosts"), tmp_path / "made"
    folder.mkdir()
    files.add("first", now=datetime.now(UTC))  # makes the authority, and who we are
    port, refused, unreached = free_port(), list[str](), set[str]()
    homes: list[House] = []

    async def came(host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await homes[0].hub.serve(reader, writer, host)

    door = Door(
        ("127.0.0.1", port), context=server_context(files.own), named=lambda shown: named(shown, files),
        came=came, refused=lambda address, reason: refused.append(reason), line_max=LINE_MAX,
    )  # fmt: skip
    reached = lambda host: host not in unreached  # noqa: E731
    async with house(cells_of=CELLS_OF, served=Served(), reached=reached, beside=[door.run()]) as home:
        homes.append(home)  # its door may open after it is ready
        await home.until(lambda: not is_free("127.0.0.1", port), "the door does not open")
        yield Premises(home, files, folder, port, refused, unreached)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Premises]:
    async with premises(tmp_path) as made:
        yield made


def hello(cell: int, *, pid: int = 7, call_id: str | None = None) -> CellHello:
    return CellHello(cell, pid, f"10.0.0.2:{5070 + cell}", call_id)


async def ends(who: CellByHand) -> bool:
    """Whether the hub hangs up, whatever it said before."""
    with suppress(ConnectionResetError):
        async with asyncio.timeout(8):
            await who.reader.read()
    return True


def known(home: House) -> dict[int, str]:
    return {peer.hello.cell: peer.host for peer in home.hub.cells if not peer.away}


async def test_a_cell_has_the_name_that_its_hosts_certificate_shows_and_a_number_of_that_host(here: Premises) -> None:
    cell = await here.comes(here.identity("hk2"))
    cell.say(hello(1), KeysWanted(2))
    assert len(data_keys(await cell.hears(KeysIssued))) == 2
    assert known(here.home) == {3: "hk2"}
    other = await here.comes(here.identity("hk3"))
    other.say(hello(0))
    await here.home.until(lambda: known(here.home) == {3: "hk2", 5: "hk3"}, "the other host's cell is not known")


@pytest.mark.parametrize("number", [3, -1, 500])
async def test_a_host_has_no_cells_but_those_of_the_settings(here: Premises, number: int) -> None:
    cell = await here.comes(here.identity("hk2"))
    cell.say(hello(number))
    assert await ends(cell)
    assert known(here.home) == {}


async def test_a_host_that_only_recognizes_speech_has_no_cells(here: Premises) -> None:
    cell = await here.comes(here.identity("ears"))
    cell.say(hello(0))
    assert await ends(cell)


async def test_a_host_may_say_what_cells_say_and_no_more(here: Premises) -> None:
    host = await here.comes(here.identity("hk2"))
    host.say(KeysRotated(("kek",)))
    assert await ends(host)
    assert "connection_refused" in here.home.events


async def test_a_host_does_not_speak_of_another_ones_call(here: Premises) -> None:
    own = await here.home.cell(0, call_id="c1")
    own.begin(RECORD)
    await here.home.until(lambda: "c1" in here.home.hub.records.running, "the call does not begin")
    host = await here.comes(here.identity("hk2"))
    host.say(hello(0), CallSaved(record_to_json(RECORD), final=True))
    assert await ends(host)
    assert "c1" in here.home.hub.records.running


async def test_a_host_is_given_a_few_keys_at_a_time(here: Premises) -> None:
    cell = await here.comes(here.identity("hk2"))
    cell.say(hello(0), KeysWanted(1_000_000))
    assert len((await cell.hears(KeysIssued)).keys) == KEYS_AT_ONCE


def without_certificate(here: Premises) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def of_another_engine(here: Premises) -> ssl.SSLContext:
    others = HostFiles(here.folder.parent / "others")
    context = client_context(here.identity("hk2", files=others))
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def removed(here: Premises) -> ssl.SSLContext:
    context = client_context(here.identity("hk2"))
    here.files.remove("hk2")
    return context


def added_anew(here: Premises) -> ssl.SSLContext:
    context = client_context(here.identity("hk2"))
    here.identity("hk2")
    return context


def expired(here: Premises) -> ssl.SSLContext:
    identity = here.identity("hk2", now=datetime.now(UTC) - timedelta(days=500))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(identity)
    return context


@pytest.mark.parametrize(
    ("who", "why"),
    [
        (without_certificate, "shows no certificate"),
        (of_another_engine, "certificate is not good"),
        (removed, "counts no more"),
        (added_anew, "counts no more"),
        (expired, "certificate has expired"),
    ],
)
async def test_who_is_no_host_of_ours_is_refused_and_told_of(
    here: Premises, who: Callable[[Premises], ssl.SSLContext], why: str
) -> None:
    assert await here.is_refused(who(here))
    await here.home.until(lambda: here.refused, "nobody was told")
    assert why in here.refused[0]
    assert known(here.home) == {}


async def test_who_speaks_no_tls_is_refused_and_hears_nothing(here: Premises) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
    writer.write(b'{"is":"StatusWanted"}\n' * 100)
    async with asyncio.timeout(8):
        heard = b""
        with suppress(ConnectionResetError):
            heard = await reader.read()
    writer.close()
    assert b"StatusReport" not in heard
    await here.home.until(lambda: here.refused, "nobody was told")


async def test_a_host_that_is_removed_is_out_within_two_seconds(here: Premises) -> None:
    cell = await here.comes(here.identity("hk2"))
    cell.say(hello(0))
    await here.home.until(lambda: known(here.home) == {2: "hk2"}, "the cell is not known")
    here.files.remove("hk2")
    async with asyncio.timeout(2.0):
        assert await ends(cell)
    assert "counts no more" in here.refused[0]


async def test_the_edge_gives_calls_to_a_cell_of_a_host_while_it_is_there(here: Premises) -> None:
    edge = here.home.edge
    await here.home.until(lambda: {n for n, why in edge.taken.items() if why == "down"} == {2, 3, 4, 5}, "all are down")
    cell = await here.comes(here.identity("hk2"))
    cell.say(hello(0))
    await here.home.until(lambda: 2 not in edge.taken, "the cell is not offered")
    cell.say(CellState(0, CellStatus.DRAINING))
    await here.home.until(lambda: edge.taken.get(2) == "down", "a cell that is about to end is offered")
    cell.say(CellState(0, CellStatus.IDLE))
    await here.home.until(lambda: 2 not in edge.taken, "the cell is not offered again")
    cell.writer.close()
    await here.home.until(lambda: edge.taken.get(2) == "down", "a cell that is gone is offered")
    assert edge.taken[3] == "down"
    await here.home.until(lambda: "host" in here.home.alarms(), "nobody was told that the host went away")


async def test_no_call_is_given_to_a_cell_that_is_there_and_that_the_edge_does_not_reach(here: Premises) -> None:
    edge = here.home.edge
    here.unreached.add("hk2")
    cell, other = await here.comes(here.identity("hk2")), await here.comes(here.identity("hk3"))
    cell.say(hello(0))
    other.say(hello(0))
    await here.home.until(lambda: 5 not in edge.taken, "a cell of a host that is reached is not offered")
    assert edge.taken[2] == "down"
    here.unreached.clear()
    await here.home.until(lambda: 2 not in edge.taken, "the cell is not offered")
    here.unreached.add("hk2")
    await here.home.until(lambda: edge.taken.get(2) == "down", "a cell that is not reached any more is offered")
    assert 5 not in edge.taken


async def test_a_call_that_a_cell_carries_is_the_edges_to_let_go_of(here: Premises) -> None:
    cell = await here.comes(here.identity("hk2"))
    cell.say(hello(0), CellState(0, CellStatus.BUSY, "c9"))
    here.home.edge.taken[2] = "key of c9"
    cell.writer.close()
    await here.home.until(lambda: known(here.home) == {}, "the cell does not go")
    await asyncio.sleep(1.5)
    assert here.home.edge.taken[2] == "key of c9"


async def test_a_cell_whose_call_ended_while_its_host_was_cut_off_is_offered_again(
    here: Premises, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "LEFT_OVER_SECONDS", 1.5)
    edge = here.home.edge
    cell, other = await here.comes(here.identity("hk2")), await here.comes(here.identity("hk3"))
    edge.taken |= {2: "key of c9", 5: "key of c8"}
    cell.say(hello(0))  # the edge never saw its BYE
    other.say(hello(0), CellState(0, CellStatus.BUSY, "c8"))
    await here.home.until(lambda: 2 not in edge.taken, "the cell is held for a call that is over")
    assert edge.taken[5] == "key of c8"
    for key in ("key of c10", "key of c11", "key of c12"):  # calls that are being offered to it
        edge.taken[2] = key
        await asyncio.sleep(1.0)
        assert edge.taken[2] == key


async def test_a_call_on_a_host_that_was_cut_off_goes_on_when_it_is_back(here: Premises) -> None:
    identity = here.identity("hk2")
    cell = await here.comes(identity)
    cell.say(hello(0), CallSaved(record_to_json(RECORD)))
    await here.home.until(lambda: "c1" in here.home.hub.records.running, "the call does not begin")
    cell.writer.transport.abort()
    await here.home.until(lambda: known(here.home) == {}, "the cell does not go")
    again = await here.comes(identity)
    again.say(hello(0, call_id="c1"), CallSaved(record_to_json(RECORD)))
    await here.home.until(lambda: known(here.home) == {2: "hk2"}, "the cell does not come back")
    assert "c1" in here.home.hub.records.running
    assert "cell_lost" not in here.home.alarms()
    assert here.home.edge.ended == []


async def test_a_call_whose_host_stays_away_is_over_after_a_while_and_nobody_says_bye(
    here: Premises, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peers, "HOST_GRACE_SECONDS", 0.3)
    cell = await here.comes(here.identity("hk2"))
    cell.say(hello(0), CallSaved(record_to_json(RECORD)))
    await here.home.until(lambda: "c1" in here.home.hub.records.running, "the call does not begin")
    cell.writer.transport.abort()
    await here.home.until(lambda: "c1" not in here.home.hub.records.running, "the call is not over")
    await here.home.until(lambda: here.home.calls.get("c1").outcome == "crashed", "the call is not kept as crashed")
    assert here.home.edge.ended == []


async def test_what_is_served_is_told_and_fetched_by_pieces(here: Premises) -> None:
    host = await here.comes(here.identity("hk2"))
    host.say(ServedWanted())
    assert (await host.hears(ServedTold)).publication == "p1"
    for wanted, size in (
        (FileWanted(FileKind.PROMPT, "a" * 64, 0), len(PROMPT)),
        (FileWanted(FileKind.PUBLICATION, "d" * 64, 0), len(DOCUMENT)),
        (FileWanted(FileKind.PUBLICATION, "../store", 0), -1),
        (FileWanted(FileKind.PROMPT, "a" * 64, -5), -1),
    ):
        host.say(wanted)
        part = await host.hears(FilePart)
        assert part.size == size
        assert len(part.data) <= PIECE_BYTES * 4 // 3 + 4


async def asks(home: House, question: Message) -> StocksVoided:
    person = await home.person()
    person.say(question)
    return await person.hears(StocksVoided)


async def test_a_key_is_not_free_while_a_journal_on_a_host_is_wrapped_by_it_or_a_host_is_away(here: Premises) -> None:
    async def answers(number: int) -> None:
        own = await here.home.cell(number)
        while True:
            own.say(KeysHeld((), (await own.hears(KeysVoided)).kek_ids))

    cells = [asyncio.create_task(answers(number)) for number in (0, 1)]
    await here.home.until(lambda: len(here.home.hub.cells) == 2, "no cells")
    try:
        assert (await asks(here.home, KeysRotated(("old",)))).unheard == 2  # both hosts
        hosts = [await here.comes(here.identity(name)) for name in ("hk2", "hk3")]

        async def tells(kek_ids: tuple[str, ...]) -> None:
            while True:
                for host in hosts:
                    host.say(JournalsHeld(kek_ids))
                await asyncio.sleep(0.1)

        told = asyncio.create_task(tells(("old",)))
        answer = await asks(here.home, KeysRotated(("old",)))
        told.cancel()
        assert (answer.held, answer.unheard) == (("old",), 0)
        told = asyncio.create_task(tells(()))
        answer = await asks(here.home, KeysRotated(("old",)))
        told.cancel()
        assert (answer.held, answer.unheard) == ((), 0)
    finally:
        for task in cells:
            task.cancel()
