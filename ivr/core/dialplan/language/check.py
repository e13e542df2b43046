"""What a shape cannot say: targets exist, values have types, secrets stay secret, answers cannot be mixed up.
Each check is a function that yields findings; `findings` runs them all. Flow (dead ends, loops) is in `check_flow`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import assert_never

from ivr.core.dialplan.expression import (
    Expression,
    ExpressionError,
    Name,
    ValueType,
    bare_name,
    names,
    operations,
    type_of,
)
from ivr.core.dialplan.flow import Way
from ivr.core.dialplan.language import (
    check_ahead,
    check_challenge,
    check_consent,
    check_entry,
    check_flow,
    check_identity,
    check_lookup,
    check_protect,
    check_risk,
    check_sounds,
    check_words,
    line_rules,
)
from ivr.core.dialplan.language.build import Places
from ivr.core.dialplan.language.build_states import LAST_AGENT, OWN_NUMBER
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.language.likeness import meant
from ivr.core.dialplan.language.source import Path
from ivr.core.dialplan.messages import FILLED_IN
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.parts import Prompt, Route
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
from ivr.core.dialplan.states.walk import leading, prompts_in
from ivr.core.identity.challenge import CHALLENGE

BUILT_IN_VALUES: dict[str, ValueType] = {
    "language": ValueType.TEXT,
    "identity": ValueType.TEXT,
    "call_risk": ValueType.TEXT,
    "risk_score": ValueType.NUMBER,
    "called": ValueType.TEXT,
    "today": ValueType.DATE,
    "sample": ValueType.NUMBER,
}
"""Values that every call knows."""


CLOCK = frozenset({"today", "call_risk", "risk_score"})
"""Those of them that change by themselves: time passes, others answer."""


def built_in_values(dialplan: Dialplan) -> dict[str, ValueType]:
    """Values that the engine itself gives to every call of this dialplan."""
    found = dict(BUILT_IN_VALUES)
    if dialplan.jurisdiction is not None:
        found["jurisdiction"] = ValueType.TEXT
    found |= dict.fromkeys(dialplan.hours, ValueType.YES_NO)
    return found


def findings(dialplan: Dialplan, places: Places, out: Mapping[str, list[Way]]) -> Iterator[Finding]:
    """Everything that is wrong with a dialplan whose shape is right. `out`: its ways, by state."""
    checker = _Checker(dialplan, places)
    yield from checker.values()
    yield from checker.prompts()
    yield from checker.states()
    yield from check_sounds.findings(dialplan, places)
    yield from check_lookup.again(dialplan, places)
    yield from check_lookup.searchable(dialplan, places)
    yield from check_lookup.of_ours(dialplan, places)
    yield from checker.commands()
    yield from check_identity.findings(dialplan, places)
    yield from check_risk.findings(dialplan, places)
    yield from check_protect.protection(dialplan, places, checker.condition, CLOCK | set(dialplan.hours))
    yield from line_rules.findings(dialplan, places)
    targets = list(check_flow.targets(dialplan, places, out))
    yield from targets
    if not targets:  # a graph with holes would only give findings that follow from them
        yield from check_flow.flow(dialplan, places, out)
        yield from check_consent.consent(dialplan, places)


class _Checker:
    """Holds the dialplan while its checks run."""

    def __init__(self, dialplan: Dialplan, places: Places) -> None:
        self._dialplan = dialplan
        self._places = places
        self._built_in = built_in_values(dialplan)
        self._types = {name: spec.type for name, spec in dialplan.values.items()} | self._built_in

    def _at(self, path: Path, code: str, message: str, hint: str = "", *, key: bool = False) -> Finding:
        return self._places.at(path, key=key).finding(code, message, hint)

    # --- values ---

    def values(self) -> Iterator[Finding]:
        """Declarations of values, and names of opening hours."""
        own = BUILT_IN_VALUES.keys() | FILLED_IN | {"jurisdiction", CHALLENGE}
        for name in self._dialplan.hours.keys() & own:
            mark: Path = ("hours", name)
            yield self._at(mark, "D140", f"'{name}' is a name of the engine's own.", "Choose another.", key=True)
        for name, spec in self._dialplan.values.items():
            path: Path = ("values", name)
            if name in self._built_in or name in FILLED_IN or name == CHALLENGE:
                yield self._at(path, "D140", f"'{name}' is a name of the engine's own.", "Choose another.", key=True)
            if (spec.type is ValueType.AMOUNT) != (spec.currency is not None):
                hint = "Write {type: amount, currency: EUR}, or the name of the value that holds the currency."
                yield self._at(path, "D141", "amounts, and only amounts, have a currency.", hint)
            elif spec.currency is not None and not re.fullmatch(r"[A-Z]{3}", spec.currency):
                holder = self._dialplan.values.get(spec.currency)
                if holder is None or holder.type is not ValueType.TEXT or holder.secret:
                    yield self._at(path, "D142", f"'{spec.currency}' is no currency and no text value.", "Write EUR.")
            if spec.secret and spec.type is not ValueType.DIGITS:
                yield self._at(path, "D143", "only digits can be secret.", "Secrets are keyed in, never spoken.")

    def _known(self, name: str, path: Path, *, secret_allowed: bool = False) -> Iterator[Finding]:
        if name not in self._types:
            hint = meant(name, self._types, f"Declare it: values: {{{name}: text}}.")
            yield self._at(path, "D144", f"no value is named '{name}'.", hint)
        elif not secret_allowed and name in self._dialplan.values and self._dialplan.values[name].secret:
            yield self._at(path, "D145", f"'{name}' is secret.", "A secret is given to a lookup, and to nothing else.")

    def condition(self, tree: Expression, path: Path) -> Iterator[Finding]:
        """What is wrong with the names and types of a condition."""
        for name in sorted(names(tree) & set(self._dialplan.values)):
            yield from self._known(name, path)
        truth = self._as_truth(tree)
        if truth is not None:
            hint = f"Write {truth} alone, or {truth} = true."
            yield self._at(path, "D146", f"'{truth}' is true or false, not yes or no.", hint)
            return
        unknown = sorted(names(tree) - self._types.keys())
        for name in unknown:
            yield self._at(
                path, "D146", f"no value is named '{name}'.", meant(name, self._types, "Is it a text? 'so'.")
            )
        if unknown:
            return
        try:
            if type_of(tree, self._types) is not ValueType.YES_NO:
                yield self._at(path, "D146", "this is a value, not a condition.", "Compare it: currency = 'EUR'.")
        except ExpressionError as error:
            yield self._at(path, "D146", f"{error}.")

    def _as_truth(self, tree: Expression) -> str | None:
        """The yes_no value that is compared with the word yes or no, where no value has that name."""
        for part in operations(tree):
            found = {name for name in map(bare_name, part.operands) if name is not None}
            words = (found & {"yes", "no"}) - self._types.keys()
            truths = [name for name in found - words if self._types.get(name) is ValueType.YES_NO]
            if part.operator in ("=", "!=") and words and truths:
                return truths[0]
        return None

    # --- prompts ---

    def prompts(self) -> Iterator[Finding]:
        """Values in prompts."""
        plan = self._dialplan
        if plan.early is not None:
            yield from self._fixed(plan.early, ("early",), "An early announcement")
        for name, prompt in plan.messages.items():
            yield from self._spoken(prompt, ("messages", name), FILLED_IN)
        for name, disclosure in plan.disclosures.items():
            yield from self._fixed(disclosure.say, ("disclosures", name, "say"), "A disclosure")
            if disclosure.acknowledge is not None:
                yield from self._spoken(disclosure.acknowledge.ask, ("disclosures", name, "acknowledge", "ask"))
        for command in plan.commands:
            if command.say is not None:
                yield from self._spoken(command.say, ("commands", command.name, "say"))
        for name, state in plan.states.items():
            for key, prompt in prompts_in(state):
                yield from self._spoken(prompt, ("states", name, key), check_words.filled_in(state, key))

    def _spoken(self, prompt: Prompt, path: Path, also: frozenset[str] = frozenset()) -> Iterator[Finding]:
        used = {name for pieces in prompt.pieces.values() for piece in pieces for name in piece.values}
        for name in sorted(used - also):
            yield from self._known(name, path)
        yield from self._readable(prompt, path)

    def _fixed(self, prompt: Prompt, path: Path, what: str) -> Iterator[Finding]:
        if any(piece.values for pieces in prompt.pieces.values() for piece in pieces):
            yield self._at(path, "D147", f"{what} has a fixed wording.", "Read values out in a state before it.")
        yield from self._readable(prompt, path)

    def _readable(self, prompt: Prompt, path: Path) -> Iterator[Finding]:
        """Figures, signs and abbreviations that have one reading."""
        for language, pieces in prompt.pieces.items():
            at = (*path, language) if self._places.has((*path, language)) else path
            for why in check_words.unreadable(pieces, self._dialplan):
                yield self._at(at, "D184", f"{why}.", "Texts are read out in words: see 'What is said'.")

    # --- states ---

    def states(self) -> Iterator[Finding]:
        """What the kinds of states name."""
        for name, state in self._dialplan.states.items():
            path: Path = ("states", name)
            if not isinstance(state, EnterState | ReturnState):
                yield from self._ways(state, path)
            match state:
                case AskState():
                    yield from self._ask(state, path)
                case LookupState():
                    yield from self._lookup(state, path)
                case VoiceState():
                    yield from self._known(state.customer, (*path, "customer"))
                    yield from check_challenge.findings(state, self._dialplan, self._places)
                case EnrolState():
                    yield from self._known(state.customer, (*path, "enrol_voice"))
                case BranchState():
                    yield from self._branch(state, path)
                case EnterState():
                    yield from self._enter(state, path)
                case ReturnState():
                    yield from self._return(state)
                case DiscloseState(disclosure=disclosure):
                    if disclosure not in self._dialplan.disclosures:
                        hint = meant(disclosure, self._dialplan.disclosures, "Write it under disclosures:.")
                        yield self._at((*path, "disclose"), "D148", f"no disclosure is named '{disclosure}'.", hint)
                    if state.type_ahead:
                        yield from check_ahead.findings(state, self._dialplan, self._places)
                case CallbackState():
                    yield from self._callback(state, path)
                case SayState():
                    if state.type_ahead:
                        yield from check_ahead.findings(state, self._dialplan, self._places)
                case QueueState() if state.prefer is not None or state.prefer_last:
                    yield from self._preferred(state, (*path, "prefer"))
                case (
                    DiscloseForState() | StepUpState() | QueueState() | TransferState() | VoicemailState() | EndState()
                ):
                    pass  # `check_identity`
                case _:
                    assert_never(state)

    def _ways(self, state: State, path: Path) -> Iterator[Finding]:
        """The conditions of the ways on that it has of its own."""
        for field, _ in leading(state):
            route = getattr(state, field.name)
            if isinstance(route, Route):
                at = (*path, field.name)
                yield from self._route(route, at if self._places.has(at) else (*path, "choose"))

    def _ask(self, state: AskState, path: Path) -> Iterator[Finding]:
        for choice in state.choices:
            yield from self._route(choice.go, (*path, "choices", choice.name, "go"))
            if choice.language is not None:
                yield from self._language(choice.language, (*path, "choices", choice.name, "language"))
            if choice.press is None:
                text = f"'{choice.name}' cannot be chosen by key."
                hint = "Add press: - a call goes on by keys when speech cannot be recognized."
                yield self._at((*path, "choices", choice.name), "D149", text, hint, key=True)
        if state.entry is not None:
            yield from check_entry.findings(state, state.entry, self._dialplan, self._types, self._places)
        else:
            yield from check_entry.intents(state, self._places)

    def _lookup(self, state: LookupState, path: Path) -> Iterator[Finding]:
        for parameter, name in state.given.items():
            yield from self._known(name, (*path, "given", parameter), secret_allowed=True)
        for name in state.keep:
            yield from self._known(name, (*path, "keep", name))
            if name in self._built_in:
                yield self._at((*path, "keep", name), "D140", f"'{name}' is set by the engine alone.", key=True)
        if state.passed is not None:
            yield from self.condition(state.passed, (*path, "passed"))
            unkept = sorted(names(state.passed) - set(state.keep))
            if unkept or not names(state.passed):
                hint = "Name a field of the answer under keep:, and test that."
                yield self._at((*path, "passed"), "D152", "this must test what the lookup answered.", hint)

    def _callback(self, state: CallbackState, path: Path) -> Iterator[Finding]:
        at = (*path, "number")
        if state.number is None:
            if OWN_NUMBER in self._dialplan.values:
                hint = "Give the value another name."
                yield self._at(at, "D140", f"'{OWN_NUMBER}' is the caller's own number here.", hint)
            return
        yield from self._known(state.number, at)
        if self._types.get(state.number, ValueType.DIGITS) is not ValueType.DIGITS:
            hint = f"Declare it as digits, or write number: {OWN_NUMBER}."
            yield self._at(at, "D150", f"'{state.number}' does not hold digits.", hint)

    def _preferred(self, state: QueueState, path: Path) -> Iterator[Finding]:
        if state.prefer is None:
            if LAST_AGENT in self._dialplan.values:
                hint = "Give the value another name."
                yield self._at(path, "D140", f"'{LAST_AGENT}' is the agent of the last talk here.", hint)
            return
        yield from self._known(state.prefer, path)
        if self._types.get(state.prefer, ValueType.TEXT) is not ValueType.TEXT:
            hint = f"Declare it as text, or write prefer: {LAST_AGENT}."
            yield self._at(path, "D150", f"'{state.prefer}' holds no agent's name.", hint)

    def _branch(self, state: BranchState, path: Path) -> Iterator[Finding]:
        for name, tree in state.sets.items():
            at = (*path, "set", name)
            yield from self._known(name, at)
            for used in sorted(names(tree) & set(self._dialplan.values)):
                yield from self._known(used, at)
            if name in self._types:
                yield from self._fits(tree, self._types[name], name, at)
            if name in self._built_in:
                yield self._at(at, "D140", f"'{name}' is set by the engine alone.", key=True)
        if state.language is not None:
            yield from self._language(state.language, (*path, "language"))

    def _enter(self, state: EnterState, path: Path) -> Iterator[Finding]:
        for name, tree in state.given.items():
            local = name.rpartition("/")[2]
            at = (*path, "given", local)
            secret = self._dialplan.values[name].secret and bare_name(tree) is not None
            wrong = [item for used in sorted(names(tree)) for item in self._known(used, at, secret_allowed=secret)]
            yield from wrong or self._fits(tree, self._types[name], local, at)

    def _return(self, state: ReturnState) -> Iterator[Finding]:
        for outer, inner in state.keep.items():
            at = ("states", state.site, "keep", outer.rpartition("/")[2])
            yield from self._known(outer, at)
            if outer in self._built_in:
                yield self._at(at, "D140", f"'{outer}' is set by the engine alone.", key=True)
            elif outer in self._types:
                yield from self._fits(Name(inner), self._types[outer], outer, at)
        yield from self._route(state.go, ("states", state.site, "returns", state.outcome))

    def _fits(self, tree: Expression, wanted: ValueType, name: str, at: Path) -> Iterator[Finding]:
        try:
            kind = type_of(tree, self._types)
        except ExpressionError as error:
            yield self._at(at, "D146", f"{error}.")
            return
        if kind is not wanted and {kind, wanted} - {ValueType.TEXT, ValueType.DIGITS}:
            yield self._at(at, "D146", f"'{name}' holds a {wanted}, and this is a {kind}.")

    def _language(self, language: str, path: Path) -> Iterator[Finding]:
        if language not in self._dialplan.languages:
            hint = meant(language, self._dialplan.languages, "Add it to languages:.")
            yield self._at(path, "D113", f"'{language}' is not one of the dialplan's languages.", hint)

    def _route(self, route: Route, path: Path) -> Iterator[Finding]:
        for index, branch in enumerate(route.branches):
            if branch.condition is not None:
                yield from self.condition(branch.condition, (*path, index, "if"))

    def commands(self) -> Iterator[Finding]:
        """What global commands name."""
        for command in self._dialplan.commands:
            if command.language is not None:
                yield from self._language(command.language, ("commands", command.name, "language"))
