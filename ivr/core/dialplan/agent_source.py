"""The data source `agents`, which the engine itself is: what agents say of themselves from a phone.

A lookup is all that a dialplan needs for it, so keys, retries, rules and the proof are those of every other lookup.
Whom the other queries are about is no parameter: the source remembers, within one call, who proved to be whom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

AGENTS: Final = "agents"
"""The source's name; the settings may give it to no other."""
IDENTIFY: Final = "identify"
LOG_IN, LOG_OUT, PAUSE, RESUME = "log_in", "log_out", "pause", "resume"


@dataclass(frozen=True, slots=True)
class AgentQuery:
    """What a query is given, and what it answers."""

    given: frozenset[str]
    answers: frozenset[str]


QUERIES: Final[Mapping[str, AgentQuery]] = {
    IDENTIFY: AgentQuery(frozenset({"extension", "pin"}), frozenset({"found"})),
    **dict.fromkeys((LOG_IN, LOG_OUT, RESUME), AgentQuery(frozenset(), frozenset({"state"}))),
    PAUSE: AgentQuery(frozenset({"reason"}), frozenset({"state"})),
}
"""`found`: whether extension and PIN are an agent's. `state`: what the agent does now, as in `ivr agents state`."""
