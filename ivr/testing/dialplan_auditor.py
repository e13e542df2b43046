"""An auditor of one call, who trusts nothing but what was ordered and what happened.

From these alone it derives what the caller heard, acknowledged and proved; it knows nothing of the interpreter's own
books. So a fault in those cannot hide itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.core.commands import Command
from ivr.core.dialplan.expression import Known, evaluate, names
from ivr.core.dialplan.messages import YES_KEY
from ivr.core.dialplan.model import Dialplan, Protection
from ivr.core.dialplan.runtime.recorded import NO_CONSENT
from ivr.core.dialplan.states import AskState, BranchState, EnterState, LookupState, ReturnState, VoiceState
from ivr.core.dialplan.values import typed_value
from ivr.core.events import Event
from ivr.core.identity.verifier import Costs, Thresholds
from ivr.core.orders.calls import HangUp
from ivr.core.orders.evidence import (
    ConsentAnswered,
    DisclosureHeard,
    Enrolled,
    Evidence,
    IdentityReached,
    LanguageChosen,
    OutcomeReached,
    RaiseAlarm,
    StateEntered,
)
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHeld, LegResumed, LegRole
from ivr.core.orders.listening import Listen, TranscriptReady
from ivr.core.orders.lookup import LookupDone, StartLookup
from ivr.core.orders.playing import LossReported, PlayPrompt, PromptEnd, PromptEnded, StopPrompt
from ivr.core.orders.reading import AgentSaid
from ivr.core.orders.recording import PauseRecording, ResumeRecording
from ivr.core.orders.voice import DigitsDrawn, DrawDigits, EnrolVoice, VoiceEnrolled, VoiceScored

EVERY = "every language"
"""What was said in all of the line's languages stays heard, whichever is spoken."""
_LEVELS = {"none": 0, "basic": 1, "strong": 2, "high": 3}


class BrokenObligation(AssertionError):
    """A protected state or action was reached without its obligations."""


@dataclass(slots=True)
class SpokenProof:
    """Digits that were drawn, and the one utterance that answers them."""

    draw_id: int = 0
    drawn: str = ""
    asked: set[str] = field(default_factory=set)
    """All that a caller was asked for."""
    listen: Listen | None = None
    """Ordered after the draw."""
    said: str | None = None
    scored: VoiceScored | None = None

    def ordered(self, command: DrawDigits | Listen) -> None:
        """A draw makes all that was before worthless, and so does another listening."""
        self.said, self.scored, self.listen = None, None, None
        if isinstance(command, DrawDigits):
            self.draw_id, self.drawn = command.draw_id, ""
        elif command.voice is not None:
            if not self.drawn or self.drawn in self.asked:
                raise BrokenObligation("digits are asked for that are old, or were not drawn")
            self.asked.add(self.drawn)
            self.listen = command

    def happened(self, event: DigitsDrawn | TranscriptReady | VoiceScored) -> None:
        """Only what is about this draw, and this utterance, counts."""
        if isinstance(event, DigitsDrawn):
            self.drawn = event.digits if event.draw_id == self.draw_id and not self.drawn else self.drawn
        elif self.listen is None or self.listen.voice is None:
            return
        elif isinstance(event, TranscriptReady) and event.listen_id == self.listen.listen_id and self.said is None:
            self.said = event.text
        elif isinstance(event, VoiceScored) and event.verify_id == self.listen.voice.verify_id:
            self.scored = self.scored or event

    def holds(self, rule: Thresholds | Costs | None) -> bool:
        """Whether the right digits were said by the right voice."""
        return bool(self.drawn) and self.said == self.drawn and of_the_customer(self.scored, rule)


def of_the_customer(scored: Event | None, rule: Thresholds | Costs | None) -> bool:
    """Whether a comparison is a voice to be taken, and no recording."""
    if not isinstance(scored, VoiceScored) or scored.heard_before:
        return False
    if isinstance(rule, Thresholds):
        return scored.score >= rule.accept
    limits = rule.thresholds() if rule is not None else scored.house
    return limits is not None and scored.llr is not None and scored.llr >= limits.accept


