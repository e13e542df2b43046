"""The one way for every act of a person: asked for, allowed or denied, done, entered.

Rules: only an act that was allowed holds the ports (a `Desk`), so none is done without its permission. The log is for
ever, and what a person typed may be a customer's number or a secret: a subject is entered only once it is known to be
the name of something that there is; else the entry says `unknown`. A reason is the person's own words, but never holds
a secret key.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Final, TypeVar

from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.roles import Roles
from ivr.engine.office.actor import Actor
from ivr.engine.office.acts import ACTS, DENIED, EVERYBODY, OWN_DESK, Act, Reason
from ivr.engine.office.ports import OfficePorts
from ivr.errors import BugError, DeniedError, IvrError, OperatorError
from ivr.ports.clock import Clock

UNKNOWN = "unknown"
"""Subject of what was tried with something that there is not. What was typed is with who typed it only."""
SECRET_KEY = re.compile("AGE-(SECRET-KEY|PLUGIN-[A-Z0-9-]*)-?1", re.IGNORECASE)
REASON_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """What an act is asked to do."""

    reason: str = field(default="", kw_only=True)
    """Why, in the words of who acts: one line."""


@dataclass(frozen=True, slots=True)
class AskedOfCall(Asked):
    """The same of one call."""

    call: str
    """Its id or its recording's, as it was typed."""


Request = TypeVar("Request", bound=Asked)
Result = TypeVar("Result")

DOERS: Final[dict[str, Callable[..., object]]] = {}
"""Act -> the function that does it."""


class Office:
    """What one person may do now, and does."""

    def __init__(self, actor: Actor, ports: OfficePorts, *, wall: Clock) -> None:
        self._actor = actor
        self._ports = ports
        self._wall = wall

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return self._actor

    def may(self, name: str) -> bool:
        """Whether this person may do an act now. Raises IvrError."""
        act = _row(name)
        return self._allowed(act, self._roles_for(act))

    def acts(self) -> frozenset[str]:
        """Every act that this person may do now, by one reading of the roles. Raises IvrError.

        A desk is none of theirs while no agent of the directory is they, whatever they hold.
        """
        roles = self._ports.roles.read() if self._ports.begun else Roles()
        may = frozenset(act.name for act in ACTS.values() if self._allowed(act, roles))
        return may - OWN_DESK if may & OWN_DESK and not self._has_desk() else may

    def must(self, name: str, call: str = "") -> None:
        """Raises DeniedError, which is entered, where this person may not do an act."""
        act = _row(name)
        roles = self._roles_for(act)
        if not self._allowed(act, roles):
            self._deny(act, roles, call)

    def desk(self, name: str, asked: Asked) -> Desk:
        """What this person needs to do an act. Raises DeniedError, which is entered; OperatorError for the reason."""
        act = _row(name)
        refuse_secret_keys(_texts(asked))
        reason = _checked(act, asked.reason)
        self.must(name, str(getattr(asked, "call", "")))
        return Desk(act, self._actor, self._ports, self._wall, reason)

    def _has_desk(self) -> bool:
        return any(one.user == self._actor.name for one in self._ports.agents.read())

    def _roles_for(self, act: Act) -> Roles:
        """Roles in force; none where the act needs none, or there is no key store and so no log."""
        return Roles() if act.roles == EVERYBODY or not self._ports.begun else self._ports.roles.read()

    def _allowed(self, act: Act, roles: Roles) -> bool:
        actor = self._actor
        if actor.scopes is not None and act.name not in actor.scopes:
            return False
        if act.roles == EVERYBODY:
            return True
        return bool(roles.of(actor.name) & act.roles) and actor.is_known if roles.in_force else actor.before_roles

    def _deny(self, act: Act, roles: Roles, call: str) -> None:
        actor = self._actor
        person, held = actor.name, roles.of(actor.name)
        details: dict[str, object] = {"needs": sorted(act.roles), "holds": sorted(held)}
        if actor.token:
            details["token"] = actor.token
        if call:
            details["call"] = call_named(self._ports, call)
        self._ports.log.append([AuditEntry(self._wall(), person, DENIED, act.name, "denied", details=details)])
        if not actor.is_known:
            raise DeniedError(f"'{act.name}' needs a role, and {actor.doubt}")
        if actor.scopes is not None and act.name not in actor.scopes:
            raise DeniedError(f"the token {actor.token} is not for '{act.name}'")
        if not roles.in_force:
            raise DeniedError(
                f"'{act.name}' needs a role, and none was granted yet: until then the first administrator alone acts "
                "here, and grants one to a security officer first"
            )
        raise DeniedError(
            f"'{act.name}' is for the role {' or '.join(sorted(act.roles))}, and {person} holds "
            f"{', '.join(sorted(held)) or 'none'}. {' or '.join(roles.officers())} may grant it: "
            f"ivr roles grant {person} {min(act.roles)} --reason '...'"
        )


