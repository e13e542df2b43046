"""A voice that is enrolled in a call: after consent, of the customer who was identified, by several recordings."""

from __future__ import annotations

import pytest

from ivr.core.dialplan.proof.prove import prove
from ivr.core.orders.evidence import Enrolled
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHeld, LegResumed, LegRole
from ivr.core.orders.lookup import LookupDone
from ivr.core.orders.voice import EnrolVoice, RecordVoice, VoiceEnrolled, VoiceNotEnrolled, VoiceRecorded
from ivr.errors import DialplanError
from tests.unit.dialplan.desk import Desk, kinds, plan

ENROL = """\
values: {account: digits, customer: text, found: yes_no}
disclosures:
  voice_consent:
    say: {en: We would know you by your voice. You may take that back at any time.}
    acknowledge: {ask: {en: To agree press 1.}, press: 1, attempts: 2, otherwise: bye}
protect: {enrol: {after: [voice_consent], identity: strong}}
states:
  first: {ask: {en: Account?}, digits: {into: account, length: 1}, go: who}
  who:
    {identify: strong, by: keys, lookup: bank.customer, given: {account: account}, passed: found,
     keep: {customer: customer, found: found}, again: not_kept, otherwise: not_kept, go: agree, failed: bye}
  agree: {disclose: voice_consent, go: enrol}
  enrol:
    enrol_voice: customer
    ask: {en: Say what you had for breakfast.}
    more: {en: Tell me more.}
    retry: {en: A little longer please.}
    keep_audio: true
    go: kept
    otherwise: not_kept
  kept: {say: {en: We know you now.}, go: bye}
  not_kept: {say: {en: Not kept.}, go: bye}
"""


def agreed(text: str = ENROL) -> Desk:
    desk = Desk(plan(text))
    desk.send(DigitPressed("7"))
    desk.send(LookupDone(desk.lookup.lookup_id, {"customer": "c-7", "found": True}))
    desk.heard()
    desk.send(DigitPressed("1"))
    return desk


def last(desk: Desk) -> RecordVoice | EnrolVoice:
    return [order for order in desk.all if isinstance(order, RecordVoice | EnrolVoice)][-1]


def records(desk: Desk, seconds: float = 6.0) -> None:
    """One recording, after its prompt."""
    desk.heard()
    desk.send(VoiceRecorded(last(desk).verify_id, seconds))


def test_three_recordings_are_enrolled_with_what_was_agreed_to() -> None:
    desk = agreed()
    assert desk.text() == "Say what you had for breakfast."
    records(desk)
    assert desk.text() == "Tell me more."
    records(desk)
    records(desk)
    order = last(desk)
    assert isinstance(order, EnrolVoice)
    assert (order.customer, order.agreed, order.keeps_audio) == ("c-7", ("voice_consent",), True)
    desk.send(VoiceEnrolled(order.verify_id))
    assert desk.state == "kept"
    assert Enrolled(("voice_consent",), 3, keeps_audio=True) in desk.all
    assert [one.first for one in desk.all if isinstance(one, RecordVoice)] == [True, False, False]


@pytest.mark.parametrize("seconds", [1.0, float("nan")])
def test_too_little_speech_is_asked_for_again_and_then_given_up(seconds: float) -> None:
    desk = agreed()
    records(desk, seconds)
    assert desk.text() == "A little longer please."
    records(desk, seconds)
    assert desk.state == "not_kept"
    assert not any(isinstance(order, EnrolVoice) for order in desk.all)


@pytest.mark.parametrize("how", ["refused", "never answered", "never recorded"])
def test_what_is_not_enrolled_is_told(how: str) -> None:
    desk = agreed()
    records(desk)
    records(desk)
    if how == "never recorded":
        desk.heard()
        desk.time_out()
    else:
        records(desk)
        if how == "refused":
            desk.send(VoiceNotEnrolled(last(desk).verify_id, "enrolled already"))
        else:
            desk.time_out()
    assert desk.state == "not_kept"
    assert not any(isinstance(order, Enrolled) for order in desk.all)


def test_who_holds_the_line_is_not_enrolled_as_another_may_have_come_back() -> None:
    desk = agreed()
    records(desk)
    desk.heard()
    assert "StopVoice" in kinds(desk.send(LegHeld(LegRole.CALLER)))
    desk.send(LegResumed(LegRole.CALLER))
    assert desk.state == "not_kept"


def test_a_customer_who_is_not_the_one_that_was_identified_is_not_enrolled() -> None:
    text = ENROL.replace("  agree: {", "  other: {set: {customer: \"'c-8'\"}, go: agree}\n  agree: {").replace(
        "go: agree, failed", "go: other, failed"
    )
    desk = Desk(plan(text))
    desk.send(DigitPressed("7"))
    desk.send(LookupDone(desk.lookup.lookup_id, {"customer": "c-7", "found": True}))
    desk.heard()
    desk.send(DigitPressed("1"))
    assert not any(isinstance(order, RecordVoice) for order in desk.all)


@pytest.mark.parametrize(
    "rule", ["{after: [voice_consent]}", "{identity: strong}", "{after: [voice_consent], identity: basic}"]
)
def test_without_consent_or_identity_no_dialplan_may_enrol(rule: str) -> None:
    for text in (
        ENROL.replace("{after: [voice_consent], identity: strong}", rule),
        ENROL.replace("protect: {enrol: {after: [voice_consent], identity: strong}}\n", ""),
    ):
        with pytest.raises(DialplanError, match="D199"):
            plan(text)


@pytest.mark.parametrize("way", ["We know you now.", "Not kept."])
def test_the_proof_goes_on_behind_an_enrolment_and_behind_one_that_failed(way: str) -> None:
    risk = "  risk: {say: {en: R.}, acknowledge: {ask: {en: One.}, press: 1, attempts: 1, otherwise: bye}}\n"
    risky = (
        ENROL.replace("disclosures:\n", f"disclosures:\n{risk}")
        .replace("protect: {", "protect: {deal: {after: [risk]}, ")
        .replace(f"{{say: {{en: {way}}}, go: bye}}", f"{{say: {{en: {way}}}, go: deal}}")
        .replace("otherwise: bye}\nprotect", "otherwise: late}\nprotect")
    )
    proof = prove(plan(f"{risky}  late: {{disclose: risk, go: bye}}\n  deal: {{say: {{en: The deal.}}, go: bye}}\n"))
    assert {story.lacking for story in proof.counterexamples} == {"risk"}


def test_a_careful_enrolment_proves() -> None:
    assert not prove(plan(ENROL)).counterexamples
