"""What the edge refused or dropped, brought into the audit log a minute at a time.

Rule: the edge counts and goes on counting while no hub is there; a minute that is over is entered, durably, and only
then taken out of the edge's table. So a flood makes a few entries a minute, and a count is lost with the edge only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from ivr.core.alarms import AlarmKind
from ivr.core.audit.denial import DENIED, MINUTE_SECONDS, PURPOSE, Denial, DenialKind, told
from ivr.core.audit.entry import AuditEntry
from ivr.engine.hub.alarms import Alarms
from ivr.engine.hub.config import HubPorts
from ivr.errors import IvrError, PeerError

LOOK_SECONDS = 15.0
SLACK_SECONDS = 3.0
"""A minute is over for the edge's processes so much later: each reads the clock before it counts."""
TOLD = {
    DenialKind.BUSY: (AlarmKind.CALLS_REFUSED, "calls find every line busy"),
    DenialKind.SILENT: (AlarmKind.CALLS_REFUSED, "calls got no answer from the cell that they were given"),
    DenialKind.SOURCE_BUSY: (
        AlarmKind.CALLS_REFUSED, "calls are over sip.calls_per_source; a PBX's address belongs into sip.trunks"
    ),
    DenialKind.NOT_ALLOWED: (AlarmKind.TRUNK, "numbers were asked for that no trunk may be asked for (toll fraud?)"),
    DenialKind.NO_TRUNK: (AlarmKind.TRUNK, "no trunk took calls of ours"),
}  # fmt: skip
"""Kinds of denial that an honest person may have met, or that may cost money: told within seconds, once a minute."""
KNOWN_SECONDS = 900.0
"""How far back the log is asked what an earlier hub entered; the edge keeps counts for less."""


class Denials:
    """The hub's side of the edge's counts."""

    def __init__(self, ports: HubPorts, alarms: Alarms, *, count: Callable[[str, int], None]) -> None:
        """`count(kind, requests)` is called in the loop for what was entered."""
        self._ports = ports
        self._alarms = alarms
        self._count = count
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="denials")
        self._known: set[tuple[object, ...]] | None = None
        """What the log may hold and the edge too: a hub ended between the two."""
        self._failing = False
        self._told_minutes: dict[str, int] = {}

    async def run(self) -> None:
        """Look until cancelled."""
        try:
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                await self.settle(before=int((self._ports.wall() - SLACK_SECONDS) // MINUTE_SECONDS))
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)

    async def settle(self, *, before: int | None = None) -> None:
        """Enter what the edge counted before a minute; all of it, when the edge is about to end."""
        try:
            entered = await asyncio.get_running_loop().run_in_executor(self._thread, self._settle, before)
        except PeerError:
            return  # no edge, or it does not answer now: presence sees to that
        except IvrError as error:
            if not self._failing:
                self._failing = True
                self._alarms.raise_alarm(
                    AlarmKind.AUDIT, f"what the edge denied cannot be entered now; it is kept: {error}"
                )
            return
        self._failing = False
        for denial in entered:
            self._count(denial.kind, denial.count)

    def _settle(self, before: int | None) -> list[Denial]:
        """On the thread."""
        edge, wall = self._ports.edge, self._ports.wall
        if edge is None:
            return []
        seen = edge.denials()
        self._tell_of_refused(seen)
        found = [denial for denial in seen if before is None or denial.minute < before]
        if not found:
            return []
        if self._known is None:
            self._known = self._entered(since=wall() - KNOWN_SECONDS)
        entries: list[AuditEntry] = []
        new: list[Denial] = []
        for denial in found:
            mark = self._ports.keys.fingerprint(PURPOSE, denial.source.encode())
            entry = denial.entry(at=wall(), mark=mark, part=before is None)
            if before is None or told(entry) not in self._known:
                self._known.add(told(entry))
                entries.append(entry)
                new.append(denial)
        if entries:
            try:
                self._ports.audit.append(entries)
            except IvrError:
                self._known -= {told(entry) for entry in entries}
                raise
        edge.forget_denials(found)
        self._known.clear()
        return new

    def _entered(self, *, since: float) -> set[tuple[object, ...]]:
        """What the log holds of whole minutes."""
        self._ports.audit.publish()
        found = (entry for _, entry in self._ports.audit.since(since, actions=(DENIED,)))
        return {told(entry) for entry in found if "part" not in entry.details}

    def _tell_of_refused(self, seen: Sequence[Denial]) -> None:
        """An alarm for what was refused in a minute that was not told of yet, whether it is over or not."""
        for kind, (alarm, what) in TOLD.items():
            minutes = {one.minute for one in seen if one.kind is kind}
            if minutes and max(minutes) > self._told_minutes.get(kind, -1):
                self._told_minutes[kind] = max(minutes)
                count = sum(one.count for one in seen if one.kind is kind and one.minute == max(minutes))
                self._alarms.raise_alarm(alarm, f"{what}: {count} in this minute so far")
