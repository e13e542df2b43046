"""`ivr agents`: who takes calls, and on which phone. A running engine knows of a change within a second."""

from __future__ import annotations

from pathlib import Path

import click

from ivr.apps.cli.options import settings_option
from ivr.apps.settings import Settings
from ivr.errors import OperatorError

PASSWORD_MIN = 8
"""Characters. A phone stores it, so there is no reason for a short one."""


REASON_MAX = 60
"""Characters."""


@click.group()
def agents() -> None:
    """Agents and their phones, and whether they take calls.

    \b
    Examples:
      ivr agents add alice                                    asks for the password of her phone
      ivr agents add alice --password-file alice.secret
      ivr agents add desk --uri sip:desk@192.168.1.20:5060    a phone at a fixed address, which does not register
      ivr agents add bob --queue loans --queue cards --skill loans=7 --skill lang:zh=5
      ivr agents list
      ivr agents state                                        what everybody does now, and for how long
      ivr agents pause bob --reason lunch
      ivr agents resume bob
    """


@agents.command()
@click.argument("name")
@click.option("--uri", help="Fixed SIP URI of the phone, instead of a password to register with.")
@click.option("--password-file", type=click.Path(path_type=Path), help="File whose first line is the phone's password.")
@click.option("--queue", "queues", multiple=True, help="A queue the agent serves; may be repeated. Default: all.")
@click.option("--skill", "skills", multiple=True, metavar="SKILL=LEVEL", help="Such as loans=7 or lang:zh=5; 1 to 9.")
@click.option("--tier", default=1, show_default=True, help="For queues that ask top down: 1 is asked first.")
@click.option("--extension", default="", help="Digits by which colleagues call them.")
@click.option("--weight", default=1, show_default=True, help="For queues that choose at random by weight.")
@settings_option
def add(
    settings: Settings,
    name: str,
    uri: str | None,
    password_file: Path | None,
    queues: tuple[str, ...],
    skills: tuple[str, ...],
    tier: int,
    weight: int,
    extension: str,
) -> None:
    """Add an agent, or change one. Only a hash of the password is kept."""
    from ivr.adapters.agent_file import AgentFile
    from ivr.apps.cli.audited import audited_if_keys
    from ivr.apps.wiring.hub_client import agents_changed
    from ivr.core.queueing.directory import AgentEntry, password_hash

    ha1 = None
    if uri is None:
        ha1 = password_hash(name, settings.sip.realm, _password(name, password_file))
    elif password_file is not None:
        raise OperatorError("a phone with a fixed URI does not register: leave --uri or --password-file out")
    entry = AgentEntry(name, ha1, uri, queues, _levels(skills), tier, weight, extension)
    with audited_if_keys(settings, "agent.put", name, queues=queues):
        new = AgentFile(settings.agents_path).put(entry)
    agents_changed(settings)
    click.echo(f"{name} is {'added' if new else 'changed'}.")
    if uri is None:
        port = settings.sip_endpoint[1]
        click.echo(f"Set the phone to: user {name}, that password, server THIS-MACHINE:{port} (UDP or TCP).")


@agents.command("list")
@settings_option
def list_agents(settings: Settings) -> None:
    """Show all agents; what they do now is in `ivr status`."""
    from ivr.adapters.agent_file import AgentFile

    entries = AgentFile(settings.agents_path).read()
    if not entries:
        click.echo("There are no agents yet: ivr agents add NAME")
    for entry in entries:
        phone = entry.uri or "registers"
        skills = ", ".join(f"{skill} {level}" for skill, level in sorted(entry.skills.items()))
        click.echo(f"{entry.name:20} {phone:40} {', '.join(entry.queues) or 'all queues':30} {skills}".rstrip())


@agents.command()
@click.argument("name")
@settings_option
def remove(settings: Settings, name: str) -> None:
    """Remove an agent. A call they are in goes on."""
    from ivr.adapters.agent_file import AgentFile
    from ivr.apps.cli.audited import audited_if_keys, one_of
    from ivr.apps.wiring.hub_client import agents_changed

    file = AgentFile(settings.agents_path)
    with audited_if_keys(settings, "agent.removed", one_of(name, (entry.name for entry in file.read()))):
        file.remove(name)
    agents_changed(settings)
    click.echo(f"{name} is removed.")


