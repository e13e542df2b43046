"""What every store of voices must do, and what the sealed files must not tell."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.adapters.files.voiceprints import VoiceprintFiles
from ivr.core.identity.voiceprint import Consent, Template, Voiceprint
from ivr.core.identity.watchlist import Watched
from ivr.core.speech.heard import Fingerprint, Heard
from ivr.errors import OperatorError, SealError
from ivr.ports.voiceprints import Voiceprints
from ivr.testing.fake_stores import MemoryKeyStore
from ivr.testing.fake_voiceprints import MemoryVoiceprints

CUSTOMER = "10012345"
SOUND = Fingerprint(bytes(range(32)))
VOICE = Voiceprint(CUSTOMER, "fake-1", (Template((0.6, 0.8), 5.0, 1.0), Template((0.8, 0.6), 4.0, 2.0)))

STORES: dict[str, Callable[[Path], Voiceprints]] = {
    "memory": lambda path: MemoryVoiceprints(),
    "files": lambda path: VoiceprintFiles(path, MemoryKeyStore()),
}


@pytest.fixture(params=list(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Voiceprints:
    return STORES[request.param](tmp_path)


# --- every store ----------------------------------------------------------------------------------------------------


def test_who_never_enrolled_has_no_voiceprint(store: Voiceprints) -> None:
    assert store.get(CUSTOMER) is None
    assert list(store.customers()) == []


def test_what_was_put_is_there_whole(store: Voiceprints) -> None:
    store.put(VOICE)
    assert store.get(CUSTOMER) == VOICE
    assert list(store.customers()) == [CUSTOMER]


def test_enrolling_again_replaces(store: Voiceprints) -> None:
    store.put(VOICE)
    newer = Voiceprint(CUSTOMER, "fake-2", VOICE.templates[:1])
    store.put(newer)
    assert store.get(CUSTOMER) == newer
    assert len(store.customers()) == 1


def test_customers_do_not_mix(store: Voiceprints) -> None:
    store.put(VOICE)
    store.put(Voiceprint("2", "fake-1", VOICE.templates[:1]))
    assert store.get(CUSTOMER) == VOICE
    assert list(store.customers()) == [CUSTOMER, "2"]


def test_who_is_removed_is_forgotten_and_cannot_be_removed_twice(store: Voiceprints) -> None:
    store.put(VOICE)
    store.remove(CUSTOMER)
    assert store.get(CUSTOMER) is None
    with pytest.raises(OperatorError):
        store.remove(CUSTOMER)


def test_recordings_are_kept_where_they_were_given_and_stay_until_others_take_their_place(store: Voiceprints) -> None:
    store.put(VOICE)
    assert list(store.recordings(CUSTOMER)) == []
    store.put(VOICE, [b"first", b"second"])
    store.put(VOICE)
    assert list(store.recordings(CUSTOMER)) == [b"first", b"second"]
    store.put(VOICE, [])
    assert list(store.recordings(CUSTOMER)) == []


def test_consent_and_machine_are_kept(store: Voiceprints) -> None:
    voice = replace(VOICE, consent=Consent(3.0, "call 7", "os:anna", keeps_audio=True), machine=True)
    store.put(voice)
    assert store.get(CUSTOMER) == voice


def test_a_voice_that_changed_meanwhile_is_not_exchanged(store: Voiceprints) -> None:
    newer = replace(VOICE, model="fake-2")
    store.put(VOICE)
    assert store.exchange(VOICE, newer)
    assert not store.exchange(VOICE, replace(VOICE, model="fake-3"))
    assert store.get(CUSTOMER) == newer
    store.remove(CUSTOMER)
    assert not store.exchange(newer, VOICE)
    assert store.get(CUSTOMER) is None


def test_what_is_heard_of_who_is_not_enrolled_is_not_kept(store: Voiceprints) -> None:
    store.hear(CUSTOMER, lambda heard: heard.answered(1.0, SOUND))
    assert store.heard(CUSTOMER) == Heard()
    store.put(VOICE)
    store.hear(CUSTOMER, lambda heard: heard.answered(1.0, SOUND))
    assert store.heard(CUSTOMER) == Heard((), ((1.0, SOUND),))


def test_removing_erases_recordings_and_what_was_heard_and_leaves_a_proof_of_each(store: Voiceprints) -> None:
    store.put(VOICE, [b"first"])
    store.hear(CUSTOMER, lambda heard: heard.answered(1.0, SOUND))
    erased = store.remove(CUSTOMER)
    assert [one.kind for one in erased] == ["voiceprint", "enrolment", "heard"]
    assert all(len(one.key) == 64 for one in erased)
    assert (store.get(CUSTOMER), list(store.recordings(CUSTOMER)), store.heard(CUSTOMER)) == (None, [], Heard())


def test_old_answers_are_swept_and_the_enrolment_stays_known(store: Voiceprints) -> None:
    store.put(VOICE)
    store.hear(CUSTOMER, lambda heard: Heard((SOUND,), ((1.0, SOUND), (9.0, SOUND))))
    assert store.sweep(5.0) == [store.mark(CUSTOMER)]
    assert store.heard(CUSTOMER) == Heard((SOUND,), ((9.0, SOUND),))
    assert store.sweep(5.0) == []


def test_an_agents_voice_is_no_customers_and_is_forgotten_for_good(store: Voiceprints) -> None:
    agent = replace(VOICE, customer="alice", consent=Consent(3.0, "a form", "os:olga", keeps_audio=False))
    assert store.agent("alice") is None
    store.put_agent(agent)
    store.put_agent(replace(agent, customer="bob"))
    store.put_agent(replace(agent, model="fake-2"))
    assert store.agent("alice") == replace(agent, model="fake-2")
    assert [one.customer for one in store.agents()] == ["alice", "bob"]
    assert (store.get("alice"), store.customers(), store.watched()) == (None, [], [])
    store.put(replace(VOICE, customer="alice"))
    store.remove("alice")
    erased = store.remove_agent("alice")
    assert erased is not None
    assert erased.kind == "agent"
    assert [one.customer for one in store.agents()] == ["bob"]
    assert store.remove_agent("alice") is None, "they have none any more"


# --- sealed files ---------------------------------------------------------------------------------------------------


def test_a_stolen_directory_tells_neither_voices_nor_customers(tmp_path: Path) -> None:
    VoiceprintFiles(tmp_path, MemoryKeyStore()).put(VOICE)
    for path in tmp_path.iterdir():
        assert path.stat().st_mode & 0o077 == 0
        for told in (CUSTOMER.encode(), b"0.6", b"fake-1", b"templates"):
            assert told not in path.name.encode()
            assert told not in path.read_bytes()


def test_a_file_under_another_customers_name_does_not_open(tmp_path: Path) -> None:
    store = VoiceprintFiles(tmp_path, MemoryKeyStore())
    store.put(VOICE)
    [mine] = tmp_path.glob("*.voiceprint")
    store.put(Voiceprint("2", "fake-1", VOICE.templates))
    [other] = set(tmp_path.glob("*.voiceprint")) - {mine}
    other.write_bytes(mine.read_bytes())
    with pytest.raises(SealError):
        store.get("2")


@pytest.mark.parametrize("damage", ["cut", "flip", "fields", "empty"])
def test_a_damaged_file_is_an_error_and_not_a_missing_voice(tmp_path: Path, damage: str) -> None:
    store = VoiceprintFiles(tmp_path, MemoryKeyStore())
    store.put(VOICE)
    [path] = tmp_path.glob("*.voiceprint")
    content = json.loads(path.read_bytes())
    sealed = content["sealed"]
    damaged = {
        "cut": json.dumps(content)[:-20],
        "flip": json.dumps(content | {"sealed": sealed[:40] + ("A" if sealed[40] != "A" else "B") + sealed[41:]}),
        "fields": json.dumps(content | {"extra": 1}),
        "empty": "",
    }[damage]
    path.write_text(damaged)
    with pytest.raises(SealError):
        store.get(CUSTOMER)


def test_another_key_store_opens_nothing(tmp_path: Path) -> None:
    VoiceprintFiles(tmp_path, MemoryKeyStore()).put(VOICE)
    stranger = VoiceprintFiles(tmp_path, MemoryKeyStore())
    assert stranger.get(CUSTOMER) is None  # it does not even know the file's name
    with pytest.raises(SealError):
        stranger.customers()


def test_a_removed_voice_does_not_come_back_with_a_backup(tmp_path: Path) -> None:
    store = VoiceprintFiles(tmp_path, MemoryKeyStore())
    store.put(VOICE)
    [path] = tmp_path.glob("*.voiceprint")
    backup = path.read_bytes()
    store.remove(CUSTOMER)
    path.write_bytes(backup)
    with pytest.raises(SealError):
        store.get(CUSTOMER)


def test_one_key_goes_with_every_version_of_a_file(tmp_path: Path) -> None:
    store = VoiceprintFiles(tmp_path, MemoryKeyStore())
    store.put(VOICE)
    [path] = tmp_path.glob("*.voiceprint")
    first = path.read_bytes()
    store.put(replace(VOICE, model="fake-2"))
    store.remove(CUSTOMER)
    path.write_bytes(first)  # from a backup of before
    with pytest.raises(SealError):
        store.get(CUSTOMER)
    assert list(store.customers()) == []
    assert store.sweep(0.0) == [store.mark(CUSTOMER)]
    assert not path.exists()


def test_what_a_crash_left_half_erased_can_be_removed_again(tmp_path: Path) -> None:
    keys = MemoryKeyStore()
    store = VoiceprintFiles(tmp_path, keys)
    store.put(VOICE, [b"first"])
    keys.shred([wrapped for _, wrapped, _ in store.wrapped_keys()])
    store.remove(CUSTOMER)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_recordings_and_what_was_heard_tell_a_thief_nothing(tmp_path: Path) -> None:
    store = VoiceprintFiles(tmp_path, MemoryKeyStore())
    store.put(VOICE, [b"spoken words" * 20])
    store.hear(CUSTOMER, lambda heard: heard.answered(1.0, SOUND))
    for path in tmp_path.iterdir():
        assert path.stat().st_mode & 0o077 == 0
        assert CUSTOMER.encode() not in path.read_bytes()
        assert b"spoken" not in path.read_bytes()


def test_a_voice_of_the_watchlist_is_kept_by_its_name_and_forgotten_for_good(store: Voiceprints) -> None:
    entry = Watched("case-1", "m", (Template((1.0, 0.0), 5.0, 1.0),), 1.0, 2.0, "os:olga", "a fraud")
    assert store.watched() == []
    store.watch(entry)
    store.watch(replace(entry, name="case-0"))
    store.watch(replace(entry, why="another"))
    assert [(one.name, one.why) for one in store.watched()] == [("case-0", "a fraud"), ("case-1", "another")]
    assert store.customers() == []
    assert store.unwatch("case-1").kind == "watched"
    assert [one.name for one in store.watched()] == ["case-0"]
    with pytest.raises(OperatorError):
        store.unwatch("case-1")


def test_an_agents_file_opens_as_no_customers_and_is_gone_with_its_key(tmp_path: Path) -> None:
    store = VoiceprintFiles(tmp_path, MemoryKeyStore())
    store.put(VOICE)
    [customers] = tmp_path.glob("*.voiceprint")
    store.put_agent(replace(VOICE, customer=CUSTOMER))
    [agents] = tmp_path.glob("*.agent")
    assert agents.stem != customers.stem, "by the same name another one is found"
    kept = agents.read_bytes()
    customers.write_bytes(kept)
    with pytest.raises(SealError):
        store.get(CUSTOMER)
    assert [len(one) for one in store.wrapped_keys()] == [3, 3], "keys are rotated for both"
    store.remove_agent(CUSTOMER)
    agents.write_bytes(kept)
    with pytest.raises(SealError):
        store.agent(CUSTOMER)
    assert (store.agents(), store.sweep(0.0)) == ([], sorted([agents.stem, customers.stem]))
