"""What agents chose outlives whoever keeps it: the same for the fake and for the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.adapters.agent_choices import AgentChoiceFile
from ivr.core.queueing.choice import AgentChoice
from ivr.errors import EnvironmentFault, OperatorError
from ivr.ports.agents import AgentChoices
from ivr.testing.fake_stores import MemoryAgentChoices

PAUSED = AgentChoice("ann", True, "training", "sue")
Open = Callable[[], AgentChoices]


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens the same store again at each call."""
    memory = MemoryAgentChoices()
    return (lambda: memory) if request.param == "memory" else (lambda: AgentChoiceFile(tmp_path / "choices.json"))


def test_a_new_store_holds_no_choice(store: Open) -> None:
    assert store().read() == ()


def test_a_pause_is_there_with_its_reason_when_the_store_is_opened_again(store: Open) -> None:
    store().put(PAUSED)
    store().put(AgentChoice("bob", logged_in=False, by="bob"))
    assert store().read() == (PAUSED, AgentChoice("bob", logged_in=False, by="bob"))


def test_who_takes_calls_again_is_not_kept(store: Open) -> None:
    store().put(PAUSED)
    store().put(AgentChoice("ann"))
    assert store().read() == ()


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", '[{"agent": "ann", "logged_in": "no"}]', '[{"agent": "ann", "x": 1}]']
)
def test_a_file_that_holds_something_else_is_an_error_and_not_an_empty_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "choices.json").write_text(text)
    with pytest.raises(OperatorError, match="restore it, or remove it"):
        AgentChoiceFile(tmp_path / "choices.json").read()


def test_a_disk_that_refuses_is_said(tmp_path: Path) -> None:
    (tmp_path / "choices.json").mkdir()
    with pytest.raises(EnvironmentFault):
        AgentChoiceFile(tmp_path / "choices.json").read()
