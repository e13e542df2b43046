"""The watchlist: put on it for a while with a reason, shown, taken off, gone when its time is over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.roles import DEMANDED, WATCHLIST
from ivr.core.identity.watchlist import MOST_LISTED
from ivr.core.vault.retention import DAY_SECONDS
from ivr.engine.archive.voices import VoiceKeeper
from ivr.engine.office import watchlist as office
from ivr.errors import DeniedError, OperatorError
from ivr.testing.fake_speech import speak
from tests.unit.office.house import NOW, House
from tests.unit.office.test_console_persons import second_officer

OFFICER = "os:officer"


@pytest.fixture
def house() -> House:
    made = House()
    made.put_in_force()
    return made


def add(house: House, name: str = "case-4711", days: float = 30.0, who: str = OFFICER) -> None:
    recordings = [speak("one of them"), speak("another one"), speak("the third one")]
    office.watch(house.office(who), office.Watch(name=name, recordings=recordings, days=days, reason="a fraud"))


def test_an_entry_has_a_reason_an_end_and_who_added_it(house: House) -> None:
    add(house)
    [entry] = office.show(house.office(OFFICER), office.ShowWatchlist())
    assert (entry.name, entry.why, entry.by) == ("case-4711", "a fraud", OFFICER)
    assert entry.until == NOW + 30 * DAY_SECONDS
    [told] = house.entries("watchlist.added")
    assert (told.subject, told.reason, told.actor) == ("case-4711", "a fraud", OFFICER)


def test_who_enrols_customers_may_list_nobody(house: House) -> None:
    with pytest.raises(DeniedError):
        add(house, who="os:supervisor")
    with pytest.raises(DeniedError):
        office.show(house.office("os:supervisor"), office.ShowWatchlist())


def test_who_is_taken_off_is_erased_and_the_log_has_the_proof(house: House) -> None:
    add(house)
    office.unwatch(house.office(OFFICER), office.Unwatch(name="case-4711", reason="closed"))
    assert house.voiceprints.watched() == []
    [told] = house.entries("watchlist.removed")
    assert told.details["erased"]
    with pytest.raises(OperatorError):
        office.unwatch(house.office(OFFICER), office.Unwatch(name="case-4711", reason="closed"))


def test_where_two_persons_are_needed_an_officer_adds_what_another_heard_and_nothing_else(house: House) -> None:
    second_officer(house)
    house.log.append([AuditEntry(NOW, OFFICER, DEMANDED, WATCHLIST)])
    with pytest.raises(DeniedError, match="ivr watchlist approve case-4711 FILE… --for os:officer"):
        add(house)
    assert house.voiceprints.watched() == []
    voice = [speak("one of them"), speak("another one"), speak("the third one")]
    approval = office.ApproveWatch(name="case-4711", adder="officer", recordings=voice, days=30.0, reason="heard them")
    with pytest.raises(DeniedError, match="nobody approves"):
        office.approve(house.office(OFFICER), approval)
    for other in (
        replace(approval, recordings=[*voice[:2], speak("somebody else")]),
        replace(approval, days=31.0),
        replace(approval, name="case-4712"),
        replace(approval, adder="os:supervisor"),
    ):
        office.approve(house.office("os:second"), other)
        with pytest.raises(DeniedError):
            add(house)
    assert office.approve(house.office("os:second"), approval) == OFFICER
    add(house)
    assert house.entries("watchlist.added")[-1].details["approved_by"] == "os:second"
    with pytest.raises(DeniedError):
        add(house, days=30.0)


def test_the_keeper_erases_what_is_over(house: House) -> None:
    add(house, "short", 1.0)
    add(house, "long", 60.0)
    VoiceKeeper(house.voiceprints, house.log, heard_days=1.0, wall=lambda: NOW + 2 * DAY_SECONDS).round()
    assert [one.name for one in house.voiceprints.watched()] == ["long"]
    assert [one.subject for one in house.entries("watchlist.expired")] == ["short"]


@pytest.mark.parametrize(("name", "days"), [("", 1.0), ("a\nb", 1.0), ("x" * 61, 1.0), ("ok", 0.0), ("ok", 367.0)])
def test_what_makes_no_sense_is_refused(house: House, name: str, days: float) -> None:
    with pytest.raises(OperatorError):
        add(house, name, days)


def test_a_list_that_finds_chance_is_not_made_longer(house: House) -> None:
    add(house)
    [entry] = house.voiceprints.watched()
    for number in range(MOST_LISTED):
        house.voiceprints.watch(type(entry)(f"v{number}", entry.model, entry.templates, NOW, NOW + 1, "o", "w"))
    with pytest.raises(OperatorError, match="chance"):
        add(house, "one-more")
