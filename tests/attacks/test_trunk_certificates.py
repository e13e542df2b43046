"""Who pretends to be a trunk, or one without the TLS that it must have: it gets no call of ours, and brings none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ivr.adapters.kamailio.config import TrunkLine, TrunkTls
from ivr.testing.certificates import DAY, Authority, Files
from ivr.testing.robot import CallRefused, RobotCaller
from tests.integration.carrier import LOGIN, PASSWORD, REALM, Carrier
from tests.integration.conftest import until
from tests.integration.edge_bench import EdgeBench, relay_bench
from tests.integration.test_relay import talk
from tests.integration.test_trunks import dials

OURS, THEIRS, STRANGE = Authority("line"), Authority("carrier"), Authority("strange")
NAME, HOST = "sbc.carrier.test", "127.0.0.30"
"""The trunk's name, and where its calls come from."""


@dataclass(frozen=True, slots=True)
class Papers:
    """Certificates of the trunk: the good one, and each kind of bad one."""

    good: Files
    bad: dict[str, Files]
    revoked: Path


def papers(folder: Path, *, server: bool) -> Papers:
    def issue(by: Authority, name: str, **more: Any) -> Files:
        return by.issue(folder, f"{name}-{server}", **{"hosts": (NAME,), "server": server, **more})

    bad = {
        "expired": issue(THEIRS, "expired", since=-3 * DAY, until=-DAY),
        "other name": issue(THEIRS, "other-name", hosts=("sbc.other.test",)),
        "other authority": issue(STRANGE, "strange"),
        "revoked": issue(THEIRS, "revoked"),
    }
    return Papers(issue(THEIRS, "good"), bad, THEIRS.revoked(folder, bad["revoked"]))


@asynccontextmanager
async def line(folder: Path, trunk: TrunkLine) -> AsyncIterator[EdgeBench]:
    changes: dict[str, Any] = {
        "outbound": (trunk,),
        "options_seconds": 1,
        "callees": ("+852",),
        "trunks": (f"{HOST}/32",),
    }
    async with relay_bench(OURS.issue(folder), **changes) as (edge, _):
        edge.control.put_trunk(edge.config, trunk, PASSWORD)
        yield edge


def trunk(folder: Path, address: str, revoked: Path, **more: Any) -> TrunkLine:
    tls = TrunkTls(THEIRS.written(folder), (NAME,), revoked=revoked)
    made = TrunkLine("carrier", (address,), REALM, ("+852",), login=LOGIN, transport="tls", srtp=True, tls=tls)
    return replace(made, **{"networks": ("127.0.0.1/32",), **more})


async def test_a_call_goes_out_by_tls_and_srtp_to_the_trunk_that_proves_its_name(tmp_path: Path) -> None:
    shown = papers(tmp_path, server=True)
    async with (
        Carrier(files=shown.good) as carrier,
        line(tmp_path, trunk(tmp_path, carrier.address, shown.revoked)) as edge,
    ):
        carrier.robot.srtp = True
        await until(lambda: edge.control.trunks()[0].there, "it has proved its name")
        leg = await dials(edge)
        answered = await carrier.robot.takes_call()
        assert answered.theirs is not None
        assert answered.theirs.key
        await talk(leg, answered)
        await leg.hang_up()
        await answered.wait_ended()


@pytest.mark.parametrize("kind", ["expired", "other name", "other authority", "revoked"])
async def test_a_false_trunk_gets_no_call(tmp_path: Path, kind: str) -> None:
    shown = papers(tmp_path, server=True)
    async with (
        Carrier(files=shown.bad[kind]) as carrier,
        line(tmp_path, trunk(tmp_path, carrier.address, shown.revoked)) as edge,
    ):
        log = edge.config.run_dir / "log"
        await until(lambda: "certificate verify failed" in log.read_text(), "the edge's log does not tell of it")
        assert not edge.control.trunks()[0].there
        with pytest.raises(CallRefused, match="503 No Trunk Answers"):
            await dials(edge)
        assert carrier.seen("invited") == 0
        assert {one.kind for one in edge.control.denials()} == {"no_trunk"}, "and so that an alarm is raised"
        assert edge.control.cells() == {}


async def test_calls_of_a_trunk_come_by_tls_with_its_certificate_or_not_at_all(tmp_path: Path) -> None:
    shown = papers(tmp_path, server=False)
    one = trunk(tmp_path, "127.0.0.1:9", shown.revoked, networks=(f"{HOST}/32",), shows_certificate=True)
    async with line(tmp_path, one) as edge:

        def caller(files: Files | None, host: str = HOST, **more: Any) -> RobotCaller:
            context = OURS.context()
            if files is not None:
                context.load_cert_chain(files.certificate, files.key)
            uri = f"sip:bank@127.0.0.1:{edge.tls_target[1]}"
            return RobotCaller(target=edge.tls_target, uri=uri, transport="tls", tls=context, host=host, **more)

        for kind, files in {"none": None, **shown.bad}.items():
            async with caller(files) as robot:
                with pytest.raises(CallRefused, match="403"):
                    await robot.dial(srtp=True)
                assert edge.cells[0].offered == 0, kind
        async with edge.caller(host=HOST) as robot:
            with pytest.raises(CallRefused, match="403"):
                await robot.dial()
        assert {found.kind for found in edge.control.denials()} == {"trunk_tls"}
        for files, host in ((shown.good, HOST), (None, "127.0.0.31")):
            async with caller(files, host) as robot:
                call = await robot.dial(srtp=True)
                await talk(call, await edge.cells[0].takes_call())
                await call.hang_up()
