"""Prompts: rendered when a dialplan is published, kept by their content, checked whenever they are read.

`<directory>/<sha256>.pcm` (8 kHz, 16 bit, mono) is named by the hash of what it holds, is durable before anybody names
it, and is never written again. A cell has all prompts of a publication in memory, from before its fork. Clips that hold
a caller's data are never written: asking for one here is a bug.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import wave
from collections.abc import Callable, Iterable, Mapping, Set
from pathlib import Path

import numpy as np

from ivr.core.dialplan.publication import Rendering, recipe
from ivr.core.media.resample import resample, to_pcm
from ivr.core.orders.playing import Clip
from ivr.errors import BugError, EnvironmentFault, ModelError, OperatorError, PeerError
from ivr.ports.speech import Synthesizer

RENDER_TRIES = 3
"""The synthesizer is a program of its own, which now and then fails on a busy machine."""

_UNFINISHED = ".new-"

Progress = Callable[[int, int], None]
"""`progress(done, of)`."""


def _silent(done: int, of: int) -> None:
    """Nobody watches."""


class PromptFiles:
    """Rendered audio below one directory, by its hash."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, rendering: Rendering) -> bytes:
        """The audio. Raises EnvironmentFault when it is missing or is not what was published."""
        path = self._path(rendering)
        try:
            pcm = path.read_bytes()
        except OSError as error:
            raise EnvironmentFault(f"the prompt {path} cannot be read: {error.strerror}") from error
        if not rendering.fits(pcm):
            raise EnvironmentFault(f"the prompt {path} is damaged: it is not what was published")
        return pcm

    def holds(self, rendering: Rendering) -> bool:
        """Whether the audio is there and sound."""
        try:
            self.read(rendering)
        except EnvironmentFault:
            return False
        return True

    def keep(self, pcm: bytes) -> Rendering:
        """Write audio, durable with its name. Raises EnvironmentFault."""
        rendering = Rendering.of(pcm)
        if not self.holds(rendering):
            _write_durably(self._path(rendering), pcm)
        return rendering

    def sweep(self, needed: Set[str]) -> int:
        """Remove audio whose hash is not among these, and what a broken write left; returns how many files went.

        Only while nobody renders. Raises EnvironmentFault.
        """
        try:
            gone = [path for path in self._directory.glob("*.pcm") if path.stem not in needed]
            gone += self._directory.glob(f"{_UNFINISHED}*")
            for path in gone:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise EnvironmentFault(f"Cannot tidy up {self._directory}: {error.strerror}.") from error
        return len(gone)

    def _path(self, rendering: Rendering) -> Path:
        return self._directory / f"{rendering.sha256}.pcm"


class PromptRenderer:
    """Makes the audio of static clips of one dialplan, by one synthesizer."""

    def __init__(self, files: PromptFiles, synthesizer: Synthesizer, assets: Path) -> None:
        """`assets`: where the dialplan's recorded files are."""
        self._files = files
        self._synthesizer = synthesizer
        self._assets = assets

    def sounds(self, clips: Iterable[Clip]) -> dict[str, str]:
        """The recorded files among the clips -> SHA-256 of what they hold. Raises OperatorError when one is missing."""
        files = sorted({clip.file for clip in clips if clip.file})
        return {file: hashlib.sha256(asset(self._assets, file).read_bytes()).hexdigest() for file in files}

    def render(
        self,
        clips: Iterable[Clip],
        sounds: Mapping[str, str],
        known: Mapping[str, Rendering],
        progress: Progress = _silent,
    ) -> dict[str, Rendering]:
        """Recipe -> audio of each static clip. What is `known`, there and sound is not made again. Raises IvrError."""
        wanted = {
            recipe(clip, self._synthesizer.name, sounds): clip for clip in clips if not (clip.dynamic or clip.tone)
        }
        found = {name: known[name] for name in wanted if name in known and self._files.holds(known[name])}
        missing = [name for name in wanted if name not in found]
        for done, name in enumerate(missing):
            progress(done, len(missing))
            found[name] = self._files.keep(self._made(wanted[name], sounds))
        if missing:
            progress(len(missing), len(missing))
        return found

    def _made(self, clip: Clip, sounds: Mapping[str, str]) -> bytes:
        if clip.file:
            path = asset(self._assets, clip.file)
            if hashlib.sha256(path.read_bytes()).hexdigest() != sounds[clip.file]:
                raise OperatorError(f"the recorded prompt {clip.file} changed while it was published: publish again")
            return read_wav(path)
        for attempt in range(1, RENDER_TRIES + 1):
            try:
                audio = self._synthesizer.synthesize(clip.text, language=clip.language, voice=clip.voice)
                break
            except (EnvironmentFault, PeerError):
                if attempt == RENDER_TRIES:
                    raise
        if not audio:
            raise ModelError(f"The synthesizer {self._synthesizer.name} made no sound of a prompt in {clip.language}.")
        return audio


class PublishedPrompts:
    """All prompts of one published dialplan, in memory: what becomes of the files afterwards does not matter."""

    def __init__(
        self,
        clips: Iterable[Clip],
        renderings: Mapping[str, Rendering],
        files: PromptFiles,
        *,
        renderer: str,
        sounds: Mapping[str, str],
    ) -> None:
        """Reads and checks each. Raises EnvironmentFault for one that is missing or damaged."""
        self._audio: dict[Clip, tuple[Rendering, bytes]] = {}
        for clip in clips:
            if clip.dynamic or clip.tone:
                continue
            rendering = renderings.get(recipe(clip, renderer, sounds))
            if rendering is None:
                raise EnvironmentFault("a prompt of a published dialplan was never rendered: publish again")
            self._audio[clip] = rendering, files.read(rendering)

    def pcm(self, clip: Clip) -> bytes:
        """A static clip's audio, compared once more with what was published. Raises EnvironmentFault."""
        if clip.dynamic:
            raise BugError("A clip with a caller's data is synthesized in memory, never looked up.")
        found = self._audio.get(clip)
        if found is None:
            raise EnvironmentFault("A prompt was never rendered: publish the dialplans again.")
        rendering, pcm = found
        if not rendering.fits(pcm):
            raise EnvironmentFault("A prompt in memory is not what was published.")
        return pcm


def asset(directory: Path, name: str) -> Path:
    """The recorded file of that name, inside a dialplan's directory. Raises OperatorError."""
    path = (directory / name).resolve()
    if not path.is_relative_to(directory.resolve()):
        raise OperatorError(f"Recorded prompt {name} lies outside of the dialplan's directory; move it there.")
    if not path.is_file():
        raise OperatorError(f"Recorded prompt {name} does not exist below {directory}.")
    return path


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


def _write_durably(path: Path, content: bytes) -> None:
    """All or nothing, also for another process that renders the same; durable with its name."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=_UNFINISHED)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        raise EnvironmentFault(f"Cannot write prompts to {path.parent}: {error.strerror}.") from error
