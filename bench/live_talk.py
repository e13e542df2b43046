"""How soon a forbidden phrase of an agent's is known. `python -m bench.live_talk [--rounds 20]`

A real person's recordings (Debian's asterisk-core-sounds-en) are said in real time to the ear of a talk, over the real
link to a speech service of the settings, beside a second party who talks all the time, as a talk has two. Told is the
time from the end of the last forbidden word to the rule's finding, at the first hypothesis or result that holds it, and
the processor time of the service beside the talk's length. Pages show it 0.2 s later on average, 0.4 s at most. The
machine must be otherwise at rest. Printed, never asserted.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from ivr.adapters.webrtc_vad import WebrtcFrameVad
from ivr.apps.settings import Settings
from ivr.apps.wiring import speech
from ivr.core.compliance.live import Context, LiveInspector
from ivr.core.compliance.rules_file import load_rules
from ivr.core.compliance.talk import BankSaid, Speaker
from ivr.core.media.frame import FRAME_BYTES, FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_BYTES, SAMPLE_RATE
from ivr.core.media.wav import read_wav
from ivr.core.speech.facts import Hypothesis, Recognition, RecognitionFailed
from ivr.engine.cell.live_ear import LiveEar
from ivr.engine.speech.link import SpeechLink
from ivr.engine.speech.service import SpeechService
from ivr.ports.telephony import LegStats

VOICE = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
SAID = {
    "conf-waitforleader": "leader arrives",
    "pbx-invalidpark": "parked on that extension",
    "confbridge-only-one": "one other participant",
    "auth-incorrect": "followed by the pound key",
    "dir-nomore": "no more compatible entries",
}
"""Recording -> words of it that are forbidden here: at its end but for the last, whose words are in its middle."""
BESIDE = ("confbridge-pin", "confbridge-rest-list-vol-in", "entr-num-rmv-blklist")
"""What the other party says."""
RULES = "name: bench\nversion: '1'\nlanguages: [en]\nrules:\n" + "".join(
    f"  r{number}:\n    {{source: a law, counsel: check with counsel, forbid: {{en: [{words}]}}}}\n"
    for number, words in enumerate(SAID.values())
)
PAUSE = bytes(int(1.5 * SAMPLE_RATE) * SAMPLE_BYTES)
ENDED_LOUD = 300
"""A sample above this is of a word: by the last one of a recording its words end."""


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20, help="times that each recording is said")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ivr") as directory, _service(Path(directory) / "speech.sock") as path:
        _measure(path, asked.rounds)


class _service:
    """A speech service in a thread."""

    def __init__(self, path: Path) -> None:
        self._path, self._stop, self._loop = path, asyncio.Event(), asyncio.new_event_loop()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()))

    async def _serve(self) -> None:
        parts = speech.load(Settings(), 1)
        service = SpeechService(parts, recognition_threads=1)
        await service.listen_unix(self._path)
        await self._stop.wait()
        await service.stop()
        if (close := getattr(parts.synthesizer, "close", None)) is not None:
            close()

    def __enter__(self) -> str:
        self._thread.start()
        while not self._path.exists():
            time.sleep(0.1)
        return str(self._path)

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()


def _sound(name: str) -> bytes:
    return read_wav((VOICE / f"{name}.wav").read_bytes(), name)


def _words_end(pcm: bytes) -> float:
    """Seconds to the end of the last word."""
    loud = [
        at
        for at in range(0, len(pcm) - 1, 2)
        if abs(int.from_bytes(pcm[at : at + 2], "little", signed=True)) > ENDED_LOUD
    ]
    return loud[-1] / SAMPLE_BYTES / SAMPLE_RATE


def _frames(pcm: bytes) -> Iterator[bytes]:
    for at in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES):
        yield pcm[at : at + FRAME_BYTES]


def _measure(path: str, rounds: int) -> None:
    link, inspector = SpeechLink(path), LiveInspector(load_rules(RULES, source="bench"))
    packets = 0
    ear = LiveEar(link, WebrtcFrameVad, lambda: LegStats(packets, packets, 0, 0, 1))
    ear.arrange({"offer": "agent", "caller": "caller"})
    beside = b"".join(_sound(name) + PAUSE[: len(PAUSE) // 3] for name in BESIDE)
    delays: list[float] = []
    missed = sample = 0
    began, cpu = time.monotonic(), time.process_time()
    for number in range(rounds + 1):
        for name in SAID:
            pcm = _sound(name)
            end = time.monotonic() + (_words_end(pcm) if name != "dir-nomore" else len(pcm) / 16000)
            found = None
            for frame in (*_frames(pcm + PAUSE * 2),):
                at = sample * SAMPLE_BYTES % (len(beside) - FRAME_BYTES) // FRAME_BYTES * FRAME_BYTES
                ear.hear({"offer": frame, "caller": beside[at : at + FRAME_BYTES]}, sample, "en")
                sample, packets = sample + FRAME_SAMPLES, packets + 1
                if _finds(link, ear, inspector) and found is None:
                    found = time.monotonic() - end
                time.sleep(max(0.0, began + sample / SAMPLE_RATE - time.monotonic()))
            if number == 0:
                continue  # its model is loaded at the first one
            missed += found is None
            delays += [] if found is None else [max(0.0, found)]
    talk = sample * FRAME_SECONDS / FRAME_SAMPLES
    spent = (time.process_time() - cpu) / talk
    delays.sort()
    print(f"{len(delays)} found, {missed} missed within 3 s, {ear.lost} utterances lost, {talk:.0f} s of talk")
    if delays:
        share = delays[min(len(delays) - 1, int(0.95 * len(delays)))]
        middle = statistics.median(delays)
        print(f"from the end of the words: median {middle:.2f} s, p95 {share:.2f} s, most {delays[-1]:.2f} s")
    print(f"processor: {spent:.2f} s a second of talk of two parties, detector, ear and models")


def _finds(link: SpeechLink, ear: LiveEar, inspector: LiveInspector) -> bool:
    for fact in link.pump(time.monotonic()):
        if isinstance(fact, Hypothesis | Recognition | RecognitionFailed):
            ear.take(fact)
    found = False
    for said in ear.overheard():
        if said.who == "agent" and said.text:
            spoken = BankSaid(said.first_sample, said.last_sample, "en", said.text, 0.5, Speaker.AGENT)
            found = bool(inspector.said([spoken], Context("", "", "en"), today=date(2026, 11, 29))[0]) or found
    return found


if __name__ == "__main__":
    main()
