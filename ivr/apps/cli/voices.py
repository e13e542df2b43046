"""`ivr voices`: who may speak, and how it sounds."""

from __future__ import annotations

import wave
from pathlib import Path

import click

from ivr.apps.cli.options import settings_option
from ivr.apps.settings import Settings
from ivr.core.media.frame import SAMPLE_BYTES, SAMPLE_RATE
from ivr.errors import EnvironmentFault


@click.group()
def voices() -> None:
    """Voices of the prompts: list, say.

    \b
    Examples:
      ivr voices list
      ivr voices say "您的还款日为五号。" --language zh
      ivr voices say "Welcome." --voice am_michael --to welcome.wav
    """


@voices.command("list")
@settings_option
def list_voices(settings: Settings) -> None:
    """Show the voices that prompts can be spoken with, the first of a language being its own."""
    from ivr.apps.wiring.synthesis import open_prompt_synthesizer

    with open_prompt_synthesizer(settings) as voice:
        for name, language in voice.voices().items():
            click.echo(f"{language:5} {name}")
        click.echo(f"by {voice.name}")


@voices.command()
@click.argument("text")
@click.option("--language", default="en", show_default=True, help="Of the text: en, zh.")
@click.option("--voice", help="One of ivr voices list; none: the language's own.")
@click.option(
    "--to", "file", type=click.Path(path_type=Path), default="said.wav", show_default=True, help="A WAV file."
)
@settings_option
def say(settings: Settings, text: str, language: str, voice: str | None, file: Path) -> None:
    """Speak a text as a prompt is spoken, figures in words, into a WAV file of 8 kHz as a caller hears it."""
    from ivr.apps.wiring.synthesis import open_prompt_synthesizer

    with open_prompt_synthesizer(settings) as speaker:
        pcm = speaker.synthesize(text, language=language, voice=voice)
        name = speaker.speaker(language=language, voice=voice)
    try:
        with wave.open(str(file), "wb") as wav:
            wav.setparams((1, SAMPLE_BYTES, SAMPLE_RATE, 0, "NONE", ""))
            wav.writeframes(pcm)
    except OSError as error:
        raise EnvironmentFault(f"{file} cannot be written: {error.strerror}") from error
    click.echo(f"{file}: {len(pcm) / SAMPLE_BYTES / SAMPLE_RATE:.1f} s, by {name}")
