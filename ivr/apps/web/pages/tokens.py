"""Tokens by which machines do what a person may."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from pydantic import Field

from ivr.apps.web.console import Done
from ivr.apps.web.operation import operation
from ivr.apps.web.pages.calls import Because
from ivr.apps.web.visit import Visit
from ivr.core.access.machine import PERSONS_ONLY, MachineToken
from ivr.engine.office import tokens as office

DAY_SECONDS = 86400.0
MOST_SCOPES = 200


class MakeToken(Because):
    """What it is for, and how long it lasts."""

    name: str = Field(min_length=1, max_length=32)
    scopes: list[str] = Field(default_factory=list, max_length=MOST_SCOPES)
    """Names of acts."""
    days: int = Field(default=90, ge=1, le=366)


class OfToken(Because):
    """Which token."""

    name: str = Field(min_length=1, max_length=32)


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One token."""

    name: str
    person: str
    scopes: tuple[str, ...]
    made_at: float
    """Seconds since the epoch, as the others."""
    until: float
    used_at: float | None
    state: str
    """open, revoked, over."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Which there are, and what one's own may be for."""

    tokens: tuple[TokenRow, ...]
    may: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MadeToken:
    """It is shown this once."""

    name: str
    secret: str = field(repr=False)
    until: float


@operation("GET", "/tokens", scope="tokens.list", page="tokens.html")
def tokens_list(visit: Visit) -> Tokens:
    """One's own; officers and auditors see all."""
    there, now = office.list_tokens(visit.office, office.ListTokens()), time.time()
    may = tuple(sorted(act for act in visit.may if not PERSONS_ONLY.fullmatch(act)))
    return Tokens(tuple(_row(one, now) for one in there), may)


@operation("POST", "/tokens/make", scope="tokens.make", page="token.html")
def tokens_make(visit: Visit, asked: MakeToken) -> MadeToken:
    """A token; its secret is shown this once."""
    wanted = office.MakeToken(asked.name, tuple(asked.scopes), asked.days * DAY_SECONDS, reason=asked.reason)
    made = office.make(visit.office, wanted)
    return MadeToken(made.token.name, made.secret, made.token.until)


@operation("POST", "/tokens/revoke", scope="tokens.revoke")
def tokens_revoke(visit: Visit, asked: OfToken) -> Done:
    """Make a token worthless."""
    office.revoke(visit.office, office.RevokeToken(asked.name, reason=asked.reason))
    return Done(visit.language.text("{name} opens nothing any more.", name=asked.name), "/tokens")


def _row(one: MachineToken, now: float) -> TokenRow:
    state = "revoked" if one.revoked else "open" if one.alive(now=now) else "over"
    return TokenRow(one.name, one.person, tuple(sorted(one.scopes)), one.made_at, one.until, one.used_at, state)
