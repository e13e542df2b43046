"""The console's languages: one catalogue, English as it stands in the pages and a translation of each sentence.

Rule: a sentence that has no translation is shown in English. A test finds those.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Final

from babel import Locale, negotiate_locale
from babel.dates import format_datetime
from babel.messages.pofile import read_po

LANGUAGES: Final = {"en": "English", "zh": "中文"}
LONGEST_TOLD: Final = 1000
LEAST_OWN: Final = 8
"""Characters: a sentence of which less is its own would fit anything."""
CATALOGUES: Final = Path(__file__).parent / "locale"


@dataclass(frozen=True)
class Language:
    """One of them."""

    code: str
    words: Mapping[str, str] = field(repr=False)
    """English sentence -> translation."""

    def text(self, english: str, **named: object) -> str:
        """A sentence with its names filled in."""
        return self.words.get(english, english).format_map(named) if named else self.words.get(english, english)

    def told(self, message: str) -> str:
        """What an error says. Names and numbers are in it already: its sentence is found by what is around them."""
        if message in self.words or len(message) > LONGEST_TOLD:
            return self.words.get(message, message)
        for parts, translation in self._with_names:
            if (found := _names_in(message, parts)) is not None:
                return translation.format_map({name: self._part(value) for name, value in found.items()})
        return message

    def _part(self, value: str) -> str:
        """What stands in an error: a sentence of ours is translated too; a name is not, it may be part of a command."""
        return self.told(value) if " " in value else value

    @cached_property
    def _with_names(self) -> list[tuple[list[str], str]]:
        """Sentences with names in them, those with most words of their own first: the others may fit by chance."""
        named = [(re.split(r"{(\w+)}", english), translation) for english, translation in self.words.items()]
        named = [one for one in named if len(one[0]) > 1 and sum(map(len, one[0][::2])) >= LEAST_OWN]
        named.sort(key=lambda one: -sum(map(len, one[0][::2])))
        return named

    def moment(self, at: float, pattern: str = "yyyy-MM-dd HH:mm:ss") -> str:
        """A time on the wall of this machine."""
        return format_datetime(datetime.fromtimestamp(at, UTC).astimezone(), pattern, locale=Locale(self.code))

    def when(self, at: float) -> str:
        """Its day and its minute, as people read it in passing."""
        return f"{self.day(at)}{', ' if self.code == 'en' else ' '}{self.moment(at, 'HH:mm')}"

    def utc(self, at: float) -> str:
        """A time in UTC, as evidence has it."""
        return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"

    def day(self, at: float) -> str:
        """Its day, with its name."""
        return self.moment(at, "EEE d MMM y" if self.code == "en" else "y年M月d日 EEE")


def _names_in(message: str, parts: list[str]) -> dict[str, str] | None:
    """What stands in a message where a sentence has names; None: it is another sentence. A name that stands twice is
    the same twice. Each text is looked for once, so that no message takes long."""
    begins, found = parts[0], dict[str, str]()
    if not message.startswith(begins):
        return None
    at = len(begins)
    for name, text in zip(parts[1:-2:2], parts[2:-1:2], strict=True):
        end = message.find(text, at + 1)
        if end < 0 or found.setdefault(name, message[at:end]) != message[at:end]:
            return None
        at = end + len(text)
    end = len(message) - len(parts[-1])
    if end <= at or not message.endswith(parts[-1]) or found.setdefault(parts[-2], message[at:end]) != message[at:end]:
        return None
    return found


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
