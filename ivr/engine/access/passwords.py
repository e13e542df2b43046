"""Coming in by name and password, and choosing one by an invitation."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from ivr.core.access.password import SALT_BYTES, check_password, is_password, password_hash
from ivr.core.access.secret import digest
from ivr.core.access.session import Factor, Stage
from ivr.core.access.user import Credentials, User, user_name
from ivr.engine.access.visits import Arrived, Visits
from ivr.engine.access.waiting import Waiting
from ivr.errors import DeniedError, OperatorError

CHOSEN = "password.chosen"
"""Action of the log."""
WRONG = "name or password is wrong"
SPENT = "this link was used, or its time is over: ask for a new one"
AT_ONCE = 2
"""Hashes computed at once: each takes 64 MiB and a core, and strangers ask for them."""


@dataclass(frozen=True, slots=True)
class Invited:
    """Whose link it is."""

    person: str
    until: float
    """Seconds since the epoch."""


class Passwords:
    """The password's way in."""

    def __init__(self, visits: Visits, waiting: Waiting, *, open_to_all: bool = True) -> None:
        """`open_to_all`: False where people sign in by passkey or provider; an invitation works all the same."""
        self._visits, self._waiting, self._open = visits, waiting, open_to_all
        self._hashing = threading.BoundedSemaphore(AT_ONCE)

    def enter(self, typed: str, password: str, *, address: str) -> Arrived:
        """Come in. Raises DeniedError, and TooSoonError, both with what to tell them. `address`: of whoever asks."""
        visits = self._visits
        if not self._open:
            visits.refuse(None, "password sign-in is off", address=address)
        try:
            name = user_name(typed)
        except OperatorError:
            name = ""  # of nobody: judged all the same, for as long
        self._waiting.counted(name, address)
        user = visits.stores.users.find(name) if name else None
        kept = visits.stores.users.credentials(user).password if user is not None else ""
        with self._hashing:
            right = is_password(password, kept)
        if user is None or not right:
            visits.refuse(user.name if user else None, "wrong password", address=address, told=WRONG)
        if user.disabled:
            visits.refuse(user.name, "disabled", address=address, told=WRONG)
        arrived = visits.begin(user, frozenset({Factor.PASSWORD}), address=address)
        if arrived.stage is not Stage.SECOND:  # else a right password alone would start the counting of codes anew
            self._waiting.came_in(name, address)
            visits.touch(user)
        return arrived

    def invited(self, secret: str) -> Invited | None:
        """Whose invitation it is, for the page where a password is chosen; None: it is worth nothing."""
        user = self._by_invitation(secret)
        return Invited(user.name, user.invitation.until) if user is not None and user.invitation else None

    def accept(self, secret: str, password: str, *, address: str) -> Arrived:
        """Choose a password by an invitation, and come in. Raises DeniedError: the link is worth nothing;
        OperatorError: another password is needed, and the link still good."""
        visits = self._visits
        user = self._by_invitation(secret)
        if user is None:
            self._waiting.counted("", address)  # nobody guesses one; but each refusal is an entry of the log
            visits.refuse(None, "no such invitation", address=address, told=SPENT)
        check_password(password, name=user.name)
        with self._hashing:
            kept = Credentials(password=password_hash(password, salt=visits.random(SALT_BYTES)))
        joined = replace(user, invitation=None, signed_in_at=visits.wall())
        if not visits.stores.users.change(joined, kept):
            visits.refuse(user.name, "the invitation was used meanwhile", address=address, told=SPENT)
        visits.end_others(user)
        visits.enter(CHOSEN, user.name, user.name, address=address)
        self._waiting.came_in(user.name, address)
        return visits.begin(replace(joined, version=user.version + 1), frozenset({Factor.PASSWORD}), address=address)

    def change(self, secret: str, old: str, new: str, *, address: str) -> Arrived:
        """Choose another password, by who is in; their other sessions end. Raises DeniedError, TooSoonError,
        OperatorError."""
        visits, users = self._visits, self._visits.stores.users
        standing = visits.standing(secret)
        if standing is None or standing.stage is not Stage.IN:
            raise DeniedError("sign in first")
        user = standing.user
        self._waiting.counted(user.name, address)
        kept = users.credentials(user)
        check_password(new, name=user.name)
        with self._hashing:
            right = is_password(old, kept.password)
            hashed = password_hash(new, salt=visits.random(SALT_BYTES))
        if not right or not users.change(user, replace(kept, password=hashed)):
            visits.refuse(user.name, "wrong password, to change it", address=address, told="the old password is wrong")
        self._waiting.came_in(user.name, address)
        visits.end_others(user)
        visits.enter(CHOSEN, user.name, user.name, address=address)
        return visits.begin(replace(user, version=user.version + 1), standing.session.factors, address=address)

    def _by_invitation(self, secret: str) -> User | None:
        user = self._visits.stores.users.invited(digest(secret))
        if user is None or user.disabled or user.invitation is None or user.invitation.until <= self._visits.wall():
            return None
        return user
