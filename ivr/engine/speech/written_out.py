"""A synthesizer that gets words only: figures, signs and abbreviations are written out before it sees them."""

from __future__ import annotations

from ivr.core.speech.written_out import VERSION, in_words
from ivr.ports.speech import Synthesizer


class WrittenOutSynthesizer:
    """Another synthesizer, which never has to know how a number is said."""

    def __init__(self, inner: Synthesizer) -> None:
        self._inner = inner
        self.name = f"{inner.name}+words/{VERSION}"

    def voices(self) -> dict[str, str]:
        """Voice name -> language tag."""
        return self._inner.voices()

    def speaker(self, *, language: str, voice: str | None = None) -> str:
        """The other's, and how texts are written out for it."""
        return f"{self._inner.speaker(language=language, voice=voice)}+words/{VERSION}"

    def synthesize(self, text: str, *, language: str, voice: str | None = None) -> bytes:
        """8 kHz PCM of the text."""
        return self._inner.synthesize(in_words(text, language), language=language, voice=voice)

    def close(self) -> None:
        """End the other's process, if it has one."""
        close = getattr(self._inner, "close", None)
        if close is not None:
            close()
