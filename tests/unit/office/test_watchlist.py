"""The watchlist: put on it for a while with a reason, shown, taken off, gone when its time is over."""

from __future__ import annotations

import pytest

from ivr.core.identity.watchlist import MOST_LISTED
from ivr.core.vault.retention import DAY_SECONDS
from ivr.engine.archive.voices import VoiceKeeper
from ivr.engine.office import watchlist as office
from ivr.errors import DeniedError, OperatorError
from ivr.testing.fake_speech import speak
from tests.unit.office.house import NOW, House

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
