"""Rules that demand more disclosures by what is known of the call, and the state that plays what they demand."""

from __future__ import annotations

import pytest

from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.workbench.difference import differences
from ivr.core.dialplan.workbench.picture import mermaid
from ivr.core.orders.calls import HangUp
from ivr.core.orders.evidence import RaiseAlarm
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHeld, LegResumed, LegRole
from ivr.core.orders.lookup import LookupDone, LookupFailed
from ivr.core.orders.playing import PlayPrompt
from tests.unit.dialplan.desk import END, HEAD, Desk, findings, plan

VALUES = """\
values: {class: number, where: text}
disclosures:
  fees:
    say: {en: There are fees.}
    acknowledge: {ask: {en: Press one.}, press: 1, attempts: 2, otherwise: bye}
  high:
    say: {en: High risk.}
    acknowledge: {ask: {en: Press two.}, press: 2, attempts: 2, otherwise: bye}
  local:
    say: {en: A local warning.}
    acknowledge: {ask: {en: Press three.}, press: 3, attempts: 2, otherwise: bye}
"""
RULE = """\
protect:
  deal:
    after: [fees]
    also:
      - {if: "class >= 4", after: [high]}
      - {if: "where = 'HK'", after: [local]}
"""
STATES = """\
states:
  first: {lookup: bank.product, keep: {class: c, where: w}, failed: warn, go: warn}
  warn: {disclose_for: deal, go: deal}
  deal: {say: {en: The deal.}, go: bye}
"""


def order(answer: dict[str, object] | None) -> Desk:
    """A call of which a data source says this, or nothing."""
    desk = Desk(plan(VALUES + RULE + STATES))
    lookup = desk.lookup.lookup_id
    desk.send(LookupFailed(lookup, "down") if answer is None else LookupDone(lookup, answer))
    return desk


def heard(desk: Desk, key: str) -> None:
    """Hear the warning that plays, and acknowledge it."""
    desk.heard()
    desk.send(DigitPressed(key))


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ({"c": "1", "w": "EU"}, ["fees"]),
        ({"c": "4", "w": "EU"}, ["fees", "high"]),
        ({"c": "1", "w": "HK"}, ["fees", "local"]),
        ({"c": "9", "w": "HK"}, ["fees", "high", "local"]),
        ({"c": "1"}, ["fees", "local"]),
        ({}, ["fees", "high", "local"]),
        (None, ["fees", "high", "local"]),
    ],
)
def test_what_is_demanded_is_played_in_order_and_what_is_not_known_demands(
    answer: dict[str, object] | None, wanted: list[str]
) -> None:
    desk = order(answer)
    keys = {"fees": "1", "high": "2", "local": "3"}
    for name in wanted:
        assert desk.prompt.disclosure == name
        assert desk.state == "warn"
        heard(desk, keys[name])
    assert desk.state == "deal"
    assert [note["disclosure"] for note in desk.notes("disclosure")] == wanted


def test_what_was_heard_before_is_not_played_again() -> None:
    states = STATES.replace("failed: warn, go: warn", "failed: warn, go: early").replace(
        "  warn:", "  early: {disclose: high, go: warn}\n  warn:"
    )
    desk = Desk(plan(VALUES + RULE + states))
    desk.send(LookupDone(desk.lookup.lookup_id, {"c": "5", "w": "EU"}))
    heard(desk, "2")
    assert desk.prompt.disclosure == "fees"
    heard(desk, "1")
    assert desk.state == "deal"


def test_a_hold_in_the_second_warning_plays_that_one_again_and_not_the_first() -> None:
    desk = order({"c": "5", "w": "EU"})
    heard(desk, "1")
    desk.send(LegHeld(LegRole.CALLER))
    desk.heard()  # what played on while the caller held counts for nothing
    assert desk.state == "warn"
    desk.send(LegResumed(LegRole.CALLER))
    assert desk.prompt.disclosure == "high"
    heard(desk, "2")
    assert desk.state == "deal"


def test_a_key_pressed_twice_acknowledges_one_warning() -> None:
    same = VALUES.replace("press: 2", "press: 1")
    desk = Desk(plan(same + RULE + STATES))
    desk.send(LookupDone(desk.lookup.lookup_id, {"c": "5", "w": "EU"}))
    heard(desk, "1")
    desk.send(DigitPressed("1"), after=0.0)
    desk.heard()
    assert [note["disclosure"] for note in desk.notes("disclosure")] == ["fees"]
    assert desk.state == "warn"


