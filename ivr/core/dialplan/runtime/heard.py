"""Which disclosures the caller has heard and acknowledged: each counts in the language it was heard in, no other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

ANY_LANGUAGE = "*"
"""What was said in every language of the line counts in each of them."""


class Heard:
    """Of one call. Never changed in place: each method returns what is so afterwards."""

    __slots__ = ("_languages",)

    def __init__(self, languages: Mapping[str, str] | None = None) -> None:
        self._languages = languages or {}

    def __contains__(self, disclosure: str) -> bool:
        return disclosure in self._languages

    def __iter__(self) -> Iterator[str]:
        return iter(self._languages)

    def counts(self, disclosure: str, language: str) -> bool:
        """Whether a disclosure was heard in this language."""
        return self._languages.get(disclosure) in (language, ANY_LANGUAGE)

    def acknowledged(self, disclosure: str, language: str) -> Heard:
        """It was heard in full, and acknowledged where it asks for that; `language` may be ANY_LANGUAGE."""
        return Heard({**self._languages, disclosure: language})

    def without(self, disclosure: str) -> Heard:
        """It is played anew: what was heard of it before counts no longer."""
        return Heard({name: language for name, language in self._languages.items() if name != disclosure})

    def in_language(self, language: str) -> Heard:
        """The call goes on in this language: what was heard in another one counts no longer."""
        return Heard({name: heard for name, heard in self._languages.items() if heard in (language, ANY_LANGUAGE)})
