"""`ivr roles demand` and `lift`: what one person may not do alone. Entries of the log, so no setting undoes them."""

from __future__ import annotations

import click

from ivr.apps.cli.audited import actor, audited, demand_a_person, person_named
from ivr.apps.cli.options import settings_option
from ivr.apps.cli.two_persons import find_approval
from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import audit_log, open_key_store, roles_file
from ivr.core.audit.roles import DEMANDED, LIFT_APPROVED, LIFTED, TWO_PERSONS
from ivr.errors import DeniedError, OperatorError

RULE = click.argument("rule", type=click.Choice(TWO_PERSONS))
REASON = click.option("--reason", required=True, help="Why; it goes into the audit log.")


@click.command()
@RULE
@REASON
@settings_option
def demand(settings: Settings, rule: str, reason: str) -> None:
    """Demand two persons for exports, or for changes of roles, from now on."""
    _change(settings, rule, reason, lifted=False)
    click.echo(f"Two persons are needed for {rule} from now on, whatever the settings say.")


@click.command()
@RULE
@REASON
@settings_option
def lift(settings: Settings, rule: str, reason: str) -> None:
    """Let one person do it alone again. Another person approves that first."""
    if rule in settings.access.two_persons:
        raise OperatorError(f"the settings demand it: take {rule} out of access.two_persons first")
    _change(settings, rule, reason, lifted=True)
    click.echo(f"One person may do {rule} alone from now on.")


@click.command("approve-lift")
@RULE
@click.option("--for", "lifter", required=True, help="Who may lift it once within a day.")
@REASON
@settings_option
def approve_lift(settings: Settings, rule: str, lifter: str, reason: str) -> None:
    """Approve that another person lifts such a rule."""
    lifter = person_named(lifter)
    keys = open_key_store(settings)
    with audited(settings, keys, LIFT_APPROVED, rule, reason=reason, **{"for": lifter}):
        demand_a_person()
        if lifter == actor():
            raise DeniedError("nobody approves that they lift a rule themselves")
    click.echo(f"{lifter} may lift the rule for {rule} once, within a day.")


def _change(settings: Settings, rule: str, reason: str, *, lifted: bool) -> None:
    keys = open_key_store(settings)
    log = audit_log(settings, keys)
    book = roles_file(settings, keys, log)
    action = LIFTED if lifted else DEMANDED
    with book.alone(), audited(settings, keys, action, rule, reason=reason):
        book.read().demanding(actor(), rule, lifted=lifted)
        if lifted:
            demand_a_person()
            if find_approval(log, rule, by_action=LIFT_APPROVED, done=LIFTED) is None:
                how = f"ivr roles approve-lift {rule} --for {actor()} --reason '...'"
                raise DeniedError(f"another person must approve it first: {how}")
    book.read()
    log.close()
