"""`ivr roles`: who may do what. Every change is an entry of the audit log, and nothing else is one."""

from __future__ import annotations

import pwd

import click

from ivr.apps.cli import role_rules
from ivr.apps.cli.audited import actor, audited, demand_a_person, person_named
from ivr.apps.cli.options import settings_option
from ivr.apps.cli.two_persons import find_approval
from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import audit_log, enter_rules, open_key_store, roles_file
from ivr.core.audit.roles import APPROVED, DUTIES, GRANTED, REVOKED, Role, RoleChange, Roles
from ivr.errors import DeniedError, OperatorError

ROLE = click.argument("role", type=click.Choice([str(role) for role in Role]))
REASON = click.option("--reason", required=True, help="Why; it goes into the audit log.")
NONE_IN_FORCE = (
    "No role was granted yet: whoever may read the key store's secret may do everything. "
    "The first one: ivr roles grant PERSON security_officer --reason '...'"
)


@click.group()
def roles() -> None:
    """Who may do what. A person is a user of this machine's system.

    \b
    Roles:
      operator           runs the line: agents, callbacks, models
      supervisor         finds, shows, plays and exports recordings, makes receipts, enrols voices
      auditor            reads, verifies and proves the audit log; sees who holds which role and what is kept
      security_officer   keys, retention, holds, shredding, roles

    \b
    Examples:
      ivr roles grant olga security_officer --reason "first officer"    the first one: from then on roles are in force
      ivr roles grant alice supervisor --reason "head of the desk"
      ivr roles revoke alice supervisor --reason "left the desk"
      ivr roles list
      ivr roles demand export --reason "rule 7"                         one person alone exports nothing from now on
      ivr roles approve-lift export --for olga --reason "..."           by somebody else; then olga lifts it
    """


@roles.command("list")
@settings_option
def list_roles(settings: Settings) -> None:
    """Show who holds which role."""
    keys = open_key_store(settings)
    log = audit_log(settings, keys)
    in_force = roles_file(settings, keys, log).read()
    log.close()
    if not in_force.in_force:
        click.echo(NONE_IN_FORCE)
        return
    for rule in sorted(in_force.two_persons):
        click.echo(f"two persons are needed for: {rule}")
    for person, held in in_force.to_json().items():
        click.echo(f"{person:24} {', '.join(held)}")
    click.echo()
    for role, duty in DUTIES.items():
        click.echo(f"{role:18} {duty}")


@roles.command()
@click.argument("person")
@ROLE
@REASON
@settings_option
def grant(settings: Settings, person: str, role: str, reason: str) -> None:
    """Give a person a role. The first one ever is a security officer's."""
    person = _known(person_named(person))
    first = _change(settings, RoleChange(actor(), person, Role(role), granted=True), reason)
    click.echo(f"{person} is {role} now.")
    if first:
        click.echo("Roles are in force from now on: nobody else may do what a role is needed for.")


@roles.command()
@click.argument("person")
@ROLE
@REASON
@settings_option
def revoke(settings: Settings, person: str, role: str, reason: str) -> None:
    """Take a role from a person. Refused for the last security officer."""
    person = person_named(person)
    _change(settings, RoleChange(actor(), person, Role(role), granted=False), reason)
    click.echo(f"{person} is {role} no more.")


@roles.command()
@click.argument("change", type=click.Choice(["grant", "revoke"]))
@click.argument("person")
@ROLE
@click.option("--for", "changer", required=True, help="Who may do it once within a day.")
@REASON
@settings_option
def approve(settings: Settings, change: str, person: str, role: str, changer: str, reason: str) -> None:
    """Approve that another officer changes a role, where access.two_persons names roles."""
    person, changer = person_named(person), person_named(changer)
    keys = open_key_store(settings)
    details: dict[str, object] = {"role": role, "change": GRANTED if change == "grant" else REVOKED, "for": changer}
    with audited(settings, keys, APPROVED, person, reason=reason, **details):
        demand_a_person()
        if changer == actor():
            raise DeniedError("nobody approves their own change of roles")
    click.echo(f"{changer} may {change} {person} {role} once, within a day.")


def _change(settings: Settings, change: RoleChange, reason: str) -> bool:
    """Judge a change and enter it, or its denial. Returns whether it was the first."""
    keys = open_key_store(settings)
    log = audit_log(settings, keys)
    book = roles_file(settings, keys, log)
    enter_rules(settings, keys, log, actor=actor())
    action = GRANTED if change.granted else REVOKED
    with book.alone():
        before = book.read()
        with audited(settings, keys, action, change.person, reason=reason, role=str(change.role)):
            before.after(change)
            if "roles" in before.two_persons and len(before.officers()) > 1:
                found = find_approval(
                    log,
                    change.person,
                    by_action=APPROVED,
                    done=action,
                    fits=lambda one: (
                        one.details.get("role") == change.role and one.details.get("change", action) == action
                    ),
                )
                if found is None:
                    _demand(change, before)
        book.read()
    log.close()
    return not before.in_force


def _demand(change: RoleChange, before: Roles) -> None:
    others = " or ".join(sorted(set(before.officers()) - {change.by}))
    what = f"{'grant' if change.granted else 'revoke'} {change.person} {change.role}"
    raise DeniedError(f"{others} must approve it first: ivr roles approve {what} --for {change.by} --reason '...'")


def _known(person: str) -> str:
    """Refuse a name that nobody can log in by: an officer who does not exist would lock everybody out."""
    kind, _, name = person.partition(":")
    if kind == "os":
        try:
            if name.isdigit():  # who runs without a name, say in a container, is called by their number
                return f"os:{pwd.getpwuid(int(name)).pw_name}"
            pwd.getpwnam(name)
        except KeyError as error:
            if not name.isdigit():
                raise OperatorError(f"this machine knows no user {name}: roles are given to its users") from error
    return person


roles.add_command(role_rules.demand)
roles.add_command(role_rules.lift)
roles.add_command(role_rules.approve_lift)
