"""Settings of recognition and synthesis: which models, and on which host."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from ivr.apps.settings_sections import Endpoint, Section


class SpeechSettings(Section):
    """Recognition and synthesis."""

    uri: str | None = None
    """tcp://HOST:PORT or unix:///PATH of a Wyoming service that our speech process asks; none: the built-in models."""
    host: str | None = Field(default=None, pattern=r"[a-z][a-z0-9-]{0,30}")
    """The other host that recognizes, speaks and compares voices for this one (`ivr host add`); none: this one does."""
    address: Endpoint | None = None
    """Where it listens, IPv4 address:port."""
    recognizers: dict[str, str] = Field(default_factory=dict)
    """Language -> recognizer; empty: the built-in one that speaks the language."""
    voices: dict[str, str] = Field(default_factory=dict)
    """Language -> voice; empty: the language's own."""
    prompts: Literal["espeak-ng", "kokoro"] = "espeak-ng"
    """Who speaks prompts when a dialplan is published, if no `uri` does. kokoro: a voice people like to hear, in
    English and Chinese; it takes minutes, once, and 600 MB while it speaks."""
    models_dir: Path | None = None
    """Models that the operator supplied; by default DATA_DIR/models."""
    threads: int = Field(default=1, ge=1, le=64)
    """CPU threads of one recognition."""
    embedder: Literal["campplus", "speechbrain"] = "campplus"
    """What makes voiceprints; those of one are not compared with the other's: enrol again after a change."""
    intents: Literal["meaning", "words"] = "meaning"
    """How free speech finds the choice it means (`like:`). words: without the sentence encoder, which takes 120 MB."""
    turns: Literal["silence", "smart-turn"] = "silence"
    """What ends a caller's turn. smart-turn: where an English sentence does not sound complete, the silence that ends
    it is 1.5 s, if the dialplan's is less; 0.06 s of processor time a pause, 50 MB."""

    @model_validator(mode="after")
    def _one_place(self) -> SpeechSettings:
        if (self.host is None) != (self.address is None):
            raise ValueError("host and address go together: the name by which it was added, and where it listens")
        if self.host is not None and self.uri is not None:
            raise ValueError("uri belongs to the settings of the host that recognizes")
        return self
