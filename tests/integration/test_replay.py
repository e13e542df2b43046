"""A call that really happened, run again from its sealed journal: the version that served it is found by itself."""

from __future__ import annotations

import json
import time
from pathlib import Path

from ivr.testing.hearing import hears
from tests.integration.conftest import DIALPLANS, Dialled, Line


async def test_a_live_call_replays_without_difference_and_a_doctored_dialplan_shows_the_first(
    line: Line, dial: Dialled, tmp_path: Path
) -> None:
    began = time.time()
    async with dial() as call:
        await hears(call, line.prompt("Welcome"))
        spoken = await call.press("4")
        await hears(call, line.prompt("The value of a fund"), since=spoken.began)
        await hears(call, line.prompt("To say that you have understood"), since=spoken.began)
        await call.press("1")
        await call.hears_prompt()
        await call.hang_up()
    record = line.record(began)
    certificates = Path(line.engine.settings["data_dir"]) / "certificates"
    proofs = [json.loads(path.read_text()) for path in certificates.iterdir()]
    assert (record["certificate"], record["dialplan_sha256"]) in [(proof["id"], proof["sha256"]) for proof in proofs]

    again = line.engine.command("replay", record["call_id"])
    assert again.returncode == 0, again.stdout + again.stderr
    assert "no difference" in again.stdout
    assert " > ".join(record["states"]) in again.stdout

    doctored = tmp_path / "line.yaml"
    text = (DIALPLANS / "line.yaml").read_text(encoding="utf-8")
    doctored.write_text(text.replace("press: 4, go: warned", 'press: "#", go: warned'), encoding="utf-8")
    other = line.engine.command("replay", record["call_id"], "--dialplan", str(doctored))
    assert other.returncode == 1, other.stderr
    first, then, *rest = other.stdout[other.stdout.index("first difference") :].splitlines()
    assert "DigitPressed" in first
    assert "then:" in then
    assert any("again:" in told for told in rest)

    warned = tmp_path / "warned.yaml"
    warned.write_text(text.replace("The value of a fund", "The worth of a fund"), encoding="utf-8")
    last = line.engine.command("replay", "--last", "1", "--dialplan", str(warned))
    assert last.returncode == 1, last.stdout + last.stderr
    assert f"{record['call_id']}  {record['dialplan']}: another warning" in last.stdout
    assert "becomes" in last.stdout
    same = line.engine.command("replay", "--last", "1", "--dialplan", str(DIALPLANS / "line.yaml"))
    assert (same.returncode, "1 the same" in same.stdout) == (0, True), same.stdout + same.stderr
