"""Everything that can happen to a call at one moment, as the prover tries it: each act is words and an event.

An act names its order by role ('the prompt that plays'), not by id, so that a found story can be told, and played
again on a real call.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ivr.core.commands import Command
from ivr.core.dialplan.expression import Known, ValueType
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.parts import Entry
from ivr.core.dialplan.runtime.session import Session
from ivr.core.dialplan.runtime.step_ask import AskStep
from ivr.core.dialplan.runtime.step_callback import CallbackStep
from ivr.core.dialplan.runtime.step_challenge import ChallengeStep
from ivr.core.dialplan.runtime.step_disclose import DiscloseStep
from ivr.core.dialplan.runtime.step_transfer import TransferStep
from ivr.core.dialplan.states import (
    AskState,
    CallbackState,
    LookupState,
    QueueState,
    SayState,
    State,
    TransferState,
    VoicemailState,
    VoiceState,
)
from ivr.core.events import Event
from ivr.core.identity.challenge import rehearsed
from ivr.core.orders.callback import CallbackFailed, CallbackKept
from ivr.core.orders.desk import BackInQueue, HandedOver
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHeld, LegHungUp, LegResumed, LegRole
from ivr.core.orders.listening import Listen, RecognizerFailed, SpeechEnded, SpeechStarted, TranscriptReady
from ivr.core.orders.lookup import LookupDone, LookupFailed
from ivr.core.orders.playing import LossReported, PlayReport, PromptEnd, PromptEnded
from ivr.core.orders.queue import AgentAnswered, AgentFailed, AgentOffered, QueueFailed
from ivr.core.orders.transfer import TargetAnswered, TargetFailed
from ivr.core.orders.voice import DigitsDrawn, VoiceScored, VoiceUnscored

_FULL = PlayReport("", 8000, 0, 8000, 50, 0.0)
_REPORTS: dict[str, tuple[PromptEnd, PlayReport | None]] = {
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
}
_SAMPLE: dict[ValueType, tuple[object, object]] = {
    ValueType.YES_NO: (True, False),
    ValueType.AMOUNT: ("1", "-1"),
    ValueType.NUMBER: ("1", "-1"),
    ValueType.DIGITS: ("1", "0"),
    ValueType.DATE: ("2000-01-01", "1999-12-31"),
    ValueType.TEXT: ("a", "b"),
}
KNOWN: dict[ValueType, Known] = {ValueType.TEXT: "EUR", ValueType.DIGITS: "1000", ValueType.DATE: "2000-01-01"}
"""A value of each type, for states that are explored with all values known; digits that are a telephone number too."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that happens."""

    kind: str
    detail: str = ""
    confidence: float = 1.0

    def __str__(self) -> str:
        return _WORDS[self.kind].format(detail=self.detail, surely=_surely(self.confidence))


EARLIER = frozenset({"ahead", "said ahead", "spent", "back"})
"""Acts that happened before the state was entered."""
_WORDS = {
    "spent": "all attempts were used before",
    "back": "which leads back to a question asked earlier in the call",
    "ahead": "{detail} was typed ahead",
    "said ahead": "'{detail}' was said ahead{surely}",
    "time": "time passes",
    "prompt": "the prompt ends ({detail})",
    "stale prompt": "the end of an earlier prompt is reported late",
    "late loss": "the far end reports late that it lost much of the warning",
    "late report": "the far end reports late that it lost nothing",
    "key": "the caller presses {detail}",
    "speech": "the caller begins to speak",
    "silence": "the caller stops speaking",
    "said": "the caller says {detail}{surely}",
    "words": "the caller says '{detail}'{surely}",
    "mumble": "the caller says something else",
    "deaf": "speech recognition fails",
    "answer": "the data source answers {detail}",
    "no answer": "the data source fails",
    "voice": "the voice is {detail}",
    "no voice": "the voice cannot be scored",
    "draw": "{detail} digits are drawn",
    "offer": "an agent's phone rings",
    "agent": "the agent answers",
    "agent fails": "the agent's phone fails",
    "agent ends": "the agent hangs up",
    "hand over": "the agent hands the caller over to {detail}",
    "back in queue": "a colleague to whom the agent passed the caller does not answer",
    "queue fails": "no agent will come",
    "target": "the target of the transfer answers",
    "target fails": "the target of the transfer {detail}",
    "target ends": "the target of the transfer hangs up",
    "stale target": "the target of an earlier transfer answers late",
    "kept": "the callback request is kept",
    "not kept": "the callback request cannot be kept",
    "stale kept": "an earlier callback request is reported kept late",
    "gone": "the caller hangs up",
    "hold": "the caller holds the line",
    "resume": "the caller is back",
}


