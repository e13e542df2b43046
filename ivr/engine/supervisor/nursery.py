"""The nursery: a process that has imported everything a cell needs, and forks cells when the supervisor asks.

A fork costs milliseconds and shares the imported code's memory; it is safe only while there are no threads, so the
nursery has none. It speaks with the supervisor over one socket, a JSON object a line. In: {"load": publication} and
{"fork": n}. Out: {"loaded": publication, "serves": n, "unserved": [why]}, {"unfit": publication, "reason": r},
{"forked": n, "pid": p, "publication": q} and {"exited": n, "pid": p, "status": s}. What is loaded is shared by every
cell that is forked after it. When the supervisor is gone the cells finish their calls, in their time.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ivr.engine.supervisor.kin import end_with_parent, name_process, tell
from ivr.errors import IvrError


@dataclass(frozen=True, slots=True)
class Loaded:
    """What cells serve that are forked now."""

    serves: int
    """Dialplans."""
    unserved: tuple[str, ...]
    """Why others are not served."""


class Nursery:
    """Forks cells and reports their ends."""

    def __init__(self, control: socket.socket, body: Callable[[int, str], None], load: Callable[[str], Loaded]) -> None:
        """`body(number, publication)` is a cell's life; it is run in the fork and need not return.

        `load(publication)` makes ready what cells serve. Raises IvrError; then what was loaded before stays.
        """
        self._control = control
        self._body = body
        self._load = load
        self._publication = ""
        self._cells: dict[int, int] = {}
        self._rest = b""
        self._stopping = False
        self._wake, self._woken = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(self._woken, False)

    def run(self) -> None:
        """Serve until told to end and every cell has ended."""
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.signal(signal.SIGTERM, lambda number, frame: self._stop(signal.SIGTERM))
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        while not self._stopping or self._cells:
            sources: list[int | socket.socket] = [self._wake] if self._stopping else [self._wake, self._control]
            ready, _, _ = select.select(sources, [], [])
            if self._wake in ready:
                os.read(self._wake, 4096)
            self._reap()
            if self._control in ready:
                self._obey()

    def _obey(self) -> None:
        data = self._control.recv(4096)
        if not data:
            self._stop(signal.SIGHUP)  # the supervisor died: that costs no call, however long it goes on
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            order = json.loads(line)
            if "load" in order:
                self._make_ready(str(order["load"]))
            else:
                self._fork(int(order["fork"]))

    def _make_ready(self, publication: str) -> None:
        try:
            loaded = self._load(publication)
        except IvrError as error:
            self._report({"unfit": publication, "reason": str(error)})
            return
        self._publication = publication
        self._report({"loaded": publication, "serves": loaded.serves, "unserved": list(loaded.unserved)})

    def _fork(self, number: int) -> None:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._be_cell(number, parent)
        self._cells[pid] = number
        self._report({"forked": number, "pid": pid, "publication": self._publication})

    def _be_cell(self, number: int, parent: int) -> None:
        """In the fork. Never returns: what the nursery holds must not run twice."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            os.close(self._wake)
            os.close(self._woken)
            self._control.close()
            os.setsid()  # a nursery that dies is cleared away with its group, and its cells' calls go on
            name_process(f"ivr-cell-{number}")
            end_with_parent(parent, signal.SIGHUP)
            self._body(number, self._publication)
            code = 0
        except BaseException as error:
            os.write(2, f"cell {number} ended by {type(error).__name__}: {error}\n".encode())
        finally:
            os._exit(code)

    def _reap(self) -> None:
        while self._cells:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            number = self._cells.pop(pid, None)
            if number is not None:
                self._report({"exited": number, "pid": pid, "status": os.waitstatus_to_exitcode(status)})

    def _stop(self, number: signal.Signals) -> None:
        """Fork no more; the cells are told by `number`: SIGTERM: end within the time for draining, SIGHUP: in yours."""
        self._stopping = True
        for pid in self._cells:
            tell(pid, number)

    def _report(self, report: Mapping[str, int | str | list[str]]) -> None:
        try:
            self._control.sendall(json.dumps(report).encode() + b"\n")
        except OSError:
            if not self._stopping:
                self._stop(signal.SIGHUP)
