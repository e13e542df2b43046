"""A bank's system that answers nonsense: the call goes on, says so, and is recorded."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import sleep

import pytest

from ivr.adapters.http_source import HttpSource
from ivr.engine.bus.cells import Alarm
from tests.unit.cell.rehearsal import Rehearsal

PLAN = """\
name: told
version: "1"
languages: [en]
start: menu
values:
  sum: {type: amount, currency: money}
  money: text
  rate: number
  due: date
  name: text
  card: digits
  open: yes_no
defaults: {wait: 60, otherwise: bye}
states:
  menu: {ask: {en: Yes or no.}, yes: look, no: bye}
  look:
    lookup: bank.all
    given: {who: called}
    keep: {sum: sum, money: money, rate: rate, due: due, name: name, card: card, open: open}
    go: [{if: "rate > 5 and due < '2030-01-01' and sum >= 0", to: tell}, {else: other}]
    failed: nothing
  tell: {say: {en: "It is {sum} {rate} {due} {name} {card}."}, go: menu}
  other: {say: {en: Something else.}, go: menu}
  nothing: {say: {en: We cannot see it.}, go: menu}
  bye: {say: {en: Goodbye.}, hang_up: completed}
"""
FINE = {"sum": '"12.50"', "money": '"EUR"', "rate": '"7"', "due": '"2029-01-31"', "name": '"Ann"', "card": '"77"'}
NONSENSE = [
    ("sum", '"1e999999"'),
    ("sum", "NaN"),
    ("sum", "[" * 5000 + "]" * 5000),
    ("rate", "9" * 4000),
    ("due", '"2029-02-31"'),
    ("name", '"\\ud800"'),
    ("name", '"' + "x" * 100_000 + '"'),
    ("card", '"' + "1" * 5000 + '"'),
]
UNSPEAKABLE = [("sum", '"1.005"'), ("money", '"' + "E" * 3000 + '"')]
"""Of its type, and not to be read out as it is: the call ends with an apology, never with half of it."""


class Bank:
    """Answers what it is told to."""

    answer = b"{}"


@pytest.fixture
def bank() -> Iterator[tuple[Bank, HttpSource]]:
    told = Bank()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(told.answer)))
            self.end_headers()
            self.wfile.write(told.answer)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield told, HttpSource(f"http://127.0.0.1:{server.server_address[1]}")
    server.shutdown()
    server.server_close()


def answer(**changed: str) -> bytes:
    return ("{" + ", ".join(f'"{name}": {value}' for name, value in {**FINE, **changed}.items()) + "}").encode()


@pytest.mark.parametrize(("name", "value"), [*NONSENSE, *UNSPEAKABLE, ("sum", '"12.50"')], ids=lambda text: text[:16])
def test_no_answer_of_a_source_ends_a_call_unsaid(
    bank: tuple[Bank, HttpSource], tmp_path: Path, name: str, value: str
) -> None:
    told, source = bank
    told.answer = answer(**{name: value})
    call = Rehearsal(tmp_path, dialplan=PLAN, bank=source)
    call.passes(0.1)
    call.presses("1")
    for _ in range(500):
        if call.conversation._lookups.news:
            break
        sleep(0.002)
    call.passes(2.0)
    unspeakable = (name, value) in UNSPEAKABLE
    said = "We are sorry" if unspeakable else "We cannot see it" if (name, value) in NONSENSE else "It is 12.50 euros 7"
    assert said in call.heard
    assert call.conversation.over is unspeakable
    call.conversation.hang_up()
    call.until(lambda: call.conversation.over)
    assert [word.kind for word in call.hub.told if isinstance(word, Alarm)] == ["prompt"] * unspeakable
    assert call.recording()
