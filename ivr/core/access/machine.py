"""Tokens by which machines do what a person may, and no more than they name."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ivr.errors import OperatorError

NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
LONGEST_SECONDS = 366 * 86400.0
PERSONS_ONLY = re.compile(r"(users|tokens|sessions|roles)\..*|.*\.approve")
"""No machine changes who may do what, nor is it a second person."""


@dataclass(frozen=True, slots=True)
class MachineToken:
    """One of them. Its secret is shown once."""

    token_id: str
    """Names it; opens nothing."""
    digest: str
    """Of its secret."""
    name: str
    """What it is for: nightly-export."""
    person: str
    """Who made it: it may do what they may, and loses what they lose."""
    scopes: frozenset[str]
    """Names of acts."""
    made_at: float
    """Seconds since the epoch, as the others."""
    until: float
    used_at: float | None = None
    """Last use, to a minute; None: never."""
    revoked: bool = False

    def alive(self, *, now: float) -> bool:
        """Whether it opens something."""
        return not self.revoked and self.made_at <= now < self.until

    def used(self, *, now: float) -> MachineToken:
        """After a use."""
        return replace(self, used_at=now)


def check_token(name: str, scopes: frozenset[str], seconds: float) -> None:
    """Raises OperatorError for a token that must not be."""
    if not NAME.fullmatch(name):
        raise OperatorError("a token's name is a small letter, then up to 31 of small letters, digits, _ and -")
    if not scopes:
        raise OperatorError("name the acts that the token is for, such as recordings.search")
    if persons := sorted(scope for scope in scopes if PERSONS_ONLY.fullmatch(scope)):
        raise OperatorError(f"{', '.join(persons)}: that is for persons, not for machines")
    if not 0 < seconds <= LONGEST_SECONDS:
        raise OperatorError("a token lasts a day to a year")
