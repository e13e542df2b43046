"""One draft: written, tried out, compared, replayed on real calls, approved and published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, Field

from ivr.apps.web.console import Done
from ivr.apps.web.operation import operation
from ivr.apps.web.pages.calls import Because
from ivr.apps.web.pages.dialplans import DraftRow, draft_row, told_of
from ivr.apps.web.visit import Visit
from ivr.core.call.retold import Change
from ivr.core.dialplan.kept_draft import SCENARIOS, TEXT_LETTERS
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.workbench.picture import svg
from ivr.core.dialplan.workbench.told import Line
from ivr.engine.office import dialplan_overview, dialplans, draft_trials, drafts
from ivr.engine.office.dialplan_overview import ReplayCalls, RetoldCall
from ivr.engine.office.dialplans import ApprovePublishing, Publish
from ivr.engine.office.draft_trials import Compared, Examine, OfDraft, Simulate, Trial
from ivr.engine.office.drafts import SaveDraft, ShowDraft
from ivr.errors import DialplanError, StaleError

TYPED_LINES: Final = 200
"""Of one simulated call."""


class Which(BaseModel):
    """Which part of the draft is shown."""

    part: str = Field(default="", max_length=200)
    """Empty: its main file."""


class Typed(BaseModel):
    """A part as it is being written; what was saved, where none is named."""

    part: str = Field(default="", max_length=200)
    text: str = Field(default="", max_length=TEXT_LETTERS)

    @property
    def parts(self) -> Mapping[str, str]:
        """As the office takes it."""
        return {self.part: self.text} if self.part else {}


class TypedToSave(Typed):
    """The same, to be kept."""

    part: str = Field(min_length=1, max_length=200)
    revision: int
    """That was read before it was changed."""


class TypedToCheck(Typed):
    """The same, to be checked."""

    proving: bool = True
    """Its rules are proved too."""


class TypedToTalk(Typed):
    """The same, to be talked to."""

    typed: str = Field(default="", max_length=20_000)
    """What the caller has done so far, a line each."""
    say: str = Field(default="", max_length=200)
    """What they do now; nothing is silence."""
    more: bool = False
    """They do something now. If not, it is told until their turn."""


class LastCalls(Because):
    """How many calls, and why they are opened."""

    last: int = Field(default=50, ge=1, le=500)


class ForPublisher(Because):
    """Whom it is approved for."""

    publisher: str = Field(min_length=1, max_length=64)


class MayBecause(BaseModel):
    """Why, where somebody wants to say so."""

    reason: str = Field(default="", max_length=500)


@dataclass(frozen=True, slots=True)
class DraftPage:
    """A draft, and one of its parts."""

    row: DraftRow
    numbers_of: str
    """The listed file in whose place it would be served."""
    parts: tuple[str, ...]
    part: str
    text: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody saved it meanwhile: nothing of this was saved."""

    row: DraftRow
    part: str
    yours: str
    difference: tuple[str, ...]
    """Theirs and yours, as a unified diff."""
    message: str


@dataclass(frozen=True, slots=True)
class Told:
    """Something that is wrong, or unwise, and where."""

    part: str
    line: int
    column: int
    code: str
    message: str
    hint: str
    error: bool


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found."""

    row: DraftRow
    told: tuple[Told, ...]
    remarks: tuple[str, ...]
    story: tuple[str, ...]
    """The shortest ways past its rules, line by line."""
    rules: tuple[str, ...]
    """What was proved."""
    proved: bool
    sound: bool
    states: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture."""

    row: DraftRow
    svg: str
    told: tuple[Told, ...]
    """Why there is none."""


@dataclass(frozen=True, slots=True)
class Talked:
    """A simulated call."""

    row: DraftRow
    part: str
    text: str
    typed: str
    lines: tuple[Line, ...]
    ended: bool
    listens: bool
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What became of one."""

    name: str
    failures: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Tested:
    """What became of all."""

    row: DraftRow
    scenarios: tuple[Scenario, ...]
    passed: int
    states: int
    of_states: int
    ways: int
    of_ways: int
    missing: tuple[tuple[str, str], ...]
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What it would change."""

    row: DraftRow
    compared: Compared | None
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Parted:
    """Where a call parts from what it was."""

    at: float
    state: str
    then: str
    now: str
    kind: str


