"""What is allowed in a dialplan and yet unwise: `ivr check` warns of it, and serves.

Of identity: a voice can be a recording of one where what is to be said is known beforehand; and an
answer that depends on an account number before anything is proved tells strangers which accounts there are. Of what
callers are told: a warning that an agent may read and never gets to; a jurisdiction of which nothing is known. Of
what is heard badly: a denial in Chinese that sounds like its opposite, and Chinese digits (docs/speech.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ivr.core.dialplan.expression import ValueType, names
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.line_law import KNOWN
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.parts import Route
from ivr.core.dialplan.states import (
    AskState,
    BranchState,
    DiscloseForState,
    DiscloseState,
    LookupState,
    QueueState,
    VoiceState,
)
from ivr.core.identity.level import Level
from ivr.core.signs import folded
from ivr.core.speech.fillers import base

_SURE = (Level.STRONG, Level.HIGH)
_TOLD_TO_DENY = re.compile("说(?:不对|不是)(?!的)")
_TOLD_TO_KEY = re.compile("按键|键盘")


def concerns(dialplan: Dialplan) -> list[Finding]:
    """Every concern, in the order of the file."""
    found = (_recorded, _revealing, _unreadable, _lawless, _denied, _digits)
    return sorted({one for each in found for one in each(dialplan)})


def _recorded(dialplan: Dialplan) -> Iterator[Finding]:
    for state in dialplan.states.values():
        if isinstance(state, VoiceState) and state.identify in _SURE and not state.challenge:
            text = "whatever the caller says is taken: a recording of the customer proves as much as the customer."
            hint = "Have digits said that no recording holds: challenge: 8, and {challenge} in ask and retry."
            yield _finding(dialplan, (state.name,), "D303", text, hint)


def _revealing(dialplan: Dialplan) -> Iterator[Finding]:
    keyed = {state.entry.into for state in dialplan.states.values() if isinstance(state, AskState) and state.entry}
    for state in dialplan.states.values():
        if not isinstance(state, LookupState) or not keyed & set(state.given.values()):
            continue
        action = f"{state.source}.{state.query}"
        secret = any(dialplan.values[name].secret for name in state.given.values() if name in dialplan.values)
        if secret or _proved(dialplan, state.name) or _proved(dialplan, action):
            continue
        if set(state.keep) & _decisive(dialplan, state):
            yield _finding(
                dialplan, (state.name,), "D302",
                f"'{action}' tells a stranger whether what they keyed in exists: nothing is proved yet.",
                f"Ask for a secret with it, or demand a proof: protect: {{{action}: {{identity: basic}}}}.",
            )  # fmt: skip


def _unreadable(dialplan: Dialplan) -> Iterator[Finding]:
    """What an agent reads is followed only where the line can then have it acknowledged, while they stay."""
    queues = (state for state in dialplan.states.values() if isinstance(state, QueueState))
    played: set[str] = set()
    for place in (dialplan.states[target] for state in queues for target in state.assist.values()):
        if isinstance(place, DiscloseState):
            played.add(place.disclosure)
        elif isinstance(place, DiscloseForState):
            played |= {one.disclosure for one in dialplan.protect[place.target].demands}
    for name, one in dialplan.disclosures.items():
        if one.agent_may_read and name not in played:
            yield _finding(
                dialplan, ("", "disclosures", name, "agent_may_read"), "D304",
                f"an agent may read '{name}', and no 'assist:' leads to it: no reading of it ever counts.",
                f"Let the queue's state lead there: assist: {{1: STATE}}, with STATE: {{disclose: {name}, go: …}}; or"
                " take agent_may_read away.",
            )  # fmt: skip


def _lawless(dialplan: Dialplan) -> Iterator[Finding]:
    law = dialplan.jurisdiction
    if law is not None and law not in KNOWN:
        text = (
            f"what the law of '{law}' asks a line to tell its callers is not known here, so nothing of it is demanded."
        )
        known = (
            f"Known are {', '.join(KNOWN)}. Have counsel say what a disclosure of the line tells: [machine, …] there."
        )
        hint = f"Did you mean '{law.upper()}'?" if law.upper() in KNOWN else known
        yield _finding(dialplan, ("", "jurisdiction"), "D305", text, hint)


def _denied(dialplan: Dialplan) -> Iterator[Finding]:
    for state in dialplan.states.values():
        if isinstance(state, AskState) and _TOLD_TO_DENY.search(_in_chinese(state)):
            text = "不对 and 不是 are heard badly in Chinese, at times as the yes that they hold."
            hint = "Let the Chinese question name the key alone (不是请按2), or a word of another sound: 取消."
            yield _finding(dialplan, (state.name,), "D306", text, hint)


def _digits(dialplan: Dialplan) -> Iterator[Finding]:
    if not any(base(language) == "zh" for language in dialplan.languages):
        return
    for state in dialplan.states.values():
        entry = state.entry if isinstance(state, AskState) else None
        if not (isinstance(state, AskState) and entry and entry.type is ValueType.DIGITS and entry.spoken):
            continue
        if not _TOLD_TO_KEY.search(_in_chinese(state)):
            text = "digits that are said in Chinese are heard badly: of rows of four about half are right."
            hint = "Let the Chinese question ask for the keypad (请按键输入); in other languages they may be said."
            yield _finding(dialplan, (state.name,), "D307", text, hint)


def _in_chinese(state: AskState) -> str:
    """The words of a question in Chinese, in simplified signs."""
    found = (piece for language, pieces in state.ask.pieces.items() if base(language) == "zh" for piece in pieces)
    return folded("".join(piece.clip.text for piece in found))


def _proved(dialplan: Dialplan, target: str) -> bool:
    rule = dialplan.protect.get(target)
    return rule is not None and rule.identity is not Level.NONE


def _decisive(dialplan: Dialplan, state: LookupState) -> set[str]:
    """Values that decide how the call goes on."""
    found = set() if state.passed is None else set(names(state.passed))
    branches = [other.go for other in dialplan.states.values() if isinstance(other, BranchState)]
    for route in (state.go, *branches):
        found |= _read(route)
    return found


def _read(route: Route) -> set[str]:
    return {name for branch in route.branches if branch.condition is not None for name in names(branch.condition)}


def _finding(dialplan: Dialplan, place: tuple[str, ...], code: str, message: str, hint: str) -> Finding:
    file, _, line = dialplan.places.get(place, f"{dialplan.source}:1").rpartition(":")
    return Finding(file, int(line), 1, code, message, hint)
