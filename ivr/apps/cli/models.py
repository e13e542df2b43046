"""`ivr models`: speech models besides those that come with the engine."""

from __future__ import annotations

from pathlib import Path

import click

from ivr.adapters.campplus_embedder import WEIGHTS as CAMPPLUS
from ivr.adapters.files.models import ModelFiles
from ivr.adapters.kokoro.network import PARTS as KOKORO
from ivr.adapters.kokoro.network import voice_weights
from ivr.adapters.kokoro.voices import VOICES
from ivr.adapters.silero_onset import WEIGHTS as SILERO
from ivr.adapters.usem3_sentences import WEIGHTS as SENTENCES
from ivr.adapters.whisper_weights import BASE, TINY_EN
from ivr.apps.cli.options import office_option, settings_option
from ivr.apps.model_catalogue import CATALOGUE, VOSK_URL
from ivr.apps.settings import Settings
from ivr.engine.office import models as office_models
from ivr.engine.office.models import GetModel, ListModels
from ivr.engine.office.office import Office


@click.group()
def models() -> None:
    """Speech models: list, get, check.

    \b
    Examples:
      ivr models list                                              what there is, what is installed
      ivr models get vosk-model-small-cn-0.22                      fetch it
      ivr models get vosk-model-small-cn-0.22 --from file.zip      without the internet: a zip file or a directory
      ivr models check                                             verify everything that is installed

    \b
    Then, in ivr.yaml:
      speech: {recognizers: {zh: "vosk:vosk-model-small-cn-0.22"}}
    """


@models.command("list")
@office_option
def list_models(office: Office) -> None:
    """Show the models that come with the engine, the catalogue, and what is installed."""
    click.echo("With the engine:")
    for name, note in _BUILT_IN.items():
        click.echo(f"  {name:30} {note[1]}")
    installed = set(office_models.list_models(office, ListModels()))
    click.echo("To get:")
    for name, model in CATALOGUE.items():
        size = f"{model.megabytes} MB" if model.megabytes else "by hand"
        click.echo(f"  {name:30} {size:>8}  {'installed' if name in installed else '':9}  {model.note}")
    for name in sorted(installed - CATALOGUE.keys()):
        click.echo(f"  {name:30} {'':8}  installed  yours")


@models.command()
@click.argument("name")
@click.option("--from", "source", type=click.Path(exists=True, path_type=Path), help="A zip file or a directory.")
@click.option("--sha256", help="What the zip file that is fetched must have.")
@office_option
def get(office: Office, name: str, source: Path | None, sha256: str | None) -> None:
    """Install a model: from the internet, or from a zip file or directory."""
    model = CATALOGUE.get(name)
    megabytes = model.megabytes if model is not None and source is None else 0
    url = VOSK_URL.format(name=name) if megabytes else ""
    with click.progressbar(length=megabytes * 1_000_000, label=f"Fetching {name}", hidden=not megabytes) as bar:
        asked = GetModel(name, source, url, sha256, lambda done, _: bar.update(done - bar.pos))
        path = office_models.get(office, asked)
    click.echo(f"{name} is in {path}.")


@models.command()
@click.argument("name", required=False)
@settings_option
def check(settings: Settings, name: str | None) -> None:
    """Verify the hashes of one model, or of all that are installed."""
    files = ModelFiles(settings.models_dir)
    if name in (None, "built-in"):
        for built_in, (weights, _) in _BUILT_IN.items():
            for pinned in weights:
                pinned.verified()
            click.echo(f"{built_in}: as pinned")
    for installed in files.installed() if name is None else [name] if name != "built-in" else []:
        click.echo(f"{installed}: {files.check(installed)} files as they came")
    if name is None and not files.installed():
        click.echo("No other model is installed.")


_BUILT_IN = {
    TINY_EN.name: ((*TINY_EN.parts, *TINY_EN.others), "English recognition"),
    BASE.name: ((*BASE.parts, *BASE.others), "Recognition in other languages"),
    "silero-vad": ((SILERO,), "Confirms that someone began to speak"),
    "campplus": ((CAMPPLUS,), "Voices"),
    "kokoro-82m-int8": ((*KOKORO, *map(voice_weights, VOICES)), "Speech for prompts (speech: {prompts: kokoro})"),
    "use-multilingual-3": (SENTENCES, "What free speech means"),
}
