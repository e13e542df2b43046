"""Whom an agent asks: another agent, or a destination that the settings name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FindColleague:
    """Who is rung at these digits. Answered by ColleagueFound or ColleagueMissing."""

    request: int
    digits: str


@dataclass(frozen=True, slots=True)
class ColleagueFound:
    """The answer to FindColleague: who that is."""

    request: int
    name: str
    """The agent's, or the destination's."""
    offer_id: str = ""
    """By which the hub keeps the agent for us; empty: a destination of the settings."""
    uri: str = ""
    """Of the agent's phone."""


@dataclass(frozen=True, slots=True)
class ColleagueMissing:
    """The answer to FindColleague: nobody who can be rung now."""

    request: int
