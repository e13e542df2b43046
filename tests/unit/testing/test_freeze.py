"""A process that a test makes hang stands when that is said; one that has ended is no process to make hang."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ivr.testing.engine import alive, freeze

THREADS = """
import threading, time
def work():
    while True:
        time.sleep(0.0001)
for _ in range(8):
    threading.Thread(target=work, daemon=True).start()
print("up", flush=True)
work()
"""


def test_each_thread_of_it_stands_until_it_is_told_to_go_on() -> None:
    with subprocess.Popen([sys.executable, "-c", THREADS], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"up\n"
            for _ in range(20):
                freeze(process.pid)
                stats = [(thread / "stat").read_text() for thread in Path(f"/proc/{process.pid}/task").iterdir()]
                assert len(stats) == 9
                assert all(") T " in stat for stat in stats)
                process.send_signal(signal.SIGCONT)
                time.sleep(0.01)
        finally:
            process.kill()


def test_one_that_has_ended_and_nobody_waited_for_is_none() -> None:
    with subprocess.Popen(["true"]) as process:
        while alive(process.pid):
            time.sleep(0.01)
        assert Path(f"/proc/{process.pid}").exists(), "a zombie"
        with pytest.raises(ProcessLookupError):
            freeze(process.pid)
    with pytest.raises(ProcessLookupError):
        freeze(process.pid)


def test_one_that_ends_meanwhile_is_none() -> None:
    for _ in range(20):
        with subprocess.Popen(["sleep", "60"]) as process:
            killed = threading.Timer(0.001, process.kill)
            killed.start()
            try:
                while True:
                    freeze(process.pid)
            except ProcessLookupError:
                assert not alive(process.pid)
            finally:
                killed.join()
