"""`ivr agents`: who takes calls, and on which phone. A running engine knows of a change within a second."""

from __future__ import annotations

import time
from pathlib import Path

import click

from ivr.apps.cli.options import office_and_settings_option, office_option
from ivr.apps.settings import Settings
from ivr.core.media.wav import read_wav
from ivr.engine.office import agent_voices
from ivr.engine.office import agents as office_agents
from ivr.engine.office.agents import ListAgents, OfAgent, PutAgent, SetPin, Supervise
from ivr.engine.office.line import Now, agents_now
from ivr.engine.office.office import Office
from ivr.errors import OperatorError
from ivr.ports.voiceprints import ErasedFile


@click.group()
def agents() -> None:
    """Agents and their phones, and whether they take calls.

    \b
    Examples:
      ivr agents add alice                                    asks for the password of her phone
      ivr agents add alice --password-file alice.secret
      ivr agents add desk --uri sip:desk@192.168.1.20:5060    a phone at a fixed address, which does not register
      ivr agents add bob --queue loans --queue cards --skill loans=7 --skill lang:zh=5
      ivr agents add alice --user user:alice                  whose desk in the console it is: with the role agent
      ivr agents pin alice                                    asks for her PIN, to log in from a telephone
      ivr agents list
      ivr agents state                                        what everybody does now, and for how long
      ivr agents pause bob --reason lunch
      ivr agents resume bob
      ivr agents enroll-voice alice first.wav second.wav third.wav --consent "form of 3 May"
      ivr agents revoke-voice alice                           erases it
    """


@agents.command()
@click.argument("name")
@click.option("--uri", help="Fixed SIP URI of the phone, instead of a password to register with.")
@click.option("--password-file", type=click.Path(path_type=Path), help="File whose first line is the phone's password.")
@click.option("--queue", "queues", multiple=True, help="A queue the agent serves; may be repeated. Default: all.")
@click.option("--skill", "skills", multiple=True, metavar="SKILL=LEVEL", help="Such as loans=7 or lang:zh=5; 1 to 9.")
@click.option("--tier", default=1, show_default=True, help="For queues that ask top down: 1 is asked first.")
@click.option("--extension", default="", help="Digits by which colleagues call them and they log in.")
@click.option("--ring", type=float, metavar="SECONDS", help="How long their phone rings. Default: as the queue says.")
@click.option("--user", default="", help="The console's user who they are, such as user:alice; one user is one agent.")
@click.option("--weight", default=1, show_default=True, help="For queues that choose at random by weight.")
@office_and_settings_option
def add(
    settings: Settings,
    office: Office,
    name: str,
    uri: str | None,
    password_file: Path | None,
    queues: tuple[str, ...],
    skills: tuple[str, ...],
    tier: int,
    weight: int,
    extension: str,
    ring: float | None,
    user: str,
) -> None:
    """Add an agent, or change one. Only a hash of the password is kept."""
    if uri is not None and password_file is not None:
        raise OperatorError("a phone with a fixed URI does not register: leave --uri or --password-file out")
    password = None if uri is not None else _secret(f"Password of {name}'s phone", password_file)
    asked = PutAgent(name, password, uri, queues, _levels(skills), tier, weight, extension, ring, user)
    new = office_agents.put(office, asked)
    click.echo(f"{name} is {'added' if new else 'changed'}.")
    if uri is None:
        port = settings.sip_endpoint[1]
        click.echo(f"Set the phone to: user {name}, that password, server THIS-MACHINE:{port} (UDP or TCP).")


@agents.command("list")
@office_option
def list_agents(office: Office) -> None:
    """Show all agents; what they do now is in `ivr status`."""
    entries = office_agents.list_agents(office, ListAgents())
    if not entries:
        click.echo("There are no agents yet: ivr agents add NAME")
    for entry in entries:
        phone = entry.uri or "registers"
        skills = ", ".join(f"{skill} {level}" for skill, level in sorted(entry.skills.items()))
        queues = ", ".join(entry.queues) or "all queues"
        click.echo(f"{entry.name:20} {phone:40} {queues:30} {entry.user or '-':20} {skills}".rstrip())


@agents.command()
@click.argument("name")
@click.option("--pin-file", type=click.Path(path_type=Path), help="File whose first line is the PIN: 4 to 12 digits.")
@office_option
def pin(office: Office, name: str, pin_file: Path | None) -> None:
    """Set the PIN by which an agent says on the telephone who they are. Only what checks it is kept."""
    office_agents.set_pin(office, SetPin(name, _secret(f"PIN of {name}", pin_file)))
    click.echo(f"{name} has a new PIN.")


@agents.command()
@click.argument("name")
@office_option
def remove(office: Office, name: str) -> None:
    """Remove an agent, and erase their voice if they enrolled it. A call they are in goes on."""
    erased = office_agents.remove(office, OfAgent(name))
    click.echo(f"{name} is removed.")
    if erased is not None:
        _say_erased(erased, "agent.removed")


@agents.command()
@office_option
def state(office: Office) -> None:
    """Show what each agent does now, for how long, and why they are paused."""
    from ivr.apps.cli.queue_text import agent_lines

    click.echo("\n".join(agent_lines(agents_now(office, Now()))))


