"""Data sources that the engine itself is: what agents say of themselves, and customers' PINs and codes that it keeps.

A lookup is all that a dialplan needs for it, so keys, retries, rules and the proof are those of every other lookup.
Whom the other queries of `agents` are about is no parameter: the source remembers, within one call, who proved to be
whom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ivr.core.identity.account import FactorKind

AGENTS: Final = "agents"
IDENTIFY: Final = "identify"
LOG_IN, LOG_OUT, PAUSE, RESUME = "log_in", "log_out", "pause", "resume"
ACCOUNTS: Final = "accounts"
RIGHT: Final = "right"


@dataclass(frozen=True, slots=True)
class OwnQuery:
    """What a query is given, and what it answers."""

    given: frozenset[str]
    answers: frozenset[str]
    secret: str = ""
    """The parameter that proves who somebody is; empty: it proves nothing, and nobody may ask it without a proof."""


OWN: Final[Mapping[str, Mapping[str, OwnQuery]]] = {
    AGENTS: {
        IDENTIFY: OwnQuery(frozenset({"extension", "pin"}), frozenset({"found"}), "pin"),
        **dict.fromkeys((LOG_IN, LOG_OUT, RESUME), OwnQuery(frozenset(), frozenset({"state"}))),
        PAUSE: OwnQuery(frozenset({"reason"}), frozenset({"state"})),
    },
    ACCOUNTS: {
        str(kind): OwnQuery(frozenset({"account", str(kind)}), frozenset({RIGHT}), str(kind)) for kind in FactorKind
    },
}
"""By name of the source, which the settings may give to no other. `found`, `right`: whether who was named has that
secret. `state`: what the agent does now, as in `ivr agents state`."""
