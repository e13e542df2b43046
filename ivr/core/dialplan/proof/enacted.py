"""An act, enacted: the event that it is for the interpreter now. The one table of it; a test holds that it is whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ivr.core.dialplan.expression import ValueType
from ivr.core.dialplan.parts import Entry
from ivr.core.dialplan.proof.act import EARLIER, Act, ActKind
from ivr.core.dialplan.runtime.session import Session
from ivr.core.dialplan.runtime.step_callback import CallbackStep
from ivr.core.dialplan.runtime.step_challenge import ChallengeStep
from ivr.core.dialplan.runtime.step_disclose import DiscloseStep
from ivr.core.dialplan.runtime.step_enrol import EnrolStep
from ivr.core.dialplan.runtime.step_transfer import TransferStep
from ivr.core.dialplan.states import AskState, LookupState, State, VoiceState
from ivr.core.events import Event
from ivr.core.identity.challenge import rehearsed
from ivr.core.identity.verifier import Costs
from ivr.core.orders.assist import AssistBegun
from ivr.core.orders.callback import CallbackFailed, CallbackKept
from ivr.core.orders.desk import BackInQueue, CallerConfirmed, HandedOver
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHeld, LegHungUp, LegResumed, LegRole
from ivr.core.orders.listening import RecognizerFailed, SpeechEnded, SpeechStarted, TranscriptReady
from ivr.core.orders.lookup import LookupDone, LookupFailed
from ivr.core.orders.playing import LossReported, PlayReport, PromptEnd, PromptEnded
from ivr.core.orders.queue import AgentAnswered, AgentFailed, AgentOffered, QueueFailed
from ivr.core.orders.reading import AgentSaid
from ivr.core.orders.transfer import TargetAnswered, TargetFailed
from ivr.core.orders.voice import (
    DigitsDrawn,
    VoiceEnrolled,
    VoiceNotEnrolled,
    VoiceRecorded,
    VoiceScored,
    VoiceUnscored,
)

_FULL = PlayReport("", 8000, 0, 8000, 50, 0.0)
WITHHELD = "not spoken, for a figure in it"
REPORTS: Mapping[str, tuple[PromptEnd, PlayReport | None]] = {
    "full": (PromptEnd.COMPLETED, _FULL),
    "no report": (PromptEnd.COMPLETED, None),
    "loss unknown": (PromptEnd.COMPLETED, PlayReport("", 8000, 0, 8000, 50, None)),
    "last frame missing": (PromptEnd.COMPLETED, PlayReport("", 8000, 0, 7840, 49, 0.0)),
    "a packet missing": (PromptEnd.COMPLETED, PlayReport("", 8000, 0, 8000, 49, 0.0)),
    "stream replaced": (PromptEnd.COMPLETED, PlayReport("", 8000, 0, 8000, 50, 0.0, restarted=True)),
    "silent line": (PromptEnd.COMPLETED, PlayReport("", 8000, 0, 8000, 50, None, silent=True)),
    "loss": (PromptEnd.COMPLETED, PlayReport("", 8000, 0, 8000, 50, 0.5)),
    "interrupted": (PromptEnd.INTERRUPTED, _FULL),
    "failed": (PromptEnd.FAILED, None),
    WITHHELD: (PromptEnd.WITHHELD, None),
}
"""How a prompt may end."""
TARGET_CODES: Mapping[str, int] = {"is busy": 486, "does not answer": 487, "cannot be reached": 503}
"""Engine failures are the last one: what the cell cannot dial fails with it."""
_SAMPLE: Mapping[ValueType, tuple[object, object]] = {
    ValueType.YES_NO: (True, False),
    ValueType.AMOUNT: ("1", "-1"),
    ValueType.NUMBER: ("1", "-1"),
    ValueType.DIGITS: ("1", "0"),
    ValueType.DATE: ("2000-01-01", "1999-12-31"),
    ValueType.TEXT: ("a", "b"),
}
A_VALUE, TWO_DAYS, EXAMPLE = "a value", "what may be two days", "example "


def event_of(act: Act, s: Session, state: State) -> Event | None:
    """The event that an act is now; None for the passing of time, and for what cannot happen any more."""
    return ENACTED[act.kind](act, s, state)


def sayable(s: Session, state: State) -> dict[str, str]:
    """What may be said where any words are heard: what it is, for people -> the words."""
    if isinstance(s.step, ChallengeStep):
        return {"the digits": s.step.digits, "something else": "something"}
    if not isinstance(state, AskState):
        return {"something": "something"}
    found = {f"{EXAMPLE}{choice.name}": texts[0] for choice in state.choices for texts in choice.like.values()}
    if state.entry is not None:
        found[A_VALUE] = _value_words(state.entry)
        if state.entry.type is ValueType.DATE:
            # In English a day and a month in figures; in Chinese a weekday, on that weekday.
            weekday = "周" + "一二三四五六日"[s.known.today().weekday()]
            found[TWO_DAYS] = weekday if s.known.language[:2] == "zh" else "3/4"
    return found


def _value_words(entry: Entry) -> str:
    if entry.type is ValueType.DATE:
        return "2000-01-01"
    return "1" * entry.keys.least if entry.type is ValueType.DIGITS and entry.keys is not None else "1"


_Enacted = Callable[[Act, Session, State], Event | None]


def _always(event: Event) -> _Enacted:
    return lambda act, s, state: event


def _never(act: Act, s: Session, state: State) -> None:
    """It happened earlier, or is no event."""


def _prompt(act: Act, s: Session, state: State) -> Event | None:
    return None if s.orders.prompt_id is None else PromptEnded(s.orders.prompt_id, *REPORTS[act.detail])


def _late(act: Act, s: Session, state: State) -> Event | None:
    loss = 0.5 if act.kind is ActKind.LATE_LOSS else 0.0
    return LossReported(s.step.played_id, loss) if isinstance(s.step, DiscloseStep) else None


def _heard(act: Act, s: Session, state: State) -> Event | None:
    listen_id = s.orders.listen_id
    if listen_id is None:
        return None
    if act.kind is ActKind.DEAF:
        return RecognizerFailed(listen_id, "down")
    if act.kind is ActKind.MUMBLE:
        return TranscriptReady(listen_id, "something", None, 0.0)
    if act.kind is ActKind.SAID:
        return TranscriptReady(listen_id, sayable(s, state)[act.detail], None, act.confidence)
    return TranscriptReady(listen_id, act.detail, act.detail, act.confidence)


def _answered(act: Act, s: Session, state: State) -> Event | None:
    lookup_id = s.orders.lookup_id
    if lookup_id is None or not isinstance(state, LookupState):
        return None
    if act.kind is ActKind.NO_ANSWER:
        return LookupFailed(lookup_id, "down")
    if act.detail == "nothing":
        return LookupDone(lookup_id, {})
    if act.detail == "nonsense":
        return LookupDone(lookup_id, {field: ["nonsense"] for field in state.keep.values()})
    pick = 0 if act.detail == "yes" else 1
    values = {field: _SAMPLE[s.dialplan.values[name].type][pick] for name, field in state.keep.items()}
    return LookupDone(lookup_id, values)


def _scored(act: Act, s: Session, state: State) -> Event | None:
    verify_id = s.orders.verify_id
    if verify_id is not None and isinstance(s.step, EnrolStep):
        return _enrolled(verify_id, s.step, well=act.detail == "accepted")
    if verify_id is None or not isinstance(state, VoiceState):
        return None
    if act.kind is ActKind.NO_VOICE:
        return VoiceUnscored(verify_id, "not enrolled")
    limits = state.rule.thresholds() if isinstance(state.rule, Costs) else state.rule or Costs().thresholds()
    scores = {"accepted": limits.accept, "unsure": (limits.accept + limits.reject) / 2, "rejected": limits.reject - 0.1}
    score = scores[act.detail]
    if limits.scale == "cosine":
        return VoiceScored(verify_id, score, 60.0)
    return VoiceScored(verify_id, 0.0, 60.0, score, limits)


def _enrolled(verify_id: int, step: EnrolStep, *, well: bool) -> Event:
    """A recording's end, or what came of all of them."""
    if not step.enrolling:
        return VoiceRecorded(verify_id, 60.0 if well else 0.0)
    return VoiceEnrolled(verify_id) if well else VoiceNotEnrolled(verify_id, "it will not do")


