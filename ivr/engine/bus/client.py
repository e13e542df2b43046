"""How everybody but a cell speaks with the hub: one connection a question. It blocks; beside a loop, use a thread.

A cell's end is another (`cell_link`): it never blocks, and keeps what it owes.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ivr.engine.bus.codec import LineBuffer, decode, encode
from ivr.engine.bus.messages import Message
from ivr.errors import EnvironmentFault, PeerError

ANSWER_SECONDS = 5.0
"""A hub that says nothing for so long does not answer."""
RECEIVE_BYTES = 65536

Answer = TypeVar("Answer", bound=Message)


@dataclass(frozen=True, slots=True)
class HubClient:
    """The hub of one engine, as one asks it."""

    path: Path
    """Its socket."""
    engine: str
    """How people know the engine: its data directory."""
    patience: float = ANSWER_SECONDS
    """Seconds."""

    def tell(self, message: Message) -> None:
        """Say something that has no answer. Raises EnvironmentFault when no hub runs."""
        with self._connect() as hub:
            try:
                hub.sendall(encode(message))
            except OSError as error:
                raise EnvironmentFault(f"the hub of {self.engine} ended ({error.strerror})") from error

    def ask(self, question: Message, answer: type[Answer]) -> Answer:
        """The answer to a question. Raises EnvironmentFault when no hub runs, PeerError when it does not answer."""
        with self._connect() as hub:
            try:
                hub.sendall(encode(question))
                return _answer(hub, answer)
            except OSError as error:  # TimeoutError is one
                raise PeerError("the hub does not answer; its log is in DATA_DIR/log") from error

    @contextmanager
    def asking(self) -> Iterator[Callable[[Message, type[Answer]], Answer]]:
        """Many questions over one connection: yields what asks one, as `ask` does."""
        with self._connect() as hub:

            def ask(question: Message, answer: type[Answer]) -> Answer:
                try:
                    hub.sendall(encode(question))
                    return _answer(hub, answer)
                except OSError as error:
                    raise PeerError("the hub does not answer; its log is in DATA_DIR/log") from error

            yield ask

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(self.patience)
        try:
            connection.connect(str(self.path))
        except OSError as error:
            connection.close()
            raise EnvironmentFault(
                f"no engine runs on {self.engine} ({error.strerror}): start it with `ivr serve`"
            ) from error
        return connection


def _answer(hub: socket.socket, answer: type[Answer]) -> Answer:
    lines = LineBuffer()
    while data := hub.recv(RECEIVE_BYTES):
        for line in lines.feed(data):
            message = decode(line)
            if isinstance(message, answer):
                return message
    raise PeerError("the hub ended while it was asked")
