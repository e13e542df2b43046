"""Who comes in by the console, kept in memory. They pass the contract suite of the database's stores."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

from ivr.core.access.machine import MachineToken
from ivr.core.access.session import Session
from ivr.core.access.user import Credentials, User
from ivr.core.access.waits import Counted, Tries
from ivr.errors import OperatorError
from ivr.ports.access import AccessStores


class MemoryUserStore:
    """Users in a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[User, Credentials]] = {}
        self._lock = threading.Lock()

    def add(self, user: User) -> None:
        """A new one."""
        if user.name in self._kept:
            raise OperatorError(f"there is a user {user.name} already")
        self._kept[user.name] = user, Credentials()

    def find(self, name: str) -> User | None:
        """By name."""
        return self._one(lambda user: user.name == name)

    def by_handle(self, handle: bytes) -> User | None:
        """By what their devices know."""
        return self._one(lambda user: user.handle == handle)

    def invited(self, digest: str) -> User | None:
        """By an invitation's hash."""
        return self._one(lambda user: user.invitation is not None and user.invitation.digest == digest)

    def list(self) -> list[User]:
        """By name."""
        return sorted((user for user, _ in self._kept.values()), key=lambda user: user.name)

    def credentials(self, user: User) -> Credentials:
        """Theirs."""
        return self._kept[user.name][1] if user.name in self._kept else Credentials()

    def change(self, user: User, credentials: Credentials | None = None) -> bool:
        """Unless somebody else did."""
        with self._lock:
            kept = self._kept.get(user.name)
            if kept is None or kept[0].version != user.version:
                return False
            self._kept[user.name] = replace(user, version=user.version + 1), credentials or kept[1]
            return True

    def _one(self, fits: Callable[[User], bool]) -> User | None:
        return next((user for user, _ in self._kept.values() if fits(user)), None)


class MemorySessionStore:
    """Sessions in a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[str, Session] = {}

    def begin(self, session: Session) -> None:
        """Keep one."""
        self._kept[session.session_id] = session

    def find(self, digest: str) -> Session | None:
        """By the hash of its secret."""
        return next((one for one in self._kept.values() if one.digest == digest), None)

    def seen(self, digest: str, *, at: float) -> None:
        """It was used."""
        found = self.find(digest)
        if found is not None:
            self._kept[found.session_id] = replace(found, seen_at=at)

    def end(self, session_id: str) -> bool:
        """End one."""
        return self._kept.pop(session_id, None) is not None

    def end_of(self, person: str) -> int:
        """All of a person."""
        return sum(self.end(one.session_id) for one in self.list() if one.person == person)

    def list(self) -> list[Session]:
        """The newest first."""
        return sorted(self._kept.values(), key=lambda one: (-one.begun_at, one.session_id))

    def forget(self, *, begun_before: float, seen_before: float) -> None:
        """Those whose time is over."""
        for one in self.list():
            if one.begun_at < begun_before or one.seen_at < seen_before:
                self.end(one.session_id)


class MemoryTokenStore:
    """Machines' tokens in a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[str, MachineToken] = {}

    def make(self, token: MachineToken) -> None:
        """Keep one."""
        if any(one.name == token.name and not one.revoked for one in self._kept.values()):
            raise OperatorError(f"there is a token {token.name} already: revoke it first")
        self._kept[token.token_id] = token

    def find(self, digest: str) -> MachineToken | None:
        """By the hash of its secret."""
        return next((one for one in self._kept.values() if one.digest == digest), None)

    def list(self) -> list[MachineToken]:
        """By name and age."""
        return sorted(self._kept.values(), key=lambda one: (one.name, one.made_at))

    def used(self, token_id: str, *, at: float) -> None:
        """It was used."""
        if token_id in self._kept:
            self._kept[token_id] = replace(self._kept[token_id], used_at=at)

    def revoke(self, token_id: str) -> bool:
        """It opens nothing from now on."""
        token = self._kept.get(token_id)
        if token is None or token.revoked:
            return False
        self._kept[token_id] = replace(token, revoked=True)
        return True


class MemoryOnceStore:
    """What is taken once, in a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[str, float] = {}

    def keep(self, digest: str, *, until: float) -> None:
        """May be taken once."""
        self._kept[digest] = until

    def take(self, digest: str, *, now: float) -> bool:
        """One gets it."""
        return self._kept.pop(digest, now) > now


class MemoryTryStore:
    """Failures in a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[bytes, Tries] = {}
        self._lock = threading.Lock()

    def change(
        self,
        keys: Mapping[Counted, bytes],
        change: Callable[[dict[Counted, Tries]], dict[Counted, Tries]],
        *,
        now: float,
    ) -> None:
        """One after the other."""
        with self._lock:
            after = change({kind: self._kept.get(key, Tries()) for kind, key in keys.items()})
            self._kept.update({keys[kind]: tries for kind, tries in after.items()})


def memory_access() -> AccessStores:
    """All of them, empty."""
    return AccessStores(
        MemoryUserStore(), MemorySessionStore(), MemoryTokenStore(), MemoryOnceStore(), MemoryTryStore()
    )
