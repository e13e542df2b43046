"""An agent's talk while it goes on: what was said goes to those who watch, to the hub's rules, and to the call; and
whether it is the agent who speaks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from ivr.core.call.call import Call
from ivr.core.call.inspected import disclosed
from ivr.core.call.transcript import CALLER, Span
from ivr.core.call.transcription import AGENT
from ivr.core.commands import Command
from ivr.core.events import Event
from ivr.core.orders.lookup import LookupDone, StartLookup
from ivr.core.orders.reading import AgentSaid, CallerOverheard
from ivr.core.speech.facts import Hypothesis, Recognition, RecognitionFailed, VoiceJudged
from ivr.engine.bus.cells import Counted
from ivr.engine.bus.live import TalkSaid
from ivr.engine.cell.agent_voice import AgentVoice
from ivr.engine.cell.config import Surroundings
from ivr.engine.cell.live_ear import LiveEar, Overheard
from ivr.engine.cell.onlookers import Onlookers
from ivr.ports.telephony import LegStats

BEFORE: Final = 30
"""Utterances before the latest that conditions of rules may be about: some three minutes. The whole call is read after
its end."""
BELIEVED: Final = 0.5
"""How sure it is that words were said which the recognizer may yet change."""
LOST: Final = "live_utterances_lost"
"""Counter: of a talk that went on, and was read after the call alone."""


class LiveTalk:
    """Of one call."""

    def __init__(self, around: Surroundings, call: Call, onlookers: Onlookers, stats: Callable[[], LegStats]) -> None:
        """`stats()`: of the caller's leg."""
        self._call, self._onlookers, self._hub = call, onlookers, around.hub
        self._ear = LiveEar(around.speech, around.live_vad, stats)
        self._voice = AgentVoice(around.speech, around.agent_vad)
        self._lost = 0
        self._said: deque[Span] = deque(maxlen=BEFORE)
        self._answers: dict[str, object] = {}
        self._asked: dict[int, str] = {}
        """Lookup -> source.query."""

    @property
    def news(self) -> bool:
        """Whether `facts` has anything to do."""
        return self._ear.news or self._voice.news

    @property
    def hears(self) -> bool:
        """Whether anybody is overheard now."""
        return self._ear.hears or self._voice.hears

    def take(self, fact: Hypothesis | Recognition | RecognitionFailed | VoiceJudged) -> bool:
        """A fact of the speech service; whether it is of an utterance of a talk, or of an agent's voice."""
        return self._voice.take(fact) if isinstance(fact, VoiceJudged) else self._ear.take(fact)

    def arrange(self) -> None:
        """Something happened: whom the call lets be overheard now."""
        call = self._call
        hidden = not call.talk.agent_talks or call.secret or call.unrecorded
        self._ear.arrange({} if hidden else call.talk.overheard())
        self._voice.arrange(*(("", "") if hidden else call.talk.agent_heard()))

    def hear(self, frames: Mapping[str, bytes], sample: int, *, sends: bool) -> None:
        """Frames in a row of everybody, by party. `sends`: whether the caller is sent anything: not on hold."""
        if not sends:
            self._ear.arrange({})
            self._voice.arrange("", "")
        if self._ear.hears:
            self._ear.hear(frames, sample, self._call.record.language)
        self._voice.hear(frames, sample)

    def facts(self) -> list[Event]:
        """What was said since, as far as the call must know of it."""
        found: list[Event] = [*self._voice.facts()]
        for said in self._ear.overheard():
            self._onlookers.overheard(said.who, span_of(said), final=said.final)
            if said.text:
                self._tell_rules(said)
            if said.final and said.who == AGENT and self._call.dialplan.agents_may_read:
                found.append(_fact(said))
            if said.final and said.text and said.who == CALLER and self._call.dialplan.risk.hears:
                found.append(CallerOverheard(said.language, said.text, said.first_sample, said.last_sample))
        if self._ear.lost > self._lost:
            self._hub.send(Counted({LOST: self._ear.lost - self._lost}))
            self._lost = self._ear.lost
        return found

    def followed(self, event: Event | None, orders: Sequence[Command]) -> None:
        """A fact and the orders after it: what sources answer is what figures are held to."""
        if isinstance(event, LookupDone) and (query := self._asked.pop(event.lookup_id, None)) is not None:
            self._answers |= {f"{query}.{name}": value for name, value in event.values.items()}
        for order in orders:
            if isinstance(order, StartLookup):
                self._asked[order.lookup_id] = f"{order.source}.{order.query}"

    def _tell_rules(self, said: Overheard) -> None:
        record, dialplan = self._call.record, self._call.dialplan
        span = span_of(said) if said.final else replace(span_of(said), confidence=BELIEVED)
        heard = tuple(dict.fromkeys(name for _, name in disclosed(record, dialplan)))
        state = record.states[-1] if record.states else ""
        jurisdiction = dialplan.jurisdiction or ""
        self._hub.send(
            TalkSaid(
                record.call_id, dialplan.name, jurisdiction, record.language, state, heard, dict(self._answers),
                (*self._said, span),
            )
        )  # fmt: skip
        if said.final:
            self._said.append(span)

    def close(self) -> None:
        """Drop what is not recognized, or compared, yet."""
        self._ear.close()
        self._voice.arrange("", "")


def span_of(said: Overheard) -> Span:
    """As a transcript has it."""
    return Span(said.who, said.first_sample, said.last_sample, said.language, said.text, said.confidence)


def _fact(said: Overheard) -> AgentSaid:
    sent = said.sent
    return AgentSaid(
        said.party, said.language, said.text, said.first_sample, said.last_sample, said.confidence,
        sent.packets, sent.due, sent.loss, sent.silent,
    )  # fmt: skip
