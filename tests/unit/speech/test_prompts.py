"""The prompt library: rendered once, found again without a synthesizer, never with a caller's data."""

from __future__ import annotations

import os
import stat
import wave
from pathlib import Path

import numpy as np
import pytest

from ivr.adapters.files.dialplans.drafts import DraftFiles
from ivr.adapters.files.dialplans.prompts import PromptFiles
from ivr.core.dialplan.publication import Rendering
from ivr.core.media.wav import read_wav
from ivr.core.orders.playing import Clip
from ivr.engine.publishing.prompts import PromptRenderer, PublishedPrompts, sounds_of
from ivr.errors import BugError, EnvironmentFault, ModelError, OperatorError
from ivr.testing.fake_speech import FakeSynthesizer, hear


class CountingSynthesizer(FakeSynthesizer):
    """Counts what it is asked."""

    def __init__(self, name: str = "counting-1") -> None:
        self.name = name
        self.texts: list[str] = []

    def synthesize(self, text: str, *, language: str, voice: str | None = None) -> bytes:
        self.texts.append(text)
        return super().synthesize(text, language=language, voice=voice)


HELLO, NIHAO = Clip("en", "hello"), Clip("zh", "你好")
CALLERS = Clip("en", "your balance is 100", dynamic=True)


def make_wav(path: Path, *, rate: int = 8000, width: int = 2, channels: int = 1, hertz: float = 440.0) -> None:
    count = rate // 2
    tone = np.sin(2 * np.pi * hertz * np.arange(count) / rate)
    if width == 1:
        raw = np.round(tone * 100 + 128).astype(np.uint8)
    elif width == 2:
        raw = (tone * 10000).astype("<i2")
    else:
        raw = (tone * 1e9).astype("<i4")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(np.repeat(raw, channels).tobytes())


class Library:
    """Renders below a directory, and reads back as a cell does."""

    def __init__(self, directory: Path, voice: CountingSynthesizer | None = None) -> None:
        self.voice = voice or CountingSynthesizer()
        self.files = PromptFiles(directory / "prompts")
        plan = str(directory / "plan.yaml")
        self.sound = lambda name: DraftFiles().sound(plan, name)
        self.renderer = PromptRenderer(self.files, self.voice, self.sound)
        self.known: dict[str, Rendering] = {}
        self.told: list[tuple[int, int]] = []
        self.sounds: dict[str, str] = {}

    def render(self, *clips: Clip) -> int:
        """Returns how many recipes there are now."""
        self.sounds = sounds_of(clips, self.sound)
        rendered = self.renderer.render(clips, self.sounds, self.known, lambda done, of: self.told.append((done, of)))
        self.known |= rendered
        return len(rendered)

    def cell(self, *clips: Clip) -> PublishedPrompts:
        """What a cell has in memory."""
        return PublishedPrompts(clips, self.known, self.files, renderer=self.voice.name, sounds=self.sounds)

    def kept(self) -> list[Path]:
        """Files of audio that there are, and of nothing else but hints."""
        return sorted(path for path in self.files._directory.iterdir() if path.suffix != ".made")


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


def test_what_was_rendered_is_found_by_a_cell_that_has_no_synthesizer(library: Library) -> None:
    assert library.render(HELLO, NIHAO, HELLO) == 2
    cell = library.cell(HELLO, NIHAO)
    assert hear(cell.pcm(HELLO)) == "hello"
    assert hear(cell.pcm(NIHAO)) == "你好"


def test_what_is_known_and_sound_is_not_rendered_again(library: Library) -> None:
    library.render(HELLO, NIHAO)
    library.voice.texts.clear()
    library.render(HELLO, NIHAO)
    assert library.voice.texts == []


def test_another_renderer_renders_anew_and_what_was_there_stays(tmp_path: Path, library: Library) -> None:
    library.render(HELLO)
    newer = Library(tmp_path, CountingSynthesizer("counting-2"))
    newer.known = dict(library.known)
    newer.render(HELLO)
    assert newer.voice.texts == ["hello"]
    assert set(newer.known) > set(library.known)


def test_progress_is_told_until_all_is_done(library: Library) -> None:
    library.render(HELLO, NIHAO)
    assert library.told == [(0, 2), (1, 2), (2, 2)]


def test_a_callers_data_is_neither_rendered_nor_looked_up(library: Library) -> None:
    assert library.render(CALLERS) == 0
    with pytest.raises(BugError):
        library.cell(CALLERS).pcm(CALLERS)


