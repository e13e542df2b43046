"""Drafts of dialplans that the office keeps: begun, saved, dropped, read. They mean nothing to calls.

Rules: the audit log says who wrote what, by the hash of each text; a draft whose text it does not know opens for
nobody. Each save names the revision that it was made from, so nobody's words are lost to somebody else's.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from difflib import unified_diff

from ivr.core.dialplan.kept_draft import ID_DIGITS, SCENARIOS, KeptDraft, refuse_odd_parts
from ivr.core.dialplan.publication import PublishedPlan
from ivr.engine.office.office import Asked, Desk, does
from ivr.engine.publishing.drafts import main_name, read_draft
from ivr.engine.publishing.followed import followed
from ivr.engine.publishing.live import published_now
from ivr.errors import DialplanError, OperatorError, SealError, StaleError

BEGUN, SAVED, DROPPED = "draft.begun", "draft.saved", "draft.dropped"
SCENARIOS_SUFFIX = ".test.yaml"


@dataclass(frozen=True, slots=True)
class ListDrafts(Asked):
    """Every draft."""


@dataclass(frozen=True, slots=True)
class ShowDraft(Asked):
    """One draft."""

    draft: str
    """Its id."""


@dataclass(frozen=True, slots=True)
class BeginDraft(Asked):
    """A new draft of what is served in the place of a listed dialplan; of the file, where nothing of it is served."""

    file: str


@dataclass(frozen=True, slots=True)
class SaveDraft(Asked):
    """Texts in the place of those that a draft has. The parts that are not named stay as they are."""

    draft: str
    revision: int
    """That was read before it was changed."""
    parts: Mapping[str, str] = field(repr=False)
    """Name -> text; SCENARIOS: those. A part without any text, but the main file, is left out from then on."""


@dataclass(frozen=True, slots=True)
class WrittenDraft:
    """A draft, and who wrote it by the word of the audit log."""

    kept: KeptDraft
    authors: tuple[str, ...]
    """Who saved it, and who brought it in from a file."""


@does("drafts.list")
def list_drafts(desk: Desk, asked: ListDrafts) -> list[WrittenDraft]:
    """Every draft, the one that was saved last first. Raises SealError."""
    kept = sorted(desk.ports.kept_drafts.all(), key=lambda one: one.at, reverse=True)
    return [written(desk, one) for one in kept]


@does("drafts.show")
def show(desk: Desk, asked: ShowDraft) -> WrittenDraft:
    """One of them. Raises OperatorError: there is none; SealError: somebody altered it beside the office."""
    return written(desk, desk.ports.kept_drafts.load(asked.draft))


@does("drafts.begin")
def begin(desk: Desk, asked: BeginDraft) -> KeptDraft:
    """Raises OperatorError when the settings do not list the file."""
    ports = desk.ports.publishing
    listed = next((one.file for one in ports.listed if ports.drafts.is_same(one.file, asked.file)), None)
    if listed is None:
        raise OperatorError("the settings list no such dialplan: drafts are of those under `dialplans:` in ivr.yaml")
    live = published_now(ports)
    plan = live.plan_of(listed) if live is not None else None
    base, main, texts = _begun_from(desk, listed, plan)
    now = desk.wall()
    draft = KeptDraft(
        id=secrets.token_hex(ID_DIGITS // 2),
        file=listed,
        began=now,
        base=base,
        main=main,
        texts=texts,
        scenarios=_scenarios(desk, listed),
        revision=1,
        at=now,
        by=desk.actor.name,
    )
    refuse_odd_parts(draft.texts, draft.scenarios)
    with desk.ports.kept_drafts.alone():
        with desk.entering(draft.id, sha256=draft.sha256, served=plan is not None):
            pass  # entered first: a text that the log does not know would open for nobody
        desk.ports.kept_drafts.keep(draft)
    return draft


@does("drafts.save")
def save(desk: Desk, asked: SaveDraft) -> KeptDraft:
    """Raises StaleError when somebody saved it meanwhile, OperatorError for what is no part of a dialplan."""
    with desk.ports.kept_drafts.alone():
        before = written(desk, desk.ports.kept_drafts.load(asked.draft)).kept
        parts = {name: plain(text) for name, text in asked.parts.items()}
        if before.revision != asked.revision:
            raise StaleError(
                f"{before.by} has saved this draft since you opened it. Nothing was saved: join your text with theirs, "
                f"and save it as revision {before.revision}",
                tuple(line for name, text in parts.items() for line in _difference(before, name, text)),
            )
        after = replace(before.with_parts(parts), revision=before.revision + 1, at=desk.wall(), by=desk.actor.name)
        refuse_odd_parts(after.texts, after.scenarios)
        if after.sha256 == before.sha256:
            return before
        with desk.entering(after.id, sha256=after.sha256, revision=after.revision):
            pass  # as above
        desk.ports.kept_drafts.keep(after)
    return after


@does("drafts.drop")
def drop(desk: Desk, asked: ShowDraft) -> None:
    """It is gone. Raises OperatorError when there is none."""
    with desk.ports.kept_drafts.alone():
        draft = desk.ports.kept_drafts.load(asked.draft)
        with desk.entering(draft.id, sha256=draft.sha256):
            desk.ports.kept_drafts.drop(draft.id)


def written(desk: Desk, kept: KeptDraft) -> WrittenDraft:
    """With its authors. Raises SealError when the log knows nothing of its text."""
    entries = [entry for entry in followed(desk.ports.log, BEGUN, SAVED) if entry.subject == kept.id]
    if kept.sha256 not in {entry.details.get("sha256") for entry in entries}:
        raise SealError(
            f"the draft {kept.id} was altered by somebody who is not in the audit log: remove its file from "
            "drafts/ in data_dir, and begin another one"
        )
    wrote = (entry.actor for entry in entries if entry.action == SAVED or not entry.details.get("served"))
    return WrittenDraft(kept, tuple(dict.fromkeys(wrote)))


class DraftedTexts:
    """`Drafts` in which one file says what a kept draft says. Recorded sounds come from beside the file."""

    def __init__(
        self, draft: KeptDraft, sound: Callable[[str, str], bytes], is_same: Callable[[str, str], bool]
    ) -> None:
        self._draft, self._sound, self._is_same = draft, sound, is_same

    def text(self, file: str, name: str = "") -> str:
        """Of the draft alone: what it does not hold nobody has read."""
        if file != self._draft.file:
            raise OperatorError(f"{file} is not in this draft")
        return self._draft.part(name or self._draft.main)

    def is_same(self, file: str, other: str) -> bool:
        """By their paths."""
        return self._is_same(file, other)

    def sound(self, file: str, name: str) -> bytes:
        """A recorded file."""
        return self._sound(file, name)


def _begun_from(desk: Desk, file: str, plan: PublishedPlan | None) -> tuple[str, str, Mapping[str, str]]:
    """SHA-256, name of the main file, texts."""
    if plan is not None:
        return plan.sha256, plan.main, plan.texts
    drafts = desk.ports.publishing.drafts
    try:
        found = read_draft(drafts, file)
    except DialplanError:  # what is not sound yet can be mended in a draft
        return "", main_name(file), {main_name(file): drafts.text(file)}
    return found.dialplan.sha256, found.main, found.texts


def _scenarios(desk: Desk, file: str) -> str:
    """Those beside the file; none, where there are none."""
    name = main_name(file)
    try:
        return desk.ports.publishing.drafts.text(file, scenarios_name(name))
    except OperatorError:
        return ""


def scenarios_name(main: str) -> str:
    """Name of the scenarios of a dialplan, by its main file's."""
    return f"{main.removesuffix('.yaml')}{SCENARIOS_SUFFIX}"


def plain(text: str) -> str:
    """With the line ends of a file: a browser's form sends others (HTML, 4.10.22.4)."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _difference(before: KeptDraft, name: str, text: str) -> list[str]:
    theirs = before.scenarios if name == SCENARIOS else before.texts.get(name, "")
    return text_difference(name, theirs, text, f"saved by {before.by}", "yours")


def text_difference(name: str, old: str, new: str, of_old: str = "served", of_new: str = "draft") -> list[str]:
    """Lines of a unified diff; none, where both say the same."""
    lines = unified_diff(old.splitlines(), new.splitlines(), f"{name} ({of_old})", f"{name} ({of_new})", lineterm="")
    return list(lines)
