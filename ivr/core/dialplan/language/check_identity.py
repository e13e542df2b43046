"""What is wrong with an identity policy, and with the states that prove its factors or demand its levels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ivr.core.dialplan.expression import ValueType
from ivr.core.dialplan.language.build import Places
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.language.likeness import meant
from ivr.core.dialplan.language.source import Path
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.states import EnrolState, LookupState, QueueState, State, StepUpState, VoiceState
from ivr.core.identity.level import Level
from ivr.core.identity.policy import NEVER_ALONE, Combination, Means, Policy
from ivr.core.identity.risk import Risk

_POLICY: Final = "identity"
_BY: Final = {LookupState: Means.KEYS, VoiceState: Means.VOICE, QueueState: Means.AGENT}


def findings(dialplan: Dialplan, places: Places) -> Iterator[Finding]:
    """All of it."""
    policy = dialplan.policy
    if not policy.is_plain:
        yield from _hints(dialplan, places)
        yield from _told(dialplan, places)
        yield from _combinations(policy, places)
        yield from _demands(dialplan, places)
    else:
        yield from _voice_alone(dialplan, places)
    for state in dialplan.states.values():
        match state:
            case LookupState(identify=str(factor)) | VoiceState(identify=factor):
                yield from _proof(state, factor, policy, places)
            case QueueState(confirms=str(factor)):
                yield from _proof(state, factor, policy, places, key="confirms")
                yield from _whose(state, dialplan, places)
            case StepUpState():
                yield from _step_up(state, dialplan, places)
            case EnrolState():
                yield from _enrolment(state, dialplan, places)
            case _:
                pass


def _hints(dialplan: Dialplan, places: Places) -> Iterator[Finding]:
    """A number that the network vouches for is compared with a value; what an agent says outlasts their own talk."""
    for name, factor in dialplan.policy.factors.items():
        path: Path = (_POLICY, "factors", name)
        if factor.means is Means.AGENT and not factor.after_transfer:
            text = f"what an agent confirms as '{name}' would end with their talk."
            yield places.at(path, key=True).finding("D192", text, "Write after_transfer: keep.")
        by_network = factor.means is Means.NETWORK
        if by_network != bool(factor.number):
            hint = "Write number: and the value that holds the customer's number, with by: network only."
            yield places.at(path, key=True).finding("D192", "a number is what the network vouches for.", hint)
        elif by_network:
            spec = dialplan.values.get(factor.number)
            if spec is None or spec.secret or spec.type not in (ValueType.DIGITS, ValueType.TEXT):
                text = f"'{factor.number}' is no value that holds a number."
                hint = meant(factor.number, dialplan.values, f"Declare it: values: {{{factor.number}: digits}}.")
                yield places.at((*path, "number")).finding("D192", text, hint)


def _told(dialplan: Dialplan, places: Places) -> Iterator[Finding]:
    """Where combinations ask for a low risk, something tells it."""
    if not dialplan.risk and any(row.risk is not Risk.HIGH for row in dialplan.policy.combinations):
        text = "nothing tells the risk, so no combination that asks for a lower one ever counts."
        hint = "Add risk: {signals: {withheld: 30, failures: {from: 3, points: 60}}}."
        yield places.at((_POLICY, "levels"), key=True).finding("D198", text, hint)


def _combinations(policy: Policy, places: Places) -> Iterator[Finding]:
    """Factors exist, none is left unused, and what can be copied or forged never stands alone."""
    number = dict.fromkeys(Level, 0)
    for row in policy.combinations:
        path: Path = (_POLICY, "levels", str(row.level), number[row.level])
        number[row.level] += 1
        unknown = [name for name in row.factors if name not in policy.factors]
        for name in unknown:
            hint = meant(name, policy.factors, "Write it under factors:.")
            yield places.at((*path, "factors")).finding("D193", f"no factor is named '{name}'.", hint)
        if not unknown:
            yield from _alone(row, path, policy, places)
    used = {name for row in policy.combinations for name in row.factors}
    for name in policy.factors:
        if name not in used:
            hint = "Use it under levels:, or delete it."
            mark = places.at((_POLICY, "factors", name), key=True)
            yield mark.finding("D193", f"the factor '{name}' counts for no level.", hint)


def _alone(row: Combination, path: Path, policy: Policy, places: Places) -> Iterator[Finding]:
    means = {policy.factors[name].means for name in row.factors}
    if means == {Means.NETWORK}:
        text = f"a number alone would make the caller '{row.level}', and numbers can be forged."
        yield places.at(path).finding("D194", text, "It is a hint: name another factor beside it.")
    elif row.level.reaches(Level.STRONG) and means <= NEVER_ALONE:
        text = f"a voice alone would make the caller '{row.level}', and voices can be copied."
        yield places.at(path).finding("D194", text, "Name a factor beside it that is keyed in.")


def _voice_alone(dialplan: Dialplan, places: Places) -> Iterator[Finding]:
    """The same where each proof is a level: something that no voice alone comes to is demanded before a voice."""
    voices = {
        state.name: Level(state.identify)
        for state in dialplan.states.values()
        if isinstance(state, VoiceState) and state.identify in dialplan.policy.factors
    }
    demanded = {name: rule.identity for name in voices if (rule := dialplan.protect.get(name)) is not None}
    first = [voices[name] for name in voices if demanded.get(name, Level.NONE) is Level.NONE]
    for name, level in voices.items():
        before = demanded.get(name, Level.NONE)
        if level.reaches(Level.STRONG) and (before is Level.NONE or any(one.reaches(before) for one in first)):
            text = f"a voice alone would make the caller '{level}', and voices can be copied."
            hint = f"Prove something that is keyed in first, and demand it: protect: {{{name}: {{identity: basic}}}}."
            yield places.at(("states", name, "identify")).finding("D194", text, hint)


def _demands(dialplan: Dialplan, places: Places) -> Iterator[Finding]:
    """Rules demand levels that the policy can come to."""
    possible = {row.level for row in dialplan.policy.combinations}
    for target, rule in dialplan.protect.items():
        if rule.identity is not Level.NONE and not any(level.reaches(rule.identity) for level in possible):
            text = f"the policy '{dialplan.policy.name}' comes to no level '{rule.identity}'."
            yield places.at(("protect", target, "identity")).finding("D195", text, "Add it under identity: levels:.")


def _proof(state: State, factor: str, policy: Policy, places: Places, *, key: str = "identify") -> Iterator[Finding]:
    """A state proves a factor of the policy, by the means that the policy says."""
    mark = places.at(("states", state.name, key))
    if factor not in policy.factors:
        known = "Levels without a policy: basic, strong, high." if policy.is_plain else "Write it under factors:."
        what = "level" if policy.is_plain else "factor of the policy"
        yield mark.finding("D196", f"'{factor}' is no {what}.", meant(factor, policy.factors, known))
    elif not policy.is_plain and policy.factors[factor].means is not _BY[type(state)]:
        text = f"'{factor}' is proved by: {policy.factors[factor].means}, says the policy."
        yield mark.finding("D196", text, "Let the state and the policy say the same.")


def _enrolment(state: EnrolState, dialplan: Dialplan, places: Places) -> Iterator[Finding]:
    """A voice is enrolled of somebody who is surely known, and who agreed to it in words that were played."""
    rule = dialplan.protect.get(state.name)
    agreed = rule is not None and any(demand.condition is None for demand in rule.demands)
    if rule is None or not agreed or not rule.identity.reaches(Level.STRONG):
        text = "a voice would be enrolled without consent, or of somebody who is not surely known."
        hint = f"Demand both: protect: {{{state.name}: {{after: [voice_consent], identity: strong}}}}."
        yield places.at(("states", state.name, "enrol_voice")).finding("D199", text, hint)


def _whose(state: QueueState, dialplan: Dialplan, places: Places) -> Iterator[Finding]:
    """Whom an agent may know is said by a value that can be told."""
    spec = dialplan.values.get(state.customer or "")
    if state.customer is not None and (spec is None or spec.secret):
        hint = meant(state.customer, dialplan.values, f"Declare it: values: {{{state.customer}: digits}}.")
        text = f"'{state.customer}' is no value that says who a caller is."
        yield places.at(("states", state.name, "customer")).finding("D192", text, hint)


def _step_up(state: StepUpState, dialplan: Dialplan, places: Places) -> Iterator[Finding]:
    """What it asks for are factors, and states that prove them; and something it asks for leads to its level."""
    path: Path = ("states", state.name, "proofs")
    policy = dialplan.policy
    if policy.is_plain:
        mark = places.at(("states", state.name, "by"))
        yield mark.finding("D197", "this dialplan has no policy.", "Write one under identity:, or include one.")
        return
    for factor in state.proofs:
        if factor not in policy.factors:
            hint = meant(factor, policy.factors, "Write it under identity: factors:.")
            yield places.at((*path, factor), key=True).finding("D197", f"no factor is named '{factor}'.", hint)
        elif policy.factors[factor].means is Means.NETWORK:
            text = f"'{factor}' is the network's word: nobody is asked for it."
            yield places.at((*path, factor), key=True).finding("D197", text, "Leave it out: it counts by itself.")
    askable = state.proofs.keys() | policy.hints
    rows = (row for row in policy.combinations if row.level.reaches(state.identify))
    if not any(askable >= set(row.factors) for row in rows):
        text = f"these factors do not come to '{state.identify}'."
        yield places.at(path).finding("D197", text, "Name a state for each factor of one way to it.")