def _drawn(act: Act, s: Session, state: State) -> Event | None:
    if s.orders.draw_id is None or not isinstance(state, VoiceState):
        return None
    fresh = rehearsed(len(s.known.identity.challenges), state.challenge)
    return DigitsDrawn(s.orders.draw_id, fresh if act.detail == "new" else "")


def _targeted(act: Act, s: Session, state: State) -> Event | None:
    if not isinstance(s.step, TransferStep):
        return None
    if act.kind is ActKind.TARGET:
        return TargetAnswered(s.step.transfer_id)
    return TargetFailed(s.step.transfer_id, TARGET_CODES[act.detail])


def _kept(act: Act, s: Session, state: State) -> Event | None:
    if not isinstance(s.step, CallbackStep):
        return None
    return (CallbackKept if act.kind is ActKind.KEPT else CallbackFailed)(s.step.callback_id)


ENACTED: Mapping[ActKind, _Enacted] = {
    **dict.fromkeys((*EARLIER, ActKind.TIME), _never),
    ActKind.PROMPT: _prompt,
    ActKind.STALE_PROMPT: _always(PromptEnded(0, PromptEnd.COMPLETED, _FULL)),
    ActKind.LATE_LOSS: _late,
    ActKind.LATE_REPORT: _late,
    ActKind.KEY: lambda act, s, state: DigitPressed(act.detail),
    ActKind.SPEECH: _always(SpeechStarted(0)),
    ActKind.SILENCE: _always(SpeechEnded(0)),
    ActKind.SAID: _heard,
    ActKind.WORDS: _heard,
    ActKind.MUMBLE: _heard,
    ActKind.DEAF: _heard,
    ActKind.ANSWER: _answered,
    ActKind.NO_ANSWER: _answered,
    ActKind.VOICE: _scored,
    ActKind.NO_VOICE: _scored,
    ActKind.DRAW: _drawn,
    ActKind.OFFER: _always(AgentOffered("offer", "agent", "sip:agent@example.org")),
    ActKind.AGENT: _always(AgentAnswered("offer")),
    ActKind.AGENT_FAILS: _always(AgentFailed("offer", 486)),
    ActKind.AGENT_ENDS: _always(LegHungUp(LegRole.AGENT, 200, by_far_end=True)),
    ActKind.HAND_OVER: lambda act, s, state: HandedOver(act.detail),
    ActKind.ASSIST: lambda act, s, state: AssistBegun(act.detail),
    ActKind.AGENT_READS: lambda act, s, state: AgentSaid(
        "offer", s.known.language, act.detail, 0, 80_000, 1.0, 500, 500, 0.0
    ),
    ActKind.CONFIRM: _always(CallerConfirmed()),
    ActKind.BACK_IN_QUEUE: _always(BackInQueue()),
    ActKind.QUEUE_FAILS: _always(QueueFailed("closed")),
    ActKind.OVERFLOW: lambda act, s, state: QueueFailed("it waited too long", act.detail),
    ActKind.TARGET: _targeted,
    ActKind.TARGET_FAILS: _targeted,
    ActKind.TARGET_ENDS: _always(LegHungUp(LegRole.TARGET, 200, by_far_end=True)),
    ActKind.STALE_TARGET: _always(TargetAnswered(0)),
    ActKind.KEPT: _kept,
    ActKind.NOT_KEPT: _kept,
    ActKind.STALE_KEPT: _always(CallbackKept(0)),
    ActKind.GONE: _always(LegHungUp(LegRole.CALLER, 200, by_far_end=True)),
    ActKind.HOLD: _always(LegHeld(LegRole.CALLER)),
    ActKind.RESUME: _always(LegResumed(LegRole.CALLER)),
}
