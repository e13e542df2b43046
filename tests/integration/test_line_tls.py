"""A line that takes TLS, as an operator sets it up: settings, a renewed certificate, and what the log says of it."""

from __future__ import annotations

import asyncio
import json
import shutil
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ivr.adapters.kamailio.exchange import Exchange
from ivr.testing.certificates import DAY, Authority, Files
from ivr.testing.engine import Engine
from ivr.testing.passports import X5U, Signer
from ivr.testing.ports import free_port
from ivr.testing.robot import RobotCaller
from tests.integration.conftest import DIALPLANS
from tests.integration.edge_bench import are_kept_apart

AUTHORITY, NUMBERS, CARRIER = Authority(), Authority("numbers"), Signer()

READING_COSTS = 200_000
"""Octets that Kamailio 5.6.3 keeps, at least, of each time that it reads its TLS files (430,000, measured)."""


@dataclass(frozen=True, slots=True)
class Line:
    """A running engine, and what it shows."""

    engine: Engine
    files: Files
    port: int

    def caller(self) -> RobotCaller:
        uri = f"sips:bank@127.0.0.1:{self.port}"
        robot = RobotCaller(target=("127.0.0.1", self.port), uri=uri, transport="tls", tls=AUTHORITY.context())
        robot.wire.scheme = "sips"
        return robot

    def shown(self) -> str:
        return ssl.get_server_certificate(("127.0.0.1", self.port), timeout=60)

    def entries(self) -> list[dict[str, object]]:
        found = self.engine.command("audit", "log", "--action", "edge.reloaded", "--json")
        assert found.returncode == 0, found.stderr
        return [json.loads(one) for one in found.stdout.splitlines()]


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    folder = tmp_path_factory.mktemp("tls")
    files, port = AUTHORITY.issue(folder), free_port()
    tls = {"listen": f"127.0.0.1:{port}", "certificate": str(files.certificate), "key": str(files.key)}
    stir = {
        "authorities": str(NUMBERS.written(folder)),
        "certificates": {X5U: str(CARRIER.certificate(folder, NUMBERS))},
    }
    chosen = {
        "sip": {"tls": tls, "country": "HK", "stir": stir},
        "transfers": {"office": "sip:+85212345678@127.0.0.1:9"},
    }
    engine = Engine(folder / "engine", dialplan=DIALPLANS / "line.yaml", cells=1, settings=chosen)
    engine.start()
    try:
        yield Line(engine, files, port)
    finally:
        engine.stop()


def renew(line: Line, made: Files) -> None:
    shutil.copy(made.key, line.files.key)
    shutil.copy(made.certificate, line.files.certificate)


def test_the_edges_processes_have_what_keeps_their_tls_apart(line: Line) -> None:
    assert are_kept_apart(line.engine.named("kamailio"))


async def test_a_renewed_certificate_is_shown_and_the_call_goes_on(line: Line, tmp_path: Path) -> None:
    async with line.caller() as robot:
        call = await robot.dial()
        old = line.shown()
        renew(line, AUTHORITY.issue(tmp_path, "renewed"))
        assert line.shown() == old, "nothing is read before somebody says so"
        done = await asyncio.to_thread(line.engine.command, "edge", "reload", "--reason", "yearly")
        assert done.returncode == 0, done.stderr
        assert "127.0.0.1 from now on" in done.stdout
        assert line.shown() == line.files.certificate.read_text()
        assert (await call.hold("sendrecv")).code == 200
        await call.hang_up()
    last = line.entries()[-1]
    assert (last["subject"], last["outcome"], last["reason"]) == ("certificate", "done", "yearly")


def test_reading_the_same_again_and_again_costs_the_edge_nothing(line: Line, tmp_path: Path) -> None:
    edge = Exchange(line.engine.run_dir / "edge" / "control.sock")

    def reloaded() -> int:
        done = line.engine.command("edge", "reload")
        assert done.returncode == 0, done.stderr
        memory = edge.order("core.shmmem")
        assert isinstance(memory, dict)
        return int(memory["real_used"])

    renew(line, AUTHORITY.issue(tmp_path, "first"))
    used = reloaded()
    for _ in range(4):
        assert reloaded() - used < READING_COSTS
    renew(line, AUTHORITY.issue(tmp_path, "second"))
    reloaded()
    assert line.shown() == line.files.certificate.read_text(), "what is new is read all the same"


async def test_a_trunks_word_of_who_calls_stands_in_the_record(line: Line) -> None:
    network = (("P-Asserted-Identity", "<tel:+85290001234>"), ("Diversion", "<tel:+85221110000>;reason=no-answer"))
    async with line.caller() as robot:
        call = await robot.dial(extra=network)
        await call.hang_up()
    shown = await asyncio.to_thread(shown_call, line)
    assert "caller      ***234\n  network   the trunk vouches for this number\n" in shown
    assert "they had dialled ***000" in shown


@pytest.mark.parametrize(
    ("orig", "told"), [("85290001234", "A"), pytest.param("85290009999", "failed", marks=pytest.mark.soak)]
)
async def test_what_a_carrier_signed_of_the_number_stands_in_the_record(line: Line, orig: str, told: str) -> None:
    identity = CARRIER.identity(orig=orig, dest="85230001000", at=time.time())
    network = (("P-Asserted-Identity", "<tel:+85290001234>"), ("Identity", identity))
    async with line.caller() as robot:
        robot.uri = f"sips:+85230001000@127.0.0.1:{line.port}"
        call = await robot.dial(extra=network)
        await call.hang_up()
    shown = await asyncio.to_thread(shown_call, line)
    assert f"  attested  {told} (RFC 8588)\n" in shown


def shown_call(line: Line) -> str:
    """The latest call as a supervisor sees it, once it has ended."""
    for _ in range(100):
        listed = line.engine.command("recordings", "list", "--json")
        for call in [json.loads(one) for one in listed.stdout.splitlines() if '"ended_at": null' not in one][:1]:
            return line.engine.command("recordings", "show", call["call_id"]).stdout
        time.sleep(0.1)
    raise AssertionError("the call did not end")


def test_what_is_not_sound_is_refused_and_what_was_shown_stays(line: Line, tmp_path: Path) -> None:
    shown = line.shown()
    sound = Files(tmp_path / "kept.crt", tmp_path / "kept.key")
    shutil.copy(line.files.certificate, sound.certificate)
    shutil.copy(line.files.key, sound.key)
    renew(line, AUTHORITY.issue(tmp_path, "old", until=-DAY / 2))
    try:
        for words in (("edge", "reload"), ("settings", "check")):
            refused = line.engine.command(*words)
            assert refused.returncode == 2
            assert "sip.tls: " in refused.stderr
            assert "expired" in refused.stderr
        assert line.shown() == shown
        assert line.entries()[-1]["outcome"] == "failed"
    finally:
        renew(line, sound)
