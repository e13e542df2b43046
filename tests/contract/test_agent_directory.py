"""Who the agents are: the same for the directory in memory and for the one in a file."""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.adapters.agent_file import AgentFile
from ivr.core.queueing.directory import AgentEntry, pin_check, proved
from ivr.errors import EnvironmentFault, OperatorError
from ivr.ports.agents import AgentDirectory
from ivr.testing.fake_stores import MemoryAgentDirectory

ANN = AgentEntry("ann", ha1="0" * 32, queues=("loans", "cards"), skills={"lang:zh": 9, "loans": 2}, tier=2, weight=3)
BOB = AgentEntry("bob", uri="sip:bob@192.0.2.9:5060", extension="12")
Made = Callable[..., AgentDirectory]


@pytest.fixture(params=["memory", "file"])
def directory(request: pytest.FixtureRequest, tmp_path: Path) -> Made:
    """Makes a directory of some agents."""

    def in_file(*entries: AgentEntry) -> AgentFile:
        for entry in entries:
            assert AgentFile(tmp_path / "agents.json").put(entry)
        return AgentFile(tmp_path / "agents.json")

    return (lambda *entries: MemoryAgentDirectory(entries)) if request.param == "memory" else in_file


def test_a_new_directory_is_empty(directory: Made) -> None:
    assert directory().read() == ()


def test_agents_come_back_whole_and_by_name_in_whatever_order_they_came(directory: Made) -> None:
    assert directory(BOB, ANN).read() == (ANN, BOB)


# --- the file -------------------------------------------------------------------------------------------------------


def test_an_agent_is_replaced_and_removed(tmp_path: Path) -> None:
    file = AgentFile(tmp_path / "agents.json")
    assert file.put(ANN)
    assert not file.put(AgentEntry("ann", uri="sip:ann@192.0.2.3"))
    assert file.read() == (AgentEntry("ann", uri="sip:ann@192.0.2.3"),)
    file.remove("ann")
    assert file.read() == ()
    with pytest.raises(OperatorError, match="there is no agent ann"):
        file.remove("ann")


def test_a_pin_stays_when_an_agent_is_changed_and_goes_with_the_extension(tmp_path: Path) -> None:
    file = AgentFile(tmp_path / "agents.json")
    file.put(BOB)
    file.set_pin("bob", pin_check("48305917", bytes(16)))
    file.put(AgentEntry("bob", uri="sip:bob@192.0.2.10", extension="209"))
    assert proved(file.read(), "209", "48305917") == "bob"
    file.set_pin("bob", pin_check("1357", bytes(16)))
    assert proved(file.read(), "209", "48305917") == ""
    file.put(AgentEntry("bob", uri="sip:bob@192.0.2.10"))
    assert file.read()[0].pin == ""
    with pytest.raises(OperatorError, match="there is no agent eve"):
        file.set_pin("eve", pin_check("1357", bytes(16)))


def test_an_extension_is_one_agents(tmp_path: Path) -> None:
    file = AgentFile(tmp_path / "agents.json")
    file.put(BOB)
    with pytest.raises(OperatorError, match="12 is the extension of bob"):
        file.put(AgentEntry("ann", uri="sip:ann@192.0.2.3", extension="12"))
    file.put(AgentEntry("bob", uri="sip:bob@192.0.2.10", extension="12"))


def test_nobody_else_may_read_the_hashes(tmp_path: Path) -> None:
    AgentFile(tmp_path / "agents.json").put(ANN)
    assert stat.S_IMODE((tmp_path / "agents.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"name": "ann"}]', '[{"name": "ann", "queues": [], "x": 1}]'])
def test_a_file_that_holds_something_else_is_an_error_and_not_an_empty_directory(tmp_path: Path, text: str) -> None:
    (tmp_path / "agents.json").write_text(text)
    with pytest.raises(OperatorError):
        AgentFile(tmp_path / "agents.json").read()


def test_a_disk_that_refuses_is_said(tmp_path: Path) -> None:
    (tmp_path / "agents.json").mkdir()
    with pytest.raises(EnvironmentFault):
        AgentFile(tmp_path / "agents.json").read()
    with pytest.raises(EnvironmentFault):
        AgentFile(tmp_path / "agents.json").put(ANN)


def test_a_user_is_one_agent_and_may_be_given_to_another_once_they_are_none(tmp_path: Path) -> None:
    file = AgentFile(tmp_path / "agents.json")
    file.put(replace(ANN, user="user:ann"))
    with pytest.raises(OperatorError, match="user:ann is the agent ann already"):
        file.put(replace(BOB, user="user:ann"))
    assert file.put(replace(ANN, user="user:ann")) is False, "the same agent, changed"
    file.put(replace(ANN, user=""))
    assert file.put(replace(BOB, user="user:ann"))
    with pytest.raises(OperatorError, match="no person"):
        replace(ANN, user="ann")
