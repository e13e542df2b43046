"""Prompts: rendered when a dialplan is published, kept by their content, checked whenever they are read.

A cell has all prompts of a publication in memory, from before its fork. Clips that hold a caller's data are never
kept: asking for one here is a bug. Where pieces of sentences were spoken ahead, such a clip is put together of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from ivr.core.dialplan.publication import Rendering, recipe
from ivr.core.media.joined import joined
from ivr.core.media.wav import read_wav
from ivr.core.orders.playing import Clip
from ivr.core.speech.pieces import Pause, Pieces
from ivr.core.speech.written_out import in_words
from ivr.errors import BugError, EnvironmentFault, ModelError, OperatorError, PeerError
from ivr.ports.prompts import PromptStore
from ivr.ports.speech import Synthesizer

RENDER_TRIES = 3
"""The synthesizer is a program of its own, which now and then fails on a busy machine."""

Progress = Callable[[int, int], None]
"""`progress(done, of)`."""


def silent(done: int, of: int) -> None:
    """Nobody watches."""


def sounds_of(clips: Iterable[Clip], sound: Callable[[str], bytes]) -> dict[str, str]:
    """The recorded files among the clips -> SHA-256 of what they hold, by `sound`. Raises OperatorError."""
    files = sorted({clip.file for clip in clips if clip.file})
    return {file: hashlib.sha256(sound(file)).hexdigest() for file in files}


class PromptRenderer:
    """Makes the audio of static clips of one dialplan, by one synthesizer."""

    def __init__(
        self, store: PromptStore, synthesizer: Synthesizer, sound: Callable[[str], bytes], at_once: int = 1
    ) -> None:
        """`sound(name)`: what the dialplan's recorded file holds. Raises OperatorError when it is missing. `at_once`:
        how many texts the synthesizer may be given at one time."""
        self._store = store
        self._synthesizer = synthesizer
        self._sound = sound
        self._at_once = at_once

    def render(
        self,
        clips: Iterable[Clip],
        sounds: Mapping[str, str],
        known: Mapping[str, Rendering],
        progress: Progress = silent,
    ) -> dict[str, Rendering]:
        """Recipe -> audio of each static clip. What is `known`, there and sound is not made again, nor what an earlier
        run made that did not come to its end. Raises IvrError."""
        wanted = {
            recipe(clip, self._synthesizer.name, sounds): clip for clip in clips if not (clip.dynamic or clip.tone)
        }
        found = {name: made for name in wanted if (made := self._at_hand(name, known)) is not None}
        missing = [name for name in wanted if name not in found]
        if not missing:
            return self._signed(found, wanted)
        progress(0, len(missing))
        pool = ThreadPoolExecutor(self._at_once, "prompts")
        try:
            fresh = pool.map(lambda name: self._store.keep(self._made(wanted[name], sounds), name), missing)
            for done, (name, rendering) in enumerate(zip(missing, fresh, strict=True), 1):
                found[name] = rendering
                progress(done, len(missing))
        finally:
            pool.shutdown(cancel_futures=True)
        return self._signed(found, wanted)

    def _signed(self, found: Mapping[str, Rendering], wanted: Mapping[str, Clip]) -> dict[str, Rendering]:
        """Each with who spoke it. The recipe has the synthesizer's name, so what is at hand was spoken by the same."""
        return {name: replace(made, voice=self._speaker(wanted[name])) for name, made in found.items()}

    def _speaker(self, clip: Clip) -> str:
        return "" if clip.file else self._synthesizer.speaker(language=clip.language, voice=clip.voice)

    def _at_hand(self, name: str, known: Mapping[str, Rendering]) -> Rendering | None:
        for rendering in (known.get(name), self._store.made(name)):
            if rendering is not None and self._store.holds(rendering):
                return rendering
        return None

    def _made(self, clip: Clip, sounds: Mapping[str, str]) -> bytes:
        if clip.file:
            data = self._sound(clip.file)
            if hashlib.sha256(data).hexdigest() != sounds[clip.file]:
                raise OperatorError(f"the recorded prompt {clip.file} changed while it was published: publish again")
            return read_wav(data, clip.file)
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
        store: PromptStore,
        *,
        renderer: str,
        sounds: Mapping[str, str],
        pieces: Iterable[Clip] = (),
    ) -> None:
        """Reads and checks each. `pieces`: of sentences, where they were spoken. Raises EnvironmentFault for one that
        is missing or damaged."""
        self._renderer = renderer
        self._audio: dict[Clip, tuple[Rendering, bytes]] = {}
        for clip in clips:
            if clip.dynamic or clip.tone:
                continue
            rendering = renderings.get(recipe(clip, renderer, sounds))
            if rendering is None:
                raise EnvironmentFault("a prompt of a published dialplan was never rendered: publish again")
            self._audio[clip] = rendering, store.read(rendering)
        spoken: dict[tuple[str, str | None], list[tuple[str, bytes]]] = {}
        self._speakers: dict[tuple[str, str | None], str] = {}
        """Of the pieces."""
        for clip in pieces:
            if (rendering := renderings.get(recipe(clip, renderer, sounds))) is not None:
                words = in_words(clip.text, clip.language)
                spoken.setdefault((clip.language, clip.voice), []).append((words, store.read(rendering)))
                self._speakers[clip.language, clip.voice] = rendering.voice
        self._pieces = {voice: Pieces(of) for voice, of in spoken.items()}

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

    def joined(self, clip: Clip) -> bytes | None:
        """A clip with a caller's data, put together of what was spoken ahead; None where that has not all its words."""
        pieces = self._pieces.get((clip.language, clip.voice))
        parts = None if pieces is None else pieces.cover(in_words(clip.text, clip.language))
        if parts is None:
            return None
        return joined([part.seconds if isinstance(part, Pause) else part for part in parts])

    def spoken_by(self, clip: Clip) -> str:
        """The synthetic voice of a clip, or of its pieces; empty where people recorded it."""
        if clip.dynamic:
            voice = self._speakers.get((clip.language, clip.voice))
        else:
            voice = self._audio[clip][0].voice if clip in self._audio else None
        return voice or clip.spoken_by(self._renderer)
