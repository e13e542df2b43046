"""The hub's one client: it has an answer, or says in words why not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ivr.engine.bus.client import HubClient
from ivr.engine.bus.codec import encode
from ivr.engine.bus.edge import EdgeEnds, EdgeSettled
from ivr.engine.bus.staff import StatusReport, StatusWanted
from ivr.errors import EnvironmentFault, PeerError


@contextmanager
def hub(path: Path, serve: Callable[[socket.socket], None]) -> Iterator[None]:
    """A hub that serves one connection."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen(1)

        def once() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                serve(connection)

        thread = threading.Thread(target=once)
        thread.start()
        yield
        thread.join()


def waits(done: threading.Event) -> None:
    """A hub that says nothing until then."""
    done.wait(60)


def test_an_answer_is_found_among_other_messages_however_it_is_cut(tmp_path: Path) -> None:
    said = encode(EdgeSettled()) + encode(StatusReport({"cells": []}))

    def serve(connection: socket.socket) -> None:
        for byte in said:
            connection.sendall(bytes([byte]))

    with hub(tmp_path / "hub", serve):
        assert HubClient(tmp_path / "hub", "var").ask(StatusWanted(), StatusReport) == StatusReport({"cells": []})


def test_where_no_hub_is_the_message_says_how_to_start_one(tmp_path: Path) -> None:
    nobody = HubClient(tmp_path / "nobody", "var")
    with pytest.raises(EnvironmentFault, match=r"no engine runs on var .*: start it with `ivr serve`"):
        nobody.tell(EdgeEnds())
    with pytest.raises(EnvironmentFault, match="no engine runs on var"):
        nobody.ask(StatusWanted(), StatusReport)


def test_a_hub_that_says_nothing_ends_or_says_nonsense_is_a_peers_fault(tmp_path: Path) -> None:
    done = threading.Event()
    with hub(tmp_path / "silent", lambda connection: waits(done)):
        with pytest.raises(PeerError, match="does not answer"):
            HubClient(tmp_path / "silent", "var", patience=0.2).ask(StatusWanted(), StatusReport)
        done.set()
    with hub(tmp_path / "ended", lambda connection: None), pytest.raises(PeerError, match="ended while it was asked"):
        HubClient(tmp_path / "ended", "var").ask(StatusWanted(), StatusReport)
    with hub(tmp_path / "mad", lambda connection: connection.sendall(b"{}\n")), pytest.raises(PeerError):
        HubClient(tmp_path / "mad", "var").ask(StatusWanted(), StatusReport)
