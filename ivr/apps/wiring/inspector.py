"""The inspector's process: it reads calls after they ended, and takes the processor from nobody.

What takes time (recognizing, running rules) is done in one thread that the kernel runs when nobody else wants to
(SCHED_IDLE, nice 19); threads that a recognizer starts inherit that. What it writes it writes from the main thread, at
the keeper's priority: a lock of the database must never wait for a thread that is not run. It is ended at once, at any
moment: what waits follows from what is kept.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from ivr.adapters.webrtc_vad import WebrtcFrameVad
from ivr.apps.settings import Settings
from ivr.apps.wiring.keeper import LOW_PRIORITY
from ivr.apps.wiring.publishing import kept_versions
from ivr.apps.wiring.recognizers import recognizers
from ivr.apps.wiring.vault import audit_log, call_store, inspection_store, open_key_store, recording_files
from ivr.core.alarms import AlarmKind
from ivr.engine.bus.alarm_post import AlarmPost
from ivr.engine.bus.client import HubClient
from ivr.engine.bus.inspector import InspectorTold
from ivr.engine.inspection.inspecting import Inspecting, InspectionPorts, Tally
from ivr.engine.inspection.transcribing import Transcriber
from ivr.engine.publishing.books import rule_book
from ivr.errors import EnvironmentFault, IvrError
from ivr.ports.speech import Recognizer

LOOK_SECONDS = 5.0
"""Between two looks for calls that have ended."""
UNLOAD_SECONDS = 300.0
"""Models that nobody needed for so long are let go of: they take 300 MB."""

log = logging.getLogger("ivr.inspector")


class Models:
    """Recognizers, loaded when there is something to recognize. Used in the lowest thread only."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loaded: Mapping[str, Recognizer] | None = None
        self._used_at = 0.0

    def __call__(self) -> Mapping[str, Recognizer]:
        """By language. Raises ModelError."""
        if self._loaded is None:
            self._loaded = recognizers(self._settings, workers=1)
        self._used_at = time.monotonic()
        return self._loaded

    def rest(self) -> None:
        """Let go of them, unless they are in use."""
        if time.monotonic() - self._used_at > UNLOAD_SECONDS:
            self._loaded = None


def run(settings: Settings) -> None:
    """Work until SIGTERM."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: os._exit(0))
    os.nice(LOW_PRIORITY)
    post = AlarmPost(settings.hub_socket, _hub_away)
    hub = HubClient(settings.hub_socket, str(settings.data_dir))
    with ThreadPoolExecutor(1, "lowest", initializer=be_lowest) as lowest:
        models = Models(settings)
        inspecting = build(settings, models, at_least=lambda work: lowest.submit(work).result())
        rounds = Rounds(inspecting, hub, post.send, behind_seconds=settings.inspection.behind_hours * 3600)
        while True:
            rounds.round()
            post.deliver()
            lowest.submit(models.rest).result()
            time.sleep(LOOK_SECONDS)


def build(
    settings: Settings,
    models: Callable[[], Mapping[str, Recognizer]],
    *,
    at_least: Callable[[Callable[[], object]], object],
) -> Inspecting:
    """What reads calls. Raises IvrError when key store, database or audit log do not open."""
    keys = open_key_store(settings)
    recordings = recording_files(settings, keys)
    ports = InspectionPorts(
        recordings,
        call_store(settings, keys),
        inspection_store(settings, keys),
        kept_versions(settings),
        rule_book(audit_log(settings, keys)),
    )
    transcriber = Transcriber(recordings, models, WebrtcFrameVad, wall=time.time)
    return Inspecting(
        ports, transcriber, days=settings.inspection.days, at_least=at_least, wall=time.time, monotonic=time.monotonic
    )


class Rounds:
    """Round after round: reads what waits, and tells how it fares. What fails is told once, and tried again."""

    def __init__(
        self,
        inspecting: Inspecting,
        hub: HubClient,
        alarm: Callable[[AlarmKind, str], None],
        *,
        behind_seconds: float,
    ) -> None:
        self._inspecting, self._hub, self._alarm, self._behind = inspecting, hub, alarm, behind_seconds
        self._told: set[str] = set()
        self._cpu = time.process_time()

    def round(self) -> None:
        """Look for calls, and read them."""
        now: set[str] = set()
        try:
            self._inspecting.look()
            self._tell()
            for call in self._inspecting.some(lambda call, why: self._raise(f"call {call}: {why}", now)):
                log.info("call_inspected", extra={"call_id": call})
                self._tell()
        except IvrError as error:
            self._raise(f"calls cannot be read now: {error}", now)
        if self._inspecting.backlog[1] > self._behind:
            text = "the inspector is behind: calls wait longer than inspection.behind_hours to be read"
            self._raise(text, now)
        self._told = now
        self._tell()

    def _raise(self, text: str, now: set[str]) -> None:
        now.add(text)
        if text not in self._told:
            log.error(AlarmKind.INSPECTION, extra={"data": {"reason": text}})
            self._alarm(AlarmKind.INSPECTION, text)

    def _tell(self) -> None:
        """What was done and could not be told is told the next time."""
        tally, cpu = self._inspecting.tally, time.process_time()
        waiting, behind = self._inspecting.backlog
        told = InspectorTold(
            waiting, behind, tally.calls, tally.talk_seconds, cpu - self._cpu, tally.found, tally.failed, tally.lost,
            tally.unread,
        )  # fmt: skip
        with contextlib.suppress(EnvironmentFault):
            self._hub.tell(told)
            self._inspecting.tally, self._cpu = Tally(), cpu


def be_lowest() -> None:
    """Have the kernel run the calling thread, and all that it starts, when nobody else wants to run."""
    os.setpriority(os.PRIO_PROCESS, 0, 19)
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _hub_away(kind: AlarmKind) -> None:
    log.warning("hub_unreachable", extra={"data": {"alarm": kind}})
