"""One call carried out: what the caller hears, what is kept, and what happens when something fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from ivr.core.call.replay import replay
from ivr.core.commands import Command
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.media.frame import FRAME_BYTES
from ivr.engine.bus.cells import Alarm
from ivr.testing.fake_speech import hear, speak
from ivr.testing.fake_stores import MemoryKeyStore
from tests.unit.cell.rehearsal import DIALPLAN, Rehearsal, final_record

FUND = "I want to buy a fund please"


def test_a_caller_is_asked_and_answers_with_a_key(call: Rehearsal) -> None:
    call.hears("Balance or fund or agent.")
    call.presses("1")
    call.hears("Your PIN.")
    call.presses("1234")
    call.until(lambda: "12.50" in call.heard or "€12.5" in call.heard)
    call.hears("Goodbye.")
    call.until(lambda: call.conversation.over)
    record = final_record(call)
    assert record.outcome == "completed"
    assert record.states == ("menu", "ask_pin", "look", "tell", "bye")


def test_a_caller_is_asked_and_answers_with_a_word(call: Rehearsal) -> None:
    call.hears("Balance or fund or agent.")
    call.says(FUND)
    call.hears("You may lose all of it.")


def test_every_order_of_the_core_has_who_carries_it_out(call: Rehearsal) -> None:
    assert set(get_args(Command)) == set(call.conversation._actions)


def test_speech_stops_a_prompt_that_may_be_interrupted(call: Rehearsal) -> None:
    call.passes(0.1)
    call.says(FUND)
    call.hears("You may lose all of it.")
    assert "Balance or fund or agent." not in call.heard


def test_noise_that_the_stronger_detector_refuses_stops_nothing(call: Rehearsal) -> None:
    call.speech.onset_probability = 0.1
    call.passes(0.1)
    call.says(FUND)
    call.hears("Balance or fund or agent.")


def test_a_warning_is_played_whole_and_evidenced(call: Rehearsal) -> None:
    call.hears("Balance or fund or agent.")
    call.presses("2")
    call.passes(0.1)
    call.says("stop stop stop")
    call.presses("3")
    call.hears("You may lose all of it. Press 1.")
    call.presses("1")
    call.hears("It is done.")
    call.until(lambda: call.conversation.over)
    (evidence,) = final_record(call).disclosures
    spoken = speak("You may lose all of it.")
    frames = -(-len(spoken) // 320)
    assert evidence.disclosure == "risk"
    assert evidence.packets_sent == frames
    assert evidence.last_sample - evidence.first_sample == frames * 160
    assert (evidence.acknowledged_by, evidence.answer) == ("key", "1")


def test_a_warning_is_acknowledged_by_its_own_words_only_whatever_the_sound(call: Rehearsal) -> None:
    call.hears("Balance or fund or agent.")
    call.speech.miswritten = "You have to lean."
    call.says(FUND)  # a menu may go by the sound
    call.hears("You may lose all of it. Press 1.")
    call.says("I understand")
    call.passes(3)
    assert "It is done." not in call.heard
    call.speech.miswritten = ""
    call.hears("Press 1.")
    call.says("I understand")
    call.hears("It is done.")


def test_a_warning_that_was_lost_on_the_way_is_played_again(call: Rehearsal) -> None:
    call.hears("Balance or fund or agent.")
    call.presses("2")
    call.passes(0.06)
    call.telephony.far_end_reports(call.leg.number, lost=10)
    call.until(lambda: call.heard.count("You may lose all of it.") == 2)


def test_a_report_that_comes_after_the_warning_plays_it_again_too(call: Rehearsal) -> None:
    call.hears("Balance or fund or agent.")
    call.presses("2")
    call.hears("You may lose all of it. Press 1.")
    call.telephony.far_end_reports(call.leg.number, lost=20)
    call.until(lambda: call.heard.count("You may lose all of it.") == 2)
    call.hears("Press 1. You may lose all of it. Press 1.")
    call.telephony.far_end_reports(call.leg.number, lost=20)
    call.passes(0.3)
    call.presses("1")
    call.hears("It is done.")
    call.until(lambda: call.conversation.over)
    (evidence,) = final_record(call).disclosures
    assert evidence.loss == 0.0
    assert evidence.plays == 2


def test_the_recording_holds_both_sides_sample_by_sample(call: Rehearsal) -> None:
    call.hears("Balance or fund or agent.")
    call.says(FUND)
    call.hears("You may lose all of it.")
    call.telephony.far_end_ends(call.leg.number)
    call.until(lambda: call.conversation.over)
    tracks = call.recording().timeline.channels
    assert bytes(tracks["caller.out"])[: len(call.leg.heard)] == bytes(call.leg.heard)
    assert hear(bytes(tracks["caller.in"])) == FUND


def test_a_secret_is_neither_in_the_journal_nor_heard_in_the_recording(call: Rehearsal) -> None:
    call.hears("Balance or fund or agent.")
    call.presses("1")
    call.hears("Your PIN.")
    call.says("tones of 1234")
    call.presses("1234")
    call.hears("Goodbye.")
    call.until(lambda: call.conversation.over)
    opened = call.recording()
    assert "1234" not in json.dumps(opened.timeline.entries)
    assert "1234" not in hear(bytes(opened.timeline.channels["caller.in"]))
    assert '"digit": "?"' in json.dumps(opened.timeline.entries)


def test_a_secret_whose_sound_comes_after_its_keys_is_not_heard_in_the_recording(tmp_path: Path) -> None:
    """The line stood still: events of keys are read as they come, sound in its turn."""
    call = Rehearsal(tmp_path, dialplan=DIALPLAN.replace("Goodbye.", "Goodbye. We thank you for having called."))
    call.hears("Balance or fund or agent.")
    call.presses("1")
    call.hears("Your PIN.")
    call.presses("123")
    late = bytes(7 * FRAME_BYTES) + speak("tones of 1234")
    call.leg.waiting = len(late) // 2
    call.telephony.far_end_presses(call.leg.number, "4")
    call.telephony.far_end_says(call.leg.number, late)
    call.hears("having called.")
    call.until(lambda: call.conversation.over)
    assert not call.leg.said
    assert "1234" not in hear(bytes(call.recording().timeline.channels["caller.in"]))


def test_what_had_come_of_a_caller_who_hangs_up_and_was_not_read_yet_is_recorded(call: Rehearsal) -> None:
    call.hears("Balance or fund or agent.")
    call.leg.rest = speak("goodbye then").ljust(20 * FRAME_BYTES, b"\0")
    call.telephony.far_end_ends(call.leg.number)
    call.until(lambda: call.conversation.over)
    tracks = call.recording().timeline.channels
    assert bytes(tracks["caller.in"]).endswith(call.leg.rest)
    assert len(tracks["caller.out"]) == len(tracks["caller.in"])


@pytest.mark.parametrize("telephone_event", [True, False])
def test_an_entry_by_tones_is_not_known_when_the_process_was_stopped_in_it(
    tmp_path: Path, *, telephone_event: bool
) -> None:
    """Keys as events are counted by their packets, tones are in the audio that was let go."""
    call = Rehearsal(tmp_path, telephone_event=telephone_event)
    press = call.presses if telephone_event else call.dials_tones
    call.hears("Balance or fund or agent.")
    call.says("tell me the balance of my account")
    call.hears("Your PIN.")
    press("12")
    call.conversation.skip(8)
    press("34")
    call.hears("Goodbye.")
    call.until(lambda: call.conversation.over)
    assert ("look" in final_record(call).states) is telephone_event


def test_a_call_that_cannot_be_recorded_is_refused_with_an_apology(tmp_path: Path) -> None:
    (tmp_path / "full").write_text("a file where a directory is needed")
    call = Rehearsal(tmp_path / "full")
    call.hears("We are sorry.")
    call.until(lambda: call.conversation.over)
    assert call.leg.refused == (503, 60)
    assert [message.kind for message in call.hub.told if isinstance(message, Alarm)] == ["recording"]
    assert final_record(call).outcome == "refused"


def test_a_call_whose_recorder_fails_is_ended_with_an_apology(call: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    call.hears("Balance or fund or agent.")
    monkeypatch.setattr(type(call.conversation._recording.tape), "failed", property(lambda tape: "no room on the disk"))
    call.hears("We are sorry.")
    call.until(lambda: call.conversation.over)
    assert final_record(call).outcome == "failed"
    assert any(isinstance(message, Alarm) and message.kind == "recording" for message in call.hub.told)


def test_a_caller_who_hangs_up_leaves_a_closed_recording(call: Rehearsal) -> None:
    call.passes(0.5)
    call.telephony.far_end_ends(call.leg.number)
    call.until(lambda: call.conversation.over)
    assert not call.recording().crashed
    assert final_record(call).outcome == "abandoned"


def test_without_the_speech_service_keys_go_on(call: Rehearsal) -> None:
    call.speech.available = False
    call.hears("Balance or fund or agent.")
    call.says("tell me the balance of my account")
    call.passes(1)
    call.presses("2")
    call.hears("You may lose all of it.")


def test_prompts_pause_while_the_caller_holds_us(call: Rehearsal) -> None:
    call.passes(0.1)
    call.telephony.far_end_holds(call.leg.number, held=True)
    call.passes(3)
    assert "Balance or fund or agent." not in call.heard
    call.telephony.far_end_holds(call.leg.number, held=False)
    call.hears("Balance or fund or agent.")


def test_a_caller_who_vanished_is_given_up(call: Rehearsal, tmp_path: Path) -> None:
    call.until(lambda: call.conversation.over, seconds=120)


def test_two_calls_never_share_a_key(tmp_path: Path) -> None:
    keys = MemoryKeyStore()
    first, second = Rehearsal(tmp_path / "a", keys=keys), Rehearsal(tmp_path / "b", keys=keys)
    for call in (first, second):
        call.passes(0.5)
        call.telephony.far_end_ends(call.leg.number)
        call.passes(0.1)
        assert call.conversation.over
    assert first.recording().header.wrapped != second.recording().header.wrapped


@pytest.mark.parametrize("keys", ["1", "2", "3", "9", ""])
def test_every_call_replays_through_the_core_to_the_same_orders(call: Rehearsal, keys: str) -> None:
    call.hears("Balance or fund or agent.")
    call.presses(keys)
    call.passes(2)
    call.presses("1234")
    call.passes(3)
    if call.leg.number in call.telephony.legs:
        call.telephony.far_end_ends(call.leg.number)
    call.until(lambda: call.conversation.over)
    entries = call.recording().timeline.entries
    result = replay(load_dialplan(DIALPLAN, source="test.yaml"), entries)
    assert result.difference is None
    assert result.steps > 5
    assert result.record is not None
    assert result.record.states == final_record(call).states


def test_a_replay_under_another_dialplan_shows_where_they_part(call: Rehearsal) -> None:
    call.hears("Balance or fund or agent.")
    call.presses("2")
    call.passes(2)
    call.telephony.far_end_ends(call.leg.number)
    call.until(lambda: call.conversation.over)
    other = DIALPLAN.replace("press: 2,", "press: 4,")
    result = replay(load_dialplan(other, source="test.yaml"), call.recording().timeline.entries)
    assert result.difference is not None
    assert result.difference.fact == "DigitPressed"
