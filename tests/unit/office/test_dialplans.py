"""Dialplans go live by acts: published, rolled back, shown; where two persons are demanded nobody does it alone."""

from __future__ import annotations

import pytest

from ivr.core.audit.roles import DEMANDED
from ivr.core.dialplan.publication import Publication
from ivr.engine.office import dialplans
from ivr.engine.office.dialplans import ApprovePublishing, Publish, Published, RollBack, ShowDialplans
from ivr.engine.publishing.live import REFUSED, Act
from ivr.engine.publishing.served import ServedPlans
from ivr.errors import DeniedError, EnvironmentFault, OperatorError
from tests.unit.office.house import PLAN, House, audit_entry

TEXT = """\
name: small
version: "%s"
languages: [en]
start: hello
states:
  hello: {say: {en: %s}, go: bye}
  bye: {hang_up: completed}
"""


class Line:
    """A house whose settings list one dialplan, and two operators."""

    def __init__(self) -> None:
        self.house = House()
        self.write("1", "Hello.")

    def write(self, version: str, words: str) -> None:
        self.house.drafts.files[PLAN] = TEXT % (version, words)

    def publish(self, who: str = "os:olga") -> Publication:
        return dialplans.publish(self.house.office(who), Publish(reason="asked for")).publication

    def roll_back(self, to: str = "", who: str = "os:olga") -> Published:
        return dialplans.roll_back(self.house.office(who), RollBack(to, reason="wrong words"))

    def approve(self, who: str, for_: str, *, back_to: str | None = None) -> None:
        dialplans.approve(self.house.office(who), ApprovePublishing(for_, back_to=back_to, reason="read it"))

    def live(self) -> list[tuple[str, float, str]]:
        shown = dialplans.live(self.house.office("os:nobody"), ShowDialplans())
        return [(one.id, one.since, one.by) for one in shown.dialplans]

    def later(self) -> float:
        self.house.now += 60.0
        return self.house.now

    def demand_two(self) -> None:
        self.house.log.append([audit_entry("os:officer", DEMANDED, "publish")])


@pytest.fixture
def line() -> Line:
    return Line()


def test_what_is_live_is_told_with_since_when_unbroken_and_by_whom(line: Line) -> None:
    assert line.live() == []
    began = line.later()
    line.publish()
    assert line.live() == [("small@1", began, "os:olga")]
    line.house.list_also("/plans/other.yaml", TEXT.replace("small", "other") % ("1", "Other."))
    joined = line.later()
    line.publish("os:ben")
    assert line.live() == [("small@1", began, "os:olga"), ("other@1", joined, "os:ben")]


def test_a_roll_back_serves_the_earlier_texts_and_sounds_as_a_publication_of_its_own(line: Line) -> None:
    first = line.publish()
    line.write("2", "Hello again.")
    line.later()
    line.publish()
    at = line.later()
    back = line.roll_back()
    assert back.new
    assert back.publication.same_as(first)
    assert (back.publication.at, back.publication.actor) == (at, "os:olga")
    assert line.live() == [("small@1", at, "os:olga")]
    past = dialplans.publications(line.house.office("os:olga"), ShowDialplans())
    assert [(one.dialplans, one.live) for one in past] == [
        (("small@1",), True),
        (("small@2",), False),
        (("small@1",), False),
    ]
    assert past[0].reason == "wrong words"
    (last,) = [one for one in line.house.entries("dialplan.published") if one.details.get("rolled_back_to")]
    assert last.details["rolled_back_to"] == first.id
    assert not line.roll_back(first.id[:8]).new, "it is what is served"


def test_what_is_rolled_back_to_must_be_there_whole_and_asked_of_what_the_settings_have(line: Line) -> None:
    with pytest.raises(OperatorError, match="no earlier publication"):
        line.roll_back()
    first = line.publish()
    line.write("2", "Hello again.")
    second = line.publish()
    with pytest.raises(OperatorError, match="no earlier publication"):
        line.roll_back("ffffffff")
    (gone,) = set(first.prompts.values()) - set(second.prompts.values())
    del line.house.prompts.audio[gone.sha256]
    with pytest.raises(EnvironmentFault, match="nothing changed"):
        line.roll_back()
    assert [one[0] for one in line.live()] == ["small@2"]


def test_where_two_persons_are_demanded_nobody_publishes_what_only_they_have_read(line: Line) -> None:
    line.demand_two()
    with pytest.raises(
        DeniedError, match="another person must approve it first: ivr publications approve --for os:olga"
    ):
        line.publish()
    assert line.house.entries(REFUSED)[-1].outcome == "denied"
    with pytest.raises(DeniedError, match="nobody approves what they publish themselves"):
        line.approve("os:olga", "os:olga")
    line.approve("os:ben", "os:olga")
    with pytest.raises(DeniedError):
        line.publish("os:cleo")
    line.publish("os:olga")
    (entry,) = line.house.entries("dialplan.published")
    assert (entry.actor, entry.details["approved_by"]) == ("os:olga", "os:ben")


def test_an_approval_is_of_these_very_words_and_serves_once(line: Line) -> None:
    line.demand_two()
    line.approve("os:ben", "os:olga")
    line.write("1", "Hello there.")
    with pytest.raises(DeniedError):
        line.publish()
    line.write("1", "Hello.")
    first = line.publish()
    assert line.publish() == first, "what is served already needs nobody's approval"
    line.write("2", "Hello again.")
    line.approve("os:ben", "os:olga")
    line.publish()
    with pytest.raises(DeniedError, match=f"--back-to {first.id[:12]}"):
        line.roll_back()
    line.approve("os:ben", "os:olga", back_to="")
    assert line.roll_back().publication.same_as(first)
    line.write("2", "Hello again.")
    with pytest.raises(DeniedError):
        line.publish()


def test_an_approval_is_void_after_a_day(line: Line) -> None:
    line.demand_two()
    line.approve("os:ben", "os:olga")
    line.house.now += 86401.0
    with pytest.raises(DeniedError):
        line.publish()


def test_a_signal_brings_nobodys_approval(line: Line) -> None:
    act = Act("os:engine", "SIGHUP")
    made, new = dialplans.publish_listed(line.house.ports, act, lambda done, of: None)
    assert new
    line.demand_two()
    line.write("2", "Hello again.")
    with pytest.raises(DeniedError, match="ivr publish"):
        dialplans.publish_listed(line.house.ports, act, lambda done, of: None)
    served = ServedPlans(made, line.house.prompts)
    assert served.serving("1").id == "small@1"
