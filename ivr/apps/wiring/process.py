"""Entry of the engine's processes, for the supervisor only: `python -m ivr.apps.wiring.process PROCESS SETTINGS`.

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
from ivr.apps.wiring.ahead import load
from ivr.engine.supervisor.kin import end_with_parent, name_process, never_dump
from ivr.engine.supervisor.warm import BEGIN, ONCE_TOLD
from ivr.errors import IvrError

LOGGINGS_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
"""What every record of Python's logging has; all else came by `extra`."""
PROCESSES = (
    "hub",
    "keeper",
    "inspector",
    "speech",
    "far_speech",
    "hub_link",
    "edge_door",
    "edge_link",
    "sender",
    "console",
    "nursery",
    "publish",
    "bank",
)


class LogBridge(logging.Handler):
    """Python's own logging into the engine's log: the message is the event, what is in `extra` its fields.

    Fields whose names logging keeps for itself go in as `extra={"data": {...}}`.
    """

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record. An exception is told by its type and where it was, never by its text."""
        fields: dict[str, object] = {"level": record.levelname.lower(), "logger": record.name}
        given = {name: value for name, value in vars(record).items() if name not in LOGGINGS_OWN}
        data = given.pop("data", None)
        fields.update(given)
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


def run_process(process: str, settings: Settings) -> None:
    """Body of one process."""
    if process == "nursery":
        run_nursery(settings)
    elif process == "publish":
        run_publish(settings)
    elif process == "bank":
        run_bank(settings)
    else:
        log_for(settings, process)
        run: Callable[[Settings], None] = importlib.import_module(f"ivr.apps.wiring.{process}").run
        run(settings)


def run_nursery(settings: Settings) -> None:
    """Import what cells need, tell the supervisor, and fork at its word."""
    from ivr.apps.wiring.cell import load_for_cells, preload, run_cell
    from ivr.engine.supervisor.nursery import Nursery

    preload(settings)

    def body(number: int, publication: str) -> None:
        log_for(settings, f"cell-{number}")
        run_cell(settings, number, publication, edge=settings.edge)

    control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    control.connect(str(settings.nursery_socket))
    Nursery(control, body, lambda publication: load_for_cells(settings, publication)).run()


def run_publish(settings: Settings) -> None:
    """Publish, or mend prompts, as a line on the standard input says. Raises IvrError. Lines of progress go out."""
    from ivr.apps.wiring.office import OfficeFiles
    from ivr.engine.office.dialplans import publish_listed
    from ivr.engine.publishing.live import Act
    from ivr.engine.publishing.starting import mend_prompts

    order = json.loads(sys.stdin.readline())
    act, ports = Act(order["actor"], order["reason"]), OfficeFiles(settings)
    try:
        if order["mend"]:
            with ports.speaking() as voice:
                for fault in mend_prompts(ports.publishing, act, voice):
                    print(f"lost {fault}", flush=True)
            return
        made, _ = publish_listed(ports, act, lambda done, of: print(f"progress {done} {of}", flush=True))
        print(f"published {made.id}", flush=True)
    finally:
        ports.close()


def run_bank(settings: Settings) -> None:
    """The demo bank; the supervisor chose its port."""
    from ivr.demo.bank import run

    signal.signal(signal.SIGTERM, lambda number, frame: os._exit(0))
    run(json.loads((settings.runtime_dir / "bank.json").read_text())["port"])


def main() -> None:
    """Run one process and die with the supervisor; with a third word once the supervisor tells it to begin."""
    process, path, *when = sys.argv[1:]
    assert process in PROCESSES
    os.umask(0o077)
    never_dump()
    name_process(f"ivr-{process}")
    # The nursery lives as long as its cells have calls: it sees the supervisor's end by itself.
    end_with_parent(os.getppid(), signal.SIGHUP if process == "nursery" else signal.SIGTERM)
    if when == [ONCE_TOLD]:
        load(process, resolved_from_json(sys.stdin.buffer.readline().decode()))
        if sys.stdin.buffer.readline() != BEGIN:
            return  # nobody wants it any more
    settings = resolved_from_json(Path(path).read_text(encoding="utf-8"))
    try:
        run_process(process, settings)
    except IvrError as error:
        print(f"{error}", file=sys.stderr, flush=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
