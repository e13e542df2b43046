"""Drafts that the office keeps: who wrote them stands in the log, two who edit lose nothing, and nobody publishes alone
what they wrote, where two persons are demanded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.core.audit.roles import DEMANDED
from ivr.core.dialplan.kept_draft import SCENARIOS, KeptDraft
from ivr.engine.office import dialplan_overview, dialplans, draft_trials, drafts
from ivr.engine.office.dialplan_overview import Lines, Overview
from ivr.engine.office.dialplans import ApprovePublishing, Publish, Published
from ivr.engine.office.draft_trials import Examine, OfDraft, Simulate
from ivr.engine.office.drafts import BeginDraft, ListDrafts, SaveDraft, ShowDraft
from ivr.errors import DeniedError, DialplanError, OperatorError, SealError, StaleError
from tests.unit.office.house import PLAN, House, audit_entry
from tests.unit.office.test_dialplans import TEXT

MAIN = "small.yaml"
SCENARIO = """\
dialplan: small.yaml
scenarios:
  hears it:
    - expect: {prompt: Good morning, outcome: completed}
"""
PROTECTED = """\
name: small
version: "2"
languages: [en]
start: hello
defaults: {otherwise: bye}
protect:
  order: {after: [risk]}
disclosures:
  risk:
    say: {en: You may lose money.}
    acknowledge: {ask: {en: Press 1.}, press: 1, otherwise: bye}
states:
  hello:
    ask: {en: Order?}
    choices: {buy: {press: 1, go: order}, well: {press: 3, go: warn}, no: {press: 2, go: bye}}
  warn: {disclose: risk, go: order}
  order: {say: {en: Bought.}, go: bye}
  bye: {hang_up: completed}
