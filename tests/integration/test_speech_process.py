"""The speech service as `ivr serve` runs it: real models, a real process, killed and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.core.media.frame import FRAME_BYTES
from ivr.core.orders.listening import Grammar
from ivr.core.speech.facts import OnsetJudged, Recognition, RecognitionFailed, SentenceCompared, SpeechFact, Synthesized
from ivr.engine.speech.link import SpeechLink
from tests.conftest import RealVoice

PROGRAM = """
import sys
from pathlib import Path
from ivr.apps.settings import Settings
from ivr.apps.wiring import speech
here = Path(sys.argv[1])
speech.run(Settings(data_dir=here, run_dir=here, voiceprints_dir=here / "voiceprints"))
"""
MENU = Grammar("en", {"thanks": ("thank you",), "bye": ("goodbye",), "agent": ("speak to an agent",)})
MEANT = Grammar(
    "en",
    free=True,
    like={
        "balance": ("how much money do I have", "what is my balance", "tell me my balance"),
        "card": ("I lost my card", "my card was stolen", "block my card"),
    },
)
SILENCE = bytes(FRAME_BYTES * 25)


class Process:
    """The service in a process of its own."""

    def __init__(self, directory: Path) -> None:
        self.socket = directory / "speech.sock"
        self.socket.unlink(missing_ok=True)
        self.process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(directory)], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not self.socket.exists():
            assert self.process.poll() is None, "the speech service ended while it was starting"
            assert time.monotonic() < deadline, "the speech service did not start"
            time.sleep(0.05)

    def end(self, number: signal.Signals) -> int:
        """Signal it and wait for its end."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(20)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("speech")


@pytest.fixture
def service(directory: Path) -> Iterator[Process]:
    process = Process(directory)
    yield process
    process.end(signal.SIGKILL)


@pytest.fixture
def link(service: Process) -> Iterator[SpeechLink]:
    made = SpeechLink(str(service.socket))
    yield made
    made.close()


def answer(link: SpeechLink, *kinds: type[SpeechFact], within: float = 10.0) -> SpeechFact:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        for fact in link.pump(time.monotonic()):
            if isinstance(fact, kinds):
                return fact
        time.sleep(0.005)
    raise AssertionError(f"no {kinds} within {within} s")


def say(link: SpeechLink, listen_id: int, pcm: bytes) -> None:
    link.recognize(listen_id, MENU)
    for begin in range(0, len(pcm), FRAME_BYTES):
        link.audio(listen_id, pcm[begin : begin + FRAME_BYTES])
    link.finish(listen_id)


def test_a_real_person_is_understood_and_answered_and_the_process_ends_cleanly(
    service: Process, link: SpeechLink, voice: RealVoice
) -> None:
    say(link, 1, SILENCE + voice("auth-thankyou") + SILENCE)
    heard = answer(link, Recognition)
    assert isinstance(heard, Recognition)
    assert heard.choice == "thanks"
    assert heard.confidence > 0.8
    link.synthesize(2, "余额为一百元", "zh")
    spoken = answer(link, Synthesized)
    assert isinstance(spoken, Synthesized)
    assert len(spoken.pcm) > 8000
    link.confirm_onset(3, voice("agent-pass")[3200:8000])
    judged = answer(link, OnsetJudged)
    assert isinstance(judged, OnsetJudged)
    assert (judged.probability or 0.0) > 0.5
    link.compare(4, "have I got anything left on it", MEANT)
    compared = answer(link, SentenceCompared)
    assert isinstance(compared, SentenceCompared)
    assert compared.alike["balance"] > compared.alike["card"]
    assert service.end(signal.SIGTERM) == 0
    assert not service.socket.exists()


def test_killed_in_the_middle_of_an_utterance_it_fails_at_once_and_serves_again_when_restarted(
    service: Process, link: SpeechLink, voice: RealVoice, directory: Path
) -> None:
    link.recognize(1, MENU)
    link.pump(time.monotonic())
    os.kill(service.process.pid, signal.SIGKILL)
    began = time.monotonic()
    assert isinstance(answer(link, RecognitionFailed), RecognitionFailed)
    assert time.monotonic() - began < 1.0
    service.process.wait(10)
    again = Process(directory)
    try:
        say(link, 2, SILENCE + voice("goodbye") + SILENCE)
        heard = answer(link, Recognition)
        assert isinstance(heard, Recognition)
        assert heard.choice == "bye"
    finally:
        again.end(signal.SIGKILL)


def test_no_worker_of_espeak_outlives_a_killed_service(service: Process, link: SpeechLink) -> None:
    link.synthesize(1, "hello", "en")
    answer(link, Synthesized)
    children = Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children")
    tasks = [path.read_text().split() for path in children.parents[1].glob("*/children")]
    workers = [int(pid) for pids in tasks for pid in pids]
    assert workers
    service.end(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in workers):
        assert time.monotonic() < deadline, "a worker of espeak-ng goes on without its service"
        time.sleep(0.05)
