"""On a host that works for another one's engine: its calls' journals go there, and what is served there comes here."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Iterable, Mapping

from ivr.adapters.files.recordings.store import RecordingFiles
from ivr.apps.settings import Settings
from ivr.apps.wiring.engine_file import read_engine
from ivr.apps.wiring.hub_client import hub_of
from ivr.apps.wiring.served import prompt_files, publications
from ivr.engine.afar.fetching import fetch
from ivr.engine.afar.journals import JournalSender
from ivr.engine.bus.hosts import ServedTold, ServedWanted
from ivr.errors import EnvironmentFault, IvrError, PeerError, SealError
from ivr.ports.keys import DataKey

ROUND_SECONDS = 1.0
RETRY_SECONDS = 2.0
TELL_AGAIN_SECONDS = 10.0
"""The supervisor has fetched a publication by then, or could not."""
LOW_PRIORITY = 10
"""nice(1)."""

log = logging.getLogger("ivr.sender")


class NoKeys:
    """A host that works for another one's engine has none, and opens nothing."""

    def issue(self) -> DataKey:
        """There is none."""
        raise SealError("this host has no keys")

    def open(self, wrapped: bytes, kek_id: str) -> bytes:
        """Nothing opens."""
        raise SealError("this host has no keys")

    def fingerprint(self, purpose: str, data: bytes) -> bytes:
        """Nothing is hashed."""
        raise SealError("this host has no keys")

    def shred(self, wrapped: Iterable[bytes]) -> None:
        """Nothing is destroyed."""
        raise SealError("this host has no keys")


def run(settings: Settings) -> None:
    """Until SIGTERM."""
    os.nice(LOW_PRIORITY)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: stop.set())
    sender = JournalSender(RecordingFiles(settings.recordings_dir, NoKeys()), hub_of(settings), _log)
    told_at = [float("-inf")]

    def served(publication: str) -> None:
        """The supervisor takes it in, if cells serve another one."""
        try:
            now = read_engine(settings).get("publication")
        except EnvironmentFault:
            return  # it is only just starting, and asks by itself
        if publication not in ("", now) and time.monotonic() > told_at[0] + TELL_AGAIN_SECONDS:
            told_at[0] = time.monotonic()
            os.kill(os.getppid(), signal.SIGUSR1)

    while not stop.is_set():
        try:
            sender.serve(stop.wait, seconds=ROUND_SECONDS, served=served)
        except (EnvironmentFault, PeerError) as error:
            log.debug("hub_away", extra={"reason": str(error)})
            stop.wait(RETRY_SECONDS)


def fetch_served(settings: Settings) -> str:
    """Have what the engine serves now here too; returns its id. Raises IvrError: the hub is away, say."""
    with hub_of(settings).asking() as ask:
        id = ask(ServedWanted(), ServedTold).publication
        if not id:
            raise EnvironmentFault("the engine is only just starting")
        try:
            came = fetch(id, ask, publications(settings), prompt_files(settings))
        except ValueError as error:
            raise PeerError("the hub sent what is no base64") from error
    log.info("served_fetched", extra={"publication": id, "files": came})
    return id


def _log(event: str, data: Mapping[str, object]) -> None:
    log.info(event, extra={"data": dict(data)})


def is_away(error: IvrError) -> bool:
    """Whether it is worth asking again."""
    return isinstance(error, EnvironmentFault | PeerError)
