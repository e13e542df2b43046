"""The console's languages: one catalogue, English as it stands in the pages and a translation of each sentence.

Rule: a sentence that has no translation is shown in English. A test finds those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

from babel import Locale, negotiate_locale
from babel.dates import format_datetime
from babel.messages.pofile import read_po

LANGUAGES: Final = {"en": "English", "zh": "中文"}
CATALOGUES: Final = Path(__file__).parent / "locale"


@dataclass(frozen=True, slots=True)
class Language:
    """One of them."""

    code: str
    words: Mapping[str, str] = field(repr=False)
    """English sentence -> translation."""

    def text(self, english: str, **named: object) -> str:
        """A sentence with its names filled in."""
        return self.words.get(english, english).format_map(named) if named else self.words.get(english, english)

    def moment(self, at: float, pattern: str = "yyyy-MM-dd HH:mm:ss") -> str:
        """A time on the wall of this machine."""
        return format_datetime(datetime.fromtimestamp(at, UTC).astimezone(), pattern, locale=Locale(self.code))

    def day(self, at: float) -> str:
        """Its day, with its name."""
        return self.moment(at, "EEE d MMM y" if self.code == "en" else "y年M月d日 EEE")


@cache
def language(code: str) -> Language:
    """A language by its code; English for one that there is not."""
    file = CATALOGUES / f"{code}.po"
    if code not in LANGUAGES or not file.exists():
        return Language("en", {})
    with file.open("rb") as source:
        catalogue = read_po(source, locale=code)
    return Language(code, {str(one.id): str(one.string) for one in catalogue if one.id and one.string})


def negotiated(accepted: str) -> Language:
    """By what a browser accepts (RFC 9110 12.5.4)."""
    ranked = sorted(_weights(accepted), key=lambda one: -one[1])
    wanted = [tag.replace("-", "_") for tag, weight in ranked if weight > 0]
    return language(negotiate_locale(wanted, list(LANGUAGES), sep="_") or "en")


def _weights(accepted: str) -> list[tuple[str, float]]:
    found = []
    for part in accepted.split(",")[:20]:
        tag, _, weight = part.strip().partition(";q=")
        try:
            found.append((tag.strip().partition("-")[0].lower(), float(weight or 1)))
        except ValueError:
            continue
    return found
