"""`ivr host serve` where the settings say `works_for`: cells of this host, for the engine of another one.

There is no hub, no edge, no key and no audit log here. The edge's SIP comes by a link; the media relay is this host's
own. What a call leaves is a sealed journal on this disk until the engine's host has it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from ivr.apps.settings import Settings
from ivr.apps.structured_log import Log, keep_rotating
from ivr.apps.wiring import ports, preflight, relay
from ivr.apps.wiring.edge import NoEdgeDesk
from ivr.apps.wiring.engine_file import engine_file, write_engine
from ivr.apps.wiring.hub_link import identity_of, near_end
from ivr.apps.wiring.left_behind import as_before, settle
from ivr.apps.wiring.only_one import only_one
from ivr.apps.wiring.process import log_for
from ivr.apps.wiring.readiness import at_once, listens
from ivr.apps.wiring.sender import fetch_served, is_away
from ivr.apps.wiring.sources import open_sources
from ivr.durable import write_durably
from ivr.engine.bus.alarm_post import AlarmPost
from ivr.engine.supervisor.cells import Cells
from ivr.engine.supervisor.child import AlarmRaiser, Child, ChildSpec
from ivr.engine.supervisor.kin import never_dump
from ivr.engine.supervisor.sip_ping import open_ping
from ivr.engine.supervisor.supervisor import Crew, Orders, Supervisor
from ivr.errors import IvrError

SPEECH_START_SECONDS = 120.0
AGAIN_SECONDS = 1.0
PATIENCE_SECONDS = 15.0
"""People are told what is waited for, after so long."""

Say = Callable[[str], None]


def serve(settings: Settings, identity: Path | None, say: Say) -> None:
    """Until SIGTERM or Ctrl-C. Raises IvrError."""
    os.umask(0o077)
    never_dump()
    assert settings.works_for is not None
    if identity is not None:
        works_for = settings.works_for.model_copy(update={"identity": identity.resolve()})
        settings = settings.model_copy(update={"works_for": works_for})
    near_end(settings)  # an identity that is none is told before all else
    preflight.make_directories(settings)
    with only_one(settings):
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # until the supervisor understands it
        engine_file(settings).unlink(missing_ok=True)
        left = settle(settings, say)
        settings = ports.resolve(as_before(relay.settled(settings), left))
        ports.check_free_there(settings, but=left)
        open_sources(settings)  # refuses here what no cell could open
        write_durably(settings.runtime_dir / "settings.json", settings.model_dump_json().encode())
        asyncio.run(_supervise(settings, left, say))


async def _supervise(settings: Settings, left: dict[int, int], say: Say) -> None:
    log = log_for(settings, "supervisor")
    publication = await _first_publication(settings, say)
    ping = await open_ping(settings.cell_sip_address)
    post = AlarmPost(settings.hub_socket)
    cells = Cells(
        settings.cells.count,
        ping=lambda number: ping.ping(settings.cell_sip_address, settings.cell_sip_port(number)),
        desk=NoEdgeDesk(),
        log=log,
        alarm=post.alarm,
        left=left,
    )
    settings.nursery_socket.unlink(missing_ok=True)
    await cells.publish(publication)
    await cells.serve(settings.nursery_socket)

    async def fetched() -> str:
        return await asyncio.to_thread(fetch_served, settings)

    async def nothing() -> None:
        """The edge is the engine's."""

    def taken(id: str) -> None:
        write_engine(settings, {"pid": os.getpid(), "publication": id})

    async def ready() -> None:
        assert settings.works_for is not None
        say(f"calls of the engine at {' or '.join(settings.works_for.engine)} are served here (stop: Ctrl-C)")

    orders = Orders(
        say=say,
        log=log,
        stop_calls=nothing,
        edge_ends=nothing,
        serving=lambda: taken(publication),
        publish=fetched,
        published=fetched,
        taken=taken,
        alarm=post.alarm,
        drain_seconds=settings.drain_seconds,
    )

    beside = {asyncio.create_task(keep_rotating(settings.data_dir)), asyncio.create_task(post.keep_trying())}

    async def relay_came() -> None:
        beside.add(asyncio.create_task(relay.end_lost_calls_here(settings, cells)))

    try:
        await Supervisor(_crew(settings, cells, log, post.alarm, relay_came), orders).run(ready)
    finally:
        for task in beside:
            task.cancel()
        ping.close()
        engine_file(settings).unlink(missing_ok=True)
        settings.nursery_socket.unlink(missing_ok=True)


def _crew(
    settings: Settings, cells: Cells, log: Log, alarm: AlarmRaiser, relay_came: Callable[[], Awaitable[None]]
) -> Crew:
    def child(name: str, process: str, is_ready: Callable[[], Awaitable[bool]], *, required: bool = True) -> Child:
        file = str(settings.runtime_dir / "settings.json")
        command = [sys.executable, "-m", "ivr.apps.wiring.process", process, file]
        spec = ChildSpec(name, command, is_ready, start_seconds=SPEECH_START_SECONDS, required=required)
        return Child(spec, log, alarm=alarm)

    others: tuple[Child, ...] = child("sender", "sender", at_once), child("edge link", "edge_link", at_once)
    if settings.media.relay != "never":
        others += (Child(relay.relay_spec(settings), log, on_ready=relay_came, alarm=alarm),)
    return Crew(
        hub=child("hub link", "hub_link", at_once),
        nursery=child("nursery", "nursery", cells.nursery_there),
        cells=cells,
        speech=child("speech", "speech", lambda: listens(settings.speech_socket), required=False),
        edge=None,
        others=others,
    )


async def _first_publication(settings: Settings, say: Say) -> str:
    """What the engine serves now, once it is reached: without it no cell has a key or knows what to say."""
    link = asyncio.create_task(near_end(settings).run())
    loop = asyncio.get_running_loop()
    told_at, said = loop.time() + PATIENCE_SECONDS, ""
    try:
        while True:
            try:
                return await asyncio.to_thread(fetch_served, settings)
            except IvrError as error:
                if not is_away(error):
                    raise
                if loop.time() > told_at and said != str(error):
                    said = str(error)
                    say(f"waiting for the engine of this host ({identity_of(settings).name}): {error}")
            await asyncio.sleep(AGAIN_SECONDS)
    finally:
        link.cancel()
        with suppress(asyncio.CancelledError):
            await link
