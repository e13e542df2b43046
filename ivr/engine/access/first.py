"""The first administrator: whoever started the engine gets a link, and acts while no role was granted yet."""

from __future__ import annotations

from ivr.core.access.secret import SECRET_BYTES, Kind, made
from ivr.core.access.user import FIRST, FIRST_INVITATION_SECONDS, User
from ivr.core.audit.approval import LINK_GIVEN
from ivr.core.audit.roles import Roles
from ivr.engine.access.visits import Visits


def first_administrator(visits: Visits, roles: Roles, *, actor: str) -> str | None:
    """The secret of a one-time link for the first administrator, good for an hour; None once anybody was in, or holds
    a role: they let others in by `ivr users add`.

    The link of the start before is worth nothing from now on. `actor`: who started the engine, for the log.
    """
    users, now = visits.stores.users, visits.wall()
    there = users.list()
    if roles.in_force or any(user.signed_in_at is not None for user in there):
        return None
    admin = next((user for user in there if user.name == FIRST), None)
    if admin is None:
        admin = User(FIRST, visits.random(16), now, first=True)
        users.add(admin)
    secret = made(Kind.INVITATION, visits.random(SECRET_BYTES))
    if not users.change(admin.invited(secret, now=now, seconds=FIRST_INVITATION_SECONDS)):
        return None  # another process came first, and shows its link
    visits.enter(LINK_GIVEN, actor, FIRST, first=True)
    return secret
