"""Events in any order against a dialplan: likely ones, unlikely ones, stale ones, with an auditor watching."""

from __future__ import annotations

import random
from dataclasses import replace

from ivr.core.commands import Command
from ivr.core.dialplan.expression import Literal, ValueType, operations
from ivr.core.dialplan.flow import demanded
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.runtime.interpreter import Interpreter
from ivr.core.dialplan.states import AskState, BranchState, DiscloseForState, DiscloseState, LookupState
from ivr.core.events import Event
from ivr.core.identity.challenge import drawn
from ivr.core.orders.assist import AssistBegun
from ivr.core.orders.callback import CallbackFailed, CallbackKept, KeepCallback
from ivr.core.orders.calls import CallArrived, DrainRequested
from ivr.core.orders.desk import BackInQueue, CallerConfirmed, HandedOver
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHeld, LegHungUp, LegResumed, LegRole
from ivr.core.orders.listening import (
    HypothesisReceived,
    Listen,
    RecognizerFailed,
    SpeechEnded,
    SpeechStarted,
    TranscriptReady,
)
from ivr.core.orders.lookup import LookupDone, LookupFailed, StartLookup
from ivr.core.orders.playing import LossReported, PlayPrompt, PlayReport, PromptEnd, PromptEnded, PromptStarted
from ivr.core.orders.queue import AgentAnswered, AgentFailed, AgentOffered, Enqueue, PlaceTold, QueueFailed, QueueJoined
from ivr.core.orders.reading import AgentSaid
from ivr.core.orders.transfer import DialTarget, TargetAnswered, TargetFailed
from ivr.core.orders.voice import (
    CollectVoice,
    CompareVoice,
    DigitsDrawn,
    DrawDigits,
    EnrolVoice,
    RecordVoice,
    VoiceEnrolled,
    VoiceNotEnrolled,
    VoiceRecorded,
    VoiceScored,
    VoiceUnscored,
)
from ivr.testing.dialplan_auditor import Auditor

_SAMPLES = {
    ValueType.YES_NO: (True, True, False),
    ValueType.AMOUNT: ("12345.67", "0", "-5.5"),
    ValueType.NUMBER: ("7", 3),
    ValueType.DIGITS: ("12345678", "1"),
    ValueType.DATE: ("2026-11-21", "2026-01-01"),
    ValueType.TEXT: ("EUR", "c-1"),
}
_WORDS = (
    "words",
    "",
    "one two",
    "double four oh one",
    "12345678",
    "两千五百块",
    "two thousand five hundred euros and twenty cents",
    "3/4",
    "tomorrow",
    "下周五",
    "next Friday",
    "the agent did not help me at all",
    "agent",
)
"""What is said where any words are heard: values, sentences, and neither."""
_NONSENSE: tuple[object, ...] = (None, "", -1, 1.5, [], "EUR", True)


def _texts_of(dialplan: Dialplan) -> tuple[str, ...]:
    """What the dialplan's conditions compare texts with."""
    deciding = (state for state in dialplan.states.values() if isinstance(state, BranchState))
    found = {
        operand.value
        for state in deciding
        for branch in state.go.branches
        if branch.condition is not None
        for operation in operations(branch.condition)
        for operand in operation.operands
        if isinstance(operand, Literal) and isinstance(operand.value, str)
    }
    return tuple(sorted(found))


