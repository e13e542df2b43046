"""Users of the console: added, invited, reset, disabled; and who is in."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode

from pydantic import BaseModel, Field

from ivr.apps.web.console import Done
from ivr.apps.web.operation import operation
from ivr.apps.web.pages.calls import Because
from ivr.apps.web.visit import Visit
from ivr.core.access.session import Session
from ivr.core.access.user import User
from ivr.engine.office import roles, users


class OfUser(Because):
    """Which user."""

    name: str = Field(min_length=1, max_length=80)


class ForGiver(OfUser):
    """Who gives the link out."""

    giver: str = Field(min_length=1, max_length=80)


class Sessions(Because):
    """Which session, or whose."""

    which: str = Field(min_length=1, max_length=80)


class Nothing(BaseModel):
    """Nothing is asked."""


@dataclass(frozen=True, slots=True)
class UserRow:
    """One user."""

    name: str
    """Without its kind."""
    person: str
    """As the log names them: user:alice."""
    added_at: float
    """Seconds since the epoch, as the others."""
    signed_in_at: float | None
    invited_until: float | None
    """A link of theirs is open."""
    disabled: bool
    first: bool
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SessionRow:
    """Somebody who is in."""

    session: str
    person: str
    by: tuple[str, ...]
    """What they proved."""
    begun_at: float
    seen_at: float
    address: str
    own: bool
    """The one who asks sees this page by it."""


@dataclass(frozen=True, slots=True)
class Users:
    """Who there is, and who is in."""

    users: tuple[UserRow, ...]
    sessions: tuple[SessionRow, ...]


@dataclass(frozen=True, slots=True)
class OneTimeLink:
    """It is shown this once."""

    person: str
    url: str = field(repr=False)
    until: float


@operation("GET", "/users", scope="users.list", page="users.html")
def users_list(visit: Visit) -> Users:
    """Who may come in, and who is in."""
    at_office = visit.office
    held = roles.list_roles(at_office, roles.ListRoles()) if "roles.list" in visit.may else None
    there = users.list_users(at_office, users.ListUsers())
    rows = tuple(_user(one, tuple(sorted(held.of(one.name))) if held else ()) for one in there)
    into = users.list_sessions(at_office, users.ListSessions()) if "sessions.list" in visit.may else ()
    mine = visit.visitor.session_id if visit.visitor else ""
    return Users(rows, tuple(_session(one, mine) for one in into))


@operation("POST", "/users/add", scope="users.add", page="user_link.html")
def users_add(visit: Visit, asked: OfUser) -> OneTimeLink:
    """A new user, and the link by which they choose a password."""
    return _link(visit, users.add(visit.office, users.OfUser(asked.name, reason=asked.reason)))


@operation("POST", "/users/invite", scope="users.invite", page="user_link.html")
def users_invite(visit: Visit, asked: OfUser) -> OneTimeLink:
    """A new link for somebody who has not used theirs."""
    return _link(visit, users.invite(visit.office, users.OfUser(asked.name, reason=asked.reason)))


@operation("POST", "/users/reset", scope="users.reset", page="user_link.html")
def users_reset(visit: Visit, asked: OfUser) -> OneTimeLink:
    """Take away what somebody signs in by; a new link."""
    return _link(visit, users.reset(visit.office, users.OfUser(asked.name, reason=asked.reason)))


@operation("POST", "/users/approve", scope="users.approve")
def users_approve(visit: Visit, asked: ForGiver) -> Done:
    """Let another officer give out a link once, within a day."""
    giver = users.approve(visit.office, users.ApproveLink(asked.name, asked.giver, reason=asked.reason))
    return Done(visit.language.text("{who} may give out that link once, within a day.", who=giver), "/users")


@operation("POST", "/users/disable", scope="users.disable")
def users_disable(visit: Visit, asked: OfUser) -> Done:
    """Let somebody in no more."""
    person = users.disable(visit.office, users.OfUser(asked.name, reason=asked.reason))
    return Done(visit.language.text("{who} is let in no more.", who=person), "/users")


@operation("POST", "/users/sessions/revoke", scope="sessions.revoke")
def sessions_revoke(visit: Visit, asked: Sessions) -> Done:
    """End a session, or all of somebody."""
    ended = users.revoke(visit.office, users.RevokeSessions(asked.which, reason=asked.reason))
    return Done(visit.language.text("{count} sessions ended, in every process.", count=ended), "/users")


def _user(one: User, held: tuple[str, ...]) -> UserRow:
    invited = one.invitation.until if one.invitation is not None else None
    name = one.name.partition(":")[2]
    return UserRow(name, one.name, one.made_at, one.signed_in_at, invited, one.disabled, one.first, held)


def _session(one: Session, mine: str) -> SessionRow:
    by = tuple(sorted(map(str, one.factors)))
    return SessionRow(one.session_id, one.person, by, one.begun_at, one.seen_at, one.address, one.session_id == mine)


def _link(visit: Visit, made: users.Link) -> OneTimeLink:
    address = f"{visit.console.origins[0].url}/invitation?{urlencode({'secret': made.secret})}"
    return OneTimeLink(made.person, address, made.until)
