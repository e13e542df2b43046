"""Prompts, rendered once and kept by what they are made of.

`publish` renders every static clip into `<directory>/<sha256>.pcm` (8 kHz, 16 bit, mono); the name is the hash of the
text, language, voice and renderer, or of the recorded file's content. A cell reads them with `pcm` and needs no
synthesizer. Clips that hold a caller's data are never written: asking for one here is a bug.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import wave
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from ivr.core.commands import Clip
from ivr.core.media.resample import resample, to_pcm
from ivr.errors import BugError, EnvironmentFault, ModelError, OperatorError
from ivr.ports import Synthesizer

RENDERER_FILE = "renderer"
"""Names the synthesizer and version whose renderings are current; replaced when all of a publication are there."""


class PromptLibrary:
    """Rendered prompts below one directory, for the dialplans of one assets directory."""

    def __init__(self, directory: Path, synthesizer: Synthesizer | None, assets: Path) -> None:
        """`synthesizer` None: read only, as in a cell."""
        self._directory = directory
        self._synthesizer = synthesizer
        self._assets = assets
        self._paths: dict[Clip, Path] = {}

    def publish(self, clips: Iterable[Clip], progress: Callable[[int, int], None] | None = None) -> int:
        """Render what is missing of the static clips; returns how many were. `progress(done, of)`."""
        if self._synthesizer is None:
            raise BugError("A read-only prompt library cannot publish.")
        self._directory.mkdir(parents=True, exist_ok=True)
        renderer = self._synthesizer.name
        wanted = {self._path(clip, renderer): clip for clip in dict.fromkeys(clips) if not clip.dynamic}
        missing = [(path, clip) for path, clip in wanted.items() if not path.exists()]
        for done, (path, clip) in enumerate(missing):
            if progress:
                progress(done, len(missing))
            _write_atomically(path, self._render(clip, self._synthesizer))
        if progress and missing:
            progress(len(missing), len(missing))
        _write_atomically(self._directory / RENDERER_FILE, renderer.encode())
        self._paths.clear()
        return len(missing)

    def sounds(self, clips: Iterable[Clip]) -> dict[str, str]:
        """The recorded files among the clips -> SHA-256 of what they hold. Raises OperatorError when one is missing."""
        files = sorted({clip.file for clip in clips if clip.file})
        return {file: hashlib.sha256(self._asset(file).read_bytes()).hexdigest() for file in files}

    def pcm(self, clip: Clip) -> bytes:
        """A static clip's audio. Raises EnvironmentFault when it was never published."""
        if clip.dynamic:
            raise BugError("A clip with a caller's data is synthesized in memory, never looked up.")
        path = self._paths.get(clip) or self._path(clip, self._renderer())
        try:
            audio = path.read_bytes()
        except FileNotFoundError as error:
            self._paths.pop(clip, None)
            raise EnvironmentFault(
                "A prompt was never rendered; restart the engine to publish its dialplans."
            ) from error
        self._paths[clip] = path
        return audio

    def _renderer(self) -> str:
        try:
            return (self._directory / RENDERER_FILE).read_text()
        except FileNotFoundError as error:
            raise EnvironmentFault("No prompts were published yet; start the engine with ivr serve.") from error

    def _path(self, clip: Clip, renderer: str) -> Path:
        recipe = (
            ["file", hashlib.sha256(self._asset(clip.file).read_bytes()).hexdigest()]
            if clip.file
            else ["text", renderer, clip.language, clip.voice or "", clip.text]
        )
        name = hashlib.sha256(json.dumps(recipe, ensure_ascii=False).encode()).hexdigest()
        return self._directory / f"{name}.pcm"

    def _asset(self, name: str) -> Path:
        """The recorded file of that name, inside the assets directory."""
        path = (self._assets / name).resolve()
        if not path.is_relative_to(self._assets.resolve()):
            raise OperatorError(f"Recorded prompt {name} lies outside of the dialplan's directory; move it there.")
        if not path.is_file():
            raise OperatorError(f"Recorded prompt {name} does not exist below {self._assets}.")
        return path

    def _render(self, clip: Clip, synthesizer: Synthesizer) -> bytes:
        if clip.file:
            return read_wav(self._asset(clip.file))
        audio = synthesizer.synthesize(clip.text, language=clip.language, voice=clip.voice)
        if not audio:
            raise ModelError(f"The synthesizer {synthesizer.name} made no sound of a prompt in {clip.language}.")
        return audio


def read_wav(path: Path) -> bytes:
    """A WAV file (PCM, 8 or 16 bit, any rate, any channels: mixed down) as 8 kHz PCM. Raises OperatorError."""
    try:
        with wave.open(str(path), "rb") as file:
            width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
            raw = file.readframes(file.getnframes())
    except (wave.Error, EOFError, OSError) as error:
        raise OperatorError(f"{path.name} is not a WAV file that can be read ({error}); save it as PCM WAV.") from error
    if width == 2:
        audio = np.frombuffer(raw, "<i2").astype(np.float32)
    elif width == 1:
        audio = (np.frombuffer(raw, np.uint8).astype(np.float32) - 128.0) * 256.0
    else:
        raise OperatorError(f"{path.name} has {8 * width} bits a sample; save it with 16.")
    return to_pcm(resample(audio.reshape(-1, channels).mean(axis=1, dtype=np.float32), rate))


def _write_atomically(path: Path, content: bytes) -> None:
    """All or nothing, also for another process that renders the same."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).replace(path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise EnvironmentFault(f"Cannot write prompts to {path.parent}: {error.strerror}.") from error
