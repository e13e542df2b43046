"""What a line owes its callers before it asks, hears or puts through: `line_law` as rules for its states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import assert_never

from ivr.core.dialplan.language.build import Places
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.line_law import USUAL, Before, Law, LineFact, laws_of
from ivr.core.dialplan.model import Dialplan, Disclosure, Protection
from ivr.core.dialplan.states import (
    AskState,
    BranchState,
    CallbackState,
    DiscloseForState,
    DiscloseState,
    EndState,
    EnrolState,
    EnterState,
    LookupState,
    QueueState,
    ReturnState,
    SayState,
    State,
    StepUpState,
    TransferState,
    VoicemailState,
    VoiceState,
)
from ivr.core.identity.level import Level


def line_rules(
    jurisdiction: str | None, disclosures: Mapping[str, Disclosure], states: Mapping[str, State]
) -> dict[str, Protection]:
    """State -> the disclosures of the line that must have been heard before it. What a line tells it owes, also where
    no law asks for it."""
    telling = {fact: one.name for one in disclosures.values() for fact in one.tells}
    before = USUAL | {law.fact: law.before for law in laws_of(jurisdiction)}
    found: dict[str, Protection] = {}
    for name, state in states.items():
        comes = comes_with(state)
        owed = (fact for fact in telling if before[fact] & comes and not _is_told_in(state, fact, telling))
        after = tuple(dict.fromkeys(telling[fact] for fact in owed))
        if after:
            found[name] = Protection(name, after, Level.NONE)
    return found


def _is_told_in(state: State, fact: LineFact, telling: Mapping[LineFact, str]) -> bool:
    """Whether the state itself is where callers are told: the disclosure, or the question whether to record."""
    if isinstance(state, AskState):
        return state.consent and fact is LineFact.RECORDED
    return isinstance(state, DiscloseState) and state.disclosure == telling[fact]


def comes_with(state: State) -> frozenset[Before]:
    """What happens in a state that callers must be told something before."""
    match state:
        case (
            AskState() | VoiceState() | EnrolState() | VoicemailState() | DiscloseForState() | DiscloseState(asks=True)
        ):
            return frozenset({Before.ANSWER})
        case QueueState() | TransferState():
            return frozenset({Before.TALK})
        case SayState() | DiscloseState() | LookupState() | BranchState() | CallbackState():
            return frozenset()
        case StepUpState() | EnterState() | ReturnState() | EndState():
            return frozenset()
        case _:
            assert_never(state)


def findings(dialplan: Dialplan, places: Places) -> Iterator[Finding]:
    """What the law of the line asks for and no disclosure tells, and what two tell."""
    told: dict[LineFact, str] = {}
    for name, disclosure in dialplan.disclosures.items():
        for number, fact in enumerate(disclosure.tells):
            if fact in told:
                text = f"'{told[fact]}' tells '{fact}', too: which of them must be heard?"
                yield places.at(("disclosures", name, "tells", number)).finding(
                    "D242", text, "Let one of them tell it."
                )
            told.setdefault(fact, name)
    for law in laws_of(dialplan.jurisdiction):
        if law.fact not in told and _is_owed(law, dialplan):
            text = f"in {law.jurisdiction} callers are told '{law.fact}' first ({law.source}; check with counsel)."
            hint = f"Add disclosures: {{line: {{tells: [{law.fact}], say: …, otherwise: …}}}}, and start: with it."
            yield places.at(("jurisdiction",)).finding("D240", text, hint)


def _is_owed(law: Law, dialplan: Dialplan) -> bool:
    """Whether this line comes to what the law speaks of. Rules over words have a check of their own (R114)."""
    if law.fact is LineFact.RECORDED and dialplan.recording == "consent":
        return False  # the question tells it
    return any(comes_with(state) & law.before for state in dialplan.states.values())
