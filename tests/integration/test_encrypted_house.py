"""A house whose media must be encrypted: caller and agent by TLS and SRTP, a phone in clear that is not rung.

An engine of its own, so it is soak: `test_encrypted_legs.py` has the same at the edge, in every run.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from ivr.testing.certificates import Authority
from ivr.testing.ports import free_port
from ivr.testing.robot import RobotCaller
from tests.integration.conftest import Line, start_line, until
from tests.integration.real_phones import Baresip, Registrar, hear, tones_ever_in

pytestmark = pytest.mark.soak
AUTHORITY = Authority()
PASSWORD = "correct-horse"


@dataclass(frozen=True, slots=True)
class House:
    """The engine, and how its phones come in."""

    line: Line
    registrar: Registrar
    secret: Path

    def order(self, *words: str) -> str:
        done = self.line.engine.command(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def state(self, agent: str) -> dict[str, Any]:
        (found,) = [one for one in self.line.engine.status()["agents"] if one["name"] == agent]
        return dict(found)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    files, port = AUTHORITY.issue(folder), free_port()
    authority, secret = folder / "authority.crt", folder / "password"
    authority.write_bytes(AUTHORITY.certificate().public_bytes(Encoding.PEM))
    secret.write_text(PASSWORD)
    tls = {"listen": f"127.0.0.1:{port}", "certificate": str(files.certificate), "key": str(files.key)}
    chosen = {"sip": {"tls": tls}, "media": {"relay": "auto", "srtp": "required"}}
    line = start_line(folder / "engine", cells=2, settings=chosen)
    line.engine.command("agents", "remove", "desk")
    yield House(line, Registrar(port, PASSWORD, authority), secret)
    line.engine.stop()


async def test_a_caller_and_an_agent_talk_in_srtp_and_all_of_it_is_recorded(house: House, tmp_path: Path) -> None:
    began, line = time.time(), house.line
    await asyncio.to_thread(house.order, "agents", "add", "ann", "--password-file", str(house.secret))
    async with (
        Baresip(tmp_path, "cal", 440, secured="srtp-mand", registrar=house.registrar) as cal,
        Baresip(tmp_path, "ann", 860, secured="srtp-mand", registrar=house.registrar) as ann,
    ):
        await until(lambda: house.state("ann")["state"] == "available", "the agent's phone registered")
        await cal.dial(f"sip:service@127.0.0.1:{house.registrar.port};transport=tls")
        await cal.until("CALL_ESTABLISHED")
        await cal.press("3")
        await hear({cal: {ann}, ann: {cal}}, among=(cal, ann))
        await cal.hang_up()
        await ann.until("CALL_CLOSED")
        record = await asyncio.to_thread(line.record, began)
    assert record["agents"] == ["ann"]
    heard, said = await asyncio.to_thread(line.recorded, record["call_id"], "agent.in", "caller.in")
    assert (tones_ever_in(heard, [440, 860]), tones_ever_in(said, [440, 860])) == ({860}, {440})
    await asyncio.to_thread(house.order, "agents", "remove", "ann")


async def test_an_agent_whose_phone_would_be_in_clear_is_passed_over_and_it_is_said_why(house: House) -> None:
    port = free_port()
    await asyncio.to_thread(house.order, "agents", "add", "bob", "--uri", f"sip:bob@127.0.0.1:{port}")
    target = ("127.0.0.1", house.registrar.port)
    uri = f"sip:service@127.0.0.1:{target[1]}"
    async with RobotCaller(target=target, uri=uri, transport="tls", tls=AUTHORITY.context()) as robot:
        call = await robot.dial(srtp=True)
        await call.press("3")
        await until(lambda: "media refused" in str(house.state("bob")), "the agent is set aside for that reason")
        await call.hang_up()
    await asyncio.to_thread(house.order, "agents", "remove", "bob")
