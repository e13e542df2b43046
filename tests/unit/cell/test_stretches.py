"""Frames that pass in a row: whatever a caller does, the call goes as it goes frame by frame, sample by sample."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.core.media.frame import FRAME_SECONDS
from ivr.engine.bus.calls import CallSaved
from ivr.engine.bus.queue import Offered, Queued
from ivr.ports.keys import DataKey
from ivr.testing.fake_speech import speak
from ivr.testing.fake_stores import MemoryKeyStore
from tests.unit.cell.rehearsal import Rehearsal

OURS = "/ivr/"
KEYS = st.sampled_from("12389")
DEEDS = st.one_of(
    st.tuples(st.just("passes"), st.integers(1, 200)),
    st.tuples(st.just("presses"), KEYS),
    st.tuples(st.just("says"), st.sampled_from(["I want to speak to an agent", "stop", "I understand"])),
    st.tuples(st.just("holds"), st.booleans()),
    st.tuples(st.just("reports"), st.integers(0, 3)),
    st.tuples(st.just("agent"), st.sampled_from(["offered", "answers", "says", "hangs up"])),
)


class Acted:
    """One call in which a script was acted."""

    def __init__(self, script: list[tuple[str, Any]], key: DataKey, keys: MemoryKeyStore, *, carries: bool) -> None:
        with tempfile.TemporaryDirectory() as directory:
            self.call = call = Rehearsal(Path(directory), key=key, keys=keys)
            call.carries = carries
            call.passes(0.1)
            for deed, how in script:
                if call.leg.number in call.telephony.legs:
                    self._act(deed, how)
                    call.passes(0.06)
            call.passes(1.0)
            if call.leg.number in call.telephony.legs:
                call.telephony.far_end_ends(call.leg.number)
                call.passes(0.1)
            opened = call.recording()
            self.kept = sorted(opened.contents.channels.items())
            self.heard = bytes(call.leg.heard)
            self.saved = [message.record for message in call.hub.told if isinstance(message, CallSaved)]

    def _act(self, deed: str, how: Any) -> None:
        call = self.call
        legs = [number for number, leg in call.telephony.legs.items() if number != call.leg.number]
        match deed, how:
            case "passes", frames:
                call.passes(frames * FRAME_SECONDS)
            case "presses", key:
                call.telephony.far_end_presses(call.leg.number, key)
            case "says", text:
                call.says(text)
            case "holds", held:
                call.telephony.far_end_holds(call.leg.number, held=held)
            case "reports", lost:
                call.telephony.far_end_reports(call.leg.number, lost)
            case "agent", "offered":
                call.conversation.take_hub(Queued(call.conversation.call_id, "wealth", 1))
                call.conversation.take_hub(Offered(call.conversation.call_id, "o1", "alice", "sip:alice@a.invalid"))
            case "agent", "answers" if legs and not call.telephony.legs[legs[0]].up:
                call.telephony.far_end_answers(legs[0])
            case "agent", "says" if legs:
                call.telephony.far_end_says(legs[0], speak("good morning"))
            case "agent", "hangs up" if legs:
                call.telephony.far_end_ends(legs[0])


@settings(max_examples=15, deadline=None)
@given(script=st.lists(DEEDS, max_size=12))
def test_a_call_goes_alike_however_its_frames_are_moved(script: list[tuple[str, Any]]) -> None:
    keys = MemoryKeyStore()
    key = keys.issue()
    alone = Acted(script, key, keys, carries=False)
    in_a_row = Acted(script, key, keys, carries=True)
    assert in_a_row.heard == alone.heard
    assert in_a_row.kept == alone.kept
    assert in_a_row.saved == alone.saved


def test_a_call_in_which_nothing_happens_is_looked_at_once_a_second(tmp_path: Path) -> None:
    call = Rehearsal(tmp_path)
    call.carries = True
    call.passes(8.0)
    before, stretches = call.carried, call.stretches
    call.passes(5.0)
    assert call.carried - before > 245
    assert call.stretches - stretches <= 7


def test_a_silent_call_runs_little_code_of_ours_for_each_second(tmp_path: Path) -> None:
    """Counted, since counts do not depend on the machine: handing over each block calls twice as many, looking at
    each frame four times."""
    call = Rehearsal(tmp_path)
    call.carries = True
    call.passes(8.0)  # the question is over: nobody speaks, and a recognizer is ready
    called = 0

    def count(frame: FrameType, event: str, _: object) -> None:
        nonlocal called
        called += event == "call" and OURS in frame.f_code.co_filename and "testing" not in frame.f_code.co_filename

    blocks = sys.getallocatedblocks()
    sys.setprofile(count)
    try:
        call.passes(5.0)
    finally:
        sys.setprofile(None)
    assert called / 5.0 < 250, "calls of functions in a call-second"
    assert sys.getallocatedblocks() - blocks < 5000, "objects that are kept"
