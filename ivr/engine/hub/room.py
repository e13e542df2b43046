"""Watches the disks: that calls will be refused is told before the first one is.

Rule: a disk is well only by a look that was not long ago; one that hangs is not well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from ivr.core.alarms import AlarmKind
from ivr.engine.hub.alarms import Alarms
from ivr.ports.clock import Clock
from ivr.ports.disks import Disks, DiskState

LOOK_SECONDS = 2.0
STALE_SECONDS = 15.0
"""A look that takes longer has found a disk that hangs."""


class Room:
    """What is known of the disks. An alarm is raised once for each time that one becomes too full, or refuses."""

    def __init__(
        self, disks: Disks, alarms: Alarms, *, least_bytes: int, monotonic: Clock, looked: Callable[[DiskState], None]
    ) -> None:
        """`least_bytes`: with less, nothing new is begun. `looked` is told each disk after each look, for metrics."""
        self._disks, self._alarms, self._least = disks, alarms, least_bytes
        self._monotonic, self._looked = monotonic, looked
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="disks")
        self._looked_at = monotonic()
        self._faults: dict[str, str] = {}

    @property
    def fault(self) -> str:
        """What is wrong with a disk; empty while all is well."""
        if self._monotonic() - self._looked_at > STALE_SECONDS:
            return f"a disk has not answered for {STALE_SECONDS:g} s"
        return "; ".join(self._faults.values())

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        loop = asyncio.get_running_loop()
        hanging = False
        try:
            while True:
                looking = loop.run_in_executor(self._thread, self._disks.look)
                done, _ = await asyncio.wait({looking}, timeout=STALE_SECONDS)
                if not done and not hanging:
                    self._alarms.raise_alarm(AlarmKind.DISK, self.fault or "a disk does not answer")
                hanging = not done
                self._take(await looking)
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)

    def _take(self, found: Sequence[DiskState]) -> None:
        self._looked_at = self._monotonic()
        for disk in found:
            self._looked(disk)
            fault = self._fault_of(disk)
            if not fault:
                self._faults.pop(disk.place, None)
            elif disk.place not in self._faults:
                self._faults[disk.place] = fault
                self._alarms.raise_alarm(AlarmKind.DISK, fault)
        if not self._faults:
            self._alarms.write_owed()

    def _fault_of(self, disk: DiskState) -> str:
        if disk.fault:
            return f"the disk of {disk.where} takes nothing: {disk.fault}"
        if disk.free_bytes < self._least:
            return f"the disk of {disk.where} has less than {self._least >> 20} MiB left: make room"
        return ""
