"""Names in scenarios that their dialplan does not know: every call meets what is expected of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, get_args

from ivr.core.commands import Command
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.language.likeness import meant
from ivr.core.dialplan.language.source import Path, Source
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.states import CallbackState, LookupState, QueueState, TransferState, VoicemailState, VoiceState
from ivr.core.dialplan.workbench.scenario import ScenarioFile, scenario_schema
from ivr.core.dialplan.workbench.scenario_shape import ExpectIn, Sources, WorldIn
from ivr.core.identity.level import Level

OUTCOMES = ("completed", "abandoned", "transferred", "refused", "failed")
"""How a call of a dialplan may end."""
ALARMS = ("figure", "obligation", "prompt", "call_limit", "loop")
"""What a dialplan's call may raise."""
LISTED = 8
"""So many names are listed; more would hide what is wrong."""
ORDERS = tuple(kind.__name__ for kind in get_args(Command))
"""What a dialplan may order, by class."""


def scenario_schema_of(dialplan: Dialplan) -> dict[str, Any]:
    """JSON Schema of the scenarios of one dialplan, for editors: it knows the dialplan's names."""
    schema, names = scenario_schema(), _Names(Source("", None), dialplan)
    shapes = schema["$defs"]
    for key, known in names.known.items():
        shapes["ExpectIn"]["properties"][key] = _only(shapes["ExpectIn"]["properties"][key], sorted(set(known)))
    for key, places in names.steps.items():
        shapes["StepIn"]["properties"][key] = _only(shapes["StepIn"]["properties"][key], sorted(set(places)))
    for held in (schema, shapes["WorldIn"]):
        held["properties"]["sources"]["propertyNames"] = {"enum": sorted(names.given)}
    return schema


def _only(node: Any, known: list[str]) -> Any:
    """Texts in it are some of these."""
    if isinstance(node, list):
        return [_only(item, known) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("type") == "string":
        return {"enum": known} | {key: held for key, held in node.items() if key == "description"}
    return {key: _only(held, known) for key, held in node.items()}


def unknown_names(written: ScenarioFile, dialplan: Dialplan) -> list[Finding]:
    """Every name in a file of scenarios that does not exist in the dialplan, at its place."""
    return list(_Names(written.source, dialplan).of(written))


class _Names:
    """What may be named."""

    def __init__(self, source: Source, dialplan: Dialplan) -> None:
        self._source = source
        states = dialplan.states.values()
        lookups = [state for state in states if isinstance(state, LookupState)]
        self.given: dict[str, set[str]] = {}
        self._kept: dict[str, set[str]] = {}
        for state in lookups:
            query = f"{state.source}.{state.query}"
            once = [] if state.once is None else [state.once]
            self.given.setdefault(query, set()).update([*state.given, *once])
            self._kept.setdefault(query, set()).update(state.keep.values())
        self.known: dict[str, tuple[str, ...]] = {
            "state": tuple(dialplan.states),
            "language": dialplan.languages,
            "identity": tuple(level.value for level in Level),
            "outcome": OUTCOMES,
            "alarm": ALARMS,
            "disclosed": tuple(dialplan.disclosures),
            "read": tuple(name for name, one in dialplan.disclosures.items() if one.agent_may_read),
            "message": tuple(state.mailbox for state in states if isinstance(state, VoicemailState)),
        }
        queues = [state for state in states if isinstance(state, QueueState)]
        self.steps: dict[str, tuple[str, ...]] = {
            "agent_reads": self.known["read"],
            "assist": tuple(place for state in queues for place in state.assist),
            "hand_over": tuple(place for state in queues for place in state.hand_over),
        }
        happening = (*dialplan.states, *self.given, *ORDERS)
        self.known |= dict.fromkeys(("order", "absent", "never"), happening)
        self._world = {
            "voice": any(isinstance(state, VoiceState) for state in states),
            "unscored": any(isinstance(state, VoiceState) for state in states),
            "agent": any(isinstance(state, QueueState) for state in states),
            "transfer": any(isinstance(state, TransferState) for state in states),
            "earlier_calls": bool(dialplan.risk),
            "callback": any(isinstance(state, CallbackState) for state in states),
        }

    def of(self, written: ScenarioFile) -> Iterator[Finding]:
        """All of a file's."""
        yield from self._sources(written.sources, ("sources",))
        for scenario in written.scenarios:
            for index, step in enumerate(scenario.steps):
                path: Path = ("scenarios", scenario.name, index)
                if step.expect is not None:
                    yield from self._expected(step.expect, (*path, "expect"))
                if step.world is not None:
                    yield from self._behaving(step.world, (*path, "world"))
                for key, known in self.steps.items():
                    name = getattr(step, key)
                    if name is not None and name not in known:
                        yield self._unknown(_WORDS[key], name, known, (*path, key))

    def _unknown(self, what: str, name: str, known: Iterable[str], path: Path, *, key: bool = False) -> Finding:
        listed = sorted(set(known))
        some = f"There is: {', '.join(listed)}." if len(listed) <= LISTED else "Inside a dialog: use/state."
        hint = meant(name, listed, some if listed else f"The dialplan has no {what} at all.")
        return self._source.at(path, key=key).finding("S011", f"no {what} is named '{name}'.", hint)

    def _expected(self, expect: ExpectIn, path: Path) -> Iterator[Finding]:
        for key, known in self.known.items():
            written = getattr(expect, key)
            listed = isinstance(written, list)
            for index, name in enumerate(written if listed else [written]):
                if name is not None and name not in known:
                    at = (*path, key, index) if (*path, key, index) in self._source.values else (*path, key)
                    yield self._unknown(_WORDS.get(key, key), name, known, at)

    def _behaving(self, world: WorldIn, path: Path) -> Iterator[Finding]:
        for key, is_there in self._world.items():
            if key in world.model_fields_set and not is_there:
                text = f"'{key}' changes nothing: no state of the dialplan does that."
                yield self._source.at((*path, key), key=True).finding("S011", text, "Leave it out.")
        yield from self._sources(world.sources, (*path, "sources"))

    def _sources(self, sources: Sources, path: Path) -> Iterator[Finding]:
        for query, answers in sources.items():
            if query not in self.given:
                yield self._unknown("lookup", query, self.given, (*path, query), key=True)
                continue
            for index, item in enumerate(answers):
                at = (*path, query, index)
                for name in item.when:
                    if name not in self.given[query]:
                        yield self._unknown("parameter", name, self.given[query], (*at, "when", name), key=True)
                for name in item.answer or {}:
                    if name not in self._kept[query]:
                        yield self._unknown("kept field", name, self._kept[query], (*at, "answer", name), key=True)


_WORDS = {
    **dict.fromkeys(("order", "absent", "never"), "state, lookup or order"),
    "disclosed": "disclosure",
    **dict.fromkeys(("read", "agent_reads"), "disclosure that an agent may read"),
    "assist": "place of assist:",
    "hand_over": "place of hand_over:",
    "message": "mailbox",
}
"""What a key of an expectation names, where it is called otherwise."""
