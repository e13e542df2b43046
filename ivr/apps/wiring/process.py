"""Entry of the engine's processes: `python -m ivr.apps.wiring.process ROOM SETTINGS`, started by the supervisor only.

SETTINGS is the file that the supervisor wrote: every default filled in, every port chosen.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from ivr.apps.settings import Settings
from ivr.apps.settings_file import resolved_from_json
from ivr.apps.structured_log import Log, open_log
from ivr.engine.supervisor.kin import end_with_parent, name_process, never_dump
from ivr.errors import DialplanError, IvrError

ROOMS = ("hub", "keeper", "speech", "nursery", "publish", "bank")


class LogBridge(logging.Handler):
    """Python's own logging into the engine's log: the message is the event, `extra={"data": {...}}` its fields."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record. An exception is told by its type and where it was, never by its text."""
        fields: dict[str, object] = {"level": record.levelname.lower(), "logger": record.name}
        data = getattr(record, "data", None)
        if isinstance(data, dict):
            fields.update(data)
        if record.exc_info and record.exc_info[0] is not None:
            fields["exception"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])
            fields["where"] = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))
        self._log(str(record.msg), fields)


def log_for(settings: Settings, process: str) -> Log:
    """The log of one process; Python's logging goes there too."""
    log = open_log(settings.data_dir, process=process, level=settings.log.level, log_format=settings.log.format)
    root = logging.getLogger("ivr")
    root.handlers[:] = [LogBridge(log)]
    root.setLevel(settings.log.level.upper())
    root.propagate = False
    return log


def run_room(room: str, settings: Settings) -> None:
    """Body of one process."""
    if room == "nursery":
        run_nursery(settings)
    elif room == "publish":
        publish(settings)
    elif room == "bank":
        run_bank(settings)
    else:
        log_for(settings, room)
        run: Callable[[Settings], None] = importlib.import_module(f"ivr.apps.wiring.{room}").run
        run(settings)


def run_nursery(settings: Settings) -> None:
    """Import what cells need, tell the supervisor, and fork at its word."""
    from ivr.apps.wiring.cell import preload, run_cell
    from ivr.engine.supervisor.nursery import Nursery

    preload(settings)

    def body(number: int) -> None:
        log_for(settings, f"cell-{number}")
        run_cell(settings, number, edge=settings.edge)

    control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    control.connect(str(settings.nursery_socket))
    Nursery(control, body).run()


def publish(settings: Settings) -> None:
    """Load every dialplan and render the prompts that are missing. Raises DialplanError. Lines of progress go out."""
    from ivr.apps.wiring.dialplan_audit import enter_published, enter_refused
    from ivr.apps.wiring.dialplans import DialplanRoutes
    from ivr.apps.wiring.heard import check_heard
    from ivr.apps.wiring.synthesis import synthesizer

    def progress(done: int, of: int) -> None:
        print(f"progress {done} {of}", flush=True)

    voice = synthesizer(settings)
    try:
        try:
            routes = DialplanRoutes(settings, voice)
            check_heard(settings, routes.dialplans)
            count = routes.publish(progress)
        except DialplanError as error:
            enter_refused(settings, str(error))
            raise
        enter_published(settings, routes.dialplans)
    finally:
        close = getattr(voice, "close", None)
        if close is not None:
            close()
    print(f"published {count}", flush=True)


def run_bank(settings: Settings) -> None:
    """The sample data source, for sources whose url is `demo`; the supervisor chose its port."""
    from ivr.testing.bank import run

    signal.signal(signal.SIGTERM, lambda number, frame: os._exit(0))
    run(json.loads((settings.runtime_dir / "bank.json").read_text())["port"])


def main() -> None:
    """Run one room and die with the supervisor."""
    room, path = sys.argv[1:]
    assert room in ROOMS
    os.umask(0o077)
    never_dump()
    name_process(f"ivr-{room}")
    end_with_parent(os.getppid())
    settings = resolved_from_json(Path(path).read_text(encoding="utf-8"))
    try:
        run_room(room, settings)
    except IvrError as error:
        print(f"{error}", file=sys.stderr, flush=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
