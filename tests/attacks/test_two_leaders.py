"""Attack: a machine that led is stopped, another one leads, and the first goes on writing as if nothing had been.

With a real PostgreSQL, a real log and processes that end and stop; whole engines: integration/test_two_machines.
"""

from __future__ import annotations

import fcntl
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from ivr.apps.settings import Settings
from ivr.apps.settings_file import load_settings
from ivr.apps.wiring import standby
from ivr.apps.wiring.leading import fence, note_term, term_files
from ivr.apps.wiring.only_one import only_one, this_machine
from ivr.apps.wiring.settings_check import check_standby
from ivr.apps.wiring.standby import LED_NO_MORE, leading
from ivr.apps.wiring.vault import audit_log, call_store, create_key_store, open_key_store
from ivr.core.leading import HANDOVER_SECONDS, SILENT_SECONDS, Beat, Term
from ivr.errors import EnvironmentFault, OperatorError, SettingsError
from ivr.ports.audit import AuditLog
from ivr.testing.engine import freeze
from ivr.testing.postgres import find_postgres, running_postgres

SAID_SECONDS = 60.0
"""Longest wait for what a machine says, or is to do."""
WRITES = """
import sys, time
from pathlib import Path
from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.standby import leading
from ivr.apps.wiring.vault import audit_log, open_key_store
from ivr.core.audit.entry import AuditEntry
from ivr.errors import EnvironmentFault
settings = load_settings(Path(sys.argv[1]), {})
with leading(settings, lambda line: print(line, flush=True)) as leads:
    assert leads
    log = audit_log(settings, open_key_store(settings))
    print("leads", flush=True)
    while True:
        try:
            log.append([AuditEntry(time.time(), settings.standby.machine, "call.ended", "a call")])
        except EnvironmentFault as error:
            print(error, flush=True)
        time.sleep(0.005)
"""


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    binaries = find_postgres()
    assert binaries is not None, "PostgreSQL is not installed (apt-get install postgresql)"
    with running_postgres(binaries) as url:
        yield url


def settings_of(machine: str, folder: Path, database: str) -> Settings:
    file = folder / f"{machine}.yaml"
    file.write_text(
        f"data_dir: {folder / 'var'}\nrecordings_dir: {folder / 'recordings'}\nrun_dir: {folder / f'run-{machine}'}\n"
        f"database: {{url: '{database}'}}\nstandby: {{machine: {machine}}}\n"
    )
    settings = load_settings(file, {})
    settings.runtime_dir.mkdir(exist_ok=True)
    if not settings.keystore_path.exists():
        settings.passphrase_path.parent.mkdir(parents=True)
        settings.passphrase_path.touch(0o600)
        settings.passphrase_path.write_text("of this test\n")
        create_key_store(settings)
    return settings


def writer(machine: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITES, str(folder / f"{machine}.yaml")], stdout=subprocess.PIPE, text=True,
        stderr=subprocess.STDOUT,
    )  # fmt: skip


def heard(process: subprocess.Popen[str], word: str) -> list[str]:
    """Lines until one with this word. One that does not say it in time is killed."""
    assert process.stdout is not None
    lines, limit = list[str](), threading.Timer(SAID_SECONDS, process.kill)
    limit.start()
    try:
        for line in process.stdout:
            lines.append(line)
            if word in line:
                return lines
    finally:
        limit.cancel()
    raise AssertionError(f"it ended, or was killed after {SAID_SECONDS:g} s, without {word!r}: {lines}")


