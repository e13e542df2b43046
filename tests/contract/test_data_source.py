"""What every data source must do; and what one behind HTTP must not do twice."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ivr.adapters.http_source import ANSWER_MAX_BYTES, HttpSource
from ivr.errors import EnvironmentFault, PeerError, SettingsError
from ivr.ports import DataSource
from ivr.testing.fake_sources import Answer, MemorySource


def slow(params: dict[str, object]) -> dict[str, object]:
    time.sleep(0.6)
    return {}


ANSWERS: dict[str, Answer] = {
    "echo": lambda params: {"said": params},
    "balance": lambda params: {"amount": "12.50", "currency": "EUR"},
    "slow": slow,
}


class Server:
    """An HTTP server whose answers are functions; `odd` ones write bytes of their own."""

    def __init__(self, odd: dict[str, Callable[[BaseHTTPRequestHandler], None]] | None = None) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append((self.path, dict(self.headers), body))
                name = self.path.rpartition("/")[2]
                if odd and name in odd:
                    odd[name](self)
                elif name in ANSWERS:
                    _send(self, 200, json.dumps(ANSWERS[name](json.loads(body))).encode())
                else:
                    _send(self, 404, b"{}")

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/api/"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@contextmanager
def memory() -> Iterator[DataSource]:
    yield MemorySource(ANSWERS)


@contextmanager
def http() -> Iterator[DataSource]:
    with Server() as server:
        yield HttpSource(server.url)


@pytest.fixture(params=[memory, http], ids=["fake", "http"])
def source(request: pytest.FixtureRequest) -> Iterator[DataSource]:
    with request.param() as made:
        yield made


def test_a_query_is_answered_with_an_object(source: DataSource) -> None:
    assert source.query("balance", {"account": "1"}, timeout=5) == {"amount": "12.50", "currency": "EUR"}


def test_parameters_arrive_as_they_were(source: DataSource) -> None:
    params: dict[str, object] = {
        "account": "00123",
        "name": "余额",
        "n": 3,
        "flag": True,
        "none": None,
        "list": [1, "2"],
    }
    assert source.query("echo", params, timeout=5) == {"said": params}


def test_an_unknown_query_is_the_peers_fault(source: DataSource) -> None:
    with pytest.raises(PeerError):
        source.query("nonsense", {}, timeout=5)


def test_an_answer_that_comes_too_late_is_none(source: DataSource) -> None:
    with pytest.raises(PeerError):
        source.query("slow", {}, timeout=0.2)


def test_an_error_does_not_repeat_what_was_asked(source: DataSource) -> None:
    with pytest.raises(PeerError) as error:
        source.query("nonsense", {"pin": "4711"}, timeout=5)
    assert "4711" not in str(error.value)


# --- over HTTP ------------------------------------------------------------------------------------------------------


def answering(write: Callable[[BaseHTTPRequestHandler], None]) -> dict[str, Callable[[BaseHTTPRequestHandler], None]]:
    return {"odd": write}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"not json"),
        (200, b"[1, 2]"),
        (200, b'"text"'),
        (200, b""),
        (500, b'{"amount": 1}'),
        (302, b'{"amount": 1}'),
        (200, b'{"a": "' + b"x" * ANSWER_MAX_BYTES + b'"}'),
    ],
    ids=["no JSON", "a list", "a string", "nothing", "an error", "a redirect", "too long"],
)
def test_an_answer_out_of_form_is_refused(status: int, body: bytes) -> None:
    with Server(answering(lambda handler: _send(handler, status, body))) as server, pytest.raises(PeerError):
        HttpSource(server.url).query("odd", {}, timeout=5)


def test_an_order_that_was_sent_is_never_sent_again() -> None:
    def hang_up(handler: BaseHTTPRequestHandler) -> None:
        handler.connection.shutdown(socket.SHUT_RDWR)

    with Server(answering(hang_up)) as server:
        with pytest.raises(PeerError):
            HttpSource(server.url).query("odd", {}, timeout=5)
        assert len(server.requests) == 1


def test_a_source_that_dribbles_is_left_in_time() -> None:
    def dribble(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(40):
            try:
                handler.wfile.write(b" ")
                time.sleep(0.05)
            except OSError:
                return

    with Server(answering(dribble)) as server:
        began = time.monotonic()
        with pytest.raises(PeerError):
            HttpSource(server.url).query("odd", {}, timeout=0.4)
        assert time.monotonic() - began < 1.5


def test_a_source_that_is_not_there_is_tried_twice_and_told_of_plainly() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        with pytest.raises(PeerError, match="cannot be reached"):
            HttpSource(f"http://127.0.0.1:{port}").query("balance", {}, timeout=1)


def test_a_token_goes_with_the_request_and_is_read_anew_each_time(tmp_path: Path) -> None:
    token = tmp_path / "token"
    with Server() as server:
        source = HttpSource(server.url, token_file=token)
        with pytest.raises(EnvironmentFault):
            source.query("balance", {}, timeout=5)
        for secret in ("first", "second"):
            token.write_text(secret + "\n")
            source.query("balance", {}, timeout=5)
        assert [headers["Authorization"] for _, headers, _ in server.requests] == ["Bearer first", "Bearer second"]


def test_a_query_stays_below_its_address() -> None:
    with Server() as server:
        source = HttpSource(server.url)
        source.query("balance", {}, timeout=5)
        assert [path for path, _, _ in server.requests] == ["/api/balance"]
        for name in ("../secret", "a/b", "", "x?y=1"):
            with pytest.raises(PeerError):
                source.query(name, {}, timeout=5)


@pytest.mark.parametrize("url", ["ftp://bank", "bank", "http://"])
def test_an_address_that_is_none_is_the_operators_fault(url: str) -> None:
    with pytest.raises(SettingsError):
        HttpSource(url)
