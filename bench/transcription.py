"""An agent's talk, read after the call: what that costs. `python -m bench.transcription [--minutes 20]`

A talk of a real person's recordings (Debian's asterisk-core-sounds-en, the same voice on both sides, in turn) is sealed
as a call and read as the inspector reads it: opened, cut into utterances, recognized with the time of each word, run by
the shipped rules. Processor time of one thread beside the talk's length. Printed, never asserted.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from ivr.adapters.files.recordings.store import RecordingFiles
from ivr.adapters.webrtc_vad import WebrtcFrameVad
from ivr.adapters.whisper_asr import WhisperRecognizer
from ivr.adapters.whisper_model import WhisperModel
from ivr.adapters.whisper_weights import TINY_EN
from ivr.core.call.inspected import talk_of
from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_to_json
from ivr.core.call.transcript import Span
from ivr.core.compliance.inspector import Inspector, inspect_all
from ivr.core.compliance.rules_file import load_rules
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.media.frame import FRAME_BYTES, SAMPLE_BYTES, SAMPLE_RATE, samples, seconds
from ivr.core.media.wav import read_wav
from ivr.core.vault.journal_frame import AudioBlock, Closed, JournalEntry, JournalFrame
from ivr.engine.inspection.transcribing import Transcriber
from ivr.testing.fake_recordings import sealed_journal
from ivr.testing.fake_stores import MemoryKeyStore

VOICE = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
RULES = Path(__file__).parent.parent / "dialplans" / "rules" / "investment-eu.yaml"
PLAN = """\
name: wealth
version: "1"
languages: [en]
start: hello
states:
  hello: {say: {en: Hello.}, go: bye}
  bye: {hang_up: completed}
"""
PAUSE_SECONDS = 0.9
"""Between two turns. Talk at a bank's desk is voiced for about four fifths."""
BEGAN = 1_767_312_000.0
BLOCK = 10 * FRAME_BYTES


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=20, help="of talk")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        _measure(Path(directory), asked.minutes * 60 * SAMPLE_RATE)


def _measure(directory: Path, length: int) -> None:
    keys = MemoryKeyStore()
    files, voiced = RecordingFiles(directory, keys), _sealed(directory, keys, length)
    began = time.process_time()
    model = WhisperModel(TINY_EN.directory(directory / "models"))
    recognizers = {"*": WhisperRecognizer(model, ("en",))}
    loaded = time.process_time() - began
    told = files.outline(files.find("call"))
    began, wall = time.process_time(), time.monotonic()
    made = Transcriber(files, lambda: recognizers, WebrtcFrameVad, wall=time.time).transcribe(told)
    read, waited = time.process_time() - began, time.monotonic() - wall
    plan = load_dialplan(PLAN, source="wealth.yaml")
    inspector = Inspector(load_rules(RULES.read_text(encoding="utf-8"), source=RULES.name))
    began = time.process_time()
    today = datetime.fromtimestamp(BEGAN, UTC).date()
    found, failed = inspect_all([inspector], talk_of(told, plan, made.transcription), today=today)
    ruled = time.process_time() - began
    talk, said = seconds(length), made.transcription.utterances
    print(f"{talk / 60:.0f} minutes of talk on two channels, {voiced / 60:.1f} minutes of them voiced")
    print(f"  {made.talk_seconds / 60:.1f} minutes in {len(said)} utterances were recognized, {made.lost} lost;")
    print(f"  {sum(len(one.words) for one in said)} words, each with its time")
    print(f"  processor time: loading {loaded:.1f} s, reading {read:.0f} s (in {waited:.0f} s), rules {ruled:.2f} s")
    print(f"  {len(found)} findings, {len(failed)} rules failed")
    print(f"  one core reads {talk / (read + ruled):.0f} hours of talk in an hour")


def _sealed(directory: Path, keys: MemoryKeyStore, length: int) -> float:
    """A call of such a talk, in its long-term form; returns how many seconds are voiced."""
    channels, voiced = _talk(length)
    plan = load_dialplan(PLAN, source="wealth.yaml")
    record = CallRecord("call", BEGAN, BEGAN, BEGAN + seconds(length), caller="", language="en")

    def frames() -> Iterator[JournalFrame]:
        yield JournalEntry({"dialplan": plan.id, "sha256": plan.sha256})
        yield JournalEntry({"span": Span("engine", 0, SAMPLE_RATE, "en", "Hello.").to_json()})
        for at in range(0, length * SAMPLE_BYTES, BLOCK):
            yield AudioBlock(at // SAMPLE_BYTES, {name: bytes(pcm[at : at + BLOCK]) for name, pcm in channels.items()})
        yield Closed({"record": record_to_json(record), "samples": length})

    day = directory / f"{datetime.fromtimestamp(BEGAN, UTC):%Y/%m/%d}"
    day.mkdir(parents=True)
    (day / "call.ivrj").write_bytes(sealed_journal(keys, "call", BEGAN, frames()))
    files = RecordingFiles(directory, keys)
    journal = files.find("call")
    files.seal(journal, files.outline(journal))
    files.remove_journal(journal)
    return voiced


def _talk(length: int) -> tuple[dict[str, bytearray], float]:
    """Two channels on which recordings are said in turn."""
    chance, names = Random(15), sorted(path for path in VOICE.glob("*.wav") if path.stat().st_size > 32_000)
    channels = {name: bytearray(length * SAMPLE_BYTES) for name in ("caller.in", "agent.in")}
    at, turn, voiced = samples(1.0), 0, 0
    while True:
        pcm = read_wav(chance.choice(names).read_bytes(), "voice")
        last = at + len(pcm) // SAMPLE_BYTES
        if last >= length:
            return channels, seconds(voiced)
        channels[("agent.in", "caller.in")[turn % 2]][at * SAMPLE_BYTES : last * SAMPLE_BYTES] = pcm
        voiced += last - at
        at, turn = last + samples(PAUSE_SECONDS), turn + 1


if __name__ == "__main__":
    main()
