"""The prompt library: rendered once, found again without a synthesizer, never with a caller's data."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from ivr.core.commands import Clip
from ivr.engine.speech.prompts import PromptLibrary, read_wav
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


@pytest.fixture
def library(tmp_path: Path) -> PromptLibrary:
    return PromptLibrary(tmp_path / "prompts", CountingSynthesizer(), tmp_path)


def test_what_was_published_is_found_by_a_cell_that_has_no_synthesizer(tmp_path: Path, library: PromptLibrary) -> None:
    assert library.publish([HELLO, NIHAO]) == 2
    cell = PromptLibrary(tmp_path / "prompts", None, tmp_path)
    assert hear(cell.pcm(HELLO)) == "hello"
    assert hear(cell.pcm(NIHAO)) == "你好"


def test_a_second_start_renders_nothing(tmp_path: Path, library: PromptLibrary) -> None:
    library.publish([HELLO, HELLO, NIHAO])
    again = CountingSynthesizer()
    assert PromptLibrary(tmp_path / "prompts", again, tmp_path).publish([HELLO, NIHAO]) == 0
    assert again.texts == []


def test_another_renderer_renders_anew_and_what_was_there_stays(tmp_path: Path, library: PromptLibrary) -> None:
    library.publish([HELLO])
    newer = PromptLibrary(tmp_path / "prompts", CountingSynthesizer("counting-2"), tmp_path)
    assert newer.publish([HELLO]) == 1
    assert len(list((tmp_path / "prompts").glob("*.pcm"))) == 2


def test_progress_is_told_until_all_is_done(library: PromptLibrary) -> None:
    told: list[tuple[int, int]] = []
    library.publish([HELLO, NIHAO], lambda done, of: told.append((done, of)))
    assert told == [(0, 2), (1, 2), (2, 2)]


def test_a_callers_data_is_neither_rendered_nor_looked_up(tmp_path: Path, library: PromptLibrary) -> None:
    assert library.publish([CALLERS]) == 0
    assert list((tmp_path / "prompts").glob("*.pcm")) == []
    with pytest.raises(BugError):
        library.pcm(CALLERS)


def test_a_prompt_that_was_never_published_is_an_error(tmp_path: Path, library: PromptLibrary) -> None:
    with pytest.raises(EnvironmentFault, match="No prompts were published"):
        library.pcm(HELLO)
    library.publish([NIHAO])
    with pytest.raises(EnvironmentFault, match="never rendered"):
        library.pcm(HELLO)


def test_a_cell_reads_no_half_written_prompt(tmp_path: Path, library: PromptLibrary) -> None:
    library.publish([HELLO])
    names = {path.name for path in (tmp_path / "prompts").iterdir()}
    assert len(names) == 2
    assert not [name for name in names if name.startswith(".new-")]


@pytest.mark.parametrize(("rate", "width", "channels"), [(8000, 2, 1), (44100, 2, 2), (16000, 2, 1), (11025, 1, 1)])
def test_recorded_prompts_of_any_usual_format_become_ours(
    tmp_path: Path, library: PromptLibrary, rate: int, width: int, channels: int
) -> None:
    make_wav(tmp_path / "risk.wav", rate=rate, width=width, channels=channels)
    clip = Clip("en", file="risk.wav")
    library.publish([clip])
    audio = np.frombuffer(library.pcm(clip), "<i2").astype(float)
    assert len(audio) == pytest.approx(4000, abs=2)
    spectrum = np.abs(np.fft.rfft(audio))
    assert spectrum.argmax() * 8000 / len(audio) == pytest.approx(440, abs=3)


def test_a_recording_that_changed_is_another_prompt(tmp_path: Path, library: PromptLibrary) -> None:
    clip = Clip("en", file="risk.wav")
    make_wav(tmp_path / "risk.wav")
    library.publish([clip])
    make_wav(tmp_path / "risk.wav", hertz=880.0)
    assert library.publish([clip]) == 1


@pytest.mark.parametrize("name", ["../outside.wav", "missing.wav", "/etc/hostname"])
def test_recordings_lie_in_the_dialplans_directory(tmp_path: Path, library: PromptLibrary, name: str) -> None:
    make_wav(tmp_path.parent / "outside.wav")
    with pytest.raises(OperatorError):
        library.publish([Clip("en", file=name)])


def test_what_is_no_wav_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"not a wav file")
    with pytest.raises(OperatorError, match=r"a\.wav is not a WAV file"):
        read_wav(tmp_path / "a.wav")
    make_wav(tmp_path / "b.wav", width=4)
    with pytest.raises(OperatorError, match="32 bits"):
        read_wav(tmp_path / "b.wav")


def test_a_renderer_that_makes_no_sound_of_a_warning_is_an_error(tmp_path: Path) -> None:
    class Mute(CountingSynthesizer):
        def synthesize(self, text: str, *, language: str, voice: str | None = None) -> bytes:
            return b""

    with pytest.raises(ModelError, match="made no sound"):
        PromptLibrary(tmp_path / "prompts", Mute(), tmp_path).publish([HELLO])


def test_only_a_library_with_a_synthesizer_publishes(tmp_path: Path) -> None:
    with pytest.raises(BugError):
        PromptLibrary(tmp_path, None, tmp_path).publish([HELLO])
