"""`ivr voices`: enrolled voices. Templates are sealed; nothing of a voice is printed."""

from __future__ import annotations

import time
from pathlib import Path

import click

from ivr.apps.cli.options import office_option
from ivr.core.media.wav import read_wav
from ivr.durable import translated
from ivr.engine.office import customers
from ivr.engine.office.office import Office


@click.group()
def voices() -> None:
    """Voiceprints: enrol, list, remove.

    \b
    Examples:
      ivr voices enroll 10012345 first.wav second.wav third.wav     three recordings of five seconds serve best
      ivr voices list
      ivr voices remove 10012345

    Voiceprints are biometric data: enrol nobody without their explicit, separate consent (check with counsel).
    """


@voices.command()
@click.argument("customer")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@office_option
def enroll(office: Office, customer: str, files: tuple[Path, ...]) -> None:
    """Enrol a customer's voice from WAV files of their speech, replacing what was enrolled before."""
    voiceprint = customers.enrol(office, customers.Enrol(customer, (_heard(path) for path in files)))
    length = sum(template.speech_seconds for template in voiceprint.templates)
    click.echo(f"Enrolled with {len(voiceprint.templates)} recordings, {length:.0f} s of speech ({voiceprint.model}).")
    if len(voiceprint.templates) < 3:
        click.echo("Three recordings halve the error of one: add more when you can.")


@voices.command("list")
@office_option
def list_voices(office: Office) -> None:
    """Show who is enrolled."""
    found = customers.list_voices(office, customers.ListVoices())
    for voiceprint in found.voiceprints:
        at = time.strftime("%Y-%m-%d %H:%M", time.gmtime(max(item.enrolled_at for item in voiceprint.templates)))
        of = f"{len(voiceprint.templates)} recordings   {at} UTC   {voiceprint.model}"
        click.echo(f"{voiceprint.customer:24} {of}")
    if not found.voiceprints:
        click.echo("Nobody is enrolled: ivr voices enroll CUSTOMER FILE…")
    if found.outdated:
        click.echo(
            f"{len(found.outdated)} of {len(found.voiceprints)} were enrolled with another model than {found.model}: "
            "they open nothing until they are enrolled again (ivr voices enroll CUSTOMER FILE…)."
        )


@voices.command()
@click.argument("customer")
@office_option
def remove(office: Office, customer: str) -> None:
    """Forget a customer's voice."""
    customers.forget_voice(office, customers.ForgetVoice(customer))
    click.echo("Removed.")


def _heard(path: Path) -> bytes:
    with translated(f"{path} cannot be read"):
        data = path.read_bytes()
    return read_wav(data, path.name)
