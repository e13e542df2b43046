"""`ivr serve`: check, prepare, and supervise the engine's processes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

from ivr.adapters.kamailio import daemon
from ivr.adapters.kamailio.control import origin
from ivr.adapters.kamailio.interfaces import default_address
from ivr.apps.settings import Settings, SourceSettings, split_endpoint
from ivr.apps.structured_log import Log, keep_rotating
from ivr.apps.wiring import browsers, ports, preflight, relay
from ivr.apps.wiring.console import first_link
from ivr.apps.wiring.edge import EdgeDesk, NoEdgeDesk, edge_desk
from ivr.apps.wiring.edge_tls import write_config
from ivr.apps.wiring.engine_file import engine_file, write_engine
from ivr.apps.wiring.engine_log import enter_start, stop_entered
from ivr.apps.wiring.first_calls import FirstCalls, robot, wanted
from ivr.apps.wiring.going_live import Live, ready_to_serve
from ivr.apps.wiring.hub_client import hub_of
from ivr.apps.wiring.left_behind import as_before, settle
from ivr.apps.wiring.only_one import only_one
from ivr.apps.wiring.process import log_for
from ivr.apps.wiring.readiness import at_once, listens, listens_tcp
from ivr.apps.wiring.sources import open_sources
from ivr.demo.bank import DEMO_ACCOUNTS
from ivr.durable import write_durably
from ivr.engine.bus.alarm_post import AlarmPost
from ivr.engine.bus.edge import EdgeEnds, EdgeSettled
from ivr.engine.supervisor.cells import Cells
from ivr.engine.supervisor.child import AlarmRaiser, Child, ChildSpec
from ivr.engine.supervisor.sip_ping import SipPing, open_ping
from ivr.engine.supervisor.supervisor import Crew, Orders, Supervisor
from ivr.engine.supervisor.warm import WarmProcesses
from ivr.errors import EnvironmentFault, PeerError

SETTLE_SECONDS = 5.0
"""The hub takes what ends with the edge; an engine that is told to stop waits no longer."""
SPEECH_START_SECONDS = 120.0
"""Models load in seconds on an idle machine, and this one may be busy."""

Say = Callable[[str], None]


def serve(
    settings: Settings, actor: str, reread: Callable[[], Settings], say: Say, *, settings_file: Path | None = None
) -> None:
    """Run the engine until told to stop, for `actor`; `reread` gives the settings as they are on disk later.

    `settings_file`: where they were read, if somebody named it. Raises IvrError when it cannot start.
    """
    os.umask(0o077)
    preflight.make_directories(settings)
    if settings.standby is None:
        with only_one(settings):
            _serve(settings, actor, reread, say, settings_file, WarmProcesses())
        return
    from ivr.apps.wiring.standby import leading

    # Before signals are ignored: who is started then would ignore them, too.
    commands = [_command(settings, process) for process in _programs(settings)]
    warm = WarmProcesses(commands, settings.model_dump_json().encode())
    try:
        with leading(settings, say) as leads:
            if leads:
                _serve(settings, actor, reread, say, settings_file, warm)
    finally:
        warm.close()


def _serve(
    settings: Settings,
    actor: str,
    reread: Callable[[], Settings],
    say: Say,
    settings_file: Path | None,
    warm: WarmProcesses,
) -> None:
    written = settings
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # until the supervisor understands it
    engine_file(settings).unlink(missing_ok=True)  # of an engine that was killed
    say("checking settings, keys and what is published")
    preflight.check_files(settings)
    preflight.check_programs(settings)
    left = settle(settings, say)
    settings = ports.resolve(as_before(browsers.settled(relay.settled(settings)), left))
    ports.check_free(settings, but=left)
    settings = _with_demo_bank(settings, as_before=bool(left))
    open_sources(settings)  # refuses here what no cell could open
    file = settings.runtime_dir / "settings.json"
    write_durably(file, settings.model_dump_json().encode())
    if settings.keystore_path.exists():  # all that it needs, and it takes as long as what follows
        warm.begin(_command(settings, _speech(settings)))
    keys, made = preflight.make_keys(settings)
    if made:
        say(made)
    enter_start(settings, keys, as_written=written)
    with stop_entered(settings):
        publication = ready_to_serve(settings, keys, actor, say)
        del keys  # the supervisor lives long, and needs none
        live = Live(settings, written, actor, reread, say)
        first_calls = FirstCalls(robot(settings_file) if wanted(written) else (), say)
        without = browsers.why_not(settings) if written.browser_calls and not settings.browser_calls else ""
        asyncio.run(_supervise(settings, publication, live, left, say, without, first_calls, warm))


def _with_demo_bank(settings: Settings, *, as_before: bool) -> Settings:
    """Sources that the demo bank answers get the address where it will listen: `as_before` if cells know one."""
    file = settings.runtime_dir / "bank.json"
    if not any(source.is_demo_bank for source in settings.sources.values()):
        file.unlink(missing_ok=True)
        return settings
    known = as_before and file.exists()
    port = int(json.loads(file.read_text())["port"]) if known else ports.free_tcp_port()
    write_durably(file, json.dumps({"port": port}).encode())
    here = f"http://127.0.0.1:{port}"
    sources = {
        name: SourceSettings(url=here, token_file=source.token_file) if source.is_demo_bank else source
        for name, source in settings.sources.items()
    }
    return settings.model_copy(update={"sources": sources})


def _command(settings: Settings, process: str) -> list[str]:
    return [sys.executable, "-m", "ivr.apps.wiring.process", process, str(settings.runtime_dir / "settings.json")]


def _speech(settings: Settings) -> str:
    return "speech" if settings.speech.host is None else "far_speech"


def _programs(settings: Settings) -> Iterator[str]:
    """Processes of the crew that a machine has loaded while it stands by: the line is down for as long as they load."""
    yield from ("hub", "nursery", "keeper", _speech(settings))
    if any(source.is_demo_bank for source in settings.sources.values()):
        yield "bank"
    if settings.inspection.enabled:
        yield "inspector"
    if settings.console.enabled:
        yield "console"
    if settings.hosts.cells:
        yield "edge_door"


# --- the crew -------------------------------------------------------------------------------------------------------


async def _supervise(
    settings: Settings,
    publication: str,
    live: Live,
    left: Mapping[int, int],
    say: Say,
    without_browsers: str,
    first_calls: FirstCalls,
    warm: WarmProcesses,
) -> None:
    """`without_browsers`: why nobody can call by browser; empty: they can, or nobody asked for it."""
    log = log_for(settings, "supervisor")
    async with _pinger(settings) as ping:
        desk = edge_desk(settings, ping) if settings.edge else NoEdgeDesk()
        host = "127.0.0.1" if settings.cell_sip_address == "0.0.0.0" else settings.cell_sip_address  # noqa: S104
        post = AlarmPost(settings.hub_socket)
        alarm = post.alarm
        cells = Cells(
            settings.cells.count,
            ping=lambda number: ping.ping(host, settings.cell_sip_port(number)),
            desk=desk,
            log=log,
            alarm=alarm,
            left=left,
        )
        settings.nursery_socket.unlink(missing_ok=True)
        await cells.publish(publication)
        await cells.serve(settings.nursery_socket)
        crew = _crew(settings, cells, desk, log, alarm, warm)

        async def ready() -> None:
            link = await asyncio.to_thread(first_link, settings)
            _announce(settings, link, without_browsers, say)
            first_calls.begin()

        async def stop_calls() -> None:
            first_calls.stop()
            await desk.drain()

        orders = Orders(
            say=say,
            log=log,
            stop_calls=stop_calls,
            edge_ends=_settle_edge(settings),
            serving=lambda: _note_engine(settings, publication),
            publish=live.publish_listed,
            published=live.published,
            taken=lambda id: _note_engine(settings, id),
            alarm=alarm,
            drain_seconds=settings.drain_seconds,
        )
        beside = [asyncio.create_task(keep_rotating(settings.data_dir)), asyncio.create_task(post.keep_trying())]
        beside.append(asyncio.create_task(desk.keep_telling()))
        if settings.standby is not None:
            from ivr.apps.wiring.standby import tell_of_company

            beside.append(asyncio.create_task(tell_of_company(settings, log, alarm)))
        try:
            await Supervisor(crew, orders).run(ready)
        finally:
            await first_calls.over()
            for task in beside:
                task.cancel()
            engine_file(settings).unlink(missing_ok=True)
            settings.nursery_socket.unlink(missing_ok=True)


def _crew(
    settings: Settings, cells: Cells, desk: EdgeDesk | NoEdgeDesk, log: Log, alarm: AlarmRaiser, warm: WarmProcesses
) -> Crew:
    def child(spec: ChildSpec, on_ready: Callable[[], Awaitable[None]] | None = None) -> Child:
        return Child(spec, log, on_ready=on_ready, alarm=alarm, warm=warm)

    hub = ChildSpec("hub", _command(settings, "hub"), ready=lambda: listens(settings.hub_socket))
    nursery = ChildSpec("nursery", _command(settings, "nursery"), ready=cells.nursery_there)
    speech = ChildSpec(
        "speech",
        _command(settings, _speech(settings)),
        ready=lambda: listens(settings.speech_socket),
        start_seconds=SPEECH_START_SECONDS,
        required=False,
    )
    others: tuple[Child, ...] = ()
    bank = settings.runtime_dir / "bank.json"
    if bank.exists():
        port = int(json.loads(bank.read_text())["port"])
        spec = ChildSpec("demo bank", _command(settings, "bank"), ready=lambda: listens_tcp(port))
        others = (child(spec),)
    if settings.hosts.cells:
        where = settings.hosts.edge_endpoint
        spec = ChildSpec("edge door", _command(settings, "edge_door"), ready=lambda: listens_tcp(where[1], where[0]))
        others += (child(spec),)
    edge = None
    if isinstance(desk, EdgeDesk):
        if settings.media.relay != "never":
            others += (child(relay.relay_spec(settings), lambda: relay.end_lost_calls(settings, cells, desk)),)
        edge = child(_edge_spec(settings, desk), cells.tell_edge)
    return Crew(
        hub=child(hub),
        nursery=child(nursery),
        cells=cells,
        speech=child(speech),
        edge=edge,
        others=others,
        after=tuple(map(child, _needed_by_no_call(settings))),
    )


def _needed_by_no_call(settings: Settings) -> Iterator[ChildSpec]:
    yield ChildSpec("keeper", _command(settings, "keeper"), ready=at_once)
    if settings.inspection.enabled:
        yield ChildSpec("inspector", _command(settings, "inspector"), ready=at_once, required=False)
    if settings.console.enabled:
        port = split_endpoint(settings.console.listen)[1]
        yield ChildSpec("console", _command(settings, "console"), ready=lambda: listens_tcp(port), required=False)
    if settings.database.standby:  # whichever of the two has the database's lock leads
        yield ChildSpec("standby", _command(settings, "hub"), ready=at_once)


def _edge_spec(settings: Settings, desk: EdgeDesk) -> ChildSpec:
    """Kamailio in the foreground, with a configuration and a run directory of ours."""
    config = write_config(settings)
    command, environment = daemon.command(preflight.kamailio(), config), daemon.environment(encrypts=config.encrypts)
    return ChildSpec("edge", command, ready=desk.alive, environment=environment, may_be_told=origin)


def _note_engine(settings: Settings, publication: str) -> None:
    """Write down where the engine is, and what every cell of it that has no call serves."""
    address, port = settings.sip_endpoint
    state = {
        "pid": os.getpid(),
        "sip": f"{'127.0.0.1' if address == '0.0.0.0' else address}:{port}",  # noqa: S104
        "edge": settings.edge,
        "metrics": settings.metrics.listen,
        "publication": publication,
    }
    write_engine(settings, state)


def _announce(settings: Settings, link: str | None, without_browsers: str, say: Say) -> None:
    """`link`: by which the first administrator comes in; None: somebody did."""
    say("\n".join(_told_at_start(settings, link, without_browsers)))


def _told_at_start(settings: Settings, link: str | None, without_browsers: str) -> Iterator[str]:
    address, port = settings.sip_endpoint
    shown = settings.sip.public_address or address
    if shown == "0.0.0.0":  # noqa: S104 - compared, not bound
        shown = default_address() or "127.0.0.1"
    yield f"\nDial in with any SIP phone: sip:bank@{shown}:{port}   (status: ivr status; stop: Ctrl-C)"
    if (settings.runtime_dir / "bank.json").exists():
        known = DEMO_ACCOUNTS[0]
        yield "Lookups go to the demo bank, whose customers are made up: name your own under sources: in the settings."
        yield f"It knows account {known.account}; its PIN stands in the README."
    if settings.console.enabled:
        yield f"Console: {settings.console.origins[0]}"
    if settings.browser_calls:
        yield f"Call it with this browser, no phone needed: {settings.console.origins[-1]}/call"
    elif without_browsers:
        yield f"No phone at hand? Then {without_browsers}"
    if link:
        yield f"Its first administrator chooses a password here, once, within an hour:\n  {link}"


# --- small adapters -------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _pinger(settings: Settings) -> AsyncIterator[SipPing]:
    loopback = settings.cell_sip_address in ("127.0.0.1", "0.0.0.0")  # noqa: S104 - compared, not bound
    ping = await open_ping("127.0.0.1" if loopback else settings.cell_sip_address)
    try:
        yield ping
    finally:
        ping.close()


def _settle_edge(settings: Settings) -> Callable[[], Awaitable[None]]:
    hub = replace(hub_of(settings), patience=SETTLE_SECONDS)

    async def settle() -> None:
        with suppress(EnvironmentFault, PeerError):  # without a hub the last minute's denials end with the edge
            await asyncio.to_thread(hub.ask, EdgeEnds(), EdgeSettled)

    return settle