def test_a_warning_that_is_not_acknowledged_leads_where_it_says_itself() -> None:
    desk = order({"c": "5", "w": "EU"})
    heard(desk, "1")
    desk.heard()
    for _ in range(2):
        desk.heard()
        desk.time_out()
    assert desk.state == "bye"


@pytest.mark.parametrize("answer", [{"c": "4", "w": "EU"}, {"w": "EU"}])
def test_the_guard_judges_the_same_by_itself(answer: dict[str, object]) -> None:
    states = STATES.replace("failed: warn, go: warn", "failed: warn, go: some").replace(
        "  warn:", "  some: {disclose: fees, go: deal}\n  warn:"
    )
    desk = Desk(plan(VALUES + RULE + states))
    desk.send(LookupDone(desk.lookup.lookup_id, answer))
    heard(desk, "1")
    (alarm,) = [command for command in desk.all if isinstance(command, RaiseAlarm)]
    assert "high" in alarm.text
    assert desk.state == "some"
    desk.heard()
    assert any(isinstance(command, HangUp) for command in desk.all)


def test_a_query_may_be_what_is_protected() -> None:
    rule = RULE.replace("  deal:", "  bank.order:")
    states = (
        "states:\n  first: {lookup: bank.product, keep: {class: c, where: w}, failed: warn, go: warn}\n"
        "  warn: {disclose_for: bank.order, go: order}\n  order: {lookup: bank.order, failed: bye, go: bye}\n"
    )
    desk = Desk(plan(VALUES + rule + states))
    desk.send(LookupDone(desk.lookup.lookup_id, {"c": "1", "w": "EU"}))
    heard(desk, "1")
    assert desk.lookup.query == "order"


def lawful(header: str, values: str = "") -> Dialplan:
    rule = "protect: {deal: {also: [{if: \"jurisdiction = 'SG'\", after: [high]}]}}\n"
    disclosure = "disclosures:\n" + VALUES[VALUES.index("  high:") : VALUES.index("  local:")]
    states = "states:\n  first: {disclose_for: deal, go: deal}\n  deal: {say: {en: 'Under {jurisdiction}.'}, go: bye}\n"
    return plan(header + values + disclosure + rule + states)


def test_the_line_s_jurisdiction_is_known_to_every_call_and_can_be_read_out() -> None:
    assert Desk(lawful("jurisdiction: SG\n")).prompt.disclosure == "high"
    elsewhere = Desk(lawful("jurisdiction: JP\n"))
    assert elsewhere.state == "deal"
    assert elsewhere.text() == "Under JP."


def test_a_jurisdiction_that_is_a_value_demands_until_it_is_known() -> None:
    assert Desk(lawful("", "values: {jurisdiction: text}\n")).prompt.disclosure == "high"


WRONG = {
    "D163": RULE + STATES.replace("disclose_for: deal", "disclose_for: bye"),
    "D148": RULE.replace("[high]", "[nosuch]") + STATES,
    "D146": RULE.replace("class >= 4", "klass >= 4") + STATES,
    "D120": RULE.replace("class >= 4", "class >=") + STATES,
    "D162": RULE + STATES.replace("{disclose_for: deal, go: deal}", "{disclose: fees, go: deal}"),
}


@pytest.mark.parametrize("code", WRONG)
def test_check_points_at_what_is_wrong(code: str) -> None:
    found = findings(HEAD + VALUES + WRONG[code] + END)
    assert code in [finding.code for finding in found]
    where = next(finding for finding in found if finding.code == code)
    assert where.line > HEAD.count("\n")


def test_a_condition_is_checked_wherever_a_way_on_has_one() -> None:
    text = (HEAD + VALUES + RULE + STATES + END).replace(
        "disclose_for: deal, go: deal", "disclose_for: deal, go: [{if: nosuch, to: bye}, {else: deal}]"
    )
    assert "D146" in [finding.code for finding in findings(text)]


def test_a_jurisdiction_is_said_once() -> None:
    text = HEAD + "jurisdiction: SG\n" + VALUES.replace("{class", "{jurisdiction: text, class") + RULE + STATES + END
    assert "D140" in [finding.code for finding in findings(text)]


def test_diff_and_graph_tell_of_conditions() -> None:
    old = plan(VALUES + RULE + STATES)
    new = plan(VALUES + RULE.replace(">= 4", ">= 5") + STATES)
    assert differences(old, new) == [
        "protect deal: no longer after high when class >= 4",
        "protect deal: now after high when class >= 5",
    ]
    assert "warnings for deal" in mermaid(old)


def test_nothing_plays_before_the_value_is_asked_for() -> None:
    desk = Desk(plan(VALUES + RULE + STATES))
    assert not [command for command in desk.all if isinstance(command, PlayPrompt)]
