"""Several synthesizers as one: a voice's own speaks it, and a language's first one speaks what names no voice."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ivr.ports.speech import Synthesizer


class ByVoice:
    """The first synthesizer that has a voice of the language, or the one that has the voice that is named."""

    def __init__(
        self, synthesizers: Sequence[Synthesizer], defaults: Mapping[str, str], absent: Collection[str] = ()
    ) -> None:
        """`defaults`: language -> voice. `absent`: voices of synthesizers that are too slow here; the language's own
        speaks in their place."""
        self._synthesizers = synthesizers
        self._defaults = {language: voice for language, voice in defaults.items() if voice not in absent}
        self._absent = absent
        self.name = "+".join(synthesizer.name for synthesizer in synthesizers)

    def voices(self) -> dict[str, str]:
        """Voice name -> language tag, the first synthesizer's first."""
        return {name: language for one in self._synthesizers for name, language in one.voices().items()}

    def speaker(self, *, language: str, voice: str | None = None) -> str:
        """Who of them speaks, and its voice. Raises ModelError for a voice or language that none has."""
        one, named = self._chosen(language, voice)
        return one.speaker(language=language, voice=named)

    def synthesize(self, text: str, *, language: str, voice: str | None = None) -> bytes:
        """8 kHz PCM of the text. Raises ModelError for a voice or language that none has."""
        one, named = self._chosen(language, voice)
        return one.synthesize(text, language=language, voice=named)

    def close(self) -> None:
        """End their processes."""
        for one in self._synthesizers:
            close = getattr(one, "close", None)
            if close is not None:
                close()

    def _chosen(self, language: str, voice: str | None) -> tuple[Synthesizer, str | None]:
        """Who speaks, and the voice to name to it."""
        plain = language.split("-")[0].lower()
        named = (None if voice in self._absent else voice) or self._defaults.get(plain)
        for one in self._synthesizers:
            voices = one.voices()
            if named in voices if named else plain in voices.values():
                return one, named
        return self._synthesizers[-1], named  # it says what is wrong
