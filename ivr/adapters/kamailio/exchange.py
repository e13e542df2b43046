"""One order to a running Kamailio and its answer: JSON-RPC, by datagrams or by named pipes, whatever is asked."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import select
import socket
import time
from contextlib import suppress
from pathlib import Path

from ivr.errors import PeerError

REPLY_MAX = 1 << 20
TIMEOUT_SECONDS = 2.0
PIPE_OCTETS = 1 << 20
"""Room that our end of a pipe asks for (the most that Linux gives everybody): an answer within it waits for nobody, so
who asks and then stands still keeps no other from being answered."""
CHUNK = 1 << 16
_ids = itertools.count(1)
"""Of this process: each order has its own, whichever thread gives it."""


class Exchange:
    """A client of one edge: `order` for what has a short answer, `read` for tables, which may be of any length."""

    def __init__(self, path: Path) -> None:
        """`path`: the edge's socket. Its pipe is beside it."""
        self._path = str(path)
        # As text: a Path keeps each part of its name among the interpreter's texts, and their table grows by it.
        self._pipe = str(pipe_beside(path))
        self._beside = str(path.parent)

    def order(self, method: str, *params: object) -> object:
        """By a datagram, as its answer: what is longer than one (some 200 kB) never comes. Raises PeerError."""
        request_id = next(_ids)
        request = {"jsonrpc": "2.0", "method": method, "params": list(params), "id": request_id}
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as here:
            here.settimeout(TIMEOUT_SECONDS)
            # Our end needs a name for the answer to come to; beside the edge's own, so that only we can use it.
            mine = f"{self._beside}/{self._name(request_id)}"
            try:
                here.bind(mine)
                here.sendto(json.dumps(request).encode(), self._path)
                return _result(method, json.loads(here.recv(REPLY_MAX)))
            except (OSError, ValueError) as error:
                raise self._refusal(error) from error
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(mine)

    def read(self, method: str, *params: object) -> object:
        """By the edge's pipe, and the answer by one of our own. Raises PeerError."""
        request_id = next(_ids)
        name = self._name(request_id)
        request = {"jsonrpc": "2.0", "method": method, "params": list(params), "reply_name": name, "id": request_id}
        mine = f"{self._beside}/{name}"
        try:
            os.mkfifo(mine, 0o600)
            here = os.open(mine, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                with suppress(OSError):  # who has many pipes open gets small ones
                    fcntl.fcntl(here, fcntl.F_SETPIPE_SZ, PIPE_OCTETS)
                self._write(json.dumps(request).encode())
                return _result(method, json.loads(_all_of(here)))
            finally:
                os.close(here)
        except (OSError, ValueError) as error:
            raise self._refusal(error) from error
        finally:
            with suppress(FileNotFoundError):
                os.unlink(mine)

    def alive(self) -> bool:
        """Whether the edge answers, and somebody reads its pipe."""
        try:
            self.order("core.version")
            self._write(b"")
        except (OSError, PeerError):
            return False
        return True

    def _name(self, request_id: int) -> str:
        """Of our end: the edge opens none that has a dot or a slash. Short, as sockets' paths are."""
        return f"r{os.getpid():x}-{request_id:x}"

    def _write(self, request: bytes) -> None:
        """Whole or not at all: it is shorter than PIPE_BUF."""
        pipe = os.open(self._pipe, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            os.write(pipe, request)
        finally:
            os.close(pipe)

    def _refusal(self, error: Exception) -> PeerError:
        return PeerError(f"the edge does not take orders at {self._path}: {error}")


def pipe_beside(path: Path) -> Path:
    """The edge's pipe, beside its socket."""
    return path.with_name("control.pipe")


def _result(method: str, answer: object) -> object:
    if not isinstance(answer, dict) or "result" not in answer:
        fault = answer.get("error", {}) if isinstance(answer, dict) else {}
        raise PeerError(f"the edge refused {method}: {fault.get('message', 'no reason given')}")
    return answer["result"]


def _all_of(pipe: int) -> bytes:
    """What comes until the writer closes it. Raises TimeoutError when nothing comes for a while."""
    poll = select.poll()
    poll.register(pipe, select.POLLIN)  # a pipe that nobody has opened yet is no closed one
    said = bytearray()
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        happened = poll.poll(max(0, round((deadline - time.monotonic()) * 1000)))
        if not happened:
            raise TimeoutError("timed out")
        chunk = os.read(pipe, CHUNK) if happened[0][1] & select.POLLIN else b""
        if not chunk:
            return bytes(said)
        said += chunk
        deadline = time.monotonic() + TIMEOUT_SECONDS
