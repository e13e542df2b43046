"""What people who watch are told of a running call: where it stands, as that changes; its words, when they ask.

Rule: what is secret, and what a caller does not let be recorded, is told to nobody. Words leave the cell only as an
answer, and neither hub nor console keeps them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ivr.core.call.alerts import alerts_of
from ivr.core.call.call import Call
from ivr.core.call.flags import flags
from ivr.core.call.transcript import CALLER, Span, Transcript
from ivr.core.call.transcription import AGENT
from ivr.core.commands import Command
from ivr.core.dialplan.runtime.places import NO_PLACES
from ivr.core.events import Event
from ivr.core.identity.level import Level
from ivr.core.orders.evidence import IdentityReached
from ivr.core.orders.listening import (
    HypothesisReceived,
    RecognizerFailed,
    SpeechStarted,
    StopListening,
    TranscriptReady,
)
from ivr.engine.bus.live import CallStands, WordsReport, WordsWanted
from ivr.engine.cell.config import Hub
from ivr.ports.clock import Clock

STATES_TOLD: Final = 12
ALERTS_TOLD: Final = 6
SECRET, UNRECORDED = "secret", "unrecorded"


class Onlookers:
    """Of one call."""

    def __init__(self, hub: Hub, call: Call, transcript: Transcript, wall: Clock) -> None:
        self._hub, self._call, self._transcript, self._wall = hub, call, transcript, wall
        self._stands: CallStands | None = None
        self._entered = 0
        """States, so far."""
        self._hearing = ""
        self._lines: list[Span] = []
        """What was said, in the order in which it was known: prompts, answers, and an agent's talk."""
        self._shown = 0
        """Spans of the transcript among them."""
        self._believed: dict[str, str] = {}
        """caller or agent -> what is believed of an utterance of theirs that goes on."""
        self._identity_by = ""

    def tell(self, event: Event | None, orders: Sequence[Command], *, secret: bool) -> None:
        """A fact (None: a timer) and the orders that followed."""
        self._hear(event, orders, secret or self._call.unrecorded)
        record = self._call.record
        before = self._stands
        reached = next((order.level for order in orders if isinstance(order, IdentityReached)), None)
        if reached is not None:
            proved = reached is not Level.NONE and before is not None and before.states
            self._identity_by = before.states[-1] if before is not None and proved else ""
        moved = before is None or len(record.states) != self._entered
        self._entered = len(record.states)
        places = self._call.places() if self._call.talk.agent_talks else NO_PLACES
        stands = CallStands(
            record.call_id,
            record.states[-STATES_TOLD:],
            round(self._wall(), 3) if moved or before is None else before.since,
            record.language,
            record.identity,
            self._identity_by,
            record.consent,
            flags(record),
            self._call.talk.scene,
            self._call.pause.until is not None,
            tuple(places.assist),
            places.confirms,
            places.missing,
            record.risk[-1] if record.risk else None,
            places.readings,
            alerts_of(record)[-ALERTS_TOLD:],
        )
        if stands != before:
            self._stands = stands
            self._hub.send(stands)

    def answer(self, asked: WordsWanted) -> None:
        """Somebody may follow the words; the hub has seen to that."""
        withheld = SECRET if self._call.secret else UNRECORDED if self._call.unrecorded else ""
        self._catch_up()
        self._hub.send(
            WordsReport(
                asked.call_id,
                asked.request,
                known=asked.known,
                lines=tuple(self._lines[max(0, asked.known) :]),
                hearing="" if withheld else self._hearing or self._believed.get(CALLER, ""),
                agent="" if withheld else self._believed.get(AGENT, ""),
                saying="" if withheld == UNRECORDED else self._transcript.saying,
                withheld=withheld,
            )
        )

    def overheard(self, who: str, said: Span, *, final: bool) -> None:
        """Somebody said something in an agent's talk; or it is believed so far."""
        self._believed[who] = "" if final else said.text
        if final and said.text:
            self._catch_up()
            self._lines.append(said)

    def _catch_up(self) -> None:
        self._lines += self._transcript.spans[self._shown :]
        self._shown = len(self._transcript.spans)

    def _hear(self, event: Event | None, orders: Sequence[Command], hushed: bool) -> None:
        match event:
            case HypothesisReceived(text=text):
                self._hearing = "" if hushed else text
            case SpeechStarted() | TranscriptReady() | RecognizerFailed():
                self._hearing = ""
        if any(isinstance(order, StopListening) for order in orders):
            self._hearing = ""
