"""Sessions, and what they were begun by."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum


class Factor(StrEnum):
    """One proof of who somebody is."""

    PASSWORD = "password"  # noqa: S105 - a name
    TOTP = "totp"
    PASSKEY = "passkey"
    """Two proofs in one: the device, and what unlocks it (a finger, a PIN), which is demanded."""
    PROVIDER = "provider"
    """OpenID Connect."""
    PROVIDER_STRONG = "provider_strong"
    """The same, and the provider says that it saw two proofs (RFC 8176)."""


class Stage(StrEnum):
    """How far somebody is in."""

    SECOND = "second"
    """They have a second factor, and have not shown it."""
    ENROL = "enrol"
    """A role of theirs demands a second factor, and they have none."""
    IN = "in"


@dataclass(frozen=True, slots=True)
class SessionRules:
    """How long one lasts, seconds."""

    longest: float = 12 * 3600.0
    """Whatever they do."""
    idle: float = 30 * 60.0
    """Without a request."""
    arriving: float = 10 * 60.0
    """Before the second factor."""


@dataclass(frozen=True, slots=True)
class Session:
    """One of them. Its secret is kept by the browser alone."""

    session_id: str
    """Names it for people; opens nothing."""
    digest: str
    """Of its secret."""
    person: str
    factors: frozenset[Factor]
    begun_at: float
    """Seconds since the epoch, as the next."""
    seen_at: float
    """Last request, to a minute."""
    address: str
    """From which it was begun."""

    def alive(self, rules: SessionRules, *, now: float) -> bool:
        """Whether its time has not run out. One from the future is none: somebody altered it, or set the clock."""
        return 0 <= now - self.begun_at < rules.longest and now - self.seen_at < rules.idle


def stage(factors: Set[Factor], *, has_second: bool, demanded: bool) -> Stage:
    """How far somebody is in by what they showed.

    `has_second`: they own a code's seed or a passkey; `demanded`: a role of theirs wants a second factor.
    """
    if is_strong(factors):
        return Stage.IN
    if has_second:
        return Stage.SECOND
    return Stage.ENROL if demanded else Stage.IN


def is_strong(factors: Set[Factor]) -> bool:
    """Whether two proofs of different kinds were shown."""
    if factors & {Factor.PASSKEY, Factor.PROVIDER_STRONG}:
        return True
    return Factor.TOTP in factors and bool(factors & {Factor.PASSWORD, Factor.PROVIDER})
