"""Who comes in by the console: what is kept of them. One database; every method is one transaction, durable when it
returns, seen by every process at once, and raises EnvironmentFault."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from ivr.core.access.machine import MachineToken
from ivr.core.access.session import Session
from ivr.core.access.user import Credentials, User
from ivr.core.access.waits import Counted, Tries


class UserStore(Protocol):
    """Users, and by what they prove who they are, which is sealed."""

    def add(self, user: User) -> None:
        """A new one, without credentials. Raises OperatorError when there is one of that name."""
        ...

    def find(self, name: str) -> User | None:
        """By the name in the audit log."""
        ...

    def by_handle(self, handle: bytes) -> User | None:
        """By what their devices know."""
        ...

    def invited(self, digest: str) -> User | None:
        """Whose invitation this is, also when its time is over."""
        ...

    def list(self) -> list[User]:
        """All, by name."""
        ...

    def credentials(self, user: User) -> Credentials:
        """Of a user. Raises SealError when they were altered."""
        ...

    def change(self, user: User, credentials: Credentials | None = None) -> bool:
        """Keep a user as they are here, and their credentials if given; False, and nothing kept, when anybody changed
        either since this user was read (`User.version`)."""
        ...


class SessionStore(Protocol):
    """Sessions."""

    def begin(self, session: Session) -> None:
        """Keep a new one."""
        ...

    def find(self, digest: str) -> Session | None:
        """By the hash of its secret."""
        ...

    def seen(self, digest: str, *, at: float) -> None:
        """It was used; one that ended meanwhile stays so."""
        ...

    def end(self, session_id: str) -> bool:
        """End one; False when there is none."""
        ...

    def end_of(self, person: str) -> int:
        """End all of a person; how many."""
        ...

    def list(self) -> list[Session]:
        """All, the newest first, also those whose time is over."""
        ...

    def forget(self, *, begun_before: float, seen_before: float) -> None:
        """Remove those whose time is over."""
        ...


class TokenStore(Protocol):
    """Machines' tokens. A revoked one stays, so that its name in the log is explained."""

    def make(self, token: MachineToken) -> None:
        """Keep a new one. Raises OperatorError when that name has one that was not revoked."""
        ...

    def find(self, digest: str) -> MachineToken | None:
        """By the hash of its secret."""
        ...

    def list(self) -> list[MachineToken]:
        """All, by name and age."""
        ...

    def used(self, token_id: str, *, at: float) -> None:
        """It was used."""
        ...

    def revoke(self, token_id: str) -> bool:
        """From now on it opens nothing; False when there is none, or it was revoked."""
        ...


class OnceStore(Protocol):
    """What is taken once: passkeys' challenges, a provider's answers."""

    def keep(self, digest: str, *, until: float) -> None:
        """May be taken once, until a time. Removes those whose time is over."""
        ...

    def take(self, digest: str, *, now: float) -> bool:
        """Whether it was there in time; of many who take it at once one hears so."""
        ...


class TryStore(Protocol):
    """Failures of signing in."""

    def change(
        self,
        keys: Mapping[Counted, bytes],
        change: Callable[[dict[Counted, Tries]], dict[Counted, Tries]],
        *,
        now: float,
    ) -> None:
        """Read what these keys counted, and keep what becomes of it; nobody else changes them meanwhile.

        `keys`: keyed hashes of what is counted, 32 bytes. What `change` raises passes through, and nothing is kept.
        """
        ...


@dataclass(frozen=True, slots=True)
class AccessStores:
    """All of them."""

    users: UserStore
    sessions: SessionStore
    tokens: TokenStore
    once: OnceStore
    tries: TryStore