def _surely(confidence: float) -> str:
    return "" if confidence >= 1 else " (unsurely)" if confidence >= 0.1 else " (hardly understood)"


def acts(s: Session, state: State, listen: Listen | None) -> Iterator[Act]:
    """What can happen now."""
    if s.orders.due is not None:
        yield Act("time")
    yield Act("resume" if s.held else "hold")
    if s.orders.prompt_id is not None:
        # How much of it was heard matters to a warning alone.
        for report in _REPORTS if isinstance(s.step, DiscloseStep) else ("full", "failed"):
            yield Act("prompt", report)
    elif s.orders.last_id:
        yield Act("stale prompt")
    # Keys typed ahead are gone through one by one: a longer row of them leads nowhere that two do not. Where nothing
    # is asked they are only kept: the next question is explored with each of them.
    if len(s.ahead.typed) < (1 if isinstance(state, SayState) else 2) and s.ahead.said is None:
        for key in _keys(s, state):
            yield Act("key", key)
    if s.orders.listen_id is not None and listen is not None:
        yield from _hearing(s, state, listen)
    if s.orders.lookup_id is not None:
        for answer in ("yes", "no", "nothing", "nonsense"):
            yield Act("answer", answer)
        yield Act("no answer")
    if s.orders.verify_id is not None:
        for verdict in ("accepted", "unsure", "rejected"):
            yield Act("voice", verdict)
        yield Act("no voice")
    if s.orders.draw_id is not None:
        yield Act("draw", "new")
        yield Act("draw", "unusable")
    if isinstance(s.step, DiscloseStep) and s.step.played_id:
        yield Act("late loss")
        yield Act("late report")
    if isinstance(state, QueueState):
        for kind in ("offer", "agent", "agent fails", "agent ends", "back in queue", "queue fails", "gone"):
            yield Act(kind)
        for keys in state.hand_over:
            yield Act("hand over", keys)
    if isinstance(state, TransferState):
        for detail in _TARGET_CODES:
            yield Act("target fails", detail)
        for kind in ("target", "target ends", "stale target", "gone"):
            yield Act(kind)
    if isinstance(s.step, CallbackStep):
        for kind in ("kept", "not kept", "stale kept"):
            yield Act(kind)
    if isinstance(state, VoicemailState | CallbackState):
        yield Act("gone")


def _keys(s: Session, state: State) -> list[str]:
    """One key for each meaning, and one that has none.

    A key is meant for the question that is open, and for that alone; what is not asked takes any key for the same.
    """
    step = s.step
    if s.held:
        return ["1"]
    if isinstance(state, QueueState) and state.press is not None:
        return [next(key for key in "*#1" if key != state.press), state.press]
    if not isinstance(step, AskStep | DiscloseStep):
        return ["*", "#", "1"]
    entry = state.entry if isinstance(state, AskState) else None
    collected = step.collected if isinstance(step, AskStep) else None
    known = list(step.presses)
    if entry is not None and entry.keys is not None and collected is not None:
        known += [key for key in (entry.keys.terminator, entry.keys.point) if key is not None]
        # Of the digits of a day only those matter that make one: any other day is as good, and no day none.
        known.append(_DAY_KEYS[collected] if entry.type is ValueType.DATE else "1")
    meaningless = next(key for key in "*#D" if key not in known)
    return list(dict.fromkeys([meaningless, *known]))


_DAY_KEYS = "20000101"
A_VALUE, TWO_DAYS, EXAMPLE = "a value", "what may be two days", "example "


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


def _hearing(s: Session, state: State, listen: Listen) -> Iterator[Act]:
    yield Act("speech")
    yield Act("silence")
    yield Act("mumble")
    yield Act("deaf")
    if isinstance(state, SayState):
        # Kept for the next question, which is explored with words said ahead and with keys typed ahead.
        if s.ahead.said is None and not s.ahead.typed:
            yield Act("said", "something")
        return
    for confidence in confidences(s):
        # What is hardly understood is none of them.
        names = list(listen.grammar.choices)
        for name in names if confidence else names[:1]:
            yield Act("words", name, confidence)
        for what in sayable(s, state) if listen.grammar.free else ():
            yield Act("said", what, confidence)


def confidences(s: Session) -> tuple[float, float, float]:
    """One in each band."""
    bands = s.dialplan.bands
    return (1.0, (bands.accept + bands.confirm) / 2, 0.0)


