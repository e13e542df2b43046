"""`ivr users`: who may come in by the console. What they may do there: `ivr roles`."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from ivr.apps.cli.options import office_and_settings_option, office_option
from ivr.apps.settings import Settings
from ivr.core.access.user import User
from ivr.engine.office import users as office_users
from ivr.engine.office.office import Office
from ivr.engine.office.users import ApproveLink, Link, ListSessions, ListUsers, OfUser, RevokeSessions

USER = click.argument("user")
REASON = click.option("--reason", required=True, help="Why; it goes into the audit log.")


@click.group()
def users() -> None:
    """Who may come in by the console. Roles are granted to user:NAME.

    \b
    Examples:
      ivr users add alice --reason "head of the desk"      prints a link: who opens it first chooses the password
      ivr roles grant user:alice supervisor --reason "head of the desk"
      ivr users list
      ivr users invite alice --reason "link expired"       a new link, for somebody who has not used theirs
      ivr users reset alice --reason "lost her telephone"  credentials and sessions are gone; a new link
      ivr users disable alice --reason "left the bank"     sessions and tokens end at once
      ivr users sessions                                   who is in now
      ivr users revoke 9f31c2aa04b7 --reason "left open"   one session, or alice: all of hers
    """


@users.command("list")
@office_option
def list_users(office: Office) -> None:
    """Show who there is."""
    for user in office_users.list_users(office, ListUsers()):
        seen = f"signed in {_when(user.signed_in_at)}" if user.signed_in_at is not None else "never signed in"
        click.echo(f"{user.name:32} {_state(user):24} {seen}")


@users.command()
@USER
@REASON
@office_and_settings_option
def add(office: Office, settings: Settings, user: str, reason: str) -> None:
    """Add a user, and print their one-time link."""
    _show(settings, office_users.add(office, OfUser(user, reason=reason)))


@users.command()
@USER
@REASON
@office_and_settings_option
def invite(office: Office, settings: Settings, user: str, reason: str) -> None:
    """Print a new link for somebody who has not used theirs."""
    _show(settings, office_users.invite(office, OfUser(user, reason=reason)))


@users.command()
@USER
@REASON
@office_and_settings_option
def reset(office: Office, settings: Settings, user: str, reason: str) -> None:
    """Take away password, codes, passkeys and sessions; print a new link. Lets in again who was disabled."""
    _show(settings, office_users.reset(office, OfUser(user, reason=reason)))


@users.command()
@USER
@click.option("--for", "giver", required=True, help="Who may give out the link, once within a day.")
@REASON
@office_option
def approve(office: Office, user: str, giver: str, reason: str) -> None:
    """Approve that another officer gives out a link, where access.two_persons names roles."""
    by = office_users.approve(office, ApproveLink(user, giver, reason=reason))
    click.echo(f"{by} may invite or reset {user} once, within a day.")


@users.command()
@USER
@REASON
@office_option
def disable(office: Office, user: str, reason: str) -> None:
    """Let a user in no more."""
    name = office_users.disable(office, OfUser(user, reason=reason))
    click.echo(f"{name} comes in no more; 'ivr users reset' lets them in again.")


@users.command()
@office_option
def sessions(office: Office) -> None:
    """Show who is in now."""
    for one in office_users.list_sessions(office, ListSessions()):
        by = "+".join(sorted(one.factors))
        click.echo(
            f"{one.session_id}  {one.person:32} since {_when(one.begun_at)}, seen {_when(one.seen_at)}, "
            f"by {by} from {one.address}"
        )


@users.command()
@click.argument("session_or_user")
@REASON
@office_option
def revoke(office: Office, session_or_user: str, reason: str) -> None:
    """End a session, or all of a user, at once."""
    ended = office_users.revoke(office, RevokeSessions(session_or_user, reason=reason))
    click.echo(f"Ended: {ended}.")


def _show(settings: Settings, link: Link) -> None:
    click.echo(f"{link.person} chooses a password here, once, until {_when(link.until)} UTC:")
    click.echo(settings.console.invitation_url(link.secret))


def _state(user: User) -> str:
    if user.disabled:
        return "disabled"
    if user.invitation is not None:
        return f"invited to {_when(user.invitation.until)}"
    return "first administrator" if user.first else ""


def _when(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"
