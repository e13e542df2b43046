"""`ivr voices`: enrolled voices. Templates are sealed; nothing of a voice is printed."""

from __future__ import annotations

import time
from pathlib import Path

import click

from ivr.adapters.files.voiceprints import PURPOSE, VoiceprintFiles
from ivr.adapters.webrtc_vad import WebrtcFrameVad
from ivr.apps.cli.audited import audited
from ivr.apps.cli.options import settings_option
from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import open_key_store
from ivr.apps.wiring.voices import embedder
from ivr.engine.speech.prompts import read_wav
from ivr.engine.speech.voices import enrolled
from ivr.ports.keys import KeyStore


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
@settings_option
def enroll(settings: Settings, customer: str, files: tuple[Path, ...]) -> None:
    """Enrol a customer's voice from WAV files of their speech, replacing what was enrolled before."""
    keys = open_key_store(settings)
    with audited(settings, keys, "voice.enrolled", _subject(keys, customer)):
        voiceprint = enrolled(
            customer, (read_wav(path) for path in files), embedder(settings), WebrtcFrameVad, at=time.time()
        )
        VoiceprintFiles(settings.voiceprints_dir, keys).put(voiceprint)
    length = sum(template.speech_seconds for template in voiceprint.templates)
    click.echo(f"Enrolled with {len(voiceprint.templates)} recordings, {length:.0f} s of speech ({voiceprint.model}).")
    if len(voiceprint.templates) < 3:
        click.echo("Three recordings halve the error of one: add more when you can.")


@voices.command("list")
@settings_option
def list_voices(settings: Settings) -> None:
    """Show who is enrolled."""
    keys = open_key_store(settings)
    with audited(settings, keys, "voices.listed", "voiceprints"):
        store = VoiceprintFiles(settings.voiceprints_dir, keys)
        customers = store.customers()
    for customer in customers:
        voiceprint = store.get(customer)
        if voiceprint is not None:
            at = time.strftime("%Y-%m-%d %H:%M", time.gmtime(max(item.enrolled_at for item in voiceprint.templates)))
            click.echo(f"{customer:24} {len(voiceprint.templates)} recordings   {at} UTC   {voiceprint.model}")
    if not customers:
        click.echo("Nobody is enrolled: ivr voices enroll CUSTOMER FILE…")


@voices.command()
@click.argument("customer")
@settings_option
def remove(settings: Settings, customer: str) -> None:
    """Forget a customer's voice."""
    keys = open_key_store(settings)
    with audited(settings, keys, "voice.removed", _subject(keys, customer)):
        VoiceprintFiles(settings.voiceprints_dir, keys).remove(customer)
    click.echo("Removed.")


def _subject(keys: KeyStore, customer: str) -> str:
    """How the audit log names a customer: by the name of their voiceprint's file, a keyed hash."""
    return keys.fingerprint(PURPOSE, customer.encode()).hex()
