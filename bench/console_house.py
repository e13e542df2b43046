"""A console of its own over many made calls, for bench.pages and bench.player: database, log, an hour's recording.

Only the console's process runs: no call, no hub. What there is was sealed with the house's own key store.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from bench.search_calls import FIRST, LINES, SECONDS_APART, Calls, Filler, settle
from ivr.adapters.sql.database import open_database
from ivr.apps.settings import Settings
from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.console import first_link
from ivr.apps.wiring.vault import audit_log, call_store, open_key_store, recording_files
from ivr.core.audit.entry import AuditEntry
from ivr.core.call.record import CallRecord
from ivr.core.call.transcript import Span
from ivr.core.media.frame import BLOCK_FRAMES, FRAME_BYTES, FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, samples
from ivr.core.media.g711 import decode_ulaw
from ivr.engine.archive.compaction import Compactor
from ivr.engine.archive.sealing import Sealing
from ivr.engine.cell.recorder import Recorder
from ivr.ports.keys import KeyStore
from ivr.testing.console_visitor import ConsoleVisitor
from ivr.testing.engine import IVR
from ivr.testing.fake_audit import MemoryAuditLog
from ivr.testing.fake_stores import MemoryCallStore
from ivr.testing.ports import free_port

HOUR = "hour"
"""The call that lasted one."""
HOUR_SECONDS = 3600
CHANNELS = ("caller.in", "caller.out", "agent.in")
SPAN_SECONDS = 10
"""Somebody says something as often."""
ENTRIES_AT_ONCE = 8192
PASSWORD = "four plain words here"
LINK = re.compile(r"http://\S+/invitation\?\S+")
DIALPLAN = """\
name: {name}
version: "1"
languages: [en]
start: warning
disclosures:
  {warning}:
    say: {{en: This may cost you money.}}
    acknowledge:
      ask: {{en: "If you have understood this, press 1."}}
      press: 1
      hear: {{en: [I understand]}}
      attempts: 3
      otherwise: bye
states:
  warning: {{disclose: {warning}, go: bye}}
  bye: {{say: {{en: Goodbye.}}, hang_up: completed}}
