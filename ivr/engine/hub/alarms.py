"""Alarms: what someone must look at now. Each is logged, counted and kept, with who looked after it.

Rule: an alarm lasts until somebody acknowledges it, over restarts of the hub too. Of more than `KEPT` those that were
acknowledged go first.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from ivr.core.alarms import AlarmKind
from ivr.engine.bus.alarms import AlarmAcknowledged, AlarmRaised, AlarmSettled
from ivr.ports.clock import Clock

SHOWN: Final = 20
"""In `ivr status`."""
KEPT: Final = 200
FILE_MAX_BYTES: Final = 1_000_000
"""A longer file is written anew, with what is kept."""


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
        self.latest: list[AlarmRaised] = []
        """The oldest first."""
        self._owed: deque[AlarmRaised] = deque(maxlen=SHOWN)
        """Those that the file does not hold yet, as far as they would be shown."""
        text = _read(path)
        self._torn = "" if text.endswith("\n") or not text else "\n"
        """What ends a line that a hub that died left unfinished."""
        for line in _lines(text):
            self._take(line)

    def raise_alarm(self, kind: AlarmKind, text: str, call_id: str | None = None) -> None:
        """Tell everyone. A full disk must not keep an alarm from being heard: the file comes last."""
        alarm = AlarmRaised(self._wall(), kind, text, call_id)
        self._keep(alarm)
        self._count(kind)
        self._log("alarm", {"kind": kind, "text": text, "call_id": call_id})
        self._owed.append(alarm)
        self.write_owed()

    def write_owed(self) -> None:
        """Bring what the disk did not take into the file, for the next hub to show; to be called now and then."""
        if not self._owed:
            return
        try:
            self._write(*map(_raised, self._owed))
        except OSError as error:
            self._log("alarm_not_written", {"reason": error.strerror or ""})
        else:
            self._owed.clear()

    def acknowledge(self, message: AlarmAcknowledged) -> AlarmSettled:
        """Keep who looks after an alarm. The first one stands."""
        found = next((one for one in self.latest if one.id == message.alarm), None)
        if found is None:
            return AlarmSettled(message.alarm, "there is no such alarm")
        if found.by:
            return AlarmSettled(message.alarm, f"{found.by} acknowledged it already")
        line = {"acknowledged": found.id, "by": message.by, "at": self._wall(), "reason": message.reason}
        try:
            self._write(*map(_raised, self._owed), line)
        except OSError as error:
            return AlarmSettled(message.alarm, f"it cannot be kept now: {error.strerror}")
        self._owed.clear()
        self._take(line)
        return AlarmSettled(message.alarm)

    def recent(self) -> list[dict[str, object]]:
        """The latest, newest first, as plain data."""
        return [asdict(alarm) for alarm in self.latest[: -SHOWN - 1 : -1]]

    def _keep(self, alarm: AlarmRaised) -> None:
        known = replace(alarm, id=_id(alarm))
        if any(one.id == known.id for one in self.latest):
            return
        self.latest.append(known)
        if len(self.latest) > KEPT:
            self.latest.remove(next((one for one in self.latest if one.by), self.latest[0]))

    def _take(self, line: Mapping[str, object]) -> None:
        """A line of the file. One that is not ours is passed over."""
        match line:
            case {"acknowledged": str(number), "by": str(by), "at": float(at) | int(at), "reason": str(reason)}:
                self.latest = [
                    replace(one, by=by, acknowledged_at=at, reason=reason) if one.id == number else one
                    for one in self.latest
                ]
            case {"at": float(at) | int(at), "kind": str(kind), "text": str(text), "call_id": str() | None as call_id}:
                self._keep(AlarmRaised(at, kind, text, call_id))

    def _write(self, *lines: Mapping[str, object]) -> None:
        """Raises OSError; then nothing of it is there."""
        if self._path.exists() and self._path.stat().st_size > FILE_MAX_BYTES:
            fresh = self._path.with_suffix(".new.jsonl")
            fresh.write_text("".join(json.dumps(one) + "\n" for one in self._lines()), encoding="utf-8")
            fresh.replace(self._path)
        with self._path.open("ab") as file:
            begins = file.tell()
            try:
                file.write((self._torn + "".join(json.dumps(line) + "\n" for line in lines)).encode())
                file.flush()
            except OSError:
                with suppress(OSError):  # else a torn line, which is passed over
                    os.ftruncate(file.fileno(), begins)
                raise
        self._torn = ""

    def _lines(self) -> list[dict[str, object]]:
        told: list[dict[str, object]] = []
        for one in self.latest:
            told.append(_raised(one))
            if one.by:
                told.append({"acknowledged": one.id, "by": one.by, "at": one.acknowledged_at, "reason": one.reason})
        return told


def _raised(alarm: AlarmRaised) -> dict[str, object]:
    return {"at": alarm.at, "kind": alarm.kind, "text": alarm.text, "call_id": alarm.call_id}


def _id(alarm: AlarmRaised) -> str:
    return sha256(json.dumps(_raised(alarm)).encode()).hexdigest()[:10]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _lines(text: str) -> Iterator[dict[str, object]]:
    """What earlier hubs noted; a line that is torn is passed over."""
    for line in text.splitlines():
        with suppress(ValueError):
            one = json.loads(line)
            if isinstance(one, dict):
                yield one
