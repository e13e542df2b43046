"""Instead of our own speech service: that of another host, at the same socket, where the settings name one."""

from __future__ import annotations

import asyncio
import logging
import ssl

from ivr.adapters.host_certificates import HostFiles, client_context, peer
from ivr.apps.settings import Settings, split_endpoint
from ivr.apps.wiring.until_stopped import until_stopped
from ivr.core.alarms import AlarmKind
from ivr.engine.bus.alarm_post import AlarmPost
from ivr.engine.link.dialling import There
from ivr.engine.link.near import NearEnd
from ivr.errors import PeerError

log = logging.getLogger("ivr.far_speech")


def run(settings: Settings) -> None:
    """Until SIGTERM. Raises SettingsError."""
    asyncio.run(until_stopped(near_end(settings, AlarmPost(settings.hub_socket)).run()))


def near_end(settings: Settings, post: AlarmPost) -> NearEnd:
    """The socket here of the host that the settings name. Raises SettingsError."""
    host, address = settings.speech.host, settings.speech.address
    assert host is not None
    assert address is not None
    files, away = HostFiles(settings.hosts_dir), [""]

    def trusted(connection: ssl.SSLObject) -> bool:
        try:
            name, fingerprint = peer(connection)
        except PeerError:
            return False
        return name == host and files.counts(name, fingerprint)

    def told(why: str) -> None:
        if why == away[0]:
            return
        away[0] = why
        log.info("speech_host", extra={"host": host, "away": why})
        if why:
            post.send(AlarmKind.SPEECH, f"{why}: callers are served by keys only")

    there = There(host, (split_endpoint(address),), client_context(files.own), trusted)
    return NearEnd(settings.speech_socket, there, told)
