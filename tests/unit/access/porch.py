"""A door in memory, with a clock that a test moves."""

from __future__ import annotations

import random

from ivr.core.access.secret import Kind, made
from ivr.core.access.user import User
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.roles import GRANTED, Role, Roles, fold
from ivr.engine.access.codes import Codes
from ivr.engine.access.door import Door
from ivr.engine.access.passwords import Passwords
from ivr.engine.access.visits import Arrived, VisitRules, Visits
from ivr.engine.access.waiting import Waiting
from ivr.testing.fake_access import memory_access
from ivr.testing.fake_audit import MemoryAuditLog
from ivr.testing.fake_stores import MemoryKeyStore

START = 1_800_000_000.0
HERE, ELSEWHERE = "192.0.2.7", "198.51.100.9"
PASSWORD = "four plain words here"


class Porch:
    """The door, and who stands before it."""

    def __init__(self, rules: VisitRules | None = None) -> None:
        self.now = START
        self.stores, self.log, self.keys = memory_access(), MemoryAuditLog(), MemoryKeyStore()
        chance = random.Random(7)
        wall = lambda: self.now  # noqa: E731
        self.visits = Visits(
            self.stores, self.log, self.roles, rules or VisitRules(), wall=wall, random=chance.randbytes
        )
        waiting = Waiting(self.stores.tries, self.keys, wall=wall)
        self.door = Door(self.visits, Passwords(self.visits, waiting), Codes(self.visits, waiting))

    def roles(self) -> Roles:
        self.log.publish()
        return fold(Roles(), self.log.entries())[0]

    def grant(self, person: str, role: Role) -> None:
        self.log.append([AuditEntry(self.now, "user:olga", GRANTED, person, details={"role": str(role)})])

    def invite(self, name: str) -> str:
        """A user, and the secret of their link."""
        secret = made(Kind.INVITATION, name.encode())
        self.stores.users.add(User(name, name.encode(), self.now).invited(secret, now=self.now))
        return secret

    def joined(self, name: str) -> Arrived:
        """A user who chose a password, and is in."""
        return self.door.passwords.accept(self.invite(name), PASSWORD, address=HERE)

    def told(self) -> list[tuple[str, str, str, str]]:
        """Who did what to whom, and its outcome."""
        self.log.publish()
        return [(one.actor, one.action, one.subject, one.outcome) for _, one in self.log.entries()]