@dataclass(frozen=True, slots=True)
class Desk:
    """What an act that was allowed works with. Only `Office.desk` makes one."""

    act: Act
    actor: Actor
    ports: OfficePorts
    wall: Clock
    reason: str

    def call_named(self, typed: str) -> str:
        """The call that was named, as the log names it."""
        return call_named(self.ports, typed)

    def denied(self, why: str, **details: object) -> DeniedError:
        """Enter that this person may do the act, but not with this; returns what to raise. `details` as in
        `entering`."""
        if self.actor.token:
            details["token"] = self.actor.token
        entry = AuditEntry(self.wall(), self.actor.name, DENIED, self.act.name, "denied", details=details)
        self.ports.log.append([entry])
        return DeniedError(why)

    @contextmanager
    def entering(self, subject: str, **details: object) -> Iterator[dict[str, object]]:
        """Enter what happens inside into the log, with its outcome. The block may add to the yielded details.

        The entry is durable before the act says that it was done. `subject` and what is added are names of things that
        there are, never what was typed.
        """
        if not self.act.action:
            raise BugError(f"the table says that {self.act.name} enters nothing")
        if self.act.before_keys and not self.ports.begun:
            yield details
            return
        log = self.ports.log  # one that cannot be opened is known before anything is done
        if self.actor.token:
            details["token"] = self.actor.token
        outcome = "failed"
        try:
            yield details
            outcome = "done"
        except DeniedError:
            outcome = "denied"
            raise
        except IvrError as error:
            details["error"] = type(error).__name__
            raise
        finally:
            entry = AuditEntry(self.wall(), self.actor.name, self.act.action, subject, outcome, self.reason, details)
            log.append([entry])


def does(name: str) -> Callable[[Callable[[Desk, Request], Result]], Callable[[Office, Request], Result]]:
    """Make a function the one that does an act: the office is asked first, and hands it the desk."""
    _row(name)

    def made(act: Callable[[Desk, Request], Result]) -> Callable[[Office, Request], Result]:
        if name in DOERS:
            raise BugError(f"{name} is done in two places")

        @functools.wraps(act)
        def doing(office: Office, asked: Request) -> Result:
            return act(office.desk(name, asked), asked)

        DOERS[name] = doing
        return doing

    return made


def refuse_secret_keys(words: Iterable[str]) -> None:
    """Raises OperatorError when one of them holds a secret key of age. Before anything else looks at them."""
    if any(SECRET_KEY.search(word) for word in words):
        raise OperatorError(
            "what was typed holds a SECRET age key. It was not used and is stored nowhere here, but your shell may "
            "keep it in its history: make another one with age-keygen, and give its public key (age1...)"
        )


def call_named(ports: OfficePorts, typed: str) -> str:
    """The id of the call that was named, by it or by its recording's id; UNKNOWN when there is none."""
    try:
        return ports.recordings.find(typed).call_id
    except IvrError:
        pass
    try:
        return ports.calls.get(typed).call_id
    except IvrError:
        return UNKNOWN


def one_of(typed: str, there_are: Iterable[str]) -> str:
    """What was typed, if it is one of them; else UNKNOWN."""
    return typed if typed in set(there_are) else UNKNOWN


def _row(name: str) -> Act:
    if name not in ACTS:
        raise BugError(f"no permission is said for '{name}': add it to the table of acts")
    return ACTS[name]


def _texts(asked: Asked) -> Iterator[str]:
    for one in fields(asked):
        value = getattr(asked, one.name)
        yield from (text for text in (value if isinstance(value, tuple) else (value,)) if isinstance(text, str))


def _checked(act: Act, reason: str) -> str:
    reason = reason.strip()
    if len(reason) > REASON_CHARACTERS or not reason.isprintable():
        raise OperatorError(f"a reason is one line of at most {REASON_CHARACTERS} characters")
    if act.reason is Reason.MUST and not reason:
        raise OperatorError(f"'{act.name}' needs a reason: it goes into the audit log")
    if act.reason is Reason.NONE and reason:
        raise BugError(f"the table says that {act.name} takes no reason")
    return reason
