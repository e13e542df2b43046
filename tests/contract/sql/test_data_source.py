"""What every data source must do; and what one behind HTTP must not do twice."""

from __future__ import annotations

import json
import socket
import sqlite3
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ivr.adapters.http_source import ANSWER_MAX_BYTES, HttpSource
from ivr.adapters.sql.database import open_database
from ivr.adapters.sql_source import SqlSource
from ivr.errors import EnvironmentFault, PeerError, SettingsError
from ivr.ports.data import DataSource
from ivr.testing.fake_sources import Answer, MemorySource


def slow(params: dict[str, object]) -> dict[str, object]:
    time.sleep(0.6)
    return {}


ANSWERS: dict[str, Answer] = {
    "echo": lambda params: params,
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


SQLITE_QUERIES = {
    "echo": "SELECT :account AS account, :name AS name, :n AS n",
    "balance": "SELECT amount, currency FROM accounts WHERE account = :account",
    "slow": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS n FROM n",
    "all": "SELECT account FROM accounts",
    "close": "DELETE FROM accounts WHERE account = :account RETURNING currency",
    "note": "UPDATE accounts SET currency = 'USD' WHERE account = :account",
    "rate": "SELECT 0.1 AS rate",
    "slow_close": "DELETE FROM accounts WHERE account IN"
    " (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0)",
    "broken": "SELECT nothing FROM nowhere WHERE pin = :pin",
}
POSTGRES_QUERIES = {
    **SQLITE_QUERIES,
    "echo": "SELECT CAST(:account AS text) AS account, CAST(:name AS text) AS name, CAST(:n AS integer) AS n",
    "slow": "SELECT 1 AS n FROM pg_sleep(5)",
    "rate": "SELECT CAST(0.1 AS double precision) AS rate",
    "slow_close": "WITH d AS (DELETE FROM accounts RETURNING account) SELECT count(*) AS n FROM d, pg_sleep(5)",
    "kinds": "SELECT CAST('1234.50' AS numeric) AS amount, DATE '2026-12-31' AS due, TRUE AS open, NULL AS gone",
}
ACCOUNTS = (
    "DROP TABLE IF EXISTS accounts",
    "CREATE TABLE accounts (account text, amount text, currency text)",
    "INSERT INTO accounts VALUES ('1', '12.50', 'EUR'), ('2', '7.00', 'EUR')",
)


@contextmanager
def sqlite() -> Iterator[SqlSource]:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "bank.db"
        with closing(sqlite3.connect(file)) as connection:
            for statement in ACCOUNTS:
                connection.execute(statement)
            connection.commit()
        yield SqlSource(f"sqlite:///{file}", SQLITE_QUERIES)


@contextmanager
def postgres(url: str) -> Iterator[SqlSource]:
    engine = open_database(url)
    with engine.begin() as connection:
        for statement in ACCOUNTS:
            connection.exec_driver_sql(statement)
    engine.dispose()
    yield SqlSource(url, POSTGRES_QUERIES)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[SqlSource]:
    with sqlite() if request.param == "sqlite" else postgres(request.getfixturevalue("postgres_url")) as made:
        yield made


@pytest.fixture(params=["fake", "http", "sqlite", "postgresql"])
def source(request: pytest.FixtureRequest) -> Iterator[DataSource]:
    with ExitStack() as stack:
        if request.param == "postgresql":
            yield stack.enter_context(postgres(request.getfixturevalue("postgres_url")))
        else:
            yield stack.enter_context({"fake": memory, "http": http, "sqlite": sqlite}[request.param]())


def test_a_query_is_answered_with_an_object(source: DataSource) -> None:
    assert (
        source.query("balance", {"account": "1"}, timeout=5).items() >= {"amount": "12.50", "currency": "EUR"}.items()
    )


def test_parameters_arrive_as_they_were(source: DataSource) -> None:
    params: dict[str, object] = {"account": "00123", "name": "余额 '; DROP TABLE accounts --", "n": 3}
    assert source.query("echo", params, timeout=5).items() >= params.items()


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


# --- in a database --------------------------------------------------------------------------------------------------


def test_an_answer_says_whether_there_was_a_row(database: SqlSource) -> None:
    assert database.query("balance", {"account": "1"}, timeout=5)["found"] is True
    assert database.query("balance", {"account": "9"}, timeout=5) == {"found": False}


def test_two_rows_are_no_answer(database: SqlSource) -> None:
    with pytest.raises(PeerError, match="more than one row"):
        database.query("all", {}, timeout=5)


def test_an_order_is_kept_once_it_is_answered(database: SqlSource) -> None:
    assert database.query("close", {"account": "1"}, timeout=5) == {"found": True, "currency": "EUR"}
    assert database.query("balance", {"account": "1"}, timeout=5) == {"found": False}


def test_an_order_without_rows_says_whether_it_changed_anything(database: SqlSource) -> None:
    assert database.query("note", {"account": "2"}, timeout=5) == {"found": True}
    assert database.query("note", {"account": "9"}, timeout=5) == {"found": False}


def test_an_order_that_came_too_late_did_not_happen(database: SqlSource) -> None:
    began = time.monotonic()
    with pytest.raises(PeerError, match="no answer in time"):
        database.query("slow_close", {}, timeout=0.3)
    assert time.monotonic() - began < 3
    assert database.query("balance", {"account": "1"}, timeout=5)["found"] is True


def test_a_fraction_that_loses_cents_is_refused_with_what_to_write(database: SqlSource) -> None:
    with pytest.raises(PeerError, match="the column rate is a float: cast it"):
        database.query("rate", {}, timeout=5)


def test_a_parameter_that_nobody_gave_is_not_taken_for_null(database: SqlSource) -> None:
    with pytest.raises(PeerError, match="wants account"):
        database.query("balance", {"pin": "4711"}, timeout=5)


def test_a_broken_statement_does_not_repeat_what_was_asked(database: SqlSource) -> None:
    pin = str(4700 + 11)  # so that the traceback's own lines do not hold it
    with pytest.raises(PeerError) as error:
        database.query("broken", {"pin": pin}, timeout=5)
    assert pin not in "".join(traceback.format_exception(error.value))


def test_amounts_and_dates_come_as_text(postgres_url: str) -> None:
    with postgres(postgres_url) as database:
        expected = {"found": True, "amount": "1234.50", "due": "2026-12-31", "open": True}
        assert database.query("kinds", {}, timeout=5) == expected


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(PeerError):
        SqlSource(f"sqlite:///{tmp_path / 'none.db'}", SQLITE_QUERIES).query("balance", {"account": "1"}, timeout=1)
    assert not list(tmp_path.iterdir())


def test_a_database_that_is_not_there_is_told_of_plainly(tmp_path: Path) -> None:
    source = SqlSource(f"postgresql://ivr@/db?host={tmp_path}", {"balance": "SELECT 1 AS n"})
    with pytest.raises(PeerError, match="broke off query balance: OperationalError"):
        source.query("balance", {}, timeout=1)


def test_a_password_file_is_read_for_each_connection(tmp_path: Path) -> None:
    file = tmp_path / "password"
    source = SqlSource(f"postgresql://ivr@/db?host={tmp_path}", {"n": "SELECT 1 AS n"}, password_file=file)
    with pytest.raises(EnvironmentFault, match="password file"):
        source.query("n", {}, timeout=1)
    file.write_text("hunter2\n")
    with pytest.raises(PeerError) as error:
        source.query("n", {}, timeout=1)
    assert "hunter2" not in "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize("url", ["mysql://bank/db", "bank", "nothing://x/y"])
def test_a_database_that_is_not_served_is_the_operators_fault(url: str) -> None:
    with pytest.raises(SettingsError):
        SqlSource(url, {"n": "SELECT 1"})


# --- over HTTP ------------------------------------------------------------------------------------------------------


def answering(write: Callable[[BaseHTTPRequestHandler], None]) -> dict[str, Callable[[BaseHTTPRequestHandler], None]]:
    return {"odd": write}


def test_parameters_of_every_json_kind_arrive() -> None:
    params: dict[str, object] = {"flag": True, "none": None, "list": [1, "2"]}
    with Server() as server:
        assert HttpSource(server.url).query("echo", params, timeout=5) == params


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
