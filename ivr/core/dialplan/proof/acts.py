"""Everything that can happen to a call at one moment, as the prover tries it."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.core.commands import Command
from ivr.core.dialplan.expression import ValueType
from ivr.core.dialplan.flow import says_values
from ivr.core.dialplan.proof.act import Act, ActKind
from ivr.core.dialplan.proof.enacted import WITHHELD, sayable
from ivr.core.dialplan.proof.kinds import Trial, trial_of
from ivr.core.dialplan.runtime.session import Session
from ivr.core.dialplan.runtime.step_ask import AskStep
from ivr.core.dialplan.runtime.step_disclose import DiscloseStep
from ivr.core.dialplan.states import AskState, State
from ivr.core.orders.listening import Listen


def acts(s: Session, state: State, listen: Listen | None) -> Iterator[Act]:
    """What can happen now."""
    trial = trial_of(state)
    if s.orders.due is not None:
        yield Act(ActKind.TIME)
    yield Act(ActKind.RESUME if s.held else ActKind.HOLD)
    if s.orders.prompt_id is not None:
        for report in trial.reports:
            yield Act(ActKind.PROMPT, report)
        # What a caller said is read back where something is asked: that is filled in, too.
        if s.dialplan.figures is not None and (trial.asks or says_values(state)):
            yield Act(ActKind.PROMPT, WITHHELD)
    elif s.orders.last_id:
        yield Act(ActKind.STALE_PROMPT)
    # Keys typed ahead are gone through one by one: a longer row of them leads nowhere that two do not.
    if len(s.ahead.typed) < (1 if trial.keeps else 2) and s.ahead.said is None:
        for key in _keys(s, state, trial):
            yield Act(ActKind.KEY, key)
    if s.orders.listen_id is not None and listen is not None:
        yield from _hearing(s, state, listen, trial)
    yield from _answers(s)
    if isinstance(s.step, DiscloseStep) and s.step.played_id:
        yield Act(ActKind.LATE_LOSS)
        yield Act(ActKind.LATE_REPORT)
    yield from trial.own


def _answers(s: Session) -> Iterator[Act]:
    """To what was ordered and is awaited."""
    if s.orders.lookup_id is not None:
        for answer in ("yes", "no", "nothing", "nonsense"):
            yield Act(ActKind.ANSWER, answer)
        yield Act(ActKind.NO_ANSWER)
    if s.orders.verify_id is not None:
        for verdict in ("accepted", "unsure", "rejected"):
            yield Act(ActKind.VOICE, verdict)
        yield Act(ActKind.NO_VOICE)
    if s.orders.draw_id is not None:
        yield Act(ActKind.DRAW, "new")
        yield Act(ActKind.DRAW, "unusable")


def _keys(s: Session, state: State, trial: Trial) -> list[str]:
    """One key for each meaning, and one that has none.

    A key is meant for the question that is open, and for that alone; what is not asked takes any key for the same.
    """
    step = s.step
    if s.held:
        return ["1"]
    if trial.presses is not None:
        return [next(key for key in "*#1" if key != trial.presses), trial.presses]
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


def _hearing(s: Session, state: State, listen: Listen, trial: Trial) -> Iterator[Act]:
    for kind in (ActKind.SPEECH, ActKind.SILENCE, ActKind.MUMBLE, ActKind.DEAF):
        yield Act(kind)
    if trial.keeps:
        if s.ahead.said is None and not s.ahead.typed:
            yield Act(ActKind.SAID, "something")
        return
    # How surely it was understood matters to a question alone.
    for confidence in confidences(s) if trial.asks else (1.0,):
        # What is hardly understood is none of them.
        names = list(listen.grammar.choices)
        for name in names if confidence else names[:1]:
            yield Act(ActKind.WORDS, name, confidence)
        for what in sayable(s, state) if listen.grammar.free else ():
            yield Act(ActKind.SAID, what, confidence)


def confidences(s: Session) -> tuple[float, float, float]:
    """One in each band."""
    bands = s.dialplan.bands
    return (1.0, (bands.accept + bands.confirm) / 2, 0.0)


def listening(orders: list[Command], before: Listen | None) -> Listen | None:
    """The listening that stands after these orders."""
    for order in orders:
        if isinstance(order, Listen):
            before = order
    return before
