"""A caller who is transferred, and one who leaves a message."""

from __future__ import annotations

from ivr.engine.bus.queue import OfferResult
from ivr.testing.fake_speech import hear, speak
from tests.unit.cell.rehearsal import Rehearsal, final_record


def transferred(call: Rehearsal) -> int:
    call.hears("Balance or fund or agent.")
    call.presses("8")
    call.hears("music")
    far = next(iter(call.conversation.desk.far))
    assert far.leg is not None
    return far.leg


def test_caller_and_target_of_a_transfer_hear_each_other_and_are_both_recorded(call: Rehearsal) -> None:
    target = transferred(call)
    assert call.telephony.legs[target].uri == "sip:+85212345678@trunk.example"
    call.telephony.far_end_answers(target)
    call.passes(0.1)
    call.telephony.far_end_says(target, speak("head office"))
    call.says("hello there")
    call.hears("head office")
    assert "hello there" in hear(bytes(call.telephony.legs[target].heard))
    call.telephony.far_end_ends(target)
    call.hears("Goodbye.")
    call.until(lambda: call.conversation.over)
    tracks = call.recording().timeline.channels
    assert "head office" in hear(bytes(tracks["target.in"]))
    assert "hello there" in hear(bytes(tracks["caller.in"]))
    assert final_record(call).transfers == ("head_office",)
    assert not [message for message in call.hub.told if isinstance(message, OfferResult)]


def test_a_target_that_does_not_answer_is_given_up_and_the_call_goes_on(call: Rehearsal) -> None:
    target = transferred(call)
    before = call.heard.count("Balance or fund or agent.")
    call.passes(21)
    assert target in call.telephony.ended
    call.until(lambda: call.heard.count("Balance or fund or agent.") > before)


def test_a_target_s_phone_stops_ringing_when_the_caller_leaves(call: Rehearsal) -> None:
    target = transferred(call)
    call.telephony.far_end_ends(call.leg.number)
    call.passes(0.1)
    assert target in call.telephony.ended


def test_a_target_whom_nobody_can_reach_is_no_fault_of_the_call(call: Rehearsal) -> None:
    object.__setattr__(call.conversation.desk.far._around, "transfers", {})
    call.hears("Balance or fund or agent.")
    before = call.heard.count("Balance or fund or agent.")
    call.presses("8")
    call.until(lambda: call.heard.count("Balance or fund or agent.") > before)


def taking_a_message(call: Rehearsal) -> None:
    call.hears("Balance or fund or agent.")
    call.presses("9")
    call.hears("Speak now.")
    call.passes(0.6)


def test_a_message_is_a_marked_span_of_the_recording(call: Rehearsal) -> None:
    taking_a_message(call)
    call.says("my card was swallowed")
    call.passes(1.0)
    call.says("this morning")
    call.hears("Goodbye.")
    call.until(lambda: call.conversation.over)
    (span,) = final_record(call).voicemails
    assert span.mailbox == "box"
    recording = call.recording()
    pcm = recording.timeline.pcm("caller.in", span.first_sample, span.last_sample - span.first_sample)
    assert hear(pcm) == "my card was swallowed this morning"
    assert "Speak now." not in hear(recording.timeline.pcm("caller.out", span.first_sample))
    assert recording.timeline.manifest is not None
    assert recording.timeline.manifest["voicemails"] == [
        {"mailbox": "box", "first_sample": span.first_sample, "last_sample": span.last_sample}
    ]


def test_a_message_is_kept_of_one_who_hangs_up_in_the_middle_of_it(call: Rehearsal) -> None:
    taking_a_message(call)
    call.says("call me back")
    call.passes(0.6)
    call.telephony.far_end_ends(call.leg.number)
    call.until(lambda: call.conversation.over)
    (span,) = final_record(call).voicemails
    pcm = call.recording().timeline.pcm("caller.in", span.first_sample)
    assert "call me" in hear(pcm)
    assert final_record(call).outcome == "completed"


def test_a_message_is_taken_while_the_speech_service_is_down(call: Rehearsal) -> None:
    call.speech.available = False
    taking_a_message(call)
    call.says("my card was swallowed")
    call.passes(2.0)
    call.presses("#")
    call.hears("Goodbye.")
    call.until(lambda: call.conversation.over)
    assert len(final_record(call).voicemails) == 1