@contextmanager
def writing(machine: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A machine that writes as soon as it leads; killed at the end, wherever it stands then."""
    with writer(machine, folder) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def a_leads_b_waits(folder: Path) -> Iterator[tuple[subprocess.Popen[str], subprocess.Popen[str]]]:
    with writing("a", folder) as a:
        heard(a, "leads\n")
        with writing("b", folder) as b:
            heard(b, "stands by: a leads")
            yield a, b


def stops(process: subprocess.Popen[str], folder: Path, *, in_the_middle: bool) -> None:
    """Stop it in the middle of an entry, with the log's lock in its hand; or between two of them."""
    lock, until = os.open(folder / "var" / "audit" / "lock", os.O_RDWR), time.monotonic() + SAID_SECONDS
    try:
        while True:
            freeze(process.pid)
            if is_locked(lock) is in_the_middle:
                return
            process.send_signal(signal.SIGCONT)
            assert time.monotonic() < until, "it is never stopped where it is to be"
            time.sleep(random.uniform(0.005, 0.02))
    finally:
        os.close(lock)


def is_locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(lock, fcntl.LOCK_UN)
    return False


def written_by(log: AuditLog) -> list[str]:
    log.publish()
    return [entry.actor for _, entry in log.entries()]


def test_a_leader_that_was_stopped_and_goes_on_writes_nothing_into_the_others_log(
    tmp_path: Path, database: str
) -> None:
    of_b = settings_of("b", tmp_path, database)
    settings_of("a", tmp_path, database)
    with a_leads_b_waits(tmp_path) as (a, b):
        time.sleep(0.5)
        stops(a, tmp_path, in_the_middle=False)
        stopped = time.monotonic()
        heard(b, "leads\n")
        assert time.monotonic() - stopped > SILENT_SECONDS - 1.0, "a beat may be a second old"
        a.send_signal(signal.SIGCONT)
        went_on = time.monotonic()
        assert a.wait(20.0) == LED_NO_MORE
        assert time.monotonic() - went_on < HANDOVER_SECONDS
        time.sleep(0.3)
    note_term(of_b, Term(2, "b"))
    log = audit_log(of_b, open_key_store(of_b))
    actors = written_by(log)
    assert set(actors) == {"a", "b"}
    assert actors == sorted(actors), "an entry of the first one stands behind the second one's"
    assert log.verify().size == len(actors)
    log.close()


def test_a_leader_that_was_stopped_in_the_middle_of_writing_is_named_and_the_other_leads_when_it_has_ended(
    tmp_path: Path, database: str
) -> None:
    """What it had begun to write would stand behind the other's entries."""
    of_b = settings_of("b", tmp_path, database)
    settings_of("a", tmp_path, database)
    with a_leads_b_waits(tmp_path) as (a, b):
        stops(a, tmp_path, in_the_middle=True)
        told = heard(b, "has not let go of it")
        assert "a has been silent for 4.5 s, but somebody who writes into the audit log" in told[-1]
        a.kill()
        heard(b, "leads\n")
        time.sleep(0.3)
    note_term(of_b, Term(2, "b"))
    log = audit_log(of_b, open_key_store(of_b))
    actors = written_by(log)
    assert set(actors) == {"a", "b"}
    assert actors == sorted(actors)
    assert log.verify().size == len(actors)
    log.close()


def test_two_machines_of_one_name_are_told_apart(tmp_path: Path, database: str) -> None:
    settings = settings_of("a", tmp_path, database)
    with this_machine(settings), pytest.raises(OperatorError, match="already"), leading(settings, print):
        pytest.fail("two machines named a")


def test_a_machine_waits_while_keys_are_moved(tmp_path: Path, database: str) -> None:
    settings, told = settings_of("a", tmp_path, database), list[str]()
    work = threading.Thread(target=lambda: told.extend(ran(settings)))
    with only_one(settings):
        work.start()
        work.join(2.0)
        assert work.is_alive()
    work.join(20.0)
    assert told[-1] == "led"
    assert any("already" in line for line in told)


def ran(settings: Settings) -> list[str]:
    """What a machine says until it leads."""
    said: list[str] = []
    with ExitStack() as held:
        keeper = standby.waiting(settings, said.append).until_led(threading.Event(), held)
        assert keeper is not None
        keeper.close()
    return [*said, "led"]


def test_a_command_on_the_machine_that_waits_reaches_neither_log_nor_records(tmp_path: Path, database: str) -> None:
    of_a, of_b = (settings_of(machine, tmp_path, database) for machine in "ab")
    with ExitStack() as held:
        keeper = standby.waiting(of_a, print).until_led(threading.Event(), held)
        assert keeper is not None
        keys = open_key_store(of_b)
        log = audit_log(of_b, keys)
        with pytest.raises(EnvironmentFault, match="a leads, and this machine, b, writes nothing"):
            log.publish()
        with pytest.raises(EnvironmentFault, match="a leads"):
            call_store(of_b, keys)
        audit_log(of_a, keys).close()
        keeper.close()
    log.publish()
    log.close()
    assert term_files(of_a).beat_of("a") == Beat(1, 0, ended=True)
    fence(of_b)()


def test_machines_that_share_a_database_and_no_directory_do_not_both_lead(tmp_path: Path, database: str) -> None:
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    here, there = settings_of("a", tmp_path / "here", database), settings_of("b", tmp_path / "there", database)
    check_standby(there)
    with ExitStack() as held:
        keeper = standby.waiting(here, print).until_led(threading.Event(), held)
        assert keeper is not None
        store = call_store(here, open_key_store(here))
        store.recent(limit=1)
        said, stop = list[str](), threading.Event()
        threading.Timer(1.5, stop.set).start()
        assert standby.waiting(there, said.append).until_led(stop, ExitStack()) is None
        assert "not the directory of both machines" in said[-1]
        with pytest.raises(SettingsError, match="data_dir: a leads on the same database"):
            check_standby(there)
        store.recent(limit=1)
        keeper.close()


def test_a_database_that_does_not_answer_is_found_out_before_it_is_needed(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match=r"database\.url: it does not answer here"):
        check_standby(settings_of("a", tmp_path, "postgresql://ivr@/postgres?host=/nonexistent"))
