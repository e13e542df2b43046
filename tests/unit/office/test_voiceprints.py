"""What people do with customers' voices: enrolled with consent, learnt by another model, forgotten."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ivr.core.identity.voiceprint import Consent, Template, Voiceprint
from ivr.core.speech.heard import fingerprint
from ivr.engine.archive.voices import VoiceKeeper
from ivr.engine.office import voiceprints as office
from ivr.errors import OperatorError
from ivr.testing.fake_speech import speak
from tests.unit.office.house import NOW, House

CUSTOMER = "10012345"
RECORDINGS = [speak("one of the recordings"), speak("another one of them"), speak("and the third one")]


class VoiceHouse(House):
    """With voices."""

    def enrol(self, customer: str = CUSTOMER, *, consent: str = "call 7f3a", keeps_audio: bool = True) -> Voiceprint:
        return office.enrol(self.office("os:anna"), office.Enrol(customer, RECORDINGS, consent, keeps_audio))

    def told(self) -> list[tuple[str, str, str, dict[str, object]]]:
        self.log.publish()
        return [(one.action, one.subject, one.outcome, dict(one.details)) for _, one in self.log.entries()]


@pytest.fixture
def house() -> VoiceHouse:
    return VoiceHouse()


def test_consent_stands_in_the_voiceprint_and_the_log_holds_neither_customer_nor_its_words(house: VoiceHouse) -> None:
    made = house.enrol()
    assert made.consent == Consent(NOW, "call 7f3a", "os:anna", keeps_audio=True)
    [entry] = house.told()
    assert entry[:3] == ("voice.enrolled", house.voiceprints.mark(CUSTOMER), "done")
    assert entry[3]["consent"] == "recorded"
    assert CUSTOMER not in str(entry)
    assert "7f3a" not in str(entry)


@pytest.mark.parametrize("said", ["", "   ", "x" * 201, "two\nlines"])
def test_nobody_is_enrolled_without_a_word_of_where_their_consent_is(house: VoiceHouse, said: str) -> None:
    with pytest.raises(OperatorError, match="where the consent is recorded"):
        house.enrol(consent=said)
    assert house.voiceprints.get(CUSTOMER) is None


def test_recordings_are_kept_with_consent_only_and_remembered_always(house: VoiceHouse) -> None:
    house.enrol(keeps_audio=False)
    assert list(house.voiceprints.recordings(CUSTOMER)) == []
    assert house.voiceprints.heard(CUSTOMER).enrolment == tuple(map(fingerprint, RECORDINGS))
    house.enrol()
    assert list(house.voiceprints.recordings(CUSTOMER)) == RECORDINGS


def test_another_model_learns_who_consented_and_the_rest_is_told(house: VoiceHouse) -> None:
    for customer, keeps in (("a", True), ("b", False), ("unlearnable", True), ("d", True)):
        house.voiceprints.put(
            Voiceprint(customer, "model/1", (Template((1.0,), 5.0, 3.0),), Consent(2.0, "f", "os:x", keeps)),
            RECORDINGS if keeps else [],
        )
    house.voice_model = "model/2"
    told = list(office.renew(house.office("os:anna"), office.RenewVoices()))
    assert [(one.renewed, one.done, one.of) for one in told] == [
        (True, 1, 4),
        (False, 2, 4),
        (True, 3, 4),
        (False, 4, 4),
    ]
    assert "no recording is kept" in told[1].why_not
    assert "too noisy" in told[3].why_not
    renewed = house.voiceprints.get("a")
    assert renewed is not None
    assert (renewed.model, renewed.consent, renewed.templates[0].enrolled_at) == (
        "model/2",
        Consent(2.0, "f", "os:x", keeps_audio=True),
        3.0,
    )


def test_a_renewal_that_was_stopped_goes_on_where_it_was(house: VoiceHouse) -> None:
    for customer in ("a", "b", "c"):
        house.enrol(customer)
    house.voice_model, house.learnt = "model/2", []
    first = office.renew(house.office("os:anna"), office.RenewVoices())
    next(first)
    first.close()  # type: ignore[attr-defined]
    assert [one.of for one in office.renew(house.office("os:anna"), office.RenewVoices())] == [2, 2]
    assert house.learnt == ["a", "b", "c"]


def test_a_consent_taken_back_while_the_model_learns_wins(house: VoiceHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    house.enrol()
    house.voice_model = "model/2"
    learn = house.voiceprint_of

    def meanwhile(customer: str, recordings: Sequence[bytes], at: float, consent: Consent | None) -> Voiceprint:
        house.voiceprints.remove(customer)
        return learn(customer, recordings, at, consent)

    monkeypatch.setattr(house, "voiceprint_of", meanwhile)
    [told] = office.renew(house.office("os:anna"), office.RenewVoices())
    assert not told.renewed
    assert house.voiceprints.get(CUSTOMER) is None


def test_taking_a_consent_back_leaves_its_proof_in_the_log(house: VoiceHouse) -> None:
    house.enrol()
    erased = office.forget_voice(house.office("os:anna"), office.ForgetVoice(CUSTOMER))
    entry = house.told()[-1]
    assert entry[:3] == ("voice.removed", house.voiceprints.mark(CUSTOMER), "done")
    assert entry[3]["erased"] == {one.kind: one.key for one in erased}
    assert {one.kind for one in erased} == {"voiceprint", "enrolment", "heard"}


def test_the_keeper_forgets_what_was_heard_long_ago_and_says_whose(house: VoiceHouse) -> None:
    house.enrol()
    day = 86_400.0
    sound = fingerprint(RECORDINGS[0])
    house.voiceprints.hear(CUSTOMER, lambda heard: heard.answered(NOW - 400 * day, sound).answered(NOW, sound))
    keeper = VoiceKeeper(house.voiceprints, house.log, heard_days=365, wall=lambda: NOW)
    keeper.round()
    keeper.round()
    assert len(house.voiceprints.heard(CUSTOMER).answers) == 1
    told = [entry for entry in house.told() if entry[0] == "voice.forgotten"]
    assert [entry[1] for entry in told] == [house.voiceprints.mark(CUSTOMER)]
