"""Synthesizer by any Wyoming service: a neural voice, for instance, in a program of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import numpy as np
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.info import Describe, Info
from wyoming.tts import Synthesize, SynthesizeVoice

from ivr.adapters.wyoming_client import WyomingConnection
from ivr.core.media.frame import SAMPLE_BYTES
from ivr.core.media.resample import from_pcm, resample, to_pcm
from ivr.errors import ModelError, PeerError


class WyomingSynthesizer:
    """Speech by the service at an address. Thread-safe: every text has a connection of its own."""

    def __init__(self, uri: str, defaults: Mapping[str, str] | None = None) -> None:
        """`defaults`: language -> voice. Asks the service for its voices. Raises PeerError, ModelError."""
        self._uri = uri
        self._defaults = dict(defaults or {})
        with WyomingConnection(uri) as connection:
            connection.send(Describe())
            while not Info.is_type((event := connection.receive()).type):
                pass
        self._voices = {
            voice.name: _plain(voice.languages[0])
            for program in Info.from_event(event).tts
            for voice in program.voices
            if voice.languages
        }
        if not self._voices:
            raise ModelError(f"The Wyoming service at {uri} offers no voice.")
        described = json.dumps([event.data.get("tts"), sorted(self._defaults.items())], sort_keys=True)
        self.name = f"wyoming/{hashlib.sha256(described.encode()).hexdigest()[:16]}"

    def voices(self) -> dict[str, str]:
        """Voice name -> language tag."""
        return dict(self._voices)

    def speaker(self, *, language: str, voice: str | None = None) -> str:
        """The service, as it described itself, and its voice. Raises ModelError for one that it does not have."""
        return f"{self.name}/{self._named(language, voice)}"

    def synthesize(self, text: str, *, language: str, voice: str | None = None) -> bytes:
        """8 kHz PCM of the text. Raises ModelError for a voice the service does not have, PeerError."""
        name = self._named(language, voice)
        with WyomingConnection(self._uri) as connection:
            connection.send(Synthesize(text=text, voice=SynthesizeVoice(name=name)))
            return self._collected(connection)

    def _named(self, language: str, voice: str | None) -> str:
        name = voice or self._defaults.get(_plain(language)) or self._first(_plain(language))
        if name not in self._voices:
            raise ModelError(f"The Wyoming service at {self._uri} has no voice {name}.")
        return name

    def _first(self, language: str) -> str:
        for name, spoken in self._voices.items():
            if spoken == language:
                return name
        raise ModelError(f"The Wyoming service at {self._uri} has no voice for {language}.")

    def _collected(self, connection: WyomingConnection) -> bytes:
        raw = bytearray()
        start: AudioStart | None = None
        while not AudioStop.is_type((event := connection.receive()).type):
            if AudioStart.is_type(event.type):
                start = AudioStart.from_event(event)
            elif AudioChunk.is_type(event.type):
                raw += AudioChunk.from_event(event).audio
        if start is None or start.width != SAMPLE_BYTES or start.channels not in (1, 2):
            raise PeerError(f"The Wyoming service at {self._uri} sent audio that is not 16-bit PCM.")
        audio = from_pcm(bytes(raw)).reshape(-1, start.channels).mean(axis=1, dtype=np.float32)
        return to_pcm(resample(audio, start.rate))


def _plain(language: str) -> str:
    """en of en_US and en-GB."""
    return language.replace("_", "-").split("-")[0].lower()
