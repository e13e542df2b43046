"""A publication and the engine that runs here: it is told, and waited for until it serves it."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

from ivr.apps.settings import Settings
from ivr.apps.web.console import Taken
from ivr.apps.wiring.engine_file import read_engine
from ivr.apps.wiring.hub_client import status
from ivr.apps.wiring.only_one import Holder, holder
from ivr.apps.wiring.served import publications
from ivr.errors import EnvironmentFault, IvrError

TAKEN_SECONDS = 30.0
"""A running engine has loaded it by then, and every idle cell serves it."""
LOOK_SECONDS = 0.3


def take(settings: Settings, publication: str) -> Taken:
    """Have a running engine serve what was published, and wait until it does. Raises EnvironmentFault."""
    found = holder(settings)  # by its lock: a number that stands in a file may be another process's by now
    if found is None:
        return Taken(runs=False, older=0)
    settings = _as_it_runs(settings, found)
    if "publication" not in _engine(settings):
        raise EnvironmentFault(
            f"it is published, but the running engine (pid {found.pid}) does not serve it yet: it is just starting. "
            "Publish again when it is up"
        )
    os.kill(found.pid, signal.SIGUSR1)
    deadline = time.monotonic() + TAKEN_SECONDS
    while _engine(settings).get("publication") != publication:
        if time.monotonic() > deadline:
            raise EnvironmentFault(
                f"it is published, but the running engine (pid {found.pid}) has not taken it within "
                f"{TAKEN_SECONDS:g} s: see its output and `ivr status`"
            )
        time.sleep(LOOK_SECONDS)
    older = 0
    with suppress(IvrError):  # it is told for information
        cells: list[dict[str, object]] = status(settings)["cells"]  # type: ignore[assignment]
        older = sum(1 for cell in cells if cell["publication"] != publication and cell["call_id"])
    return Taken(runs=True, older=older)


def remind(settings: Settings) -> None:
    """Tell a running engine of a publication whose publisher died before they could: a console that starts anew."""
    found = holder(settings)
    if found is None:
        return
    with suppress(IvrError, ProcessLookupError):
        serves = _engine(_as_it_runs(settings, found)).get("publication")
        if serves is not None and serves != publications(settings).named():
            os.kill(found.pid, signal.SIGUSR1)


def _as_it_runs(settings: Settings, found: Holder) -> Settings:
    """With the engine's own place, whatever these settings say."""
    return settings.model_copy(update={"run_dir": found.run_dir})


def _engine(settings: Settings) -> dict[str, object]:
    try:
        return read_engine(settings)
    except EnvironmentFault:
        return {}