"""


class House:
    """Its directory, and the console's process."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.port = directory, free_port()
        self.made = (directory / "ivr.yaml").exists()
        """Somebody kept it, with all that is in it."""
        directory.mkdir(parents=True, exist_ok=True)
        self._file = directory / "ivr.yaml"
        dialplans = []
        for number, (name, warning, _) in enumerate(LINES):
            file = directory / f"{name}.yaml"
            file.write_text(DIALPLAN.format(name=name, warning=warning))
            dialplans.append({"file": str(file), "called": [f"{2000 + number}"]})
        told = {
            "data_dir": str(directory / "var"),
            "run_dir": str(directory / "run"),
            "recordings_dir": str(directory / "recordings"),
            "dialplans": dialplans,
            "console": {"listen": f"127.0.0.1:{self.port}", "sign_in": {"second_factor_for": []}},
        }
        self._file.write_text(yaml.safe_dump(told))
        self.settings: Settings = load_settings(self._file, {})

    def command(self, *words: str) -> str:
        """What `ivr WORDS…` prints."""
        environment = os.environ | {"IVR_CONFIG": str(self._file)}
        done = subprocess.run([*IVR, *words], env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"ivr {words[0]}: {done.stderr[-2000:]}")
        return done.stdout

    def furnish(self, calls: int) -> None:
        """Keys, published dialplans, so many calls with an entry of the log each, and the hour's call."""
        self.command("keys", "init")
        self.command("publish", "--reason", "bench")
        keys, made = open_key_store(self.settings), Calls(calls)
        store = call_store(self.settings, keys)
        engine = open_database(self.settings.database_url)
        Filler(engine, keys).fill(made)
        settle(engine)
        self._enter(keys, made)
        started_at = FIRST + calls * SECONDS_APART
        self._record(keys, started_at)
        answered_at, ended_at = started_at + 1, started_at + 1 + HOUR_SECONDS
        name = f"{time.strftime('%Y%m%d', time.gmtime(started_at))}-{HOUR}"
        store.save(
            CallRecord(HOUR, started_at, answered_at, ended_at, "sip:+442079460000@192.0.2.1", recording_id=name)
        )

    def _enter(self, keys: KeyStore, made: Calls) -> None:
        log = audit_log(self.settings, keys)
        for first in range(0, made.count, ENTRIES_AT_ONCE):
            numbers = range(first, min(first + ENTRIES_AT_ONCE, made.count))
            log.append([_entry(made.record(number)) for number in numbers])
        log.close()

    def _record(self, keys: KeyStore, started_at: float) -> None:
        """An hour of noise, on three channels, in its long-term form."""
        directory = self.settings.recordings_dir
        recorder = Recorder(
            directory, keys.issue(), call_id=HOUR, started_at=started_at, on_failure=sys.exit, min_free_bytes=0
        )
        minute = decode_ulaw(os.urandom(60 * SAMPLE_RATE))
        for tick in range(round(HOUR_SECONDS / FRAME_SECONDS)):
            at = tick * FRAME_BYTES % len(minute)
            recorder.audio(tick * FRAME_SAMPLES, dict.fromkeys(CHANNELS, minute[at : at + FRAME_BYTES]))
            if tick % (4 * BLOCK_FRAMES) == 0:
                time.sleep(0.002)  # the queue is made for real time
        for begins in range(0, HOUR_SECONDS, SPAN_SECONDS):
            first = samples(float(begins))
            said = Span("caller", first, first + SAMPLE_RATE, "en", "I would like to buy a fund", 0.9, None, True, None)
            recorder.event({"span": said.to_json()})
        recorder.close({})
        sealing = Sealing(keys, MemoryCallStore(), MemoryAuditLog(), actor="bench", wall=time.time)
        for _ in Compactor(recording_files(self.settings, keys), sealing).run(lambda where, why: sys.exit(why)):
            pass

    @contextmanager
    def open(self) -> Iterator[tuple[ConsoleVisitor, int]]:
        """The console listens; yields its first administrator, come in, and the console's process id."""
        runtime = self.settings.runtime_dir
        runtime.mkdir(exist_ok=True)
        told = runtime / "settings.json"
        told.write_text(self.settings.model_dump_json())
        command = [sys.executable, "-m", "ivr.apps.wiring.process", "console", str(told)]
        console = subprocess.Popen(command)
        try:
            while not listens(self.port):
                if console.poll() is not None:
                    raise SystemExit("the console did not start")
                time.sleep(0.2)
            visitor = ConsoleVisitor(self.port)
            visitor.come_in(self._link(), PASSWORD)
            yield visitor, console.pid
        finally:
            console.terminate()
            console.wait()

    def _link(self) -> str:
        """A one-time link of the first administrator."""
        if (first := first_link(self.settings)) is not None:
            return first
        name = self.command("users", "list").split()[0]
        link = LINK.search(self.command("users", "reset", name, "--reason", "bench"))
        assert link is not None
        return link[0]


@contextmanager
def house(calls: int, keep: Path | None) -> Iterator[House]:
    """One with so many calls; `keep`: its directory, made there or found as it was left."""
    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as name:
        found = House(keep or Path(name))
        if not found.made:
            began = time.monotonic()
            found.furnish(calls)
            print(f"{calls:,} calls, as many entries and an hour's recording made in {time.monotonic() - began:.0f} s")
        yield found


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _entry(record: CallRecord) -> AuditEntry:
    assert record.ended_at is not None
    details: dict[str, object] = {"dialplan": record.dialplan, "outcome": str(record.outcome)}
    return AuditEntry(record.ended_at, "hub", "call.ended", record.call_id, details=details)
