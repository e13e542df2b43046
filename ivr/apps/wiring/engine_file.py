"""Where the running engine is, in a file that it writes when calls are served: other processes find it by that."""

from __future__ import annotations

import json
from pathlib import Path

from ivr.apps.settings import Settings
from ivr.durable import write_durably
from ivr.errors import EnvironmentFault


def engine_file(settings: Settings) -> Path:
    """Of the engine with these settings."""
    return settings.runtime_dir / "engine.json"


def write_engine(settings: Settings, state: dict[str, object]) -> None:
    """Say where the engine is."""
    write_durably(engine_file(settings), json.dumps(state).encode())


def read_engine(settings: Settings) -> dict[str, object]:
    """Where the running engine is. Raises EnvironmentFault when none runs."""
    try:
        state = json.loads(engine_file(settings).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EnvironmentFault(f"no engine runs on {settings.data_dir}: start it with `ivr serve`") from error
    assert isinstance(state, dict)
    return state
