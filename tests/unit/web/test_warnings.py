"""What became of warnings: figures by version and day, each of which opens its calls."""

from __future__ import annotations

import html
import re
import time
from dataclasses import replace
from pathlib import Path

from ivr.core.call.record import CallRecord
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.orders.evidence import CallOutcome, DisclosureHeard
from tests.unit.web.world import World

ROOT = Path(__file__).parents[3]
HEARD = DisclosureHeard("fund_risk", "en", "ab" * 32, 0, 8000, 50, 0.01, 1, "key", "1", None, 2.0)


def with_calls(world: World) -> str:
    """Three calls of today that one version served; returns its id."""
    text = (ROOT / "dialplans" / "card.yaml").read_text(encoding="utf-8")
    plan = load_dialplan(text, source="card.yaml", read_include=lambda name: (ROOT / "dialplans" / name).read_text())
    warning = sorted(plan.disclosures)[0]
    world.house.versions.keep(plan.id, plan.sha256, {"card.yaml": text, **included(text)}, {}, now=time.time())
    heard = replace(HEARD, disclosure=warning)
    for number, one in enumerate(((heard,), (replace(heard, acknowledged_by="", answer="", plays=2),), ())):
        world.house.calls.save(
            CallRecord(
                f"warned-{number}", time.time() - 60, time.time() - 59, time.time() - 1, caller="sip:a@b",
                dialplan=plan.id, outcome=CallOutcome.COMPLETED, begun=(warning,), disclosures=one,
            )
        )  # fmt: skip
    return plan.id


def included(text: str) -> dict[str, str]:
    names = re.findall(r"shared/[\w.-]+", text)
    return {name: (ROOT / "dialplans" / name).read_text(encoding="utf-8") for name in names}


def test_each_figure_opens_its_calls_for_who_may_see_them(world: World) -> None:
    version = with_calls(world)
    told = world.browser("user:auditor").get("/api/warnings").json()
    (row,) = [one for one in told["together"] if one["version"] == version][:1]
    counts = {one["name"]: one["calls"] for one in row["figures"]}
    assert counts == {"played": 3, "heard": 2, "lossy": 0, "repeated": 1, "acknowledged": 1, "refused": 1}
    supervisor = world.browser("user:supervisor")
    page = supervisor.get("/warnings").text
    assert version in page
    for one in (*row["figures"], *told["days"][0]["figures"]):
        if one["calls"]:
            assert f'href="{html.escape(one["path"])}"' in page
            found = supervisor.get("/api" + one["path"]).json()
            assert len(found["calls"]) == one["calls"], one["path"]
    assert 'href="/recordings?' not in world.browser("user:auditor").get("/warnings").text


def test_a_span_that_is_none_is_refused_and_a_version_that_does_not_open_is_told(world: World) -> None:
    browser = world.browser("user:auditor")
    for wrong in ("since=2026-01-31&until=2026-01-01", "since=x", "since=1999-01-01", "until=2026-02-30"):
        assert browser.get(f"/warnings?{wrong}").status_code == 422
    version = with_calls(world)
    world.house.versions.keep("broken@1", "00" * 32, {"broken.yaml": "no: dialplan"}, {}, now=time.time())
    world.house.calls.save(
        CallRecord(
            "broken-1",
            time.time(),
            time.time(),
            time.time(),
            caller="",
            dialplan="broken@1",
            outcome=CallOutcome.FAILED,
        )
    )
    page = browser.get("/warnings").text
    assert "broken@1" in page
    assert version in page
