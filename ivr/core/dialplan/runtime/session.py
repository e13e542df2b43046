"""What one call knows and has under way; the few things that every step does, in one place.

Every order that is answered later gets a fresh id here, and is forgotten here when it is no longer wanted: an answer
whose id is not the current one never reaches a step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, Self

from ivr.core.alarms import AlarmKind
from ivr.core.commands import Command
from ivr.core.dialplan.expression import Expression, Known, ValueType, evaluate, holds
from ivr.core.dialplan.hours import local_day
from ivr.core.dialplan.model import RECORDING, Dialplan, Protection, way_in
from ivr.core.dialplan.parts import Prompt, Route
from ivr.core.dialplan.runtime.render import Unspeakable, spoken
from ivr.core.events import Event
from ivr.core.foreign import currency_of
from ivr.core.identity.challenge import CHALLENGE
from ivr.core.identity.level import Level
from ivr.core.orders.calls import HangUp
from ivr.core.orders.evidence import (
    CallOutcome,
    Consent,
    ConsentAnswered,
    IdentityReached,
    LanguageChosen,
    OutcomeReached,
    RaiseAlarm,
)
from ivr.core.orders.listening import Grammar, Listen, StopListening, VoiceOf
from ivr.core.orders.playing import Clip, PlayPrompt, StopPrompt
from ivr.core.orders.recording import PauseRecording, ResumeRecording
from ivr.core.orders.voice import StopVoice

PROMPT_LIMIT_SECONDS = 300.0
"""A prompt whose end is not reported by then counts as failed: no call hangs on a lost event."""
TYPED_LIMIT = 32
"""Keys typed ahead that are kept: two account numbers."""
MISSED_KEY = "!"
"""Stands among keys typed ahead for one that may be lost: what was typed before and behind it answers nothing."""
BACK_LIMIT = 20
"""Questions remembered for the command `back`."""
HIDDEN_KEYS = "secret"
"""Why the recording pauses while a secret is keyed in."""
NO_CONSENT = "no consent"
"""Why it pauses after the caller refused to be recorded."""

CHOICE_PAUSE_SECONDS = 0.55
"""Silence that ends an answer out of a few phrases: people pause less within one, and wait for us after it."""
FREE_PAUSE_SECONDS = 0.8
"""Silence that ends free speech: people think while they speak."""
DIGITS_PAUSE_SECONDS = 1.2
"""Silence that ends a row of digits: people read them out in groups."""


@dataclass(frozen=True, slots=True)
class Said:
    """Words said ahead of a question."""

    text: str = field(repr=False)
    confidence: float
    """0..1: that the text is right."""


class Step(Protocol):
    """What the interpreter does in one state."""

    def twin(self) -> Self:
        """A copy that goes its own way."""
        ...

    def signature(self, now: float) -> tuple[object, ...]:
        """Equal for steps that go on alike."""
        ...

    def enter(self, s: Session) -> None:
        """The state is entered."""
        ...

    def receive(self, s: Session, event: Event) -> None:
        """A fact that is meant for this step."""
        ...

    def timer(self, s: Session) -> None:
        """`s.due` has come."""
        ...

    def hold(self, s: Session) -> None:
        """The caller put us on hold: nothing we play is heard."""
        ...

    def resume(self, s: Session) -> None:
        """The caller is back."""
        ...

    def leave(self, s: Session) -> None:
        """The state is left, or the call ends."""
        ...


@dataclass
class Session:
    """One call in one dialplan. Without slots: the prover copies it by the ten thousand, a dict is copied at once."""

    dialplan: Dialplan
    called: str = ""
    caller: str = field(default="", repr=False)
    """The caller's address as given by the peer; personal."""
    language: str = ""
    now: float = 0.0
    """Time of the event being handled."""
    began: float = 0.0
    """When the call was answered."""
    arrived_at: float = 0.0
    """Wall-clock time of the call's arrival, seconds since the epoch."""
    call_id: str = ""
    state: str = ""
    step: Step | None = None
    pending: str | None = None
    """State to enter next."""
    ended: bool = False
    out: list[Command] = field(default_factory=list)

    # what is known
    values: dict[str, Known] = field(default_factory=dict, repr=False)
    origin: dict[str, frozenset[str]] = field(default_factory=dict)
    """Value -> the values that it was looked up with."""
    identity: Level = Level.NONE
    bound: frozenset[str] = frozenset()
    """Values that say whose identity it is: if one changes, the identity is gone."""
    heard: dict[str, str] = field(default_factory=dict)
    """Disclosure heard and acknowledged -> its language."""
    tries: dict[str, int] = field(default_factory=dict)
    """Identify state -> attempts used in this call."""
    challenges: frozenset[str] = field(default=frozenset(), repr=False)
    """Digits that the caller was asked to say in this call: never the same ones twice."""
    trail: tuple[str, ...] = ()
    """Questions asked before, for `back`. Protected ones are not among them: their own way is the only one in."""
    served: bool = False
    talked: bool = False
    """An agent has been on the line."""

    # what is under way
    last_id: int = 0
    prompt_id: int | None = None
    listen_id: int | None = None
    lookup_id: int | None = None
    verify_id: int | None = None
    draw_id: int | None = None
    due: float | None = None
    typed: str = field(default="", repr=False)
    """Keys typed ahead, kept for the next question."""
    said: Said | None = None
    """Said ahead, kept for the next question."""
    hiding: bool = False
    """Keys pressed now are, or may still be, a secret."""
    paused: frozenset[str] = frozenset()
    """Why the recording is paused; empty while it runs."""
    consent: Consent = Consent.UNASKED
    """To being recorded."""
    held: bool = False

    def clone(self) -> Self:
        """An independent copy, for exploring what might happen."""
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.out = []
        twin.values, twin.origin = dict(self.values), dict(self.origin)
        twin.heard, twin.tries = dict(self.heard), dict(self.tries)
        if self.step is not None:
            twin.step = self.step.twin()
        return twin

    # --- orders ---

    def fresh_id(self) -> int:
        """An id that no order had before."""
        self.last_id += 1
        return self.last_id

    def play(self, clips: tuple[Clip, ...], *, disclosure: str | None = None) -> None:
        """Play clips as one prompt, in place of the one that plays."""
        self.stop_prompt()
        self.prompt_id = self.fresh_id()
        self.out.append(PlayPrompt(self.prompt_id, clips, disclosure))
        self.due = self.now + PROMPT_LIMIT_SECONDS

    def stop_prompt(self) -> None:
        """Silence; the stopped prompt's end will be stale."""
        if self.prompt_id is not None:
            self.out.append(StopPrompt(self.prompt_id))
            self.prompt_id = None

    def listen(self, grammar: Grammar, *, pause: float | None = None, voice: VoiceOf | None = None) -> None:
        """Hear speech, in place of any listening before; `pause`: seconds of silence that end it, if not the usual;
        `voice`: whose it should be."""
        self.stop_listening()
        self.listen_id = self.fresh_id()
        usual = FREE_PAUSE_SECONDS if grammar.free or not grammar.choices else CHOICE_PAUSE_SECONDS
        end_silence = usual if pause is None else pause
        self.out.append(Listen(self.listen_id, grammar, end_silence=end_silence, voice=voice))

    def stop_listening(self) -> None:
        """No longer interested in speech."""
        if self.listen_id is not None:
            self.out.append(StopListening(self.listen_id))
            self.listen_id = None

    def quiet(self) -> None:
        """Nothing plays, listens, gathers or waits any more."""
        self.stop_prompt()
        self.stop_listening()
        if self.verify_id is not None:
            self.out.append(StopVoice(self.verify_id))
        self.verify_id = self.lookup_id = self.draw_id = self.due = None

    def hide_keys(self) -> None:
        """A secret is asked for: stop the recording, drop what was typed before."""
        self.typed, self.said = "", None
        self.hiding = True
        self._pause(HIDDEN_KEYS)

    def keep_key(self, key: str) -> None:
        """A key pressed ahead, for the next question; what may belong to a secret is not kept, nor is a flood."""
        if not self.hiding and len(self.typed) < TYPED_LIMIT:
            self.typed += key

    def keep_words(self, text: str, confidence: float) -> None:
        """Words said ahead, for the next question: the last ones count."""
        if not self.hiding and text.strip():
            self.said = Said(text, confidence)

    def resume_recording(self) -> None:
        """The secret is in. `hiding` lasts until keys are wanted again: late digits of a secret are secret too."""
        self._unpause(HIDDEN_KEYS)

    def _pause(self, reason: str) -> None:
        if reason not in self.paused:
            self.paused |= {reason}
            self.out.append(PauseRecording(reason))

    def _unpause(self, reason: str) -> None:
        if reason in self.paused:
            self.paused -= {reason}
            self.out.append(ResumeRecording(reason))

    # --- consent ---

    @property
    def unrecorded(self) -> bool:
        """Whether the call goes on without a recording, as the caller refused it."""
        return NO_CONSENT in self.paused

    def answer_consent(self, granted: bool) -> None:
        """The caller agreed to be recorded, or did not. Only where the dialplan leaves it to them does that decide."""
        self.consent = Consent.GRANTED if granted else Consent.REFUSED
        if self.dialplan.recording == "consent":
            if granted:
                self._unpause(NO_CONSENT)
            else:
                self._pause(NO_CONSENT)
        self.out.append(ConsentAnswered(self.consent, self.now - self.began))

    # --- where to ---

    def go(self, state: str) -> None:
        """Enter a state next."""
        self.pending = state

    def follow(self, route: Route) -> None:
        """Enter the first state of a route whose condition holds."""
        for branch in route.branches:
            if branch.condition is None or holds(branch.condition, self.value):
                self.pending = branch.to
                return

    def judge(self, condition: Expression) -> bool:
        """Whether a condition is met now."""
        return holds(condition, self.value)

    def go_back(self, name: str) -> bool:
        """Enter the question before the one named; False when there is none.

        A dialog that was left is entered at its start: what it was given may have changed meanwhile.
        """
        trail = self.trail[:-1] if self.trail and self.trail[-1] == name else self.trail
        while trail and (to := way_in(trail[-1], name)) in self.dialplan.protect:
            trail = trail[:-1]
        if not trail:
            return False
        while trail and trail[-1].startswith(f"{to}/"):
            trail = trail[:-1]
        self.trail = trail
        self.go(to)
        return True

    def finish(self, cause: str, outcome: CallOutcome) -> None:
        """Hang up; nothing comes after."""
        self.leave_step()
        self.out.append(HangUp(cause))
        self.end(outcome)

    def end(self, outcome: CallOutcome) -> None:
        """The call is over."""
        self.ended = True
        self.pending = None
        self.out.append(OutcomeReached(outcome))

    def leave_step(self) -> None:
        """End the step that runs, whatever it does."""
        if self.step is not None:
            self.step.leave(self)
        self.quiet()

    # --- what is known ---

    def value(self, name: str) -> Known | None:
        """A value of the call, or None while it is not known."""
        if name in self.values:
            return self.values[name]
        if name == "language":
            return self.language
        if name == "identity":
            return str(self.identity)
        if name == "today":
            return self.today().isoformat()
        if name in self.dialplan.hours:
            return self.dialplan.hours[name].open_at(self.wall())
        if name == "jurisdiction":
            # Where the dialplan declares a value of this name, it has no jurisdiction of its own.
            return self.dialplan.jurisdiction
        return self.called if name == "called" else None

    def assign(self, name: str, value: Known, origin: frozenset[str] = frozenset()) -> None:
        """Know a value. An identity that rests on it is gone."""
        self.values[name] = value
        self.origin[name] = origin
        self._doubt(name)

    def forget(self, name: str) -> None:
        """Know a value no longer."""
        self.values.pop(name, None)
        self.origin.pop(name, None)
        self._doubt(name)

    def drop(self, names: Iterable[str]) -> None:
        """Secrets have served: they are gone, and an identity that they proved stays."""
        for name in names:
            self.values.pop(name, None)
            self.origin.pop(name, None)

    def refresh(self, names: Iterable[str]) -> None:
        """A dialog begins: none of its values is known. An identity that rests on one is gone."""
        for name in names:
            self.forget(name)

    def hand_back(self, inner: str, outer: str) -> None:
        """A dialog's result is known under another name, or is not known.

        An identity that rests on the result rests on that name too from here on: it is still the same person.
        """
        value = self.values.get(inner)
        if inner in self.bound:
            self.values.pop(outer, None)
            if value is not None:
                self.values[outer] = value
                self.origin[outer] = self.roots(frozenset({inner}))
            self.bound |= {outer}
        elif value is None:
            self.forget(outer)
        else:
            self.assign(outer, value, self.roots(frozenset({inner})))

    def tried(self, state: str) -> int:
        """How often a proof of identity was tried in this call, wherever its dialog was used."""
        return self.tries.get(self.dialplan.definition(state), 0)

    def try_again(self, state: str) -> int:
        """Count a try; how many there were."""
        tries = self.tries[self.dialplan.definition(state)] = self.tried(state) + 1
        return tries

    def _doubt(self, name: str) -> None:
        if name in self.bound:
            self.bound = frozenset()
            self.identity = Level.NONE
            self.out.append(IdentityReached(Level.NONE))

    def roots(self, names: frozenset[str]) -> frozenset[str]:
        """These values and all that they were looked up with."""
        return names.union(*(self.origin.get(name, frozenset()) for name in names))

    def unidentify(self) -> None:
        """Who the caller is was proved to somebody else: it counts no longer."""
        if self.identity is not Level.NONE:
            self.bound = frozenset()
            self.identity = Level.NONE
            self.out.append(IdentityReached(Level.NONE))

    def identified(self, level: Level, by: frozenset[str]) -> None:
        """The caller is who these values say."""
        if level.reaches(self.identity):
            self.identity = level
        self.bound |= self.roots(by)
        self.out.append(IdentityReached(self.identity))

    def speak(self, language: str) -> None:
        """Change the call's language: disclosures heard in another one count no longer."""
        if language != self.language:
            self.language = language
            self.said = None
            self.heard = {name: heard for name, heard in self.heard.items() if heard == language}
            self.out.append(LanguageChosen(language))

    def today(self) -> date:
        """The day it is where the line is."""
        return local_day(self.wall(), self.dialplan.zone)

    def wall(self) -> float:
        """The time on the wall, seconds since the epoch: that of the arrival, and what has passed since."""
        return self.arrived_at + self.now - self.began

    def currency_of(self, name: str) -> str | None:
        """ISO 4217 code of an amount's currency; None while the value that holds it is not known."""
        spec = self.dialplan.values.get(name)
        currency = spec.currency if spec is not None else None
        if currency is not None and currency in self.dialplan.values:
            held = self.values.get(currency)
            return currency_of(held)
        return currency

    def unheard(self, rule: Protection) -> list[str]:
        """Disclosures that a rule demands now and that were not heard; a condition that is not known demands too."""
        return [
            demand.disclosure
            for demand in rule.demands
            if self.heard.get(demand.disclosure) != self.language
            and (demand.condition is None or evaluate(demand.condition, self.value) is not False)
        ]

    def lacking(self, rule: Protection) -> list[str]:
        """What a protected state or action demands and this call has not."""
        missing = self.unheard(rule)
        if not self.identity.reaches(rule.identity):
            missing.append(f"identity {rule.identity}")
        if rule.recorded and self.unrecorded:
            missing.append(RECORDING)
        return missing

    def permitted(self, target: str) -> bool:
        """The guard: whether a state or action may happen now. If not, an alarm is raised."""
        rule = self.dialplan.protect.get(target)
        missing = self.lacking(rule) if rule is not None else []
        if missing:
            text = f"{self.dialplan.id}: '{target}' was about to happen without {', '.join(missing)}; denied"
            self.out.append(RaiseAlarm(AlarmKind.OBLIGATION, text))
        return not missing

    # --- words ---

    def clips(self, prompt: Prompt, extra: Mapping[str, str] | None = None) -> tuple[Clip, ...]:
        """The prompt in the call's language with its values filled in. Raises Unspeakable."""
        fixed = prompt.fixed.get(self.language)
        if fixed is not None:
            return fixed
        found: list[Clip] = []
        for piece in prompt.pieces[self.language]:
            clip = piece.clip
            if piece.digits and extra:
                found += [piece.digits[int(digit)] for digit in extra[CHALLENGE]]
                continue
            if piece.values:
                words = {
                    name: extra[name] if extra and name in extra else self._words(name, clip.language)
                    for name in piece.values
                }
                # At once: braces in a value's own words are words.
                clip = Clip(clip.language, clip.text.format_map(words), voice=clip.voice, dynamic=True)
            found.append(clip)
        return tuple(found)

    def _words(self, name: str, language: str) -> str:
        value = self.value(name)
        if value is None:
            raise Unspeakable(f"the value '{name}' is not known yet")
        return self.words_of(name, value, language)

    def words_of(self, name: str, value: Known, language: str) -> str:
        """A value's words, by the type that its name has. Raises Unspeakable."""
        spec = self.dialplan.values.get(name)
        if spec is None:
            kind = ValueType.DATE if name == "today" else ValueType.YES_NO if value in (True, False) else ValueType.TEXT
            return spoken(value, kind, language)
        if spec.secret:
            raise Unspeakable(f"the value '{name}' is secret")
        return spoken(value, spec.type, language, currency=self.currency_of(name))
