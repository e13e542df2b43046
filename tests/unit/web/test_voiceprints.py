"""Customers' voices on the console: enrolled with a consent, renewed, and forgotten when it is taken back."""

from __future__ import annotations

import base64
import io
import wave

import pytest

from ivr.apps.web.guard import BODY_BYTES
from ivr.core.audit.roles import Role
from ivr.testing.fake_speech import speak
from tests.unit.web.test_by_hand import goes_on
from tests.unit.web.world import World

SUPERVISOR = f"user:{Role.SUPERVISOR}"
CONSENT = "call 7f3a9c"


def in_base64(said: str, *, repeated: int = 1) -> str:
    """A WAV file of speech, as a page sends it."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(speak(said) * repeated)
    return base64.b64encode(file.getvalue()).decode()


def enrolment(customer: str, *recordings: str) -> dict[str, str | list[str]]:
    return {"customer": customer, "recordings": list(recordings), "consent": CONSENT}


@pytest.mark.parametrize("by_program", [False, True])
def test_a_voice_is_enrolled_from_files_with_its_consent_and_listed(world: World, by_program: bool) -> None:
    browser = world.browser(SUPERVISOR)
    customer = f"1001234{by_program:d}"
    # Two of the form's fields stay empty.
    asked = enrolment(customer, *map(in_base64, ("one", "another", "a third")), "", "")
    if by_program:
        token = world.token(browser)
        assert browser.post("/api/voiceprints/enrol", json=asked, headers={"X-CSRF-Token": token}).status_code == 200
    else:
        assert world.send(browser, "/voiceprints/enrol", **asked).status_code == 303
    kept = world.house.voiceprints.get(customer)
    assert kept is not None
    assert kept.consent is not None
    assert (len(kept.templates), kept.consent.evidence, kept.consent.keeps_audio) == (3, CONSENT, False)
    page = browser.get("/voiceprints").text
    assert customer in page
    assert CONSENT in page
    [row] = [one for one in browser.get("/api/voiceprints").json()["voices"] if one["customer"] == customer]
    assert (row["recordings"], row["outdated"]) == (3, False)


def test_half_a_minute_of_speech_passes_where_it_belongs_and_nowhere_else(world: World) -> None:
    browser, long = world.browser(SUPERVISOR), in_base64("a long story", repeated=400)
    assert len(long) > BODY_BYTES
    assert world.send(browser, "/voiceprints/enrol", **enrolment("20012345", long, long, long)).status_code == 303
    assert world.send(browser, "/voiceprints/remove", customer="20012345", more=long).status_code == 413


@pytest.mark.parametrize(
    ("sent", "says"), [("@@@", "recording 1 is not base64"), ("UklGRg==", "recording 1 is not a WAV file")]
)
def test_what_is_no_sound_is_refused_and_nothing_is_kept(world: World, sent: str, says: str) -> None:
    refused = world.send(world.browser(SUPERVISOR), "/voiceprints/enrol", **enrolment("30012345", sent))
    assert 400 <= refused.status_code < 500
    assert says in refused.text
    assert world.house.voiceprints.get("30012345") is None


def test_who_takes_their_consent_back_is_forgotten(world: World) -> None:
    browser = world.browser(SUPERVISOR)
    world.send(browser, "/voiceprints/enrol", **enrolment("40012345", in_base64("one")))
    assert "40012345" in browser.get("/voiceprints").text
    assert world.send(browser, "/voiceprints/remove", customer="40012345").status_code == 303
    assert world.house.entries("voice.removed")[-1].outcome == "done"
    assert "40012345" not in browser.get("/voiceprints").text


def test_voices_of_another_model_are_pointed_out_and_renewed_where_the_consent_covers_it(world: World) -> None:
    browser = world.browser(SUPERVISOR)
    for one in world.house.voiceprints.customers():
        world.house.voiceprints.remove(one)
    world.send(browser, "/voiceprints/enrol", **enrolment("50012345", in_base64("one")), keeps_audio="true")
    world.send(browser, "/voiceprints/enrol", **enrolment("50012346", in_base64("two")))
    world.house.voice_model = "model/2"
    assert "opening nothing until they are renewed or enrolled again: 2" in browser.get("/voiceprints").text
    begun = world.send(browser, "/voiceprints/renew")
    page = goes_on(world, SUPERVISOR, begun.headers["location"])
    assert "Renewed: 1" in page
    assert "no recording is kept: the customer must be enrolled again (1)" in page
