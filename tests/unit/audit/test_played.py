"""The log says of each warning whether it sounded as published: true, false, no hash, or nothing (an older entry)."""

from __future__ import annotations

import dataclasses

import pytest

from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.played import PLAYED, played_warnings
from ivr.core.audit.step import AS_PUBLISHED, CallStep, step_entry, step_salt
from ivr.core.call.story import Story
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.orders.playing import Clip, PlayPrompt, PlayReport, PromptEnd, PromptEnded

PUBLISHED, OTHER = "ab" * 32, "cd" * 32
PLAN = dataclasses.replace(
    load_dialplan(
        'name: p\nversion: "1"\nlanguages: [en, zh]\nstart: bye\nstates: {bye: {hang_up: completed}}\n', source="p"
    ),
    published={"risk": {"en": PUBLISHED}},
)


def entered(audio: str, *, language: str = "en", name: str = "risk") -> AuditEntry:
    """The log's entry of a warning that was played."""
    story = Story(PLAN)
    story.tell(None, [PlayPrompt(4, (Clip(language, "You may lose it."),), name)])
    ((action, details),) = story.tell(PromptEnded(4, PromptEnd.COMPLETED, PlayReport(audio, 800, 0, 800, 5, 0.0)), [])
    step = CallStep(3, 1.0, action, details)
    return step_entry("call", 1.0, "cell 0", action, step.public(step_salt(bytes(32))))


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (entered(PUBLISHED), True),
        (entered(OTHER), False),
        (entered(PUBLISHED, language="zh"), None),
        (entered(PUBLISHED, name="balance"), None),
    ],
)
def test_an_entry_says_whether_the_sound_was_the_published_one_and_not_which(
    entry: AuditEntry, says: bool | None
) -> None:
    assert entry.details[AS_PUBLISHED] is says
    assert entry.details.keys() == {"step", "hash", AS_PUBLISHED}


def test_counts_name_the_calls_whose_warning_was_another_sound_and_take_old_entries() -> None:
    older = AuditEntry(1.0, "cell 0", PLAYED, "old", details={"step": 3, "hash": "00"})
    unrelated = AuditEntry(1.0, "cell 0", "state.entered", "call", details={AS_PUBLISHED: False})
    log = [entered(PUBLISHED), older, entered(OTHER), entered(OTHER, name="balance"), unrelated]
    counted = played_warnings(enumerate(log))
    assert (counted.as_published, counted.untold, counted.own, counted.other) == (1, 1, 1, [(2, "call")])
    assert "1 NOT AS THEY WERE PUBLISHED" in str(counted)
    odd = dataclasses.replace(log[0], details={AS_PUBLISHED: "yes"})
    assert played_warnings([(0, odd)]).other == [(0, "call")], "what is no truth is none"
