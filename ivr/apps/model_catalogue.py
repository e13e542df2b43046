"""Speech models that can be got beside those that come with the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ivr.errors import OperatorError

VOSK_URL = "https://alphacephei.com/vosk/models/{name}.zip"
"""Where Vosk's authors publish them; they publish no SHA-256: what came first is remembered and checked after."""


@dataclass(frozen=True, slots=True)
class CatalogueModel:
    """One of them."""

    language: str
    megabytes: int
    """To fetch; 0: cannot be fetched here."""
    note: str


CATALOGUE: Final[dict[str, CatalogueModel]] = {
    "vosk-model-small-en-us-0.15": CatalogueModel("en", 40, "English, streaming, light"),
    "vosk-model-en-us-0.22": CatalogueModel("en", 1800, "English, streaming, accurate; about 5 GB of memory"),
    "vosk-model-small-cn-0.22": CatalogueModel("zh", 42, "Mandarin, streaming, light"),
    "vosk-model-cn-0.22": CatalogueModel("zh", 1300, "Mandarin, streaming, accurate"),
    "vosk-model-small-de-0.15": CatalogueModel("de", 45, "German, streaming, light"),
    "vosk-model-small-es-0.42": CatalogueModel("es", 39, "Spanish, streaming, light"),
    "vosk-model-small-fr-0.22": CatalogueModel("fr", 41, "French, streaming, light"),
    "vosk-model-small-it-0.22": CatalogueModel("it", 48, "Italian, streaming, light"),
    "vosk-model-small-ja-0.22": CatalogueModel("ja", 48, "Japanese, streaming, light"),
    "vosk-model-small-ko-0.22": CatalogueModel("ko", 82, "Korean, streaming, light"),
    "vosk-model-small-pt-0.3": CatalogueModel("pt", 31, "Portuguese, streaming, light"),
    "vosk-model-small-ru-0.22": CatalogueModel("ru", 45, "Russian, streaming, light"),
    "ecapa": CatalogueModel(
        "", 0, "Voices: speechbrain/spkrec-ecapa-voxceleb, with --from DIRECTORY; needs the extra speechbrain"
    ),
}


def address(name: str) -> str:
    """Where a model's zip file is fetched. Raises OperatorError for one that is not fetched."""
    known = CATALOGUE.get(name)
    if known is None or not known.megabytes:
        raise OperatorError(f"{name} cannot be fetched here; give it on this machine: ivr models get NAME --from FILE")
    return VOSK_URL.format(name=name)
