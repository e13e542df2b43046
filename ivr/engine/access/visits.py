"""Who is in: sessions begun, read at each request, ended. Every coming, failing and leaving is an entry of the log.

Rules: a session gets a new secret each time somebody proves more, and the old one opens nothing. Nothing is remembered
between two requests: what was revoked, disabled or taken away is gone with the next request of every process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NoReturn

from ivr.core.access.secret import SECRET_BYTES, Kind, derived, digest, made
from ivr.core.access.session import Factor, Session, SessionRules, Stage, is_strong, stage
from ivr.core.access.user import KIND, User
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.roles import Role, Roles
from ivr.engine.office.actor import Actor
from ivr.engine.office.office import UNKNOWN
from ivr.errors import DeniedError
from ivr.ports.access import AccessStores
from ivr.ports.audit import AuditLog
from ivr.ports.clock import Clock

BEGUN, ENDED = "session.begun", "session.ended"
"""Actions of the log. One that was denied or failed names the person who was claimed, or unknown."""
SEEN_EVERY = 60.0
"""Seconds. A request is worth a write only so often."""
Random = Callable[[int], bytes]
"""So many random bytes."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is in."""

    actor: Actor
    session_id: str
    """Names the session for people; empty of a machine."""
    csrf: str = field(repr=False)
    """What only a page of ours, in this session, sends back. Empty of a machine: it sends no cookie."""
    factors: frozenset[Factor] = frozenset()
    """By what they came in."""
    until: float = 0.0
    """When the session ends at the latest, seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody proved something."""

    secret: str = field(repr=False)
    """The session's new secret, for the cookie. One of before opens nothing any more."""
    person: str
    stage: Stage
    """IN: they are a `Visitor` from now on. Else a proof is still owed."""
    ways: tuple[Factor, ...] = ()
    """At SECOND: what they own, TOTP or PASSKEY."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A session as it stands now."""

    session: Session
    user: User
    stage: Stage
    ways: tuple[Factor, ...]
    csrf: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class VisitRules:
    """What the settings say."""

    sessions: SessionRules = field(default_factory=SessionRules)
    second_factor_for: frozenset[Role] = frozenset(Role)
    """Who holds one of them shows two proofs."""


