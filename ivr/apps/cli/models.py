"""`ivr models`: speech models besides those that come with the engine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from ivr.adapters.files.models import ModelFiles
from ivr.adapters.resemblyzer_embedder import WEIGHTS as RESEMBLYZER
from ivr.adapters.silero_onset import WEIGHTS as SILERO
from ivr.adapters.whisper_weights import BASE, TINY_EN
from ivr.apps.cli.options import office_option, settings_option
from ivr.apps.settings import Settings
from ivr.engine.office import models as office_models
from ivr.engine.office.models import GetModel
from ivr.engine.office.office import Office

VOSK_URL = "https://alphacephei.com/vosk/models/{name}.zip"
"""Where Vosk's authors publish them; they publish no SHA-256: what came first is remembered and checked after."""


@dataclass(frozen=True, slots=True)
class _Model:
    language: str
    megabytes: int
    """To fetch; 0: cannot be fetched here."""
    note: str


CATALOGUE: dict[str, _Model] = {
    "vosk-model-small-en-us-0.15": _Model("en", 40, "English, streaming, light"),
    "vosk-model-en-us-0.22": _Model("en", 1800, "English, streaming, accurate; about 5 GB of memory"),
    "vosk-model-small-cn-0.22": _Model("zh", 42, "Mandarin, streaming, light"),
    "vosk-model-cn-0.22": _Model("zh", 1300, "Mandarin, streaming, accurate"),
    "vosk-model-small-de-0.15": _Model("de", 45, "German, streaming, light"),
    "vosk-model-small-es-0.42": _Model("es", 39, "Spanish, streaming, light"),
    "vosk-model-small-fr-0.22": _Model("fr", 41, "French, streaming, light"),
    "vosk-model-small-it-0.22": _Model("it", 48, "Italian, streaming, light"),
    "vosk-model-small-ja-0.22": _Model("ja", 48, "Japanese, streaming, light"),
    "vosk-model-small-ko-0.22": _Model("ko", 82, "Korean, streaming, light"),
    "vosk-model-small-pt-0.3": _Model("pt", 31, "Portuguese, streaming, light"),
    "vosk-model-small-ru-0.22": _Model("ru", 45, "Russian, streaming, light"),
    "ecapa": _Model(
        "", 0, "Voices: speechbrain/spkrec-ecapa-voxceleb, with --from DIRECTORY; needs the extra speechbrain"
    ),
}


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
@settings_option
def list_models(settings: Settings) -> None:
    """Show the models that come with the engine, the catalogue, and what is installed."""
    click.echo("With the engine:")
    for name, note in _BUILT_IN.items():
        click.echo(f"  {name:30} {note[1]}")
    installed = set(ModelFiles(settings.models_dir).installed())
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
    "resemblyzer": ((RESEMBLYZER,), "Voices"),
}
