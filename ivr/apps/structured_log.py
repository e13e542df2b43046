"""The engine's log: one line an event, in DATA_DIR/log/ivr.jsonl, shared by all processes; never a caller's data.

An event has a name and fields. Fields that could hold what a caller is, typed or said are left out by name, and
whatever looks like an address or a number of a person in any other text is masked: a slip in one place must not
become a leak.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

LEVELS = ("debug", "info", "warning", "error")
PERSONAL = frozenset(
    {
        "account",
        "amount",
        "answer",
        "body",
        "called",
        "caller",
        "customer",
        "digit",
        "digits",
        "from",
        "headers",
        "name",
        "number",
        "numbers",
        "phone",
        "pin",
        "score",
        "sdp",
        "secret",
        "text_said",
        "to",
        "transcript",
        "uri",
        "user",
        "value",
        "values",
        "words",
    }
)
"""Field names that are never written, whatever they hold."""
OURS = frozenset({"call_id", "offer_id", "recording_id", "sha256", "kek_id", "run_id", "path", "sip", "version"})
"""Field names whose values we made: not masked."""
_ADDRESS = re.compile(r"sips?:[^@\s<>\"]+@")
_NUMBER = re.compile(
    r"(?P<ours>\b\d{6}(?:\d\d)?(?:-\d{6})?-[0-9a-f]{16}\b)|(?<![0-9A-Za-z])\+?\d(?:[ -]?\d){4,}(?![0-9A-Za-z])"
)
"""Five digits or more, however grouped; but not the ids of calls and recordings, which we made."""

ROTATE_BYTES = 50_000_000
LOOK_SECONDS = 5.0
ROTATE_LOOK_SECONDS = 60.0
"""How often a process looks whether its log file was rotated away."""

Log = Callable[[str, Mapping[str, object]], None]


def mask(text: str) -> str:
    """The text without anything that looks like a person's address or number."""
    return _NUMBER.sub(lambda found: found["ours"] or "***", _ADDRESS.sub("sip:***@", text))


def clean(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields that may be written, masked where they are free text."""
    kept: dict[str, object] = {}
    for key, value in fields.items():
        if key in PERSONAL:
            continue
        if key in OURS or value is None or isinstance(value, bool | float):
            kept[key] = value
        elif isinstance(value, int):
            kept[key] = value if abs(value) < 10_000_000_000 else "***"
        elif isinstance(value, str):
            kept[key] = mask(value)
        else:
            kept[key] = mask(json.dumps(value, ensure_ascii=False, default=lambda _: "?"))
    return kept


class LogFile:
    """An append-only file that several processes write line by line."""

    def __init__(self, path: Path, *, process: str, level: str, as_json: bool) -> None:
        self._path = path
        self._process = process
        self._least = LEVELS.index(level)
        self._as_json = as_json
        self._looked_at = 0.0
        self._descriptor = -1
        self._lost = 0
        """Lines that the disk did not take; said in the next one that it takes."""
        self._torn = False
        """Whether the file ends within a line of ours."""
        with suppress(OSError):  # the first line tries again
            self._open()

    def __call__(self, event: str, fields: Mapping[str, object]) -> None:
        """Write one event. A full disk must not stop a call: a line that cannot be written is lost, and counted."""
        level = str(fields.get("level", "warning" if event == "alarm" else "info"))
        if level in LEVELS and LEVELS.index(level) < self._least:
            return
        rest = {key: value for key, value in fields.items() if key != "level"}
        line = self._line(event, level, clean(rest))
        try:
            self._follow_rotation()
            self._write(line)
        except OSError:
            self._lost += 1

    def _write(self, line: str) -> None:
        said = self._line("log_lines_lost", "warning", {"count": self._lost}) if self._lost else ""
        data = (("\n" if self._torn else "") + said + line).encode()
        written = os.write(self._descriptor, data)
        self._torn = written < len(data)
        if self._torn:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._lost = 0

    def _line(self, event: str, level: str, fields: Mapping[str, object]) -> str:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        if self._as_json:
            data = {"at": at, "level": level, "process": self._process, "event": event, **fields}
            return json.dumps(data, ensure_ascii=False, default=str) + "\n"
        told = " ".join(f"{key}={value}" for key, value in fields.items() if value is not None)
        return f"{at} {level:7} {self._process:10} {event} {told}".rstrip().replace("\n", " ") + "\n"

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Opened before the old one is closed: where that fails, its number would soon be another file's, a recording's.
        old = self._descriptor
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._torn = False
        if old >= 0:
            os.close(old)

    def _follow_rotation(self) -> None:
        now = time.monotonic()
        if now - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = now
        try:
            same = self._descriptor >= 0 and self._path.stat().st_ino == os.fstat(self._descriptor).st_ino
        except FileNotFoundError:
            same = False
        if not same:
            self._open()


def open_log(data_dir: Path, *, process: str, level: str = "info", log_format: str = "json") -> Log:
    """The log of one process of the engine."""
    return LogFile(log_path(data_dir), process=process, level=level, as_json=log_format == "json")


def log_path(data_dir: Path) -> Path:
    """Where the log is."""
    return data_dir / "log" / "ivr.jsonl"


def rotate(data_dir: Path) -> None:
    """Move a log that has grown large aside; every process follows within seconds. For the supervisor alone."""
    path = log_path(data_dir)
    if path.exists() and path.stat().st_size > ROTATE_BYTES:
        path.replace(path.with_suffix(".1.jsonl"))


async def keep_rotating(data_dir: Path) -> None:
    """Keep the log from filling the disk, until cancelled."""
    while True:
        with suppress(OSError):  # a disk that refuses is told by the hub
            rotate(data_dir)
        await asyncio.sleep(ROTATE_LOOK_SECONDS)
