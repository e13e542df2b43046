"""The hub's process: adapters meet the engine here."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import signal
import time
from datetime import datetime

from ivr.adapters.agent_choices import AgentChoiceFile
from ivr.adapters.agent_file import AgentFile
from ivr.adapters.files.disks import MountedDisks
from ivr.adapters.files.recordings.inbox import IncomingJournals
from ivr.adapters.sip_bye import ByeSender
from ivr.apps.settings import Settings, split_endpoint
from ivr.apps.settings_queues import QueueSettings
from ivr.apps.structured_log import open_log
from ivr.apps.wiring.call_ids import new_call_id
from ivr.apps.wiring.edge import edge_control
from ivr.apps.wiring.edge_tls import shown_until, trunks_fault
from ivr.apps.wiring.hub_door import FilesForHosts, cells_of_hosts, doors
from ivr.apps.wiring.reached_hosts import ReachedHosts
from ivr.apps.wiring.vault import (
    account_store,
    attempt_counter,
    audit_log,
    call_store,
    callback_store,
    hub_leadership,
    open_key_store,
    queue_lines,
    recording_files,
)
from ivr.core.queueing.hours import open_sites
from ivr.core.queueing.rules import Overflow, QueueRules, Relaxation
from ivr.engine.cell.recorder import MIN_FREE_BYTES
from ivr.engine.hub.chronicle import ChronicleConfig
from ivr.engine.hub.config import DialConfig, HubConfig, HubPorts
from ivr.engine.hub.kept_dialogs import KeptDialogs
from ivr.engine.hub.server import Hub
from ivr.engine.hub.standby import lead, stand_by
from ivr.engine.publishing.books import rule_book
from ivr.ports.keys import ManagedKeyStore

DAY_SECONDS = 86_400.0


def queue_rules(settings: Settings, queue: str) -> QueueRules:
    """Rules of a queue, from the settings."""
    return rules_of(settings.queue(queue))


def rules_of(chosen: QueueSettings) -> QueueRules:
    """Rules of a queue, from its own settings."""
    overflow = None if chosen.overflow is None else Overflow(**chosen.overflow.model_dump())
    return QueueRules(
        strategy=chosen.strategy,
        wrap_up_seconds=chosen.wrap_up_seconds,
        disposition_seconds=chosen.disposition_seconds if chosen.disposition_required else 0.0,
        set_aside_seconds=chosen.set_aside_seconds,
        pause_after=chosen.pause_after,
        ring_seconds=chosen.ring_seconds,
        ring_more_seconds=chosen.ring_more_seconds,
        max_waiting=chosen.max_waiting,
        join=chosen.join,
        priority_seconds=chosen.priority_seconds,
        urgent=chosen.urgent,
        head_start=chosen.head_start,
        skill_seconds=chosen.skill_seconds,
        skills=chosen.skills,
        by_language=chosen.by_language,
        relax=tuple(Relaxation(step.after, step.skill, step.level) for step in chosen.relax),
        overflow=overflow,
        sites=chosen.sites,
        site_seconds=chosen.site_seconds,
        closed_to=chosen.closed_to,
        target_seconds=chosen.target_seconds,
    )


def dial_config(settings: Settings) -> DialConfig | None:
    """What the engine may dial by itself; None: nobody."""
    dial = settings.callbacks.dial
    if dial is None:
        return None
    return DialConfig(
        callees=dial.whom(),
        redial=dial.redial(),
        queues=tuple(dial.queues),
        called=dial.called,
        at_once=dial.at_once,
        new_call_id=new_call_id,
    )


def targets(settings: Settings) -> dict[str, float]:
    """Each queue's seconds within which a call should be answered."""
    return {name: queue.target_seconds for name, queue in settings.queues.items()}


def midnight(at: float) -> float:
    """When the day of a time began, by this machine's zone."""
    return datetime.fromtimestamp(at).astimezone().replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


def build(settings: Settings, keys: ManagedKeyStore) -> Hub:
    """The hub with everything it touches. Raises IvrError when the database does not open."""
    log = open_log(settings.data_dir, process="hub", level=settings.log.level, log_format=settings.log.format)
    host, port = split_endpoint(settings.metrics.listen)

    sites = {name: site.hours() for name, site in settings.sites.items()}

    entries = audit_log(settings, keys)
    book = rule_book(entries)
    ports = HubPorts(
        keys=keys,
        calls=call_store(settings, keys),
        directory=AgentFile(settings.agents_path),
        choices=AgentChoiceFile(settings.agent_choices_path),
        edge=edge_control(settings) if settings.edge else None,
        queue_rules=lambda queue: queue_rules(settings, queue),
        open_sites=lambda at: open_sites(sites, at),
        recordings=recording_files(settings, keys),
        callbacks=callback_store(settings, keys),
        lines=queue_lines(settings),
        attempts=attempt_counter(settings, keys),
        accounts=account_store(settings, keys),
        audit=entries,
        rules=lambda: [one.what for one in book.live()],
        disks=MountedDisks({"recordings": settings.recordings_dir, "data": settings.data_dir}),
        new_word=lambda: secrets.token_hex(16),
        chance=random.SystemRandom().random,
        monotonic=time.monotonic,
        wall=time.time,
        log=log,
        send_bye=None if settings.edge else ByeSender(settings.cell_sip_address),
        certificate_ends_at=lambda: shown_until(settings),
        trunk_papers=lambda ahead: trunks_fault(settings, ahead=ahead),
        kept_dialogs=KeptDialogs(settings.dialogs_dir, keys),
        served=FilesForHosts(settings),
        inbox=IncomingJournals(settings.recordings_dir, keys),
        reached=ReachedHosts(settings.runtime_dir).reaches,
    )
    config = HubConfig(
        socket=settings.hub_socket,
        alarms=settings.alarms_path,
        metrics_host=host,
        metrics_port=port,
        run_id=secrets.token_hex(4),
        cells=settings.cells_everywhere,
        cells_of=cells_of_hosts(settings),
        least_free_bytes=MIN_FREE_BYTES,
        dial=dial_config(settings),
        pause_reasons=settings.agent_keys.reasons,
        chronicle=ChronicleConfig(
            target=lambda queue: settings.queue(queue).target_seconds,
            targets=targets(settings),
            keep_seconds=settings.reports.keep_days * DAY_SECONDS,
            midnight=midnight,
        ),
    )
    return Hub(config, ports)


def run(settings: Settings) -> None:
    """Serve until SIGTERM."""
    os.umask(0o077)
    asyncio.run(_serve(settings, open_key_store(settings)))


async def _serve(settings: Settings, keys: ManagedKeyStore) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if not settings.database.standby:
        hub = build(settings, keys)
        await hub.run(stop, *doors(settings, hub))
        return
    leadership = hub_leadership(settings)
    log = open_log(settings.data_dir, process="hub", level=settings.log.level, log_format=settings.log.format)
    try:
        if await stand_by(leadership, stop, log):  # built only then: what it reads, the one who led has written
            hub = build(settings, keys)
            await hub.run(stop, lead(leadership), *doors(settings, hub))
    finally:
        leadership.give_up()
