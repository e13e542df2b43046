"""Settings held against each other: what goes with nothing else, each fault at a place that somebody wrote."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ivr.apps.settings_callbacks import callback_faults
from ivr.apps.settings_hosts import CELLS_MAX
from ivr.apps.settings_listeners import listener_faults
from ivr.apps.settings_queues import queue_faults
from ivr.apps.settings_sites import site_faults
from ivr.apps.settings_trunks import trunk_faults
from ivr.apps.settings_words import Place, first_written
from ivr.core.dialplan.own_sources import OWN
from ivr.core.sip.called import plain_form
from ivr.core.sip.e164 import e164

if TYPE_CHECKING:
    from ivr.apps.settings import Settings

CELL_RTP_PORTS = 32
"""UDP ports each cell may use for media: four legs of RTP and RTCP, and room for ports still closing."""
Fault = tuple[Place, str]


def faults_together(settings: Settings) -> list[Fault]:
    """All of them: where it is written, and what is wrong."""
    return [
        *_of_dialplans(settings),
        *_of_names(settings),
        *_of_trunks(settings),
        *_of_media(settings),
        *_of_browsers(settings),
        *_of_hosts(settings),
        *_of_standby(settings),
        *listener_faults(settings),
    ]


def _of_dialplans(settings: Settings) -> Iterator[Fault]:
    if not settings.dialplans:
        yield ("dialplans",), "name at least one"
    numbers: dict[str, Path] = {}
    for index, entry in enumerate(settings.dialplans):
        place: Place = ("dialplans", index)
        called = entry.called
        names = [called] if isinstance(called, str) else [e164(plain_form(one), settings.sip.country) for one in called]
        for number in names:
            if number in numbers:
                where = place if isinstance(called, str) else (*place, "called")
                yield where, f"{number} is served by both {numbers[number]} and {entry.file}"
            numbers.setdefault(number, entry.file)


def _of_names(settings: Settings) -> Iterator[Fault]:
    now = time.time()
    for name in OWN:
        if name in settings.sources:
            yield ("sources", name), f"{name} is the engine's own source: choose another name"
    yield from ((("sites", *place), text) for place, text in site_faults(settings.sites, now=now))
    queues = queue_faults(settings.queues, sites=settings.sites, skills=settings.skills)
    yield from ((("queues", *place), text) for place, text in queues)
    served = {plain_form(number) for one in settings.dialplans if one.called != "default" for number in one.called}
    dialled = callback_faults(settings.callbacks, served=served, now=now)
    yield from ((("callbacks", *place), text) for place, text in dialled)


def _of_trunks(settings: Settings) -> list[tuple[tuple[str, ...], str]]:
    dial = settings.callbacks.dial
    return trunk_faults(
        settings.trunks,
        transfers=settings.transfers,
        callees=() if dial is None else dial.callees,
        takes_tls=settings.sip.tls is not None,
        asks_options=settings.sip.options_seconds > 0,
        plain_from=settings.media.plain_from if settings.media.srtp == "required" else None,
    )


def _of_media(settings: Settings) -> Iterator[Fault]:
    media, count = settings.media, settings.cells.count
    if media.rtp_ports != "auto":
        first, last = settings.rtp_range
        if last - first + 1 < count * CELL_RTP_PORTS:
            place = first_written(settings, ("media", "rtp_ports"), ("cells", "count"))
            text = f"{count} cells need {count * CELL_RTP_PORTS} ports"
            yield place, text if place[0] == "media" else f"media.rtp_ports: {text}"
    keyed = settings.works_for is not None or (settings.sip.tls is not None and settings.edge)  # else: its engine's
    if media.srtp == "required" and (media.relay == "never" or not keyed):
        yield (
            ("media", "srtp"),
            "required needs sip.tls, for the keys, an edge, and media.relay: auto or always",
        )
    if media.relay == "always" and not settings.edge:
        yield ("media", "relay"), "always: it is the edge that sends media through the relay, and there is none"


def _of_browsers(settings: Settings) -> Iterator[Fault]:
    websocket = settings.sip.websocket
    if websocket is None:
        return
    if not settings.edge:
        yield ("sip", "websocket"), "it is the edge that browsers reach, and there is none"
    if websocket.secure and settings.sip.tls is None:
        yield ("sip", "websocket"), "other machines reach it by TLS: name the certificate and key of sip.tls"


def _of_hosts(settings: Settings) -> Iterator[Fault]:
    place: Place = ("hosts", "cells")
    if not settings.hosts.cells:
        return
    if not settings.edge:
        yield place, "it is the edge that gives calls to other hosts, and there is none"
    if settings.sip_endpoint[0].startswith("127."):
        yield place, "callers of this machine alone reach sip.listen, and no other host's cells"
    if settings.sip_endpoint[1] == 0:
        yield place, "their settings name the port of sip.listen, which is 0: choose one"
    if settings.cells_everywhere > CELLS_MAX:
        yield place, f"{settings.cells_everywhere} cells, of which {CELLS_MAX} can be served"


def _of_standby(settings: Settings) -> Iterator[Fault]:
    if settings.standby is None:
        return
    if settings.works_for is not None:
        yield ("standby",), "a host that works for another engine has no line of its own"
    if not settings.database_url.startswith("postgresql"):
        yield ("standby",), "both machines need one database: name PostgreSQL in database.url"
    if settings.run_dir is None or settings.run_dir.is_relative_to(settings.data_dir):
        yield ("standby",), "sockets are each machine's own: set run_dir outside of data_dir, such as /run/ivr"
