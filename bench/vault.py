"""Figures of the vault: python -m bench.vault. Search is in bench.search.

Sealing beside `openssl speed` at the same chunk size, seek in an hour's recording, CPU of a running recording, audit
entries a second, receipts. Printed, never asserted.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ivr.adapters.files.audit.log import AuditLog
from ivr.adapters.files.recordings.archives import open_archive, sealed_file
from ivr.adapters.files.recordings.store import RecordingFiles
from ivr.adapters.openssl.journals import find_journals
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.note import Signer
from ivr.core.media.frame import BLOCK_FRAMES, FRAME_BYTES, FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE
from ivr.core.media.g711 import decode_ulaw
from ivr.core.vault.cobblestone import CHUNK_BYTES, SALT_BYTES, seal_chunks
from ivr.engine.archive.compaction import Compactor
from ivr.engine.archive.sealing import Sealing
from ivr.engine.cell.recorder import Recorder
from ivr.engine.cell.sealed_frames import SealedFrames
from ivr.testing.fake_audit import MemoryAuditLog
from ivr.testing.fake_stores import MemoryCallStore, MemoryKeyStore

HOUR_SECONDS = 3600


def tell(name: str, value: str) -> None:
    """One line of the table."""
    print(f"{name:58} {value}", flush=True)


def percentiles(seconds: list[float]) -> str:
    """p50, p95 and p99 in milliseconds."""
    p50, p95, p99 = (float(np.percentile(seconds, p)) * 1000 for p in (50, 95, 99))
    return f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms"


def timed(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Seconds that it took."""
    began = clock()
    work()
    return clock() - began


def sealing() -> None:
    """Cobblestone-256 beside what OpenSSL itself does."""
    plain = os.urandom(64 << 20)

    def seal() -> None:
        for _ in seal_chunks([plain], key=bytes(32), salt=bytes(SALT_BYTES), context=b""):
            pass

    ours = len(plain) / min(timed(seal, time.process_time) for _ in range(3)) / 1e6
    tell("sealing, MB/s of CPU time (as openssl counts)", f"{ours:.0f}")
    openssl = shutil.which("openssl")
    if openssl:
        command = [openssl, "speed", "-seconds", "2", "-bytes", str(CHUNK_BYTES), "-evp", "aes-256-gcm"]
        told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        match = re.search(r"([\d.]+)k\s*$", told)
        if match:
            theirs = float(match[1]) / 1000
            tell("openssl speed aes-256-gcm, 16 KiB, MB/s", f"{theirs:.0f} (ours: {ours / theirs:.0%})")