class Fuzzer:
    """One random call: likely facts, unlikely ones, stale ones, in any order."""

    def __init__(self, dialplan: Dialplan, seed: int) -> None:
        self.random = random.Random(seed)
        self.dialplan = dialplan
        self.auditor = Auditor(dialplan)
        at = 1.8e9 + self.random.randrange(7 * 86400)  # of opening hours, any may hold
        texts = _texts_of(dialplan)
        called = self.random.choice(("1", *texts))  # some of them are numbers
        arrival = CallArrived(f"fuzz-{seed}", "sip:+85291234567@example.org", called, at)
        self.interpreter = Interpreter(dialplan, arrival=arrival)
        self.now = 0.0
        self.events = 0
        self.open: list[Command] = []
        """Orders that may be answered; old ones stay in, to be answered too late."""
        self.helpful = self.random.choice((0.0, 0.5, 0.9, 0.97))
        """Share of events that a caller and a world of good will would cause: else no call gets far."""
        self.visited: set[str] = set()
        self._samples = {**_SAMPLES, ValueType.TEXT: (*_SAMPLES[ValueType.TEXT], *texts)}

    def run(self, steps: int) -> str:
        """Play the call for at most so many events, then let time run out. Returns its outcome."""
        self._obey(self.interpreter.start(self.now), None)
        for _ in range(steps):
            if self.interpreter.ended:
                break
            self._one()
        self._run_out()
        if self.auditor.outcome is None:
            raise AssertionError(f"the call is stuck in {self.interpreter.state}")
        return self.auditor.outcome

    def _run_out(self) -> None:
        """Nothing happens any more but time, and an agent or target who hangs up: every call must end."""
        for _ in range(2000):
            if self.interpreter.ended:
                return
            deadline = self.interpreter.deadline()
            if deadline is None:
                for role in (LegRole.AGENT, LegRole.TARGET):
                    self._send(LegHungUp(role, 200, by_far_end=True))
                if not self.interpreter.ended and self.interpreter.deadline() is None:
                    raise AssertionError(f"nothing is awaited in {self.interpreter.state}")
                continue
            self.now = max(self.now, deadline)
            self._obey(self.interpreter.handle_timer(now=self.now), None)

    def _one(self) -> None:
        if self.random.random() < 0.08:
            deadline = self.interpreter.deadline()
            if deadline is not None:
                self.now = max(self.now, deadline)
                self._obey(self.interpreter.handle_timer(now=self.now), None)
            return
        self.now += self.random.choice((0.0, 0.02, 0.5))
        self._send(self._event())

    def _send(self, event: Event) -> None:
        self.events += 1
        self.auditor.happened(event)
        self._obey(self.interpreter.receive(event, now=self.now), event)

    def _obey(self, commands: list[Command], because: Event | None) -> None:
        for command in commands:
            self.auditor.ordered(command, because)
            self.visited.add(self.auditor.state)
            if isinstance(
                command,
                PlayPrompt
                | Listen
                | StartLookup
                | CollectVoice
                | CompareVoice
                | RecordVoice
                | EnrolVoice
                | DrawDigits
                | Enqueue
                | DialTarget
                | KeepCallback,
            ):
                self.open.append(command)
        del self.open[:-8]

    # --- facts ---

    def _event(self) -> Event:
        told = self._is_told()
        if self.random.random() < (max(0.8, self.helpful) if told else self.helpful) and self.open:
            return self._help(self._first_wanted() if told else self.open[-1])
        chance = self.random.random()
        if chance < 0.55 and self.open:
            # Mostly the newest order is answered.
            pick = -1 if self.random.random() < 0.7 else self.random.randrange(len(self.open))
            return self._answer(self.open[pick])
        if chance < 0.8:
            return DigitPressed(self._key())
        return self._anything()

    def _first_wanted(self) -> Command:
        """Of what is only told, that it ends: all that comes meanwhile answers what follows."""
        return next((order for order in reversed(self.open) if isinstance(order, PlayPrompt)), self.open[-1])

    def _is_told(self) -> bool:
        """Whether something plays that asks for nothing."""
        state = self.dialplan.states.get(self.interpreter.state)
        return isinstance(state, DiscloseState) and not state.asks

    def _help(self, command: Command) -> Event:
        """What a caller who wants to get through, on a good line, would cause next."""
        told = isinstance(command, PlayPrompt) and command is not self.open[-1]
        if isinstance(command, PlayPrompt) and (told or self.random.random() < 0.7):
            return PromptEnded(command.prompt_id, PromptEnd.COMPLETED, PlayReport("ab", 8000, 0, 8000, 50, 0.0))
        if isinstance(command, StartLookup):
            if self.random.random() < 0.05:  # else what follows a failure late in a call is hardly ever seen
                return LookupFailed(command.lookup_id, "down")
            return LookupDone(command.lookup_id, self._values(command))
        if isinstance(command, CollectVoice | CompareVoice):
            return VoiceScored.rehearsed(command.verify_id, 0.99, 4.0)
        if isinstance(command, RecordVoice):
            return VoiceRecorded(command.verify_id, 6.0)
        if isinstance(command, EnrolVoice):
            return VoiceEnrolled(command.verify_id)
        if isinstance(command, DrawDigits):
            return DigitsDrawn(command.draw_id, drawn(command.count, self.random.randrange))
        if isinstance(command, Listen) and command.voice is not None:
            if self.random.random() < 0.5:
                return VoiceScored.rehearsed(command.voice.verify_id, 0.99, 4.0)
            return TranscriptReady(command.listen_id, self.auditor.drawn, None, 0.95)
        if isinstance(command, KeepCallback):
            return CallbackKept(command.callback_id)
        if isinstance(command, DialTarget):
            return TargetAnswered(command.transfer_id)
        if isinstance(command, Listen) and self.random.random() < 0.3:
            wanted = [name for name in command.grammar.choices if not name.startswith("@")]
            if command.grammar.free and (not wanted or self.random.random() < 0.5):
                return TranscriptReady(command.listen_id, self._words(), None, 0.95)
            if wanted:
                return TranscriptReady(command.listen_id, "words", self.random.choice(wanted), 0.95)
        return DigitPressed(self._key())

    def _key(self) -> str:
        state = self.dialplan.states.get(self.interpreter.state)
        keys = ["0", "1", "2", "9", "*", "#", "5", "D"]
        if isinstance(state, AskState) and self.random.random() < max(0.8, self.helpful):
            keys = [choice.press for choice in state.choices if choice.press] or self._value_keys(state)
        elif isinstance(state, DiscloseState) and self.random.random() < 0.5:
            keys = self._acknowledging(state.disclosure)
        elif isinstance(state, DiscloseForState) and self.random.random() < 0.5:
            keys = [key for name in demanded(state, self.dialplan) for key in self._acknowledging(name)]
        return self.random.choice(keys)

    def _acknowledging(self, disclosure: str) -> list[str]:
        """The key for it; any where it asks for none."""
        way = self.dialplan.disclosures[disclosure].acknowledge
        return ["1" if way is None else way.press]

    def _value_keys(self, state: AskState) -> list[str]:
        """Keys of a value; of a day the next one of a day, else none would ever be keyed in."""
        collected = getattr(self.interpreter._s.step, "collected", None)
        if state.entry is not None and state.entry.type is ValueType.DATE and collected is not None:
            return ["20300315"[collected % 8]]
        return [*"1234567#"] + (["*"] if state.entry is not None and state.entry.type is ValueType.AMOUNT else [])

    def _answer(self, command: Command) -> Event:
        pick = self.random.random()
        if isinstance(command, PlayPrompt):
            return PromptEnded(command.prompt_id, self._end(), self._report())
        if isinstance(command, Listen):
            return self._hearing(command, pick)
        if isinstance(command, StartLookup):
            if pick < 0.15:
                return LookupFailed(command.lookup_id, "late")
            return LookupDone(command.lookup_id, self._values(command))
        if isinstance(command, CollectVoice | CompareVoice):
            return self._scored(command.verify_id)
        if isinstance(command, RecordVoice):
            return VoiceRecorded(command.verify_id, self.random.choice((0.0, 4.0, 9.0, float("nan"))))
        if isinstance(command, EnrolVoice):
            kept, refused = VoiceEnrolled(command.verify_id), VoiceNotEnrolled(command.verify_id, "enrolled already")
            return self.random.choice((kept, refused))
        if isinstance(command, DrawDigits):
            # Mostly as they should be; now and then some that were drawn before, or none at all.
            good = drawn(command.count, self.random.randrange)
            return DigitsDrawn(command.draw_id, self.random.choice((good, good, good, self.auditor.drawn, "")))
        if isinstance(command, KeepCallback):
            return self.random.choice((CallbackKept, CallbackFailed))(command.callback_id)
        if isinstance(command, DialTarget):
            failed = TargetFailed(command.transfer_id, self.random.choice((486, 487, 503)))
            return self.random.choice((TargetAnswered(command.transfer_id), failed))
        offered = AgentOffered("o", "anna", "sip:a@example.org")
        queueing: tuple[Event, ...] = (
            QueueJoined("q", 1),
            PlaceTold(2, 3),
            PlaceTold(1, None),
            offered,
            AgentAnswered("o"),
            QueueFailed("no"),
        )
        return self.random.choice(queueing)

    def _scored(self, verify_id: int) -> Event:
        if self.random.random() < 0.15:
            return VoiceUnscored(verify_id, "not enrolled")
        score = self.random.choice((0.99, 0.95, 0.6, 0.2, -1.0, float("nan")))
        scored = VoiceScored.rehearsed(verify_id, score, self.random.choice((4.0, 1.0)))
        return replace(scored, heard_before=self.random.random() < 0.1)

    def _end(self) -> PromptEnd:
        return self.random.choice((PromptEnd.COMPLETED,) * 5 + (PromptEnd.INTERRUPTED, PromptEnd.FAILED))

    def _report(self) -> PlayReport | None:
        if self.random.random() < 0.1:
            return None
        sent = self.random.choice((8000, 8000, 8000, 8000, 7999, 0))
        loss = self.random.choice((None, 0.0, 0.0, 0.05, 0.051, 1.0, float("nan")))
        packets = sent // 160 - self.random.choice((0, 0, 0, 0, 1, 50))
        restarted, silent = self.random.random() < 0.05, self.random.random() < 0.05
        return PlayReport("ab", 8000, 100, 100 + sent, packets, loss, restarted=restarted, silent=silent)

    def _hearing(self, command: Listen, pick: float) -> Event:
        if pick < 0.3:
            return SpeechStarted(1)
        if pick < 0.4:
            return self.random.choice((SpeechEnded(2), HypothesisReceived(command.listen_id, "...")))
        if pick < 0.45:
            return RecognizerFailed(command.listen_id, "down")
        if command.voice is not None and pick < 0.9:
            if pick < 0.65:
                return self._scored(command.voice.verify_id)
            said = self.random.choice((self.auditor.drawn, self.auditor.drawn[:-1], "12345678"))
            return TranscriptReady(command.listen_id, said, None, 0.95)
        choices = [*command.grammar.choices, None, "no such choice", "acknowledge"]
        confidence = self.random.choice((1.0, 0.9, 0.8, 0.79, 0.6, 0.1, float("nan")))
        return TranscriptReady(command.listen_id, self._words(), self.random.choice(choices), confidence)

    def _words(self) -> str:
        """Something said: what the state's example sentences are, or anything."""
        state = self.dialplan.states.get(self.interpreter.state)
        examples = [
            text
            for choice in (state.choices if isinstance(state, AskState) else ())
            for texts in choice.like.values()
            for text in texts
        ]
        return self.random.choice([*_WORDS, *examples])

    def _values(self, command: StartLookup) -> dict[str, object]:
        """Mostly what the lookups of this query keep, with the right types; sometimes nonsense."""
        found: dict[str, object] = {}
        for state in self.dialplan.states.values():
            if isinstance(state, LookupState) and (state.source, state.query) == (command.source, command.query):
                for name, answer_field in state.keep.items():
                    samples = self._samples[self.dialplan.values[name].type]
                    chosen = self.random.choice(samples if self.random.random() < 0.93 else _NONSENSE)
                    if self.random.random() < 0.97:
                        found[answer_field] = chosen
        return found

    def _read_aloud(self) -> Event:
        """An agent says a warning, or half of one, over a good line or a bad one."""
        known = [one.say.pieces[self.auditor.language] for one in self.dialplan.disclosures.values()]
        words = [" ".join(piece.clip.text for piece in pieces) for pieces in known] or ["hello"]
        text = self.random.choice([*words, *(said[: len(said) // 2] for said in words), "not at all", ""])
        sent, loss = self.random.choice((1000, 1000, 900)), self.random.choice((0.0, 0.0, 0.5, float("nan")))
        language = self.random.choice((self.auditor.language, *self.dialplan.languages))
        return AgentSaid("o", language, text, 0, 160_000, self.random.choice((0.9, 0.9, 0.1)), sent, 1000, loss)

    def _anything(self) -> Event:
        strange: tuple[Event, ...] = (
            LegHeld(LegRole.CALLER),
            LegResumed(LegRole.CALLER),
            CallerConfirmed(),
            LegHeld(LegRole.AGENT),
            LossReported(max(self.auditor.ended, default=0), self.random.choice((0.0, 0.04, 0.9, float("nan")))),
            LegHungUp(LegRole.AGENT, 200, by_far_end=True),
            LegHungUp(LegRole.TARGET, 200, by_far_end=True),
            LegHeld(LegRole.TARGET),
            TargetAnswered(self.random.randrange(9)),
            TargetFailed(self.random.randrange(9), 486),
            CallbackKept(self.random.randrange(9)),
            AgentFailed("o", 486),
            AgentAnswered("o"),
            AssistBegun("1"),
            self._read_aloud(),
            HandedOver("1"),
            BackInQueue(),
            SpeechStarted(5),
            SpeechEnded(6),
            PromptStarted(self.random.randrange(9), 0),
            DrainRequested(),
            QueueFailed("closed"),
            *((LegHungUp(LegRole.CALLER, 200, by_far_end=True),) if self.random.random() < 0.05 else ()),
        )
        return self.random.choice(strange)
