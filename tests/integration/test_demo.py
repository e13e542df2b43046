"""`ivr demo` as a newcomer runs it: brings the engine up, goes through every errand, shows what is left, cleans up."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
import yaml

from ivr.demo.bank import DEMO_ACCOUNTS
from ivr.testing.engine import Engine

DIALPLANS = Path(__file__).parents[2] / "dialplans"
WEALTH = DIALPLANS / "wealth.yaml"
CALLS_SECONDS = 500


def test_the_demo_s_first_errand_is_served_from_nothing_and_leaves_nothing_running(tmp_path: Path) -> None:
    """The short one. The others hang on what a synthesized voice is taken for: `make soak` has all three."""
    engine = Engine(tmp_path, dialplan=WEALTH, cells=2)
    found = engine.command("demo", "--errand", "balance", timeout_seconds=300)
    assert found.returncode == 0, found.stdout + found.stderr
    assert found.stdout.count("bank    Thank you for calling Example Bank. Good-bye.") == 1
    assert "paused" in found.stdout
    assert not any(account.pin in found.stdout for account in DEMO_ACCOUNTS)
    (call,) = re.findall(r"ivr replay (\S+)", found.stdout)
    replayed = engine.command("replay", call)
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert engine.command("status").returncode == 4
    engine.stop()


@pytest.mark.soak
def test_the_demo_goes_through_every_errand_and_leaves_nothing_running(tmp_path: Path) -> None:
    engine = Engine(tmp_path, dialplan=WEALTH, cells=2)
    found = engine.command("demo", timeout_seconds=500)
    assert found.returncode == 0, found.stdout + found.stderr
    assert found.stdout.count("bank    Thank you for calling Example Bank. Good-bye.") == 2
    assert "paused" in found.stdout
    assert "fund_confirm > fund_order > fund_done" in found.stdout
    assert "identity    strong" in found.stdout
    assert "agents      demo-agent" in found.stdout
    assert not any(account.pin in found.stdout for account in DEMO_ACCOUNTS)
    calls = re.findall(r"ivr replay (\S+)", found.stdout)
    assert len(calls) == 3
    for call in calls:
        replayed = engine.command("replay", call)
        assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert engine.command("status").returncode == 4
    assert "demo-agent" not in engine.command("agents", "list").stdout
    engine.stop()


@pytest.mark.soak
def test_a_newcomers_engine_is_called_by_the_demo_at_its_first_start_only(tmp_path: Path) -> None:
    engine = Engine(tmp_path, dialplan=WEALTH, cells=2)
    shipped = {name: value for name, value in engine.settings.items() if name not in ("dialplans", "sources")}
    engine.settings_file.write_text(yaml.safe_dump(shipped))
    (tmp_path / "dialplans").symlink_to(DIALPLANS)
    engine.start()
    began = time.monotonic()
    while "first calls" not in engine.log_text().partition("(ivr serve --no-demo: none)")[2]:
        assert time.monotonic() - began < CALLS_SECONDS, engine.log_text()
        time.sleep(1)
    assert "The demo's first calls are made" in engine.log_text()
    assert engine.command("recordings", "list").stdout.count("wealth@") >= 3
    assert "demo-agent" not in engine.command("agents", "list").stdout
    engine.stop()
    assert engine.left_behind == []
    engine.start()
    engine.stop()
    assert engine.log_text().count("ivr serve --no-demo: none") == 1