class Visits:
    """Sessions of the console, in every process that serves it."""

    def __init__(
        self,
        stores: AccessStores,
        log: AuditLog,
        roles: Callable[[], Roles],
        rules: VisitRules,
        *,
        wall: Clock,
        random: Random,
    ) -> None:
        """`roles`: those in force now."""
        self.stores, self.wall, self.random = stores, wall, random
        self._log, self._roles, self._rules = log, roles, rules

    # --- at each request --------------------------------------------------------------------------------------------

    def person_of(self, secret: str, *, request: bool = True) -> Visitor | None:
        """Who is in by this session's secret; None: nobody, or a proof is still owed.

        `request`: a person asks for something, and so is there: their session does not end as idle.
        """
        found = self.standing(secret, request=request)
        if found is None or found.stage is not Stage.IN:
            return None
        session, user = found.session, found.user
        actor = Actor(user.name, "+".join(sorted(session.factors)), before_roles=user.first)
        until = session.begun_at + self._rules.sessions.longest
        return Visitor(actor, session.session_id, found.csrf, session.factors, until)

    def standing(self, secret: str, *, request: bool = True) -> Standing | None:
        """The session as it stands, also of somebody who still owes a proof; None where there is none."""
        now, rules = self.wall(), self._rules.sessions
        session = self.stores.sessions.find(digest(secret))
        if session is None or not session.alive(rules, now=now):
            return None
        user = self.stores.users.find(session.person)
        if user is None or user.disabled:
            return None
        where, ways = self._stage(user, session.factors)
        if where is not Stage.IN and now - session.begun_at >= rules.arriving:
            return None
        if request and now - session.seen_at >= SEEN_EVERY:
            self.stores.sessions.seen(session.digest, at=now)
        return Standing(session, user, where, ways, derived(secret, "csrf"))

    def machine(self, secret: str) -> Visitor | None:
        """Which machine this token is of; None: of none, or not any more."""
        now = self.wall()
        token = self.stores.tokens.find(digest(secret))
        if token is None or not token.alive(now=now) or not self._is_there(token.person):
            return None
        if token.used_at is None or now - token.used_at >= SEEN_EVERY:
            self.stores.tokens.used(token.token_id, at=now)
        actor = Actor(token.person, "token", before_roles=False, token=token.name, scopes=token.scopes)
        return Visitor(actor, "", "", until=token.until)

    def demands_two(self, person: str) -> bool:
        """Whether a role of theirs asks for two proofs."""
        return bool(self._roles().of(person) & self._rules.second_factor_for)

    # --- coming and leaving -----------------------------------------------------------------------------------------

    def begin(self, user: User, factors: frozenset[Factor], *, address: str, before: Session | None = None) -> Arrived:
        """Begin a session by what was proved. `before`: the session that it takes the place of."""
        now, secret = self.wall(), made(Kind.SESSION, self.random(SECRET_BYTES))
        session = Session(self.random(6).hex(), digest(secret), user.name, factors, now, now, address)
        if before is not None and not self.stores.sessions.end(before.session_id):
            self.refuse(user.name, "the session ended meanwhile", address=address)
        where, ways = self._stage(user, factors)
        details = {"by": sorted(factors), "address": address, "stage": str(where)}
        self.enter(BEGUN, user.name, session.session_id, **details)
        rules = self._rules.sessions
        self.stores.sessions.forget(begun_before=now - rules.longest, seen_before=now - rules.idle)
        self.stores.sessions.begin(session)
        return Arrived(secret, user.name, where, ways)

    def leave(self, secret: str) -> None:
        """End the session of this secret, if there is one."""
        session = self.stores.sessions.find(digest(secret))
        if session is not None and self.stores.sessions.end(session.session_id):
            self.enter(ENDED, session.person, session.session_id, why="left")

    def refuse(self, person: str | None, why: str, *, address: str, told: str = "") -> NoReturn:
        """Enter that somebody was not let in. Raises DeniedError, with `told` to them, or why.

        `person`: whom they claimed to be; None: nobody whom there is.
        """
        entry = AuditEntry(
            self.wall(), UNKNOWN, BEGUN, person or UNKNOWN, "denied", details={"why": why, "address": address}
        )
        self._log.append([entry])
        raise DeniedError(told or why)

    def enter(self, action: str, person: str, subject: str, **details: object) -> None:
        """Enter what somebody did at the door."""
        self._log.append([AuditEntry(self.wall(), person, action, subject, details=details)])

    def end_others(self, user: User) -> None:
        """End every session of somebody, as their credentials changed."""
        ended = self.stores.sessions.end_of(user.name)
        if ended:
            self.enter(ENDED, user.name, user.name, why="credentials changed", sessions=ended)

    def touch(self, user: User) -> User:
        """They came in now. What others changed meanwhile stays."""
        seen = replace(user, signed_in_at=self.wall())
        return seen if self.stores.users.change(seen) else user

    # ----------------------------------------------------------------------------------------------------------------

    def _is_there(self, person: str) -> bool:
        """Whether a token's maker may still act: users of the machine are its owner's to remove, by their roles."""
        if not person.startswith(KIND):
            return True
        user = self.stores.users.find(person)
        return user is not None and not user.disabled

    def _stage(self, user: User, factors: frozenset[Factor]) -> tuple[Stage, tuple[Factor, ...]]:
        if is_strong(factors):
            return Stage.IN, ()
        owned = self.stores.users.credentials(user)
        ways = tuple(factor for factor, has in ((Factor.TOTP, owned.totp), (Factor.PASSKEY, owned.passkeys)) if has)
        where = stage(factors, has_second=bool(ways), demanded=self.demands_two(user.name))
        return where, ways if where is Stage.SECOND else ()
