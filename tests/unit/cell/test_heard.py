"""What a cell reports of a warning, on virtual time: never more than is known of the far end."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.core.call.record import CallRecord
from ivr.engine.bus.cells import Alarm, Counted
from tests.unit.cell.rehearsal import DIALPLAN, Rehearsal

WARNING = "You may lose all of it."


@pytest.fixture
def call(tmp_path: Path) -> Rehearsal:
    return Rehearsal(tmp_path)


def warned(call: Rehearsal) -> None:
    """The warning begins."""
    call.hears("Balance")
    call.presses("2")
    call.hears(WARNING[:10])


def record(call: Rehearsal) -> CallRecord:
    return call.conversation.call.record


def plays(call: Rehearsal) -> int:
    return call.heard.count(WARNING)


def counted(call: Rehearsal, name: str) -> float:
    return sum(one.counters.get(name, 0.0) for one in call.hub.told if isinstance(one, Counted))


def test_what_cannot_be_sent_is_not_heard(call: Rehearsal) -> None:
    warned(call)
    call.leg.unreachable = True
    call.passes(0.02)
    call.leg.unreachable = False
    call.until(lambda: "Press 1" in call.heard)
    call.presses("1")
    assert record(call).disclosures[0].plays == 2


def test_a_stream_that_is_replaced_within_a_warning_plays_it_again(call: Rehearsal) -> None:
    warned(call)
    call.telephony.far_end_changes_stream(call.leg.number)
    call.until(lambda: "Press 1" in call.heard)
    call.presses("1")
    assert record(call).disclosures[0].plays == 2
    assert "stream_replaced" in record(call).marks


def test_a_far_end_that_vanished_is_waited_for_and_then_not_believed(call: Rehearsal) -> None:
    call.hears("Balance")
    call.leg.vanished = True
    call.presses("2")
    call.until(lambda: plays(call) == 1)
    call.passes(1.0)
    assert "Press 1" not in call.heard, "it is not known yet whether anybody hears us"
    call.until(lambda: plays(call) == 2)
    assert counted(call, "warnings_unheard") == 1
    assert "far_end_silent" in record(call).marks


def test_a_report_that_comes_in_time_is_sign_enough(call: Rehearsal) -> None:
    call.hears("Balance")
    call.leg.vanished = True
    call.presses("2")
    call.until(lambda: plays(call) == 1)
    call.passes(0.5)
    call.telephony.far_end_reports(call.leg.number, 0)
    call.until(lambda: "Press 1" in call.heard)
    call.presses("1")
    assert record(call).disclosures[0].plays == 1


def test_a_far_end_that_reported_and_then_died_both_ways_has_not_heard_the_warning(call: Rehearsal) -> None:
    warned(call)
    call.telephony.far_end_reports(call.leg.number, 0)
    call.leg.vanished = True  # no sound comes any more, and no report: what it said is of the first words only
    call.until(lambda: "Press 1" in call.heard)
    call.until(lambda: plays(call) == 2)
    asked = call.heard.count("Press 1")
    call.until(lambda: plays(call) == 3)
    assert call.heard.count("Press 1") == asked, "of a line that is known to be dead nothing is asked"
    call.until(lambda: call.conversation.over, seconds=60)
    assert not record(call).disclosures


def test_a_far_end_that_died_and_came_back_hears_the_warning_again_and_acknowledges_it(call: Rehearsal) -> None:
    warned(call)
    call.leg.vanished = True
    call.until(lambda: plays(call) == 2)
    call.leg.vanished = False
    asked = call.heard.count("Press 1")
    call.until(lambda: call.heard.count("Press 1") > asked)
    call.presses("1")
    assert [(one.plays, one.acknowledged_by) for one in record(call).disclosures] == [(2, "key")]


def test_who_is_silent_behind_a_warning_and_reports_has_heard_it(call: Rehearsal) -> None:
    warned(call)
    call.leg.mute = True
    call.until(lambda: "Press 1" in call.heard)
    call.passes(6.2)  # the longest time between two reports (RFC 3550 6.2)
    call.telephony.far_end_reports(call.leg.number, 0)
    call.passes(6.0)
    assert plays(call) == 1


@pytest.mark.parametrize("samples", [80, 160, 240, 320, 400, 480])
def test_packets_of_any_length_are_counted_to_the_last(call: Rehearsal, samples: int) -> None:
    call.leg.packet_samples = samples
    warned(call)
    call.until(lambda: "Press 1" in call.heard)
    call.presses("1")
    (one,) = record(call).disclosures
    assert one.plays == 1
    assert one.packets_sent == -(-(one.last_sample - one.first_sample) // samples)


def test_a_caller_who_holds_us_from_the_start_hears_nothing_and_is_let_go(tmp_path: Path) -> None:
    call = Rehearsal(tmp_path, held=True)
    call.passes(299.0)
    assert not call.conversation.over
    assert call.heard.strip() == ""
    call.until(lambda: call.conversation.over, seconds=30)
    assert record(call).outcome == "abandoned"


def test_a_caller_who_vanished_is_let_go_after_a_minute_and_one_who_reports_is_not(tmp_path: Path) -> None:
    call = Rehearsal(tmp_path, dialplan=DIALPLAN.replace("max_wait: 60", "max_wait: 600"))
    call.hears("Balance")
    call.presses("3")
    call.leg.vanished = True
    for _ in range(24):
        call.passes(5.0)
        call.telephony.far_end_reports(call.leg.number, 0)
    assert not call.conversation.over
    call.until(lambda: call.conversation.over, seconds=62)
    assert "vanished" in record(call).marks


def test_what_came_and_was_not_heard_is_counted(call: Rehearsal) -> None:
    call.hears("Balance")
    call.leg.left_out, call.leg.discarded = 480, 160
    call.passes(1.0)
    call.leg.left_out += 320
    call.passes(3.0)
    assert counted(call, "samples_left_out") == 800
    assert counted(call, "samples_discarded") == 160


def test_rtp_from_elsewhere_is_counted_flagged_and_told_once(call: Rehearsal) -> None:
    call.hears("Balance")
    for _ in range(3):
        call.leg.astray += 50
        call.passes(1.0)
    assert counted(call, "rtp_astray_packets") == 150
    assert counted(call, "rtp_astray_calls") == 1
    assert "media_astray" in record(call).marks
    (alarm,) = [one for one in call.hub.told if isinstance(one, Alarm)]
    assert "comes from 192.0.2.x, is expected from 198.51.100.x" in alarm.text
