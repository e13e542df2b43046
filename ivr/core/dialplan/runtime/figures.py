"""Prompts that would say a figure or words which do not pass are not spoken: the call takes the dialplan's way out.

It is decided where all prompts are ordered, whatever step orders them, and before anybody hears a word of it.
"""

from __future__ import annotations

from ivr.core.alarms import AlarmKind
from ivr.core.dialplan.runtime.session import Session
from ivr.core.dialplan.spoken_figures import HeldFigures, WrongFigure
from ivr.core.dialplan.states import LookupState
from ivr.core.events import Event
from ivr.core.orders.evidence import FigureWithheld, RaiseAlarm
from ivr.core.orders.lookup import LookupDone
from ivr.core.orders.playing import PlayPrompt, PromptEnd, PromptEnded

UNREAD_RULES = WrongFigure("", "the rules of its figures were not read")


def happened(s: Session, event: Event) -> bool:
    """What a source answers is official until it answers again. True: a prompt was not spoken, the way out is taken."""
    held, state = s.dialplan.figures, s.dialplan.states.get(s.way.state)
    if held is None:
        return False
    if isinstance(event, PromptEnded) and event.end is PromptEnd.WITHHELD:
        s.way.go(held.otherwise)
        return True
    if isinstance(event, LookupDone) and isinstance(state, LookupState):
        answered = {f"{state.source}.{state.query}.{name}": value for name, value in event.values.items()}
        s.official = {**s.official, **answered}
    return False


def withhold(s: Session) -> None:
    """Take back the prompt that is ordered and may not be spoken, if there is one: the way out comes next."""
    held = s.dialplan.figures
    if held is None:
        return
    for index, order in enumerate(s.orders.out):
        wrong = _wrong(s, held, order) if isinstance(order, PlayPrompt) else None
        if wrong is None:
            continue
        finding = FigureWithheld(wrong.rule, wrong.what, s.way.state, s.orders.passed, wrong.say)
        text = f"{s.dialplan.id}: in state '{s.way.state}' a prompt was not spoken: {wrong.rule}: {wrong.what}"
        s.orders.out[index : index + 1] = [finding, RaiseAlarm(AlarmKind.FIGURE, text)]
        s.orders.prompt_id = None
        s.way.go(held.otherwise)
        return


def _wrong(s: Session, held: HeldFigures, order: PlayPrompt) -> WrongFigure | None:
    """What does not pass in what the call filled in; what is the same in every call was approved as it is."""
    for clip in order.clips:
        if not clip.dynamic:
            continue
        if held.check is None:
            return UNREAD_RULES
        found = held.check.wrong(
            clip.text,
            language=clip.language,
            state=s.way.state,
            official=s.official,
            today=s.known.today(),
        )
        if found is not None:
            return found
    return None