@agents.command()
@click.argument("name")
@office_option
def login(office: Office, name: str) -> None:
    """Let an agent take calls from now on."""
    _say(name, office_agents.login(office, OfAgent(name)))


@agents.command()
@click.argument("name")
@office_option
def logout(office: Office, name: str) -> None:
    """Let an agent take no more calls; one they are in goes on."""
    _say(name, office_agents.logout(office, OfAgent(name)))


@agents.command()
@click.argument("name")
@click.option("--reason", required=True, help="Such as lunch or training; it is shown, and kept in the audit log.")
@office_option
def pause(office: Office, name: str, reason: str) -> None:
    """Let an agent take no calls for a reason; one they are in goes on. It lasts until `resume`, over restarts too."""
    _say(name, office_agents.pause(office, OfAgent(name, reason=reason)))


@agents.command()
@click.argument("name")
@office_option
def resume(office: Office, name: str) -> None:
    """End an agent's pause or wrap-up."""
    _say(name, office_agents.resume(office, OfAgent(name)))


_PHONE = click.option("--phone", required=True, help="Whose phone is rung: the supervisor's name in `ivr agents list`.")


@agents.command()
@click.argument("name")
@_PHONE
@office_option
def listen(office: Office, name: str, phone: str) -> None:
    """Listen to an agent's call: nobody hears the supervisor."""
    _rung(phone, "listen", office_agents.listen(office, Supervise(name, phone)))


@agents.command()
@click.argument("name")
@_PHONE
@office_option
def whisper(office: Office, name: str, phone: str) -> None:
    """Speak to an agent in their call: the caller does not hear the supervisor."""
    _rung(phone, "whisper", office_agents.whisper(office, Supervise(name, phone)))


@agents.command()
@click.argument("name")
@_PHONE
@office_option
def join(office: Office, name: str, phone: str) -> None:
    """Join an agent's call: everybody hears the supervisor."""
    _rung(phone, "join", office_agents.join(office, Supervise(name, phone)))


@agents.command("enroll-voice")
@click.argument("name")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--consent", required=True, help="Where the agent's consent is recorded: a form.")
@office_option
def enroll_voice(office: Office, name: str, files: tuple[Path, ...], consent: str) -> None:
    """Enrol an agent's voice from WAV files, for the check of their leg (`voice: {agents: true}` of the settings).

    At least three recordings of five seconds, of the agent alone, over their own phone. The files are not kept.
    Voices are biometric data: enrol nobody without their explicit consent, which they may refuse (check with counsel).
    """
    asked = agent_voices.EnrolAgent(name, (read_wav(path.read_bytes(), path.name) for path in files), consent)
    made = agent_voices.enrol(office, asked)
    click.echo(f"Enrolled with {len(made.templates)} recordings ({made.model}).")


@agents.command()
@office_option
def voices(office: Office) -> None:
    """Show which agents enrolled their voice, when, and where their consent is recorded."""
    found = agent_voices.list_voices(office, agent_voices.ListAgentVoices())
    for one in found.voiceprints:
        at = time.strftime("%Y-%m-%d %H:%M", time.gmtime(one.templates[0].enrolled_at))
        consent = "" if one.consent is None else one.consent.evidence
        click.echo(f"{one.customer:20} {at} UTC   {one.model}   consent: {consent}")
    if not found.voiceprints:
        click.echo("No agent's voice is enrolled: ivr agents enroll-voice NAME FILE…")
    if found.outdated:
        click.echo(f"{len(found.outdated)} are of another model than {found.model}: enrol these agents again.")


@agents.command("revoke-voice")
@click.argument("name")
@office_option
def revoke_voice(office: Office, name: str) -> None:
    """Take an agent's consent back: their voice is erased at once."""
    erased = agent_voices.forget(office, agent_voices.ForgetAgent(name))
    _say_erased(erased, "agent.voice_removed")


def _say_erased(erased: ErasedFile, action: str) -> None:
    click.echo(f"Erased the voice: its key (SHA-256 of the wrapped one) {erased.key[:16]}… is shredded.")
    click.echo(f"The audit log holds the proof ({action}).")


def _rung(phone: str, mode: str, call_id: str) -> None:
    click.echo(f"{phone}'s phone is rung, to {mode} in call {call_id}.")


def _say(name: str, state: str) -> None:
    click.echo(f"{name} is {state.replace('_', ' ')}.")


def _levels(skills: tuple[str, ...]) -> dict[str, int]:
    levels = {}
    for text in skills:
        skill, _, level = text.rpartition("=")
        if not skill or not level.isdigit():
            raise OperatorError("a skill is SKILL=LEVEL, such as loans=7 or lang:zh=5")
        levels[skill] = int(level)
    return levels


def _secret(what: str, file: Path | None) -> str:
    """From the first line of a file, or asked for. Never an argument: those are seen by everybody on the machine."""
    if file is None:
        return str(click.prompt(what, hide_input=True, confirmation_prompt=True))
    try:
        return file.read_text(encoding="utf-8").splitlines()[0]
    except (OSError, IndexError) as error:
        raise OperatorError(f"{file} cannot be read or is empty") from error
