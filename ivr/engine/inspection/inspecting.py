"""Calls that have ended are read, one after another: transcribed, made findable, and run by the published rules.

Rules: what waits follows from what is kept, so a call whose reading was interrupted waits again, and none is left out.
One call that cannot be read is told once and keeps no other waiting; it is tried again later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import inf

from ivr.core.call.inspected import talk_of, withheld
from ivr.core.call.recording import OutlinedRecording
from ivr.core.call.replay import served_by
from ivr.core.call.sealing import spoken
from ivr.core.call.transcription import Transcription, together
from ivr.core.compliance.findings import CallFindings, RulesUsed
from ivr.core.compliance.inspector import Inspector, inspect_all
from ivr.core.compliance.rule import Found, Ruleset
from ivr.core.review.risk import FOUND_FLAGS, whys_found
from ivr.core.vault.retention import DAY_SECONDS
from ivr.engine.inspection.transcribing import Transcribed, Transcriber
from ivr.engine.publishing.books import RuleBook
from ivr.engine.publishing.drafts import kept_dialplan
from ivr.errors import IvrError
from ivr.ports.calls import IndexedCallStore
from ivr.ports.clock import Clock
from ivr.ports.inspections import InspectionStore
from ivr.ports.recordings import Form, Recordings
from ivr.ports.versions import DialplanVersions

AT_ONCE = 500
"""Calls of a page."""
WHOLE_LOOK_SECONDS = 3600.0
"""Between two looks at all the days."""
LATE_SECONDS = 600.0
"""A record may be stored so long after others that ended later."""
AGAIN_SECONDS = 6 * 3600.0
"""Until a call that could not be read is tried again: a recording may be restored from a backup."""

AtLeast = Callable[[Callable[[], object]], object]
"""Runs something that takes the processor's time where it takes it from nobody."""


@dataclass(frozen=True, slots=True)
class InspectionPorts:
    """What reading calls works with."""

    recordings: Recordings
    calls: IndexedCallStore
    inspections: InspectionStore
    versions: DialplanVersions
    rules: RuleBook


@dataclass(slots=True)
class Tally:
    """What was done since it was asked last; counters of the inspector."""

    calls: int = 0
    talk_seconds: float = 0.0
    """Sound that was recognized."""
    found: int = 0
    failed: int = 0
    """Rules that failed in a call."""
    lost: int = 0
    """Utterances of which a recognizer made nothing, or rubbish."""
    unread: int = 0
    """Calls that could not be read."""


class Inspecting:
    """Reads what waits."""

    def __init__(
        self,
        ports: InspectionPorts,
        transcriber: Transcriber,
        *,
        days: float,
        at_least: AtLeast,
        wall: Clock,
        monotonic: Clock,
    ) -> None:
        """Calls that ended more than `days` ago are left out."""
        self._ports, self._transcriber, self._days = ports, transcriber, days
        self._at_least, self._wall, self._monotonic = at_least, wall, monotonic
        self._waiting: dict[str, float] = {}
        """Call -> its end, wall clock."""
        self._again: dict[str, float] = {}
        """Call that could not be read -> when it is tried again."""
        self._whole_look_at = -inf
        self._last_end = 0.0
        """Of the calls that were looked at."""
        self._inspectors: dict[str, Inspector] = {}
        """By their rules' hash."""
        self.tally = Tally()

    @property
    def backlog(self) -> tuple[int, float]:
        """How many calls wait, and for how long the first of them, seconds. Those that cannot be read are left out."""
        ends = [end for call, end in self._waiting.items() if call not in self._again]
        return len(ends), max(0.0, self._wall() - min(ends)) if ends else 0.0

    def look(self) -> None:
        """Find out which calls wait. Mostly only the latest are looked at; what was stored late is found within the
        hour."""
        since = self._wall() - self._days * DAY_SECONDS
        after = 0.0, ""
        if self._monotonic() >= self._whole_look_at:
            self._whole_look_at = self._monotonic() + WHOLE_LOOK_SECONDS
            self._waiting = {}
        elif self._waiting or self._last_end:
            after = self._last_end - LATE_SECONDS, ""
        while page := self._ports.inspections.waiting(since, limit=AT_ONCE, after=after):
            self._waiting |= {call: end for end, call in page}
            after = page[-1]
        self._last_end = max(self._last_end, after[0])

    def some(self, on_damage: Callable[[str, str], None]) -> Iterator[str]:
        """Read what waits, who waits longest first; yields each call that was read."""
        for call in sorted(self._waiting, key=self._waiting.__getitem__):
            if self._monotonic() < self._again.get(call, 0.0):
                continue
            try:
                read = self._read(call)
            except IvrError as error:
                self._put_off(call, str(error), on_damage)
                continue
            self._again.pop(call, None)
            if read:
                del self._waiting[call]
                yield call

    def _put_off(self, call: str, why: str, on_damage: Callable[[str, str], None]) -> None:
        if call not in self._again:
            on_damage(call, why)
            self.tally.unread += 1
        self._again[call] = self._monotonic() + AGAIN_SECONDS

    def _read(self, call: str) -> bool:
        """False: its recording is not sealed for good yet. Raises IvrError."""
        ports = self._ports
        stored = ports.recordings.find(call)
        if stored.form is Form.JOURNAL and ports.recordings.trouble(stored).aside is None:
            return False
        told = ports.recordings.outline(stored, salvage=stored.form is Form.JOURNAL)
        whole = replace(told, outline=replace(told.outline, entries=tuple(ports.recordings.entries(stored))))
        transcription = ports.inspections.transcription(call) or self._transcribe(told)
        ports.calls.index_words(call, *spoken(together(told.transcript(), transcription)))
        findings = self._findings(whole, transcription)
        ports.calls.index_flags(call, (one.name for one in whys_found(findings.found)), FOUND_FLAGS)
        ports.inspections.put_findings(findings)
        self.tally.calls += 1
        self.tally.found += len(findings.found)
        self.tally.failed += len(findings.failed)
        return True

    def _transcribe(self, told: OutlinedRecording) -> Transcription:
        made = self._at_least(lambda: self._transcriber.transcribe(told))
        assert isinstance(made, Transcribed)
        self._ports.inspections.put_transcription(made.transcription)
        self.tally.talk_seconds += made.talk_seconds
        self.tally.lost += made.lost
        return made.transcription

    def _findings(self, told: OutlinedRecording, transcription: Transcription) -> CallFindings:
        record = told.record()
        live = [one.what for one in self._ports.rules.live()]
        found: tuple[tuple[Found, ...], tuple[str, ...]] = (), ()
        if live:
            _, sha256 = served_by(told.outline.entries)
            talk = talk_of(told, kept_dialplan(self._ports.versions, sha256), transcription)
            today = datetime.fromtimestamp(record.started_at, UTC).date()
            inspectors = [self._inspector(one) for one in live]
            made = self._at_least(lambda: inspect_all(inspectors, talk, today=today))
            assert isinstance(made, tuple)
            found = made
        used = tuple(map(RulesUsed.of, live))
        every, failed = (*withheld(record), *found[0]), found[1]
        return CallFindings(record.call_id, record.started_at, self._wall(), used, every, failed)

    def _inspector(self, rules: Ruleset) -> Inspector:
        if rules.sha256 not in self._inspectors:
            self._inspectors[rules.sha256] = Inspector(rules)
        return self._inspectors[rules.sha256]