"""


class Desk:
    """A house whose settings list one dialplan that is served, and its people."""

    def __init__(self) -> None:
        self.house = House()
        self.house.drafts.files[PLAN] = TEXT % ("1", "Hello.")
        dialplans.publish(self.house.office("os:olga"), Publish(reason="the first"))

    def begin(self, who: str = "os:olga") -> KeptDraft:
        return drafts.begin(self.house.office(who), BeginDraft(PLAN))

    def save(self, draft: KeptDraft, text: str, who: str = "os:olga", part: str = MAIN) -> KeptDraft:
        return drafts.save(self.house.office(who), SaveDraft(draft.id, draft.revision, {part: text}))

    def publish(self, draft: KeptDraft, who: str) -> Published:
        return dialplans.publish(self.house.office(who), Publish(draft=draft.id, reason="new words"))

    def demand_two(self) -> None:
        self.house.log.append([audit_entry("os:officer", DEMANDED, "publish")])

    def lines(self) -> Lines:
        return dialplan_overview.overview(self.house.office("os:olga"), Overview())

    def live(self) -> list[str]:
        return [one.live.id for one in self.lines().lines if one.live]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_draft_begins_with_what_is_served_and_means_nothing_until_it_is_published(desk: Desk) -> None:
    desk.house.drafts.files[PLAN] = "changed on disk: and never read"
    draft = desk.begin()
    assert draft.texts == {MAIN: TEXT % ("1", "Hello.")}
    desk.save(draft, TEXT % ("2", "Good morning."))
    assert desk.live() == ["small@1"]
    done = desk.publish(draft, "os:olga")
    assert (done.new, desk.live()) == (True, ["small@2"])
    assert drafts.list_drafts(desk.house.office("os:olga"), ListDrafts()) == []
    entry = desk.house.entries("dialplan.published")[-1]
    assert (entry.details["draft"], entry.details["authors"]) == (draft.id, ["os:olga"])


def test_of_two_who_edit_the_second_is_told_what_the_first_wrote_and_nothing_is_lost(desk: Desk) -> None:
    draft = desk.begin()
    theirs = desk.save(draft, TEXT % ("2", "Good morning."), "os:ben")
    with pytest.raises(StaleError, match="os:ben has saved this draft since you opened it") as stale:
        desk.save(draft, TEXT % ("2", "Good evening."), "os:olga")
    assert any(line.startswith("-") and "Good morning." in line for line in stale.value.difference)
    assert any(line.startswith("+") and "Good evening." in line for line in stale.value.difference)
    shown = drafts.show(desk.house.office("os:olga"), ShowDraft(draft.id))
    assert (shown.kept, shown.authors) == (theirs, ("os:ben",))
    joined = desk.save(theirs, TEXT % ("2", "Good day."), "os:olga")
    assert drafts.show(desk.house.office("os:olga"), ShowDraft(draft.id)).authors == ("os:ben", "os:olga")
    again = desk.save(joined, TEXT % ("2", "Good day."), "os:eve")
    assert again == joined, "who changes nothing is no author"


def test_who_wrote_it_does_not_publish_it_where_two_persons_are_demanded(desk: Desk) -> None:
    desk.demand_two()
    draft = desk.save(desk.begin("os:ben"), TEXT % ("2", "Good morning."), "os:olga")
    with pytest.raises(DeniedError, match="who wrote a draft does not publish it"):
        desk.publish(draft, "os:olga")
    with pytest.raises(DeniedError, match=f"another person must approve it first: .*--draft {draft.id} --for os:ben"):
        desk.publish(draft, "os:ben")
    approve = ApprovePublishing("os:ben", draft=draft.id, reason="read it")
    dialplans.approve(desk.house.office("os:olga"), approve)
    changed = desk.save(draft, TEXT % ("2", "Good mourning."), "os:olga")
    with pytest.raises(DeniedError, match="another person must approve it first"):
        desk.publish(changed, "os:ben")  # changed by a letter since
    dialplans.approve(desk.house.office("os:olga"), approve)
    assert desk.publish(changed, "os:ben").new
    assert desk.house.entries("dialplan.published")[-1].details["approved_by"] == "os:olga"


def test_an_author_whose_name_was_taken_out_beside_the_office_is_still_one(desk: Desk) -> None:
    draft = desk.save(desk.begin(), TEXT % ("2", "Good morning."))
    kept = desk.house.kept_drafts
    kept.keep(replace(draft, by="os:eve"))  # it says who saved it last, and is not believed
    assert drafts.show(desk.house.office("os:ben"), ShowDraft(draft.id)).authors == ("os:olga",)
    for forged in (
        replace(draft, texts={MAIN: TEXT % ("3", "Slipped in.")}),
        replace(draft, began=draft.began + 1e6),
        replace(draft, file="/plans/other.yaml"),
    ):
        kept.keep(forged)
        with pytest.raises(SealError, match="altered by somebody who is not in the audit log"):
            desk.publish(draft, "os:ben")


def test_what_a_draft_published_is_not_set_back_by_its_file(desk: Desk) -> None:
    desk.publish(desk.save(desk.begin(), TEXT % ("2", "Good morning.")), "os:olga")
    assert not desk.lines().lines[0].on_disk
    with pytest.raises(OperatorError, match="was published from a draft: bring the file up to it"):
        dialplans.publish(desk.house.office("os:olga"), Publish())
    assert desk.live() == ["small@2"]
    desk.house.drafts.files[PLAN] = TEXT % ("3", "Written on.")
    assert dialplans.publish(desk.house.office("os:olga"), Publish()).new
    assert desk.live() == ["small@3"]


@pytest.mark.parametrize(
    "name", ["../small.yaml", "/etc/small.yaml", "small.txt", "a/../../b.yaml", "", ".yaml", "a\nb.yaml"]
)
def test_a_part_is_a_file_below_the_dialplan(desk: Desk, name: str) -> None:
    with pytest.raises(OperatorError, match="a part of a dialplan is named like"):
        desk.save(desk.begin(), "states: {}\n", part=name)


def test_a_part_comes_in_by_its_first_text_and_goes_out_by_none(desk: Desk) -> None:
    draft = desk.save(desk.begin(), "bye: {hang_up: completed}\r\n", part="parts/end.yaml")
    assert draft.texts["parts/end.yaml"] == "bye: {hang_up: completed}\n"
    assert desk.save(draft, " ", part="parts/end.yaml").texts == {MAIN: TEXT % ("1", "Hello.")}
    with pytest.raises(OperatorError, match="at most"):
        desk.save(drafts.show(desk.house.office("os:a"), ShowDraft(draft.id)).kept, "x" * 300_000)


def test_a_draft_is_tried_out_as_it_is_being_written(desk: Desk) -> None:
    office, draft = desk.house.office("os:olga"), desk.begin()
    typed = {MAIN: (TEXT % ("1", "Good morning."))}
    trial = draft_trials.examine(office, Examine(draft.id, typed))
    assert (trial.examined.findings, trial.examined.dialplan is not None) == ((), True)
    assert trial.remarks == ("small@1 was published with another text before: count its version up (version:)",)
    wrong = draft_trials.examine(office, Examine(draft.id, {MAIN: typed[MAIN].replace("go: bye", "go: nowhere")}))
    (finding,) = wrong.examined.findings
    assert (finding.file, finding.line) == (MAIN, 6)
    held = draft_trials.simulate(office, Simulate(draft.id, typed))
    assert [line.text for line in held.lines if line.kind == "said"] == ["Good morning."]
    assert held.ended
    tested = draft_trials.try_scenarios(office, OfDraft(draft.id, {**typed, SCENARIOS: SCENARIO}))
    assert [result.passed for result in tested.results] == [True]
    assert (tested.coverage.states, tested.coverage.of_states) == (2, 2)
    failing = draft_trials.try_scenarios(office, OfDraft(draft.id, {SCENARIOS: SCENARIO}))
    assert not failing.results[0].passed
    compared = draft_trials.compare(office, OfDraft(draft.id, typed))
    assert compared.changes == ("state hello (en): 'Hello.' becomes 'Good morning.'",)
    assert drafts.show(office, ShowDraft(draft.id)).kept == draft, "nothing was saved"


def test_a_broken_rule_is_told_as_a_story_and_is_not_published(desk: Desk) -> None:
    draft = desk.save(desk.begin(), PROTECTED)
    trial = draft_trials.examine(desk.house.office("os:olga"), Examine(draft.id))
    assert trial.examined.certificate is None
    assert "'order' can be reached without risk" in trial.examined.story
    assert [finding.code for finding in trial.examined.findings] == ["P001"]
    with pytest.raises(DialplanError, match="its rules can be broken"):
        desk.publish(draft, "os:olga")
    assert desk.live() == ["small@1"]


def test_what_is_dropped_is_gone_and_what_is_not_listed_has_no_draft(desk: Desk) -> None:
    draft = desk.begin()
    drafts.drop(desk.house.office("os:olga"), ShowDraft(draft.id, reason="never mind"))
    with pytest.raises(OperatorError, match="there is no draft"):
        desk.save(draft, "x")
    with pytest.raises(OperatorError, match="the settings list no such dialplan"):
        drafts.begin(desk.house.office("os:olga"), BeginDraft("/etc/passwd"))