@dataclass(frozen=True, slots=True)
class Again:
    """A real call on the draft."""

    call: str
    at: float
    served_by: str
    kind: str
    """none, words, orders, elsewhere, warning; unknown: the core decides otherwise today than in the call."""
    partings: tuple[Parted, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """The latest calls on the draft."""

    row: DraftRow
    calls: tuple[Again, ...]
    counts: Mapping[str, int]
    damaged: int


@operation("GET", "/dialplans/drafts/{draft}", scope="drafts.show", page="draft.html")
def drafts_show(visit: Visit, draft: str, asked: Which) -> DraftPage:
    """A draft with its editor."""
    found = drafts.show(visit.office, ShowDraft(draft))
    kept, part = found.kept, asked.part or found.kept.main
    parts = (kept.main, *sorted(kept.texts.keys() - {kept.main}), SCENARIOS)
    return DraftPage(draft_row(found), kept.file, parts, part, kept.part(part))


@operation("POST", "/dialplans/drafts/{draft}/save", scope="drafts.save", page="draft_conflict.html")
def drafts_save(visit: Visit, draft: str, asked: TypedToSave) -> Done | Conflict:
    """Keep a part. Where somebody saved the draft meanwhile nothing is, and both texts are shown (409)."""
    try:
        saved = drafts.save(visit.office, SaveDraft(draft, asked.revision, asked.parts))
    except StaleError as error:
        visit.status = 409
        return Conflict(_row(visit, draft), asked.part, asked.text, error.difference, str(error))
    told = visit.language.text("Saved as revision {number}.", number=saved.revision)
    return Done(told, f"/dialplans/drafts/{draft}?part={asked.part}")


@operation("POST", "/dialplans/drafts/{draft}/check", scope="drafts.examine", page="draft_check.html")
def drafts_check(visit: Visit, draft: str, asked: TypedToCheck) -> Checked:
    """Every error with its place, and the proof of its rules or a story that breaks them."""
    trial = draft_trials.examine(visit.office, Examine(draft, asked.parts, asked.proving))
    found = trial.examined
    return Checked(
        row=_row(visit, draft),
        told=_told_of(trial),
        remarks=trial.remarks,
        story=tuple(found.story.splitlines()),
        rules=found.certificate.rules if found.certificate is not None else (),
        proved=found.certificate is not None,
        sound=found.dialplan is not None,
        states=len(found.dialplan.states) if found.dialplan is not None else 0,
    )


@operation("POST", "/dialplans/drafts/{draft}/picture", scope="drafts.examine", page="draft_picture.html")
def drafts_picture(visit: Visit, draft: str, asked: Typed) -> Drawn:
    """The picture of `ivr graph`."""
    trial = draft_trials.examine(visit.office, Examine(draft, asked.parts, proving=False))
    dialplan = trial.examined.dialplan
    return Drawn(_row(visit, draft), svg(dialplan) if dialplan is not None else "", _told_of(trial))


@operation("GET", "/dialplans/drafts/{draft}/schema", scope="drafts.examine")
def drafts_schema(visit: Visit, draft: str, asked: Which) -> dict[str, Any]:
    """The JSON Schema of a part, which knows the draft's names: for completion in the editor."""
    return draft_trials.schema(visit.office, OfDraft(draft), asked.part)


@operation("POST", "/dialplans/drafts/{draft}/talk", scope="drafts.simulate", page="draft_talk.html")
def drafts_talk(visit: Visit, draft: str, asked: TypedToTalk) -> Talked:
    """The call of `ivr simulate`: the same lines give the same call."""
    lines = [*asked.typed.splitlines(), *([asked.say] if asked.more else [])][:TYPED_LINES]
    row = _row(visit, draft)
    typed = "".join(f"{line}\n" for line in lines)
    try:
        held = draft_trials.simulate(visit.office, Simulate(draft, asked.parts, typed=lines))
    except DialplanError as error:
        return Talked(row, asked.part, asked.text, typed, (), ended=True, listens=False, told=_told(error.findings))
    return Talked(row, asked.part, asked.text, typed, held.lines, held.ended, held.listens, ())


@operation("POST", "/dialplans/drafts/{draft}/test", scope="drafts.test", page="draft_test.html")
def drafts_test(visit: Visit, draft: str, asked: Typed) -> Tested:
    """Its scenarios, and how much of it they go through."""
    row = _row(visit, draft)
    try:
        found = draft_trials.try_scenarios(visit.office, OfDraft(draft, asked.parts))
    except DialplanError as error:
        return Tested(row, (), 0, 0, 0, 0, 0, (), _told(error.findings))
    scenarios = tuple(Scenario(one.name, _told(one.failures)) for one in found.results)
    passed, covered = sum(one.passed for one in found.results), found.coverage
    return Tested(
        row,
        scenarios,
        passed,
        covered.states,
        covered.of_states,
        covered.ways,
        covered.of_ways,
        covered.missing,
        _told(found.findings),
    )


@operation("POST", "/dialplans/drafts/{draft}/changes", scope="drafts.compare", page="draft_changes.html")
def drafts_changes(visit: Visit, draft: str, asked: Typed) -> Changes:
    """What it would change for those who call, against what is live."""
    row = _row(visit, draft)
    try:
        return Changes(row, draft_trials.compare(visit.office, OfDraft(draft, asked.parts)), ())
    except DialplanError as error:
        return Changes(row, None, _told(error.findings))


@operation("POST", "/dialplans/drafts/{draft}/replay", scope="dialplans.replay", page="draft_replay.html")
def dialplans_replay(visit: Visit, draft: str, asked: LastCalls) -> Replayed:
    """The latest real calls on it: who would have gone elsewhere, or heard another warning."""
    found = dialplan_overview.replay_calls(visit.office, ReplayCalls(draft, last=asked.last, reason=asked.reason))
    calls = tuple(map(_again, found.calls))
    kinds = [_kind(change) for change in sorted(Change, reverse=True)]
    counts = {kind: sum(one.kind == kind for one in calls) for kind in (*kinds, "unknown")}
    return Replayed(_row(visit, draft), calls, counts, len(found.damaged))


@operation("POST", "/dialplans/drafts/{draft}/approve", scope="dialplans.approve")
def dialplans_approve(visit: Visit, draft: str, asked: ForPublisher) -> Done:
    """Let another person publish it, once within a day."""
    done = dialplans.approve(visit.office, ApprovePublishing(asked.publisher, draft=draft, reason=asked.reason))
    named = {"who": done.publisher, "what": ", ".join(done.dialplans)}
    told = visit.language.text("{who} may make {what} live once, within a day.", **named)
    return Done(told, f"/dialplans/drafts/{draft}")


@operation("POST", "/dialplans/drafts/{draft}/publish", scope="dialplans.publish")
def dialplans_publish(visit: Visit, draft: str, asked: Because) -> Done:
    """Make it live: checked, proved, spoken and entered, all or none."""
    done = dialplans.publish(visit.office, Publish(draft=draft, reason=asked.reason))
    return Done(told_of(visit, done.publication.id), "/dialplans")


@operation("POST", "/dialplans/drafts/{draft}/drop", scope="drafts.drop")
def drafts_drop(visit: Visit, draft: str, asked: MayBecause) -> Done:
    """It is gone; what is served stays as it is."""
    drafts.drop(visit.office, ShowDraft(draft, reason=asked.reason))
    return Done(visit.language.text("The draft is dropped."), "/dialplans")


def _row(visit: Visit, draft: str) -> DraftRow:
    return draft_row(drafts.show(visit.office, ShowDraft(draft)))


def _told_of(trial: Trial) -> tuple[Told, ...]:
    return (*_told(trial.examined.findings), *_told(trial.examined.warnings, error=False))


def _told(findings: Any, *, error: bool = True) -> tuple[Told, ...]:
    return tuple(
        Told(one.file, one.line, one.column, one.code, one.message, one.hint, error)
        for one in findings
        if isinstance(one, Finding)
    )


def _again(one: RetoldCall) -> Again:
    kind = _kind(one.retold.change) if one.retold.faithful else "unknown"
    partings = tuple(
        Parted(part.at, part.state, part.then, part.now, _kind(part.change))
        for part in one.retold.partings
        if part.change > Change.WORDS
    )
    return Again(one.call, one.at, one.served_by, kind, partings)


def _kind(change: Change) -> str:
    return change.name.lower()
