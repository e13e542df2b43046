"""Lookups that are tried again: what is protected may be an order, and an order is not sent twice by accident. And
values that calls are found by: what lookups return, and no secret. And what the engine's own sources can be asked."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.core.dialplan.language.build import Places
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.language.likeness import meant
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.own_sources import OWN, OwnQuery
from ivr.core.dialplan.states import LookupState
from ivr.core.identity.level import Level


def again(dialplan: Dialplan, places: Places) -> Iterator[Finding]:
    """Protected queries with `retries` and without `once`, and a `once` whose parameter is given otherwise."""
    for state in dialplan.states.values():
        if not isinstance(state, LookupState):
            continue
        action = f"{state.source}.{state.query}"
        if state.retries and state.once is None and action in dialplan.protect:
            text = (
                f"'{action}' is protected, and would be sent again: what was not answered in time may have been done."
            )
            hint = (
                "Leave retries: out, or name the parameter by which the bank knows a repeated order (once: order_key)."
            )
            yield places.at(("states", state.name, "retries")).finding("D220", text, hint)
        if state.once in state.given:
            text = f"the parameter '{state.once}' is given already."
            yield places.at(("states", state.name, "once")).finding("D221", text, "Name another one.")


def searchable(dialplan: Dialplan, places: Places) -> Iterator[Finding]:
    """Values marked `searchable` that are secret, or that no lookup keeps."""
    kept = {name for state in dialplan.states.values() if isinstance(state, LookupState) for name in state.keep}
    for name, spec in dialplan.values.items():
        if not spec.searchable:
            continue
        at = places.at(("values", name))
        if spec.secret:
            text = f"'{name}' is secret, and a secret is kept nowhere, so no call is found by it."
            yield at.finding("D222", text, "Leave searchable: out.")
        elif name not in kept:
            text = f"no lookup keeps '{name}', so no call would be found by it."
            yield at.finding("D223", text, "Leave searchable: out, or keep it: keep: {" + name + ": field}.")


def of_ours(dialplan: Dialplan, places: Places) -> Iterator[Finding]:
    """Queries that the engine's own sources have not, with other parameters or fields, or that anybody could ask."""
    for state in dialplan.states.values():
        if isinstance(state, LookupState) and state.source in OWN:
            yield from _of_ours(state, dialplan, places)


def _of_ours(state: LookupState, dialplan: Dialplan, places: Places) -> Iterator[Finding]:
    path, queries = ("states", state.name), OWN[state.source]
    query = queries.get(state.query)
    if query is None:
        hint = meant(state.query, queries, f"They are: {', '.join(queries)}.")
        yield places.at((*path, "lookup")).finding("D224", f"'{state.source}' has no query '{state.query}'.", hint)
        return
    given = {*state.given, *([state.once] if state.once else [])}
    if given != query.given:
        hint = f"Write given: for {', '.join(sorted(query.given))}." if query.given else "Leave given: and once: out."
        text = f"'{state.action}' is not given what it needs, and nothing else."
        yield places.at((*path, "lookup")).finding("D224", text, hint)
    for name, field in state.keep.items():
        if field not in query.answers:
            hint = meant(field, query.answers, f"It answers {', '.join(sorted(query.answers))}.")
            yield places.at((*path, "keep", name)).finding("D224", f"'{state.action}' answers no '{field}'.", hint)
    yield from _of_proof(state, query, dialplan, places)


def _of_proof(state: LookupState, query: OwnQuery, dialplan: Dialplan, places: Places) -> Iterator[Finding]:
    path = ("states", state.name)
    if query.secret:
        if state.identify is None:
            hint = "Write identify: basic and by: keys with it; then attempts are counted."
            yield places.at((*path, "lookup")).finding("D225", "this proves who somebody is.", hint)
        if query.secret in state.given and not _is_secret(state.given[query.secret], dialplan):
            text, hint = f"'{query.secret}' is secret.", "Declare it: {type: digits, secret: true}."
            yield places.at((*path, "given", query.secret)).finding("D225", text, hint)
    elif (rule := dialplan.protect.get(state.action)) is None or rule.identity is Level.NONE:
        hint = f"Write protect: {{{state.action}: {{identity: basic}}}}."
        yield places.at((*path, "lookup")).finding("D225", f"anybody could ask '{state.action}'.", hint)


def _is_secret(name: str, dialplan: Dialplan) -> bool:
    spec = dialplan.values.get(name)
    return spec is None or spec.secret  # a value that is not declared is told elsewhere
