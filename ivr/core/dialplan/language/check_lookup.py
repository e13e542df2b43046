"""Lookups that are tried again: what is protected may be an order, and an order is not sent twice by accident. And
values that calls are found by: what lookups return, and no secret."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.core.dialplan.language.build import Places
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.states import LookupState


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
