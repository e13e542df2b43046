"""`ivr roles`: who may do what. Every change is an entry of the audit log, and nothing else is one."""

from __future__ import annotations

from typing import Literal

import click

from ivr.apps.cli.options import office_option
from ivr.core.audit.roles import DUTIES, TWO_PERSONS, Role
from ivr.engine.office import roles as office_roles
from ivr.engine.office.office import Office
from ivr.engine.office.roles import ApproveChange, ApproveLift, ChangeRole, ChangeRule, ListRoles

ROLE = click.argument("role", type=click.Choice([str(role) for role in Role]))
RULE = click.argument("rule", type=click.Choice(TWO_PERSONS))
REASON = click.option("--reason", required=True, help="Why; it goes into the audit log.")
NONE_IN_FORCE = (
    "No role was granted yet: whoever may read the key store's secret may do everything. "
    "The first one: ivr roles grant PERSON security_officer --reason '...'"
)


ABOUT = """Who may do what. A person is a user of this machine's system.

    \b
    Roles:
{roles}

    \b
    Examples:
      ivr roles grant olga security_officer --reason "first officer"    the first one: from then on roles are in force
      ivr roles grant alice supervisor --reason "head of the desk"
      ivr roles revoke alice supervisor --reason "left the desk"
      ivr roles list
      ivr roles demand export --reason "rule 7"                         one person alone exports nothing from now on
      ivr roles approve-lift export --for olga --reason "..."           by somebody else; then olga lifts it
"""


@click.group(help=ABOUT.format(roles="\n".join(f"      {role:18} {duty}" for role, duty in DUTIES.items())))
def roles() -> None:
    """Who may do what."""


@roles.command("list")
@office_option
def list_roles(office: Office) -> None:
    """Show who holds which role."""
    in_force = office_roles.list_roles(office, ListRoles())
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
@office_option
def grant(office: Office, person: str, role: str, reason: str) -> None:
    """Give a person a role. The first one ever is a security officer's."""
    done = office_roles.grant(office, ChangeRole(person, Role(role), reason=reason))
    click.echo(f"{done.person} is {role} now.")
    if done.first:
        click.echo("Roles are in force from now on: nobody else may do what a role is needed for.")


@roles.command()
@click.argument("person")
@ROLE
@REASON
@office_option
def revoke(office: Office, person: str, role: str, reason: str) -> None:
    """Take a role from a person. Refused for the last security officer."""
    done = office_roles.revoke(office, ChangeRole(person, Role(role), reason=reason))
    click.echo(f"{done.person} is {role} no more.")


@roles.command()
@click.argument("change", type=click.Choice(["grant", "revoke"]))
@click.argument("person")
@ROLE
@click.option("--for", "changer", required=True, help="Who may do it once within a day.")
@REASON
@office_option
def approve(
    office: Office, change: Literal["grant", "revoke"], person: str, role: str, changer: str, reason: str
) -> None:
    """Approve that another officer changes a role, where access.two_persons names roles."""
    done = office_roles.approve(office, ApproveChange(change, person, Role(role), changer, reason=reason))
    click.echo(f"{done.by} may {change} {done.subject} {role} once, within a day.")


@roles.command()
@RULE
@REASON
@office_option
def demand(office: Office, rule: str, reason: str) -> None:
    """Demand two persons for exports, for publishing, or for changes of roles, from now on."""
    office_roles.demand(office, ChangeRule(rule, reason=reason))
    click.echo(f"Two persons are needed for {rule} from now on, whatever the settings say.")


@roles.command()
@RULE
@REASON
@office_option
def lift(office: Office, rule: str, reason: str) -> None:
    """Let one person do it alone again. Another person approves that first."""
    office_roles.lift(office, ChangeRule(rule, reason=reason))
    click.echo(f"One person may do {rule} alone from now on.")


@roles.command("approve-lift")
@RULE
@click.option("--for", "lifter", required=True, help="Who may lift it once within a day.")
@REASON
@office_option
def approve_lift(office: Office, rule: str, lifter: str, reason: str) -> None:
    """Approve that another person lifts such a rule."""
    done = office_roles.approve_lift(office, ApproveLift(rule, lifter, reason=reason))
    click.echo(f"{done.by} may lift the rule for {rule} once, within a day.")