@dataclass(slots=True)
class Auditor:
    """Watches one call and raises BrokenObligation."""

    dialplan: Dialplan
    language: str = ""
    state: str = ""
    held: bool = False
    playing: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Prompt id -> (disclosure, language) while it plays unbroken."""
    played: dict[str, str] = field(default_factory=dict)
    """Disclosure played in full and not yet acknowledged -> language."""
    read: dict[str, str] = field(default_factory=dict)
    """Disclosure that an agent has read word by word, and that was not played since -> language."""
    ended: dict[int, str] = field(default_factory=dict)
    """Prompt that was the last disclosure played in full -> its name."""
    heard: dict[str, str] = field(default_factory=dict)
    """Acknowledged -> language."""
    level: str = "none"
    paused: set[str] = field(default_factory=set)
    """Why the recording is paused."""
    answered: bool = False
    """Whether the last lookup was answered (the core may wait for a prompt's end, or a caller's return, to judge)."""
    values: dict[str, Known] = field(default_factory=dict)
    """As answered by data sources and set by states; what a caller tells is not followed."""
    asked: int | None = None
    """Lookup that is under way."""
    answer: dict[str, object] | None = None
    """Of the lookup in this state."""
    listens: dict[int, float] = field(default_factory=dict)
    proof: SpokenProof = field(default_factory=SpokenProof)
    alarms: list[str] = field(default_factory=list)
    hung_up: bool = False
    outcome: str | None = None

    @property
    def drawn(self) -> str:
        """Digits drawn last."""
        return self.proof.drawn

    def happened(self, event: Event) -> None:
        """A fact, before the interpreter sees it."""
        if isinstance(event, LegHeld) and event.role is LegRole.CALLER:
            self.held = True
            self.playing.clear()
        elif isinstance(event, DigitsDrawn | TranscriptReady | VoiceScored):
            self.proof.happened(event)
        elif isinstance(event, AgentSaid):
            self._agent_said(event)
        elif isinstance(event, LookupDone):
            self.answered = True
            if event.lookup_id == self.asked:
                self.asked, self.answer = None, event.values
        elif isinstance(event, LegResumed) and event.role is LegRole.CALLER:
            self.held = False
        elif isinstance(event, LossReported) and event.prompt_id in self.ended and not event.loss <= 0.05:
            self.played.pop(self.ended[event.prompt_id], None)
        elif isinstance(event, PromptEnded) and event.prompt_id in self.playing:
            name, language = self.playing.pop(event.prompt_id)
            report = event.report
            whole = (
                report is not None
                and 0 < report.length <= report.last_sample - report.first_sample
                and report.packets_sent * report.packet_samples >= report.length
                and not (report.restarted or report.silent)
            )
            clean = report is not None and (report.loss is None or report.loss <= 0.05)
            if event.end is PromptEnd.COMPLETED and whole and clean:
                self.played[name] = language
                self.ended = {event.prompt_id: name}

    def _agent_said(self, said: AgentSaid) -> None:
        """Random calls say a warning at once or not at all."""
        for name, disclosure in self.dialplan.disclosures.items():
            whole = " ".join(piece.clip.text for piece in disclosure.say.pieces[self.language])
            clean = said.loss is not None and said.loss <= 0.05 and said.packets_sent == said.packets_due
            if disclosure.agent_may_read and whole in said.text and said.language == self.language and clean:
                self.read[name] = self.language

    def ordered(self, command: Command, because: Event | None) -> None:
        """An order, in its turn, and the fact that it answers."""
        if isinstance(command, PlayPrompt):
            self._play(command)
        elif isinstance(command, StopPrompt):
            self.playing.pop(command.prompt_id, None)
        elif isinstance(command, StartLookup):
            self.answered = False
            self.asked, self.answer = command.lookup_id, None
            self._must_be_met(f"{command.source}.{command.query}")
        elif isinstance(command, EnrolVoice):
            self._must_be_met(self.state)
        elif isinstance(command, DrawDigits | Listen):
            self.proof.ordered(command)
        elif isinstance(command, HangUp):
            self.hung_up = True
        elif isinstance(command, PauseRecording):
            self._pause(command.reason)
        elif isinstance(command, ResumeRecording):
            self._resume(command.reason, because)
        elif isinstance(command, RaiseAlarm):
            self.alarms.append(command.kind)
        elif isinstance(command, Evidence):
            self._noted(command, because)

    def _pause(self, reason: str) -> None:
        if reason in self.paused:
            raise AssertionError(f"the recording was paused twice for {reason}")
        if reason == NO_CONSENT and self.dialplan.recording == "required":
            raise BrokenObligation("a call that must be recorded is not")
        self.paused.add(reason)

    def _resume(self, reason: str, because: Event | None) -> None:
        self.paused.remove(reason)
        if reason == NO_CONSENT and not self._said_yes(because):
            raise BrokenObligation(f"the recording went on, after a refusal, because of {because!r}")

    def _consented(self, answer: str, because: Event | None) -> None:
        if answer == "granted" and not self._said_yes(because):
            raise BrokenObligation(f"consent came of {because!r}")
        refused = answer == "refused" and self.dialplan.recording == "consent"
        if refused != (NO_CONSENT in self.paused):
            raise BrokenObligation(f"consent was {answer}, and the recording is paused for {sorted(self.paused)}")

    def _said_yes(self, because: Event | None) -> bool:
        if isinstance(because, DigitPressed):
            return because.digit == YES_KEY
        sure = self.dialplan.bands.accept
        return isinstance(because, TranscriptReady) and because.choice == "yes" and because.confidence >= sure

    def _play(self, command: PlayPrompt) -> None:
        if self.held:
            raise AssertionError("a prompt was played to a caller who holds us")
        # Another prompt takes the place of the one that plays.
        self.playing.clear()
        if command.disclosure is not None:
            self.played.pop(command.disclosure, None)
            self.heard.pop(command.disclosure, None)
            self.read.pop(command.disclosure, None)
            spoken = {clip.language for clip in command.clips}
            way = self.dialplan.disclosures[command.disclosure].acknowledge
            if way is None and spoken == {*self.dialplan.languages}:
                self.playing[command.prompt_id] = (command.disclosure, EVERY)
            elif spoken == {self.language}:
                self.playing[command.prompt_id] = (command.disclosure, self.language)

    def _noted(self, evidence: Evidence, because: Event | None) -> None:
        match evidence:
            case LanguageChosen(language=language):
                self.language = language
            case IdentityReached(level=level):
                self._identified(level, because)
            case DisclosureHeard(disclosure=name, acknowledged_by=by) if by:
                self._acknowledged(name, because)
            case StateEntered(name=name):
                self._left()
                self.state = name
                self._must_be_met(name)
                self._entered()
            case Enrolled(agreed=agreed):
                if not isinstance(because, VoiceEnrolled) or not agreed:
                    raise BrokenObligation(f"a voice was enrolled because of {because!r}, agreed by {agreed}")
            case ConsentAnswered(consent=consent):
                self._consented(consent, because)
            case OutcomeReached(outcome=outcome):
                self.outcome = outcome

    def _identified(self, level: str, because: Event | None) -> None:
        if _LEVELS[level] > _LEVELS[self.level]:
            state = self.dialplan.states[self.state]
            if isinstance(state, VoiceState) and state.challenge:
                ok = self.proof.holds(state.rule)
            elif isinstance(state, VoiceState):
                ok = of_the_customer(because, state.rule)
            else:
                ok = isinstance(state, LookupState) and self.answered
            if not ok:
                raise BrokenObligation(f"identity {level} came of {because!r} in {self.state}")
        self.level = level

    def _acknowledged(self, name: str, because: Event | None) -> None:
        way = self.dialplan.disclosures[name].acknowledge
        if way is None:
            given = isinstance(because, PromptEnded)
        elif isinstance(because, DigitPressed):
            given = because.digit == way.press
        else:
            sure = self.dialplan.bands.accept
            given = isinstance(because, TranscriptReady) and because.confidence >= sure
        if not given or (name not in self.played and self.read.get(name) != self.language):
            raise BrokenObligation(f"{name} was acknowledged by {because!r}, played: {sorted(self.played)}")
        self.read.pop(name, None)
        self.heard[name] = self.played.pop(name, self.language)

    def _must_be_met(self, target: str) -> None:
        for rule in (self.dialplan.protect.get(target), self.dialplan.line.get(target)):
            if rule is not None:
                self._must_meet(rule, target)

    def _must_meet(self, rule: Protection, target: str) -> None:
        for demand in rule.demands:
            if self.heard.get(demand.disclosure) in (self.language, EVERY):
                continue
            if demand.condition is None or (
                names(demand.condition) <= self._followed() and evaluate(demand.condition, self._value) is not False
            ):
                raise BrokenObligation(f"{target} without {demand} in {self.language}")
        if _LEVELS[self.level] < _LEVELS[rule.identity]:
            raise BrokenObligation(f"{target} with identity {self.level}")
        if rule.recorded and NO_CONSENT in self.paused:
            raise BrokenObligation(f"{target} without a recording")

    # --- what is known ---

    def _value(self, name: str) -> Known | None:
        own = {"language": self.language, "identity": self.level, "jurisdiction": self.dialplan.jurisdiction}
        return self.values.get(name, own.get(name))

    def _followed(self) -> set[str]:
        """Values of which the auditor knows all that the call knows."""
        states = self.dialplan.states.values()
        told = {state.entry.into for state in states if isinstance(state, AskState) and state.entry is not None}
        for state in states:
            if isinstance(state, EnterState):
                told.update(state.forgets, state.given)
            elif isinstance(state, ReturnState):
                told.update(state.keep)
        return {*self.dialplan.values, "language", "identity", "jurisdiction"} - told

    def _left(self) -> None:
        """What a lookup's answer leaves known, once its state is left."""
        state = self.dialplan.states.get(self.state)
        answer, self.answer, self.asked = self.answer, None, None
        if not isinstance(state, LookupState) or answer is None:
            return
        found = {name: answer.get(field) for name, field in state.keep.items()}
        typed = {name: typed_value(raw, self.dialplan.values[name].type) for name, raw in found.items()}
        if any(typed[name] is None and found[name] is not None for name in found):
            return  # an answer of the wrong type is a failure
        for name, value in typed.items():
            if value is None:
                self.values.pop(name, None)
            else:
                self.values[name] = value

    def _entered(self) -> None:
        """What a state sets when it is entered."""
        state = self.dialplan.states[self.state]
        if isinstance(state, BranchState):
            for name, tree in state.sets.items():
                value = evaluate(tree, self._value) if names(tree) <= self._followed() else None
                if value is not None:
                    self.values[name] = value