def seek(directory: Path) -> None:
    """First audio of a random second in an hour's two-channel recording."""
    keys = MemoryKeyStore()
    recorder = Recorder(directory, keys.issue(), call_id="hour", started_at=0.0, on_failure=sys.exit, min_free_bytes=0)
    minute = decode_ulaw(os.urandom(60 * SAMPLE_RATE))
    for tick in range(round(HOUR_SECONDS / FRAME_SECONDS)):
        at = tick * FRAME_BYTES % len(minute)
        frame = minute[at : at + FRAME_BYTES]
        recorder.audio(tick * FRAME_SAMPLES, {"caller.in": frame, "caller.out": frame})
        if tick % 2000 == 0:
            time.sleep(0.05)  # the queue is made for real time
    recorder.close({})
    files = RecordingFiles(directory, keys)
    sealing = Sealing(keys, MemoryCallStore(), MemoryAuditLog(), actor="bench", wall=time.time)
    took = timed(lambda: list(Compactor(files, sealing).run(lambda where, reason: sys.exit(reason))))
    tell("compaction of an hour's call, verified", f"{took:.1f} s")
    path = Path(files.find("hour").where)
    times, spent = [], []
    for _ in range(300):
        first = random.randrange(HOUR_SECONDS - 1) * SAMPLE_RATE

        def listen(first: int = first) -> None:
            with sealed_file(path) as sealed:
                _, reader = open_archive(path, sealed, keys)
                reader.pcm("caller.in", first, SAMPLE_RATE // 5)
                reader.pcm("caller.out", first, SAMPLE_RATE // 5)

        times.append(timed(listen))
        spent.append(timed(listen, time.process_time))
    tell("open, seek and first 200 ms of an hour's recording", percentiles(times))
    tell("  of that CPU", percentiles(spent))


def cpu_of(work: Callable[[int], None], seconds: float) -> float:
    """CPU milliseconds a second of this process, all its threads, while `work` is done every 20 ms."""
    before, due = time.process_time(), time.monotonic()
    for tick in range(round(seconds / FRAME_SECONDS)):
        work(tick)
        due += FRAME_SECONDS
        time.sleep(max(0.0, due - time.monotonic()))
    return (time.process_time() - before) / seconds * 1000


def recording_cost(directory: Path, rounds: int = 5, seconds: float = 1.5) -> tuple[float, float, float]:
    """CPU milliseconds a call-second: of recording silence, of recording a dialogue, and of the bare work.

    Both directions are recorded; a dialogue has six entries a second besides. The bare work is what no program can
    leave out that keeps each call to itself: every 180 ms one block is sealed, written and made durable, by straight
    calls, in no thread. What the ticks alone take is measured in between and taken off: it changes with what else the
    machine does.
    """
    frame = os.urandom(FRAME_SAMPLES * 2)
    block = os.urandom(2 * BLOCK_FRAMES * FRAME_BYTES)
    cipher, nonces = AESGCM(bytes(32)), itertools.count()
    spent: list[list[float]] = [[], [], [], []]
    for number in range(rounds):
        recorder = Recorder(
            directory, MemoryKeyStore().issue(), call_id=f"cpu-{number}", started_at=0.0, on_failure=sys.exit,
            min_free_bytes=0, journals=find_journals() or SealedFrames,
        )  # fmt: skip
        file = os.open(directory / f"bare-{number}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

        def record(tick: int, recorder: Recorder = recorder) -> None:
            recorder.audio(tick * FRAME_SAMPLES, {"caller.in": frame, "caller.out": frame})

        def converse(tick: int, recorder: Recorder = recorder, record: Callable[[int], None] = record) -> None:
            record(tick)
            if tick % 25 in (3, 4, 9):
                recorder.event({"now": 1.0, "event": {"type": "PromptFinished"}, "orders": ["Listen"]})

        def barely(tick: int, file: int = file) -> None:
            if tick % BLOCK_FRAMES == 0:
                os.write(file, cipher.encrypt(next(nonces).to_bytes(12, "big"), block, None))
                os.fdatasync(file)

        for work, costs in zip((record, converse), spent, strict=False):
            costs.append(cpu_of(work, seconds))
        recorder.close({})
        spent[2].append(cpu_of(barely, seconds))
        os.close(file)
        spent[3].append(cpu_of(lambda tick: None, seconds))
    silence, dialogue, bare, idle = (sum(costs) / rounds for costs in spent)
    return silence - idle, dialogue - idle, bare - idle


def recording(directory: Path, calls: int) -> None:
    """So many calls at once, each in a process of its own, as cells are."""
    with ProcessPoolExecutor(calls) as pool:
        costs = list(pool.map(recording_cost, [directory / f"{calls}-{number}" for number in range(calls)]))
    silence, dialogue, bare = (sum(cost) / calls for cost in zip(*costs, strict=True))
    tell(f"CPU of recording, ms a call-second, {calls} at once", f"{silence:.2f}, in a dialogue {dialogue:.2f}")
    tell("  sealing, writing and syncing alone, by straight calls", f"{bare:.2f}")


def audit(directory: Path) -> None:
    """Durable audit entries a second, in batches of 100, published at the end."""
    log = AuditLog(directory, Signer("bench", bytes(32)))
    entry = AuditEntry(1.0, "hub", "call.ended", "call-1", details={"sha256": "0" * 64})

    def write() -> None:
        for _ in range(100):
            log.append([entry] * 100)
        log.publish()

    tell("audit entries a second, durable and published", f"{10_000 / timed(write):.0f}")
    tell("verifying 10,000 audit entries", f"{timed(log.verify) * 1000:.0f} ms")


def main() -> None:
    """Measure all."""
    parser = argparse.ArgumentParser(description="Figures of the vault.")
    parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as name:
        directory = Path(name)
        sealing()
        recording(directory / "cpu", 1)
        recording(directory / "cpu", 8)
        seek(directory / "seek")
        audit(directory / "audit")


if __name__ == "__main__":
    main()
