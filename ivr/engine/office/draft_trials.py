"""A draft tried out before anyone calls it: examined, talked to, tested, and compared with what is served."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ivr.core.compliance.spoken import read_dialplan
from ivr.core.dialplan.kept_draft import SCENARIOS, KeptDraft, refuse_odd_parts
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.language.schema_json import json_schema
from ivr.core.dialplan.language.schema_names import names_of, narrowed
from ivr.core.dialplan.language.source import failed, read_source
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.offers import check_offered
from ivr.core.dialplan.workbench.conversation import Held, held
from ivr.core.dialplan.workbench.coverage import Coverage, coverage
from ivr.core.dialplan.workbench.difference import differences
from ivr.core.dialplan.workbench.examination import Examined, examined
from ivr.core.dialplan.workbench.scenario import Result, ScenarioFile, load_scenarios, run_scenario
from ivr.core.dialplan.workbench.scenario_names import scenario_schema_of, unknown_names
from ivr.core.dialplan.workbench.scenario_shape import Sources
from ivr.core.dialplan.workbench.simulated_line import USUAL_MOMENT, USUAL_NUMBER
from ivr.engine.office.drafts import plain, scenarios_name, text_difference, written
from ivr.engine.office.office import Asked, Desk, Office, does
from ivr.engine.publishing.live import published_now
from ivr.engine.publishing.served import parsed
from ivr.errors import DialplanError, OperatorError


@dataclass(frozen=True, slots=True)
class OfDraft(Asked):
    """A draft, as it was saved or as it is being written."""

    draft: str
    """Its id."""
    parts: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Texts that were not saved yet, in the place of its own: as `SaveDraft.parts`."""


@dataclass(frozen=True, slots=True)
class Examine(OfDraft):
    """What is wrong with it."""

    proving: bool = True
    """Its rules are proved too, which takes a second."""


@dataclass(frozen=True, slots=True)
class Simulate(OfDraft):
    """A call to it."""

    typed: Sequence[str] = field(default=(), repr=False)
    """What the caller does, a line each, as in `ivr simulate`."""
    at: datetime = USUAL_MOMENT
    called: str = USUAL_NUMBER


@dataclass(frozen=True, slots=True)
class Trial:
    """What an examination found."""

    examined: Examined
    remarks: tuple[str, ...]
    """What keeps it from being published, though it is sound: the version was used, or the settings lack something."""


@dataclass(frozen=True, slots=True)
class Tested:
    """What became of its scenarios."""

    results: tuple[Result, ...]
    coverage: Coverage
    findings: tuple[Finding, ...] = ()
    """Why they cannot be run: then there are no results."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What it would change."""

    live: str
    """name@version of what is served in its place; empty: nothing is."""
    changes: tuple[str, ...]
    """For those who call, what protects first."""
    texts: tuple[str, ...]
    """Line by line, as a unified diff."""


@does("drafts.examine")
def examine(desk: Desk, asked: Examine) -> Trial:
    """Every error with its place. Raises OperatorError, SealError."""
    draft = as_written(desk, asked)
    found = examined(lambda: dialplan_of(draft), proving=asked.proving)
    return Trial(found, tuple(_remarks(desk, found.dialplan)) if found.dialplan is not None else ())


@does("drafts.simulate")
def simulate(desk: Desk, asked: Simulate) -> Held:
    """The call, from its beginning. Raises DialplanError when the draft is not sound."""
    draft = as_written(desk, asked)
    dialplan = dialplan_of(draft)
    sources: Sources = _scenarios(draft, dialplan).sources if draft.scenarios.strip() else {}
    return held(dialplan, sources, asked.typed, at=asked.at, called=asked.called)


@does("drafts.test")
def try_scenarios(desk: Desk, asked: OfDraft) -> Tested:
    """Its scenarios, and how much of it they go through. Raises DialplanError when the draft itself is not sound."""
    draft = as_written(desk, asked)
    dialplan = dialplan_of(draft)
    if not draft.scenarios.strip():
        return Tested((), coverage(dialplan, ()))
    try:
        scenarios = _scenarios(draft, dialplan).scenarios
    except DialplanError as error:
        told = tuple(one for one in error.findings if isinstance(one, Finding))
        return Tested((), coverage(dialplan, ()), told)
    results = tuple(run_scenario(dialplan, scenario) for scenario in scenarios)
    return Tested(results, coverage(dialplan, results))


@does("drafts.compare")
def compare(desk: Desk, asked: OfDraft) -> Compared:
    """With what is served in its place. Raises DialplanError when the draft is not sound, SealError."""
    draft = as_written(desk, asked)
    dialplan = dialplan_of(draft)
    live = published_now(desk.ports.publishing) if desk.ports.begun else None
    plan = live.plan_of(draft.file) if live is not None else None
    if plan is None:
        return Compared("", (), ())
    names = dict.fromkeys((*plan.texts, *draft.texts))
    texts = tuple(
        line for name in names for line in text_difference(name, plan.texts.get(name, ""), draft.texts.get(name, ""))
    )
    return Compared(plan.id, tuple(differences(parsed(plan), dialplan)), texts)


def schema(office: Office, asked: OfDraft, part: str) -> dict[str, Any]:
    """The JSON Schema of a part: of the dialplan as far as it can be read, of scenarios where it is sound."""
    draft = as_written(office.desk("drafts.examine", asked), asked)
    if part == SCENARIOS:
        return scenario_schema_of(dialplan_of(draft))
    sources = [read_source(text, file=name) for name, text in draft.texts.items()]
    return narrowed(json_schema(), names_of(sources))


def dialplan_of(draft: KeptDraft) -> Dialplan:
    """The dialplan of a draft; its places name its parts. Raises DialplanError."""
    return read_dialplan(draft.part(draft.main), source=draft.main, read_include=draft.part)


def as_written(desk: Desk, asked: OfDraft) -> KeptDraft:
    """The draft with what was not saved yet. Raises OperatorError, SealError."""
    draft = written(desk, desk.ports.kept_drafts.load(asked.draft)).kept
    if not asked.parts:
        return draft
    parts = {name: plain(text) for name, text in asked.parts.items()}
    made = draft.with_parts(parts)
    refuse_odd_parts(made.texts, made.scenarios)
    return made


def _scenarios(draft: KeptDraft, dialplan: Dialplan) -> ScenarioFile:
    """Raises DialplanError, also where they name what the dialplan does not have."""
    found = load_scenarios(draft.part(SCENARIOS), file=scenarios_name(draft.main))
    if unknown := unknown_names(found, dialplan):
        raise failed(tuple(sorted(unknown)))
    return found


def _remarks(desk: Desk, dialplan: Dialplan) -> list[str]:
    found = []
    try:
        check_offered(dialplan, desk.ports.publishing.offers)
    except OperatorError as error:
        found.append(str(error))
    if any(kept.id == dialplan.id and kept.sha256 != dialplan.sha256 for kept in desk.ports.versions.all()):
        found.append(f"{dialplan.id} was published with another text before: count its version up (version:)")
    return found
