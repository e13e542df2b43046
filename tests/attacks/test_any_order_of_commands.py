"""Commands of operators, running calls, restores, retention and kills in any order, judged by a model that is not ours.

Nothing is lost that was to be kept, nothing is left that was shredded, and everything kept opens, bit for bit.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from ivr.adapters.files.keys.passphrase import create_passphrase, read_passphrase
from ivr.adapters.files.keys.store import FileKeyStore
from ivr.adapters.files.recordings.store import RecordingFiles
from ivr.apps.settings import Settings
from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.only_one import cell_lives
from ivr.apps.wiring.vault import call_store, open_key_store, recording_files
from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_to_json
from ivr.core.media.frame import FRAME_BYTES, FRAME_SAMPLES
from ivr.core.vault.keys import PassphraseCost
from ivr.core.vault.retention import DAY_SECONDS
from ivr.engine.cell.recorder import Recorder
from ivr.errors import OperatorError, SealError
from ivr.ports.keys import DataKey
from tests.contract.softhsm import MODULE, PIN, softhsm
from tests.integration.vault.conftest import Ivr, Ran

EARLIEST_DAYS, LATEST_DAYS = 2, 6
DENIED = 6
CHANNEL = "caller.in"
WHY = ("--reason", "a test")
KILLED = """
import sys, time
real, ahead = time.time, float(sys.argv.pop(1))
time.time = lambda: real() + ahead
from ivr.apps.cli.main import main
main()
"""


@dataclass(eq=False)
class Call:
    """What the model knows of one."""

    name: str
    started_at: float
    pcm: bytes
    recorder: Recorder | None
    holds: set[str] = field(default_factory=set)
    asked: bool = False
    shredded: bool = False

    def goes(self, now: float, *, asked: bool = False) -> bool:
        """Whether it may be erased at `now`; the rules in words: held never, at the latest day, or when asked for."""
        age = (now - self.started_at) / DAY_SECONDS
        return not self.holds and (age >= LATEST_DAYS or ((asked or self.asked) and age >= EARLIEST_DAYS))


class House:
    """An installation, its operators, and the model."""

    def __init__(self, directory: Path, ivr: Ivr, patch: pytest.MonkeyPatch, seed: int) -> None:
        self.directory, self.ivr, self.dice = directory, ivr, random.Random(seed)
        self.told: list[str] = []
        self.days = 0.0
        real = time.time
        patch.setattr("time.time", lambda: real() + self.days * DAY_SECONDS)
        self.chosen: dict[str, object] = {
            **{name: str(directory / name) for name in ("data_dir", "recordings_dir", "voiceprints_dir")},
            "retention": {"default": "short", "classes_file": str(directory / "classes.yaml")},
        }
        days = f"earliest_days: {EARLIEST_DAYS}, latest_days: {LATEST_DAYS}"
        (directory / "classes.yaml").write_text(f"short: {{{days}, source: a test}}\n")
        settings = self.settings()
        settings.recordings_dir.mkdir()
        create_passphrase(settings.passphrase_path)
        cheap = PassphraseCost(memory_kib=64, iterations=1, lanes=1)
        FileKeyStore.create(settings.keystore_path, read_passphrase(settings.passphrase_path), cost=cheap)
        self.calls: list[Call] = []
        self.count = 0
        self.stock: list[DataKey] = []
        self.cell = -1
        self.backups: list[tuple[Path, list[Call]]] = []

    def settings(self) -> Settings:
        (self.directory / "ivr.yaml").write_text(yaml.safe_dump(self.chosen))
        return load_settings(self.directory / "ivr.yaml", {})

    def pick(self, fits: Callable[[Call], object]) -> Call | None:
        found = [call for call in self.calls if fits(call)]
        return self.dice.choice(found) if found else None

    def run(self, *words: str, codes: tuple[int, ...] = (0,), killed: bool = False) -> Ran:
        """A command, as an operator runs it; `killed`: it is first killed at some moment, and then run again."""
        self.told.append(f"{'kill, ' if killed else ''}ivr {' '.join(words)}")
        if killed:
            with subprocess.Popen(
                [sys.executable, "-c", KILLED, str(self.days * DAY_SECONDS), *words],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            ) as process:  # fmt: skip
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(self.dice.uniform(0.4, 2.0))
                process.send_signal(signal.SIGKILL)
        done = self.ivr(*words)
        assert done.returncode in codes, (self.told, done)
        return done

    # --- what cells do ----------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """A call begins, on a key that its cell has had for a while."""
        settings = self.settings()
        if self.cell < 0:
            self.cell = cell_lives(settings)
        if not self.stock:
            keys = open_key_store(settings)
            self.stock = [keys.issue() for _ in range(2)]
        self.count += 1
        name, now = f"call-{self.count}", time.time()
        recorder = Recorder(
            settings.recordings_dir, self.stock.pop(), call_id=name, started_at=now, on_failure=print, min_free_bytes=0
        )
        record = CallRecord(name, now, now, None, "+4420", dialplan="x@1", recording_id=recorder.recording_id)
        recorder.event({"record": record_to_json(record)})
        pcm = self.dice.randbytes(FRAME_BYTES * self.dice.randrange(10, 40))
        for at in range(0, len(pcm), FRAME_BYTES):
            recorder.audio(at // FRAME_BYTES * FRAME_SAMPLES, {CHANNEL: pcm[at : at + FRAME_BYTES]})
        self.calls.append(Call(name, now, pcm, recorder))
        if self.dice.random() < 0.6:
            call_store(settings, open_key_store(settings)).save(record)

    def end(self) -> None:
        """A call ends, properly or by a crash."""
        call = self.pick(lambda call: call.recorder is not None)
        if call is None or call.recorder is None:
            return
        crashed = self.dice.random() < 0.3
        call.recorder.close({} if crashed else {"outcome": "completed"})
        if crashed:
            call.recorder.path.write_bytes(call.recorder.path.read_bytes()[:-20])
        call.recorder = None

    # --- what operators do ------------------------------------------------------------------------------------------

    def rotate(self) -> None:
        self.run("keys", "rotate", killed=self.dice.random() < 0.3)

    def retire(self) -> None:
        settings = self.settings()
        oldest, *others = open_key_store(settings).keks()
        if not others:
            return
        in_use = self.cell >= 0 or bool(self.files().journals())
        done = self.run("keys", "retire", oldest.kek_id, codes=(0, 2, DENIED))
        if self.cell >= 0:
            assert done.returncode, (self.told, "a key was retired while a cell lived")
        if done.returncode == 0:
            self.backups.clear()  # an older copy needs the older keys: docs/recordings.md says so
        else:
            assert in_use or b"in use" in done.stderr, (self.told, done)

    def cells_end(self) -> None:
        """The engine is stopped: cells and their stocks are gone when no call runs."""
        if self.cell >= 0 and not any(call.recorder for call in self.calls):
            os.close(self.cell)
            self.cell, self.stock = -1, []

    def compact(self) -> None:
        self.run("recordings", "compact", killed=self.dice.random() < 0.3)

    def hold(self) -> None:
        if call := self.pick(lambda call: not call.shredded):
            name = self.dice.choice("ab")
            self.run("retention", "hold", call.name, "--name", name, *WHY)
            call.holds.add(name)

    def release(self) -> None:
        if call := self.pick(lambda call: call.holds):
            name = self.dice.choice(sorted(call.holds))
            self.run("retention", "release", call.name, "--name", name, *WHY)
            call.holds.discard(name)

    def ask(self) -> None:
        if call := self.pick(lambda call: not call.shredded):
            self.run("retention", "request", call.name, *WHY)
            call.asked = True

    def retain(self) -> None:
        self.run("retention", "run", killed=self.dice.random() < 0.4)
        for call in self.calls:
            if call.recorder is None and call.goes(time.time()):
                call.shredded = True

    def shred(self) -> None:
        if call := self.pick(lambda call: not call.shredded):
            may = call.recorder is None and call.goes(time.time(), asked=True)
            done = self.run("retention", "shred", call.name, *WHY, codes=(0, DENIED))
            assert (done.returncode == 0) is may, (self.told, done)
            call.shredded = may

    def time_goes_on(self) -> None:
        self.days += self.dice.choice((0.5, 1.0, 2.0, 3.0))
        self.run("recordings", "list")  # a line that runs leaves entries

    def back_up(self) -> None:
        if any(call.recorder for call in self.calls):
            return
        there = self.directory / f"backup-{len(self.told)}"
        shutil.copytree(self.settings().recordings_dir, there / "recordings", dirs_exist_ok=True)
        copy(self.database, there / "ivr.db")
        self.told.append("backup")
        self.backups.append((there, list(self.calls)))

    def restore(self) -> None:
        if not self.backups or any(call.recorder for call in self.calls):
            return
        there, calls = self.dice.choice(self.backups)
        shutil.rmtree(self.settings().recordings_dir)
        shutil.copytree(there / "recordings", self.settings().recordings_dir)
        copy(there / "ivr.db", self.database)
        self.told.append(f"restore {there.name}")
        self.calls = list(calls)

    def move(self) -> None:
        """All keys into a token, or back; the engine is stopped."""
        keys = self.chosen.get("keys")
        if not isinstance(keys, dict) or any(call.recorder for call in self.calls):
            return
        self.cells_end()
        to = "file" if keys.get("store") == "pkcs11" else "pkcs11"
        if to == "pkcs11":
            keys["token"] = softhsm().make()
            self.settings()
        self.run("keys", "move", "--to", to, *WHY, "--leave-damaged")
        keys["store"] = to
        self.settings()
        self.backups.clear()

    # --- what must hold ---------------------------------------------------------------------------------------------

    @property
    def database(self) -> Path:
        return self.settings().data_dir / "ivr.db"

    def files(self) -> RecordingFiles:
        settings = self.settings()
        return recording_files(settings, open_key_store(settings))

    def judge(self) -> None:
        settings = self.settings()
        keys = open_key_store(settings)
        files, store = recording_files(settings, keys), call_store(settings, keys)
        for call in self.calls:
            if call.shredded:
                with pytest.raises((SealError, OperatorError)):
                    files.open(call.name)
                with pytest.raises((SealError, OperatorError)):
                    store.get(call.name)
            elif call.recorder is None:
                assert files.open(call.name).timeline.channels[CHANNEL] == call.pcm, (self.told, call.name)


def copy(source: Path, target: Path) -> None:
    with contextlib.closing(sqlite3.connect(source)) as there, contextlib.closing(sqlite3.connect(target)) as here:
        there.backup(here)


def play(house: House, steps: int, acts: dict[str, int]) -> None:
    house.run("recordings", "list")  # makes database and log
    for number in range(steps):
        (act,) = house.dice.choices(list(acts), list(acts.values()))
        getattr(house, act)()
        if number % 6 == 5:
            house.judge()
    while any(call.recorder for call in house.calls):
        house.end()
    house.compact()
    house.retain()
    house.judge()
    assert house.run("audit", "verify").stdout.startswith(b"Sound"), house.told
    if house.cell >= 0:
        os.close(house.cell)


ACTS = {
    "begin": 9, "end": 8, "compact": 4, "rotate": 3, "retire": 3, "cells_end": 3, "hold": 4, "release": 3, "ask": 2,
    "retain": 4, "shred": 3, "time_goes_on": 6, "back_up": 3, "restore": 3,
}  # fmt: skip
"""How often each is done."""


@pytest.mark.parametrize("seed", [20261128, *(pytest.param(seed, marks=pytest.mark.chaos) for seed in range(20))])
def test_whatever_is_done_in_whatever_order(
    tmp_path: Path, ivr: Ivr, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    house = House(tmp_path, ivr, monkeypatch, seed)
    play(house, 40 if seed == 20261128 else 150, ACTS)


@pytest.mark.chaos
@pytest.mark.parametrize("seed", range(100, 106))
def test_the_same_with_keys_that_move_into_a_module_and_back(
    tmp_path: Path, ivr: Ivr, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    house = House(tmp_path, ivr, monkeypatch, seed)
    pin = tmp_path / "pin"
    pin.write_bytes(PIN + b"\n")
    pin.chmod(0o600)
    house.chosen["keys"] = {"module": str(MODULE), "token": "none yet", "pin_file": str(pin), "store": "file"}
    play(house, 60, {**ACTS, "move": 5})