@agents.command()
@settings_option
def state(settings: Settings) -> None:
    """Show what each agent does now, for how long, and why they are paused."""
    from ivr.apps.cli.queue_text import agent_lines
    from ivr.apps.wiring.hub_client import status

    click.echo("\n".join(agent_lines(status(settings))))


@agents.command()
@click.argument("name")
@settings_option
def login(settings: Settings, name: str) -> None:
    """Let an agent take calls from now on."""
    _tell(settings, name, "login")


@agents.command()
@click.argument("name")
@settings_option
def logout(settings: Settings, name: str) -> None:
    """Let an agent take no more calls; one they are in goes on."""
    _tell(settings, name, "logout")


@agents.command()
@click.argument("name")
@click.option("--reason", required=True, help="Such as lunch or training; it is shown, and kept in the audit log.")
@settings_option
def pause(settings: Settings, name: str, reason: str) -> None:
    """Let an agent take no calls for a reason; one they are in goes on. It lasts until `resume`, over restarts too."""
    if not 0 < len(reason.strip()) <= REASON_MAX or not reason.isprintable():
        raise OperatorError(f"a reason is 1 to {REASON_MAX} characters in one line")
    _tell(settings, name, "pause", reason.strip())


@agents.command()
@click.argument("name")
@settings_option
def resume(settings: Settings, name: str) -> None:
    """End an agent's pause or wrap-up."""
    _tell(settings, name, "resume")


_PHONE = click.option("--phone", required=True, help="Whose phone is rung: the supervisor's name in `ivr agents list`.")


@agents.command()
@click.argument("name")
@_PHONE
@settings_option
def listen(settings: Settings, name: str, phone: str) -> None:
    """Listen to an agent's call: nobody hears the supervisor."""
    _supervise(settings, name, phone, "listen")


@agents.command()
@click.argument("name")
@_PHONE
@settings_option
def whisper(settings: Settings, name: str, phone: str) -> None:
    """Speak to an agent in their call: the caller does not hear the supervisor."""
    _supervise(settings, name, phone, "whisper")


@agents.command()
@click.argument("name")
@_PHONE
@settings_option
def join(settings: Settings, name: str, phone: str) -> None:
    """Join an agent's call: everybody hears the supervisor."""
    _supervise(settings, name, phone, "join")


def _supervise(settings: Settings, name: str, phone: str, mode: str) -> None:
    from ivr.apps.cli.audited import actor
    from ivr.apps.wiring.hub_client import hub_of
    from ivr.engine.bus.desk import DeskAnswered, SupervisorAsked

    answer = hub_of(settings).ask(SupervisorAsked(name, phone, mode, actor()), DeskAnswered)
    if not answer.call_id:
        raise OperatorError(f"{answer.reason}; 'ivr agents state' shows what everybody does")
    click.echo(f"{phone}'s phone is rung, to {mode} in call {answer.call_id}.")


def _tell(settings: Settings, name: str, choice: str, reason: str = "") -> None:
    from ivr.apps.cli.audited import actor
    from ivr.apps.wiring.hub_client import tell_agent
    from ivr.engine.bus.staff import AgentTold

    now = tell_agent(settings, AgentTold(name, choice, reason, actor()))
    if not now:
        raise OperatorError("there is no agent of that name; 'ivr agents list' shows who there is")
    click.echo(f"{name} is {now.replace('_', ' ')}.")


def _levels(skills: tuple[str, ...]) -> dict[str, int]:
    levels = {}
    for text in skills:
        skill, _, level = text.rpartition("=")
        if not skill or not level.isdigit():
            raise OperatorError("a skill is SKILL=LEVEL, such as loans=7 or lang:zh=5")
        levels[skill] = int(level)
    return levels


def _password(name: str, file: Path | None) -> str:
    if file is not None:
        try:
            password = file.read_text(encoding="utf-8").splitlines()[0]
        except (OSError, IndexError) as error:
            raise OperatorError(f"the password file {file} cannot be read or is empty") from error
    else:
        password = click.prompt(f"Password of {name}'s phone", hide_input=True, confirmation_prompt=True)
    if len(password) < PASSWORD_MIN:
        raise OperatorError(f"the password is shorter than {PASSWORD_MIN} characters")
    return password
