"""What is allowed in a dialplan and yet unwise: `ivr check` warns of it, and serves.

Of identity: a voice can be a recording of one where what is to be said is known beforehand; and an
answer that depends on an account number before anything is proved tells strangers which accounts there are.
"""

from __future__ import annotations

from collections.abc import Iterator

from ivr.core.dialplan.expression import names
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.parts import Route
from ivr.core.dialplan.states import AskState, BranchState, LookupState, VoiceState
from ivr.core.identity.level import Level

_SURE = (Level.STRONG, Level.HIGH)


def concerns(dialplan: Dialplan) -> list[Finding]:
    """Every concern, in the order of the file."""
    return sorted({*_recorded(dialplan), *_revealing(dialplan)})


def _recorded(dialplan: Dialplan) -> Iterator[Finding]:
    for state in dialplan.states.values():
        if isinstance(state, VoiceState) and state.identify in _SURE and not state.challenge:
            text = "whatever the caller says is taken: a recording of the customer proves as much as the customer."
            hint = "Have digits said that no recording holds: challenge: 8, and {challenge} in ask and retry."
            yield _finding(dialplan, state.name, "D303", text, hint)


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
                dialplan, state.name, "D302",
                f"'{action}' tells a stranger whether what they keyed in exists: nothing is proved yet.",
                f"Ask for a secret with it, or demand a proof: protect: {{{action}: {{identity: basic}}}}.",
            )  # fmt: skip


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


def _finding(dialplan: Dialplan, state: str, code: str, message: str, hint: str) -> Finding:
    file, _, line = dialplan.places.get((state,), f"{dialplan.source}:1").rpartition(":")
    return Finding(file, int(line), 1, code, message, hint)
