"""Who may come in by the console: users, their links, their sessions."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ivr.core.access.secret import SECRET_BYTES, Kind, made
from ivr.core.access.session import Session
from ivr.core.access.user import KIND, Credentials, User, user_name
from ivr.core.audit.approval import LINK_APPROVED
from ivr.engine.office.office import UNKNOWN, Asked, Desk, does
from ivr.engine.office.two_persons import approved, approving
from ivr.errors import DeniedError, OperatorError

HANDLE_BYTES = 16


@dataclass(frozen=True, slots=True)
class ListUsers(Asked):
    """Who there is."""


@dataclass(frozen=True, slots=True)
class OfUser(Asked):
    """Something of one user."""

    name: str
    """As it was typed."""


@dataclass(frozen=True, slots=True)
class ApproveLink(Asked):
    """Let another officer give out a link of a user once, within a day."""

    name: str
    giver: str
    """Who gives it out."""


@dataclass(frozen=True, slots=True)
class ListSessions(Asked):
    """Who is in."""


@dataclass(frozen=True, slots=True)
class RevokeSessions(Asked):
    """End a session, or all of a user."""

    which: str
    """The session's id or the user's name, as it was typed."""


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time link: whoever opens it first chooses the user's password."""

    person: str
    secret: str = field(repr=False)
    until: float
    """Seconds since the epoch."""


@does("users.list")
def list_users(desk: Desk, asked: ListUsers) -> Sequence[User]:
    """All users, by name."""
    return desk.ports.access.users.list()


@does("users.add")
def add(desk: Desk, asked: OfUser) -> Link:
    """A new user, who may do nothing until they are given a role. Raises OperatorError when there is one already."""
    name = user_name(asked.name)
    with desk.entering(name):
        user, link = _invited(desk, User(name, secrets.token_bytes(HANDLE_BYTES), desk.wall()))
        desk.ports.access.users.add(user)
    return link


@does("users.invite")
def invite(desk: Desk, asked: OfUser) -> Link:
    """A new link for somebody who has not used theirs. Raises OperatorError, DeniedError."""
    user = _known(desk, asked.name)
    with desk.entering(user.name) as details:
        if desk.ports.access.users.credentials(user).any:
            raise OperatorError(f"{user.name} has signed in already: 'ivr users reset' takes their credentials away")
        details |= _link_approved(desk, user)
        return _changed(desk, user)


@does("users.reset")
def reset(desk: Desk, asked: OfUser) -> Link:
    """Take away all credentials and sessions of a user, also one who was disabled; a new link. Raises as above."""
    user = _known(desk, asked.name)
    with desk.entering(user.name, credentials="taken away") as details:
        details |= _link_approved(desk, user)
        link = _changed(desk, replace(user, disabled=False), Credentials())
        desk.ports.access.sessions.end_of(user.name)
    return link


@does("users.approve")
def approve(desk: Desk, asked: ApproveLink) -> str:
    """Approve another officer's link, which opens a colleague's account; returns who may. Raises DeniedError."""
    user, giver = _known(desk, asked.name), desk.ports.people.named(asked.giver)
    with desk.entering(user.name, **{"for": giver}):
        approving(desk, giver, "a link that they give out themselves")
    return giver


@does("users.disable")
def disable(desk: Desk, asked: OfUser) -> str:
    """Let a user in no more; sessions and tokens of theirs end. Raises DeniedError for the last security officer."""
    user = _known(desk, asked.name)
    with desk.entering(user.name):
        if desk.ports.roles.read().officers() == [user.name]:
            raise DeniedError(f"{user.name} is the last security officer: grant the role to somebody else first")
        _keep(desk, replace(user, disabled=True, invitation=None))
        desk.ports.access.sessions.end_of(user.name)
    return user.name


@does("sessions.list")
def list_sessions(desk: Desk, asked: ListSessions) -> Sequence[Session]:
    """Those whose time is not over, the newest first."""
    ports, now = desk.ports, desk.wall()
    return [one for one in ports.access.sessions.list() if one.alive(ports.session_rules, now=now)]


@does("sessions.revoke")
def revoke(desk: Desk, asked: RevokeSessions) -> int:
    """End one session, or all of a user, in every process at once; returns how many. Raises OperatorError."""
    sessions = desk.ports.access.sessions
    one = next((found for found in sessions.list() if found.session_id == asked.which), None)
    person = None if one else next((user for user in _named(desk, asked.which)), None)
    subject = one.session_id if one else person.name if person else UNKNOWN
    with desk.entering(subject) as details:
        if subject == UNKNOWN:
            raise OperatorError("there is no such session or user: 'ivr users sessions' shows who is in")
        details["sessions"] = ended = int(sessions.end(subject)) if one else sessions.end_of(subject)
    return ended


def _known(desk: Desk, typed: str) -> User:
    """The user of that name; an attempt at one whom there is not is entered. Raises OperatorError."""
    found = _named(desk, typed)
    if not found:
        with desk.entering(UNKNOWN):
            raise OperatorError("there is no user of that name; 'ivr users list' shows who there is")
    return found[0]


def _named(desk: Desk, typed: str) -> list[User]:
    name = KIND + typed.strip().removeprefix(KIND)
    return [user for user in desk.ports.access.users.list() if user.name == name]


def _link_approved(desk: Desk, user: User) -> dict[str, object]:
    """Whoever gives out a link could use it, and so be a second person to themselves."""
    how = f"ivr users approve {user.name.removeprefix(KIND)} --for {desk.actor.name} --reason '...'"
    return approved(desk, user.name, by_action=LINK_APPROVED, how=how)


def _invited(desk: Desk, user: User) -> tuple[User, Link]:
    secret = made(Kind.INVITATION, secrets.token_bytes(SECRET_BYTES))
    invited = user.invited(secret, now=desk.wall())
    assert invited.invitation is not None
    return invited, Link(user.name, secret, invited.invitation.until)


def _changed(desk: Desk, user: User, credentials: Credentials | None = None) -> Link:
    invited, link = _invited(desk, user)
    _keep(desk, invited, credentials)
    return link


def _keep(desk: Desk, user: User, credentials: Credentials | None = None) -> None:
    if not desk.ports.access.users.change(user, credentials):
        raise OperatorError(f"somebody changed {user.name} at the same moment: try again")