def test_a_prompt_that_was_never_rendered_is_an_error(library: Library) -> None:
    library.render(NIHAO)
    with pytest.raises(EnvironmentFault, match="never rendered"):
        library.cell(HELLO)
    with pytest.raises(EnvironmentFault, match="never rendered"):
        library.cell(NIHAO).pcm(HELLO)


@pytest.mark.parametrize("damage", ["cut", "zeroed", "one bit", "longer", "empty", "gone"])
def test_a_damaged_prompt_reaches_no_cell_and_is_rendered_anew(library: Library, damage: str) -> None:
    library.render(HELLO)
    (path,) = library.kept()
    sound = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        flipped = bytes([sound[0] ^ 1]) + sound[1:]
        changed = {
            "cut": sound[: len(sound) // 4 * 2],
            "zeroed": bytes(len(sound)),
            "longer": sound + b"ab",
            "one bit": flipped,
        }
        path.write_bytes(changed.get(damage, b""))
    with pytest.raises(EnvironmentFault, match=r"damaged|cannot be read"):
        library.cell(HELLO)
    library.render(HELLO)
    assert path.read_bytes() == sound
    assert hear(library.cell(HELLO).pcm(HELLO)) == "hello"


def test_what_a_cell_has_outlives_the_files(library: Library) -> None:
    library.render(HELLO)
    cell = library.cell(HELLO)
    library.kept()[0].write_bytes(b"something else")
    assert hear(cell.pcm(HELLO)) == "hello"


def test_a_prompt_is_on_the_disk_with_its_name_before_it_is_named(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    real, replace = os.fsync, Path.replace

    def fsync(descriptor: int) -> None:
        done.append("directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        real(descriptor)

    def renamed(path: Path, target: Path) -> Path:
        done.append("renamed")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", renamed)
    library.render(HELLO)
    assert done == ["file", "renamed", "directory"]
    assert [path.suffix for path in library.kept()] == [".pcm"]


def test_a_synthesizer_that_fails_once_is_asked_again(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    speak, faults = library.voice.synthesize, [EnvironmentFault("busy")]

    def sometimes(text: str, *, language: str, voice: str | None = None) -> bytes:
        if faults:
            raise faults.pop()
        return speak(text, language=language, voice=voice)

    monkeypatch.setattr(library.voice, "synthesize", sometimes)
    assert library.render(HELLO) == 1


@pytest.mark.parametrize(("rate", "width", "channels"), [(8000, 2, 1), (44100, 2, 2), (16000, 2, 1), (11025, 1, 1)])
def test_recorded_prompts_of_any_usual_format_become_ours(
    tmp_path: Path, library: Library, rate: int, width: int, channels: int
) -> None:
    make_wav(tmp_path / "risk.wav", rate=rate, width=width, channels=channels)
    clip = Clip("en", file="risk.wav")
    library.render(clip)
    audio = np.frombuffer(library.cell(clip).pcm(clip), "<i2").astype(float)
    assert len(audio) == pytest.approx(4000, abs=2)
    spectrum = np.abs(np.fft.rfft(audio))
    assert spectrum.argmax() * 8000 / len(audio) == pytest.approx(440, abs=3)


def test_a_recording_that_changed_is_another_prompt(tmp_path: Path, library: Library) -> None:
    clip = Clip("en", file="risk.wav")
    make_wav(tmp_path / "risk.wav")
    library.render(clip)
    before = dict(library.known)
    make_wav(tmp_path / "risk.wav", hertz=880.0)
    library.render(clip)
    assert len(library.known) == 2
    assert before.items() < library.known.items()


@pytest.mark.parametrize("name", ["../outside.wav", "missing.wav", "/etc/hostname"])
def test_recordings_lie_in_the_dialplans_directory(tmp_path: Path, library: Library, name: str) -> None:
    make_wav(tmp_path.parent / "outside.wav")
    with pytest.raises(OperatorError):
        library.render(Clip("en", file=name))


def test_what_is_no_wav_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"not a wav file")
    with pytest.raises(OperatorError, match=r"a\.wav is not a WAV file"):
        read_wav((tmp_path / "a.wav").read_bytes(), "a.wav")
    make_wav(tmp_path / "b.wav", width=4)
    with pytest.raises(OperatorError, match="32 bits"):
        read_wav((tmp_path / "b.wav").read_bytes(), "b.wav")


def test_a_renderer_that_makes_no_sound_of_a_warning_is_an_error(tmp_path: Path) -> None:
    class Mute(CountingSynthesizer):
        def synthesize(self, text: str, *, language: str, voice: str | None = None) -> bytes:
            return b""

    with pytest.raises(ModelError, match="made no sound"):
        Library(tmp_path, Mute()).render(HELLO)