def event_of(act: Act, s: Session, state: State) -> Event | None:
    """The event that an act is now; None for the passing of time, and for what cannot happen any more."""
    if act.kind == "key":
        return DigitPressed(act.detail)
    if act.kind == "prompt" and s.orders.prompt_id is not None:
        return PromptEnded(s.orders.prompt_id, *_REPORTS[act.detail])
    if act.kind == "stale prompt":
        return PromptEnded(0, PromptEnd.COMPLETED, _FULL)
    if act.kind in ("speech", "silence"):
        return SpeechStarted(0) if act.kind == "speech" else SpeechEnded(0)
    if s.orders.listen_id is not None and act.kind == "said":
        return TranscriptReady(s.orders.listen_id, sayable(s, state)[act.detail], None, act.confidence)
    if s.orders.listen_id is not None and act.kind in ("words", "mumble", "deaf"):
        return _heard(act, s.orders.listen_id)
    if s.orders.lookup_id is not None and act.kind in ("answer", "no answer"):
        return _answered(act, s.orders.lookup_id, state, s.dialplan)
    if s.orders.verify_id is not None and act.kind in ("voice", "no voice"):
        return _scored(act, s.orders.verify_id, state)
    if s.orders.draw_id is not None and act.kind == "draw":
        assert isinstance(state, VoiceState)
        fresh = rehearsed(len(s.known.identity.challenges), state.challenge)
        return DigitsDrawn(s.orders.draw_id, fresh if act.detail == "new" else "")
    if isinstance(s.step, CallbackStep) and act.kind in ("kept", "not kept"):
        number = s.step.callback_id
        return CallbackKept(number) if act.kind == "kept" else CallbackFailed(number)
    if isinstance(s.step, TransferStep) and act.kind in ("target", "target fails"):
        return _targeted(act, s.step.transfer_id)
    if act.kind == "hand over":
        return HandedOver(act.detail)
    if isinstance(s.step, DiscloseStep) and act.kind in ("late loss", "late report"):
        return LossReported(s.step.played_id, 0.5 if act.kind == "late loss" else 0.0)
    return _PLAIN.get(act.kind)


_TARGET_CODES = {"is busy": 486, "does not answer": 487, "cannot be reached": 503}
"""Engine failures are the last one: what the cell cannot dial fails with it."""
_PLAIN: dict[str, Event] = {
    "offer": AgentOffered("offer", "agent", "sip:agent@example.org"),
    "agent": AgentAnswered("offer"),
    "agent fails": AgentFailed("offer", 486),
    "agent ends": LegHungUp(LegRole.AGENT, 200, by_far_end=True),
    "back in queue": BackInQueue(),
    "queue fails": QueueFailed("closed"),
    "target ends": LegHungUp(LegRole.TARGET, 200, by_far_end=True),
    "stale target": TargetAnswered(0),
    "stale kept": CallbackKept(0),
    "gone": LegHungUp(LegRole.CALLER, 200, by_far_end=True),
    "hold": LegHeld(LegRole.CALLER),
    "resume": LegResumed(LegRole.CALLER),
}


def _targeted(act: Act, transfer_id: int) -> Event:
    if act.kind == "target":
        return TargetAnswered(transfer_id)
    return TargetFailed(transfer_id, _TARGET_CODES[act.detail])


def _heard(act: Act, listen_id: int) -> Event:
    if act.kind == "deaf":
        return RecognizerFailed(listen_id, "down")
    if act.kind == "mumble":
        return TranscriptReady(listen_id, "something", None, 0.0)
    return TranscriptReady(listen_id, act.detail, act.detail, act.confidence)


def _answered(act: Act, lookup_id: int, state: State, dialplan: Dialplan) -> Event:
    assert isinstance(state, LookupState)
    if act.kind == "no answer":
        return LookupFailed(lookup_id, "down")
    if act.detail == "nothing":
        return LookupDone(lookup_id, {})
    if act.detail == "nonsense":
        return LookupDone(lookup_id, {field: ["nonsense"] for field in state.keep.values()})
    pick = 0 if act.detail == "yes" else 1
    values = {field: _SAMPLE[dialplan.values[name].type][pick] for name, field in state.keep.items()}
    return LookupDone(lookup_id, values)


def _scored(act: Act, verify_id: int, state: State) -> Event:
    assert isinstance(state, VoiceState)
    if act.kind == "no voice":
        return VoiceUnscored(verify_id, "not enrolled")
    limits = state.thresholds
    scores = {"accepted": limits.accept, "unsure": (limits.accept + limits.reject) / 2, "rejected": limits.reject - 0.1}
    return VoiceScored(verify_id, scores[act.detail], 60.0)


def listening(orders: list[Command], before: Listen | None) -> Listen | None:
    """The listening that stands after these orders."""
    for order in orders:
        if isinstance(order, Listen):
            before = order
    return before
