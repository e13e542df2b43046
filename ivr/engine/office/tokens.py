"""Tokens by which machines do what a person may, each for some acts and for a time."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from ivr.core.access.machine import MachineToken, check_token
from ivr.core.access.secret import SECRET_BYTES, Kind, digest, made
from ivr.core.audit.roles import Role
from ivr.engine.office.acts import ACTS, EVERYBODY
from ivr.engine.office.office import UNKNOWN, Asked, Desk, does
from ivr.errors import DeniedError, OperatorError

SEE_ALL = frozenset({Role.SECURITY_OFFICER, Role.AUDITOR})
"""Others see their own."""


@dataclass(frozen=True, slots=True)
class MakeToken(Asked):
    """A token for a machine."""

    name: str
    """What it is for, as it was typed: nightly-export."""
    scopes: tuple[str, ...]
    """Names of acts."""
    seconds: float
    """How long it lasts."""


@dataclass(frozen=True, slots=True)
class ListTokens(Asked):
    """Which there are."""


@dataclass(frozen=True, slots=True)
class RevokeToken(Asked):
    """Make a token worthless."""

    name: str
    """As it was typed."""


@dataclass(frozen=True, slots=True)
class MadeToken:
    """It is shown this once."""

    token: MachineToken
    secret: str = field(repr=False)


@does("tokens.make")
def make(desk: Desk, asked: MakeToken) -> MadeToken:
    """A token that does what its maker may, of the acts that it names. Raises OperatorError, DeniedError: they may
    not do one of them."""
    scopes, now = frozenset(asked.scopes), desk.wall()
    if strange := sorted(scopes - ACTS.keys()):
        raise OperatorError(f"there is no act {strange[0]}: docs/console.md names them")
    check_token(asked.name, scopes, asked.seconds)
    secret = made(Kind.TOKEN, secrets.token_bytes(SECRET_BYTES))
    token = MachineToken(
        secrets.token_hex(6), digest(secret), asked.name, desk.actor.name, scopes, now, now + asked.seconds
    )
    with desk.entering(asked.name, scopes=sorted(scopes), until=token.until):
        desk.actor.must_be_known()
        roles = desk.ports.roles.read()
        for scope in sorted(scopes):
            needed = ACTS[scope].roles
            if roles.in_force and needed != EVERYBODY and not needed & roles.of(desk.actor.name):
                raise DeniedError(f"'{scope}' is for the role {' or '.join(sorted(needed))}: your token may not either")
        desk.ports.access.tokens.make(token)
    return MadeToken(token, secret)


@does("tokens.list")
def list_tokens(desk: Desk, asked: ListTokens) -> Sequence[MachineToken]:
    """One's own; officers and auditors see all. By name and age, revoked ones too."""
    return [one for one in desk.ports.access.tokens.list() if _is_theirs(desk, one, SEE_ALL)]


@does("tokens.revoke")
def revoke(desk: Desk, asked: RevokeToken) -> None:
    """Make one's own worthless, or an officer anybody's, at once in every process. Raises as above."""
    tokens = desk.ports.access.tokens
    token = next((one for one in tokens.list() if one.name == asked.name and not one.revoked), None)
    with desk.entering(token.name if token else UNKNOWN):
        if token is not None and not _is_theirs(desk, token, frozenset({Role.SECURITY_OFFICER})):
            raise DeniedError(f"it is {token.person}'s: they revoke it, or a security officer does")
        if token is None or not tokens.revoke(token.token_id):
            raise OperatorError("there is no token of that name that opens anything: 'ivr tokens list' shows them")


def _is_theirs(desk: Desk, token: MachineToken, others: frozenset[Role]) -> bool:
    """Whether who acts made it, or holds a role for which it is theirs as well."""
    roles = desk.ports.roles.read()
    return token.person == desk.actor.name or not roles.in_force or bool(roles.of(desk.actor.name) & others)
