"""Settings of a line on two machines, and what keepalived asks each of them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ivr.apps.settings import Settings

LEADS = Path(__file__).parents[3] / "deploy" / "keepalived" / "leads"
PAIR = {
    "standby": {"machine": "hk-a"},
    "database": {"url": "postgresql://ivr@db/ivr"},
    "data_dir": "/srv/ivr",
    "run_dir": "/run/ivr",
}


def test_the_machine_is_named_by_the_settings_or_by_itself() -> None:
    named = Settings.model_validate(PAIR).standby
    assert named is not None
    assert named.machine == "hk-a"
    own = Settings.model_validate({**PAIR, "standby": {}}).standby
    assert own is not None
    assert own.machine


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"database": {}}, "both machines need one database"),
        ({"database": {"url": "sqlite:////srv/ivr/ivr.db"}}, "both machines need one database"),
        ({"run_dir": None}, "each machine's own"),
        ({"run_dir": "/srv/ivr/run"}, "each machine's own"),
        ({"standby": {"machine": "HK A"}}, "machine"),
        ({"standby": {"machine": "../x"}}, "machine"),
        (
            {"works_for": {"engine": "10.0.0.1:1", "edge": "10.0.0.1:2", "address": "10.0.0.2"}},
            "no line of its own",
        ),
    ],
)
def test_what_cannot_be_is_refused_and_why(written: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Settings.model_validate({**PAIR, **written})


def leads(run_dir: Path) -> bool:
    return subprocess.run([LEADS, str(run_dir)], check=False).returncode == 0


def test_the_virtual_address_is_where_an_engine_is_ready(tmp_path: Path) -> None:
    assert not leads(tmp_path), "none was ever there"
    engine = tmp_path / "engine.json"
    engine.write_text(json.dumps({"sip": "10.0.0.1:5060", "pid": os.getpid(), "edge": True}))
    assert leads(tmp_path)
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    engine.write_text(json.dumps({"pid": ended.pid}))
    assert not leads(tmp_path), "it was killed"
    engine.write_text("")
    assert not leads(tmp_path)
