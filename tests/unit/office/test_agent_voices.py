"""Agents' voices: enrolled with consent by the security officer alone, apart from customers', taken back by erasure."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.adapters.agent_file import AgentFile
from ivr.core.queueing.directory import AgentEntry
from ivr.engine.office import agent_voices as office
from ivr.engine.office import agents as agents_office
from ivr.engine.office.voiceprints import EnrolledVoices, ListVoices, list_voices
from ivr.errors import DeniedError, EnvironmentFault, OperatorError
from ivr.ports.voiceprints import ErasedFile
from ivr.testing.fake_voiceprints import MemoryVoiceprints
from tests.unit.office.house import NOW, House
from tests.unit.office.test_voiceprints import RECORDINGS

OFFICER = "os:officer"
ALICE = AgentEntry("alice", None, "sip:alice@127.0.0.1")


class Locked(MemoryVoiceprints):
    """A directory that cannot be written."""

    def remove_agent(self, name: str) -> ErasedFile | None:
        raise EnvironmentFault("voiceprints cannot be written")


class Staffed(House):
    """With an agent."""

    def __init__(self, agents: AgentFile) -> None:
        super().__init__()
        self.agents = agents
        self.put_in_force()


@pytest.fixture
def house(tmp_path: Path) -> Staffed:
    agents = AgentFile(tmp_path / "agents.json")
    agents.put(ALICE)
    return Staffed(agents)


def enrol(house: House, name: str = "alice", *, who: str = OFFICER, consent: str = "form of 3 May") -> None:
    office.enrol(house.office(who), office.EnrolAgent(name, RECORDINGS, consent))


def listed(house: House) -> EnrolledVoices:
    return office.list_voices(house.office(OFFICER), office.ListAgentVoices())


def test_an_agent_is_enrolled_with_their_consent_and_is_no_customer(house: House) -> None:
    enrol(house)
    [one] = listed(house).voiceprints
    assert one.consent is not None
    assert (one.customer, one.consent.evidence, one.consent.given_at) == ("alice", "form of 3 May", NOW)
    assert not one.consent.keeps_audio
    assert house.voiceprints.get("alice") is None
    assert list_voices(house.office("os:supervisor"), ListVoices()).voiceprints == []
    [told] = house.entries("agent.voice_enrolled")
    assert (told.subject, told.details["consent"]) == ("alice", "recorded")
    assert "May" not in str(told)


@pytest.mark.parametrize("consent", ["", " ", "two\nlines"])
def test_nobody_is_enrolled_without_consent(house: House, consent: str) -> None:
    with pytest.raises(OperatorError, match="where the consent is recorded"):
        enrol(house, consent=consent)
    assert listed(house).voiceprints == []


def test_nobody_is_enrolled_who_is_no_agent_and_the_log_has_no_name_that_was_typed(house: House) -> None:
    with pytest.raises(OperatorError, match="no agent of that name"):
        enrol(house, "10012345")
    assert house.entries("agent.voice_enrolled")[-1].subject == "unknown"
    assert listed(house).voiceprints == []


def test_taking_the_consent_back_erases_and_the_log_holds_the_proof(house: House) -> None:
    enrol(house)
    erased = office.forget(house.office(OFFICER), office.ForgetAgent("alice"))
    assert erased.kind == "agent"
    assert listed(house).voiceprints == []
    [told] = house.entries("agent.voice_removed")
    assert told.details == {"erased": erased.key}
    with pytest.raises(OperatorError):
        office.forget(house.office(OFFICER), office.ForgetAgent("alice"))


def remove(house: House, name: str = "alice") -> ErasedFile | None:
    return agents_office.remove(house.office("os:operator"), agents_office.OfAgent(name))


def test_an_agent_who_is_removed_takes_their_voice_along_and_the_log_holds_the_proof(house: Staffed) -> None:
    enrol(house)
    erased = remove(house)
    assert erased is not None
    assert (listed(house).voiceprints, house.agents.read()) == ([], ())
    [told] = house.entries("agent.removed")
    assert (told.subject, told.outcome, told.details) == ("alice", "done", {"erased": erased.key})
    house.agents.put(ALICE)
    assert listed(house).voiceprints == [], "who has the name next is not compared with the first one"


def test_an_agent_without_a_voice_is_removed_as_before(house: House) -> None:
    assert remove(house) is None
    assert house.entries("agent.removed")[-1].details == {}


def test_what_is_no_agents_name_erases_nothing(house: Staffed) -> None:
    enrol(house)
    house.agents.remove("alice")  # as before voices went along
    with pytest.raises(OperatorError):
        remove(house)
    assert [one.customer for one in listed(house).voiceprints] == ["alice"]
    told = house.entries("agent.removed")[-1]
    assert (told.subject, told.outcome, "erased" in told.details) == ("unknown", "failed", False)


def test_an_agent_whose_voice_cannot_be_erased_stays_until_it_can(house: Staffed) -> None:
    enrol(house)
    house.voiceprints = Locked()
    with pytest.raises(EnvironmentFault):
        remove(house)
    assert [one.name for one in house.agents.read()] == ["alice"]
    assert house.entries("agent.removed")[-1].outcome == "failed"


def test_before_there_are_keys_an_agent_is_removed_and_no_voice_is_looked_for(house: Staffed) -> None:
    house.begun = False
    house.voiceprints = Locked()
    assert remove(house) is None
    assert house.agents.read() == ()


@pytest.mark.parametrize("who", ["os:supervisor", "os:operator", "os:auditor", "os:agent"])
def test_who_enrols_customers_or_leads_agents_may_not(house: House, who: str) -> None:
    with pytest.raises(DeniedError):
        enrol(house, who=who)
    with pytest.raises(DeniedError):
        office.list_voices(house.office(who), office.ListAgentVoices())


def test_who_is_of_another_model_is_told(house: House) -> None:
    enrol(house)
    assert listed(house).outdated == []
    house.voice_model = "model/2"
    assert [one.customer for one in listed(house).outdated] == ["alice"]
