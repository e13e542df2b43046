"""Takes notices to their targets: from the log's entries and the alarms, at least once, some at a time.

Rules: no call waits for it: it reads what is written down anyway, in a process that no call needs. What is owed is a
number in the log for each target, so nothing waits in a queue that could grow or be lost. A target that does not answer
keeps no other waiting for longer than one try, and is tried again ever less often.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from ivr.core.call.notices import ALARM, SOURCES, TEST, TOO_OLD_SECONDS, Notice, Target, headers, of_alarm, of_entry
from ivr.core.call.record import CallRecord
from ivr.errors import IvrError, PeerError
from ivr.ports.audit import AuditLog
from ivr.ports.calls import CallStore
from ivr.ports.clock import Clock
from ivr.ports.notices import AlarmsRaised, Poster, Targets

AT_ONCE: Final = 50
"""Notices that one target gets before the next one's turn."""
SETTLE_SECONDS: Final = 3.0
"""An entry rests so long: the record of its call is stored meanwhile."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A notice, and how the target stands once it was told."""

    notice: Notice
    entry: int
    alarm_at: float


class Courier:
    """One round after another."""

    def __init__(
        self,
        targets: Targets,
        poster: Poster,
        log: AuditLog,
        calls: CallStore,
        alarms: AlarmsRaised,
        *,
        wall: Clock,
        tell: Callable[[str, Mapping[str, object]], None] = lambda event, data: None,
    ) -> None:
        """`tell`: into the engine's own log."""
        self._targets, self._poster, self._log, self._calls = targets, poster, log, calls
        self._alarms, self._wall, self._tell = alarms, wall, tell

    def round(self) -> int:
        """Tell what is owed and due; returns how many notices were taken. Raises IvrError where nothing can be read."""
        return sum(self._serve(target) for target in self._targets.all() if self._wall() >= target.next_at)

    def test(self, target: Target) -> int:
        """Send one that says so; the answer's status. Raises PeerError."""
        now = self._wall()
        return self._post(target, Notice(f"test-{now:.6f}", TEST, now, {"target": target.name}))

    def _serve(self, target: Target) -> int:
        told = 0
        self._log.publish()
        end = self._log.published
        for owed in self._owed(target, end):
            if self._wall() - owed.notice.at > TOO_OLD_SECONDS:
                self._keep(target, owed, lambda one: replace(one, dropped=one.dropped + 1))
                continue
            try:
                status = self._post(target, owed.notice)
                if not 200 <= status < 300:
                    raise PeerError(f"HTTP status {status}")
            except PeerError as error:
                why, now = str(error), self._wall()
                self._targets.change(target.name, partial(Target.failed, why=why, now=now))
                self._tell("notice_not_taken", {"target": target.name, "reason": why})
                return told
            self._keep(target, owed, partial(Target.took, how=f"HTTP status {status}"))
            told += 1
            if told >= AT_ONCE:
                return told
        return told

    def _owed(self, target: Target, end: int) -> Iterator[Owed]:
        """What it is to be told, in order: of the log, then alarms."""
        actions = tuple(action for action, event in SOURCES.items() if event in target.events)
        settled, at = self._wall() - SETTLE_SECONDS, target.entry
        if actions:
            for number, entry in self._log.entries(target.entry, before=end, actions=actions):
                if entry.at > settled:
                    end = number
                    break
                yield Owed(of_entry(number, entry, self._record(entry.subject)), number + 1, target.alarm_at)
                at = number + 1
        if end > at:  # nothing for it in between: the next round begins there
            self._targets.change(target.name, lambda one: replace(one, entry=max(one.entry, end)))
        if ALARM in target.events:
            for when, kind, call in self._alarms.since(target.alarm_at):
                yield Owed(of_alarm(when, kind, call), max(at, end), when)

    def _record(self, call: str) -> CallRecord | None:
        try:
            return self._calls.get(call)
        except IvrError:  # it is not stored, was erased, or is damaged: the call's id is told alone
            return None

    def _keep(self, target: Target, owed: Owed, change: Callable[[Target], Target]) -> None:
        self._targets.change(
            target.name,
            lambda one: replace(
                change(one), entry=max(one.entry, owed.entry), alarm_at=max(one.alarm_at, owed.alarm_at)
            ),
        )

    def _post(self, target: Target, notice: Notice) -> int:
        body = notice.body()
        signed = headers(notice, target.secret, body, now=self._wall())
        return self._poster.post(target.url, signed, body, inside=target.inside)
