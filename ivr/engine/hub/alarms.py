"""Alarms: what someone must look at now. Each is logged, counted and kept for `ivr status`."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from ivr.core.alarms import AlarmKind
from ivr.ports.clock import Clock

SHOWN = 20
FILE_MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class AlarmRaised:
    """One alarm."""

    at: float
    """Seconds since the epoch."""
    kind: str
    text: str
    call_id: str | None = None


class Alarms:
    """The hub's alarms."""

    def __init__(
        self,
        path: Path,
        *,
        wall: Clock,
        log: Callable[[str, Mapping[str, object]], None],
        count: Callable[[str], None],
    ) -> None:
        self._path = path
        self._wall = wall
        self._log = log
        self._count = count
        self.latest: deque[AlarmRaised] = deque(_read(path), maxlen=SHOWN)
        self._owed: deque[AlarmRaised] = deque(maxlen=SHOWN)
        """Those that the file does not hold yet, as far as they would be shown."""

    def raise_alarm(self, kind: AlarmKind, text: str, call_id: str | None = None) -> None:
        """Tell everyone. A full disk must not keep an alarm from being heard: the file comes last."""
        alarm = AlarmRaised(self._wall(), kind, text, call_id)
        self.latest.append(alarm)
        self._count(kind)
        self._log("alarm", {"kind": kind, "text": text, "call_id": call_id})
        self._owed.append(alarm)
        self.write_owed()

    def write_owed(self) -> None:
        """Bring what the disk did not take into the file, for the next hub to show; to be called now and then."""
        if not self._owed:
            return
        lines = "".join(json.dumps(asdict(alarm)) + "\n" for alarm in self._owed)
        try:
            if self._path.exists() and self._path.stat().st_size > FILE_MAX_BYTES:
                self._path.replace(self._path.with_suffix(".old.jsonl"))
            with self._path.open("ab") as file:
                begins = file.tell()
                try:
                    file.write(lines.encode())
                    file.flush()
                except OSError:
                    with suppress(OSError):  # else a torn line, which is passed over
                        os.ftruncate(file.fileno(), begins)
                    raise
        except OSError as error:
            self._log("alarm_not_written", {"reason": error.strerror or ""})
        else:
            self._owed.clear()

    def recent(self) -> list[dict[str, object]]:
        """The latest, newest first, as plain data."""
        return [asdict(alarm) for alarm in reversed(self.latest)]


def _read(path: Path) -> list[AlarmRaised]:
    """What an earlier hub noted; a line that is torn or not ours is passed over."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()[-SHOWN:]
    except (OSError, UnicodeDecodeError):
        return []
    found: list[AlarmRaised] = []
    for line in lines:
        try:
            found.append(AlarmRaised(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return found
