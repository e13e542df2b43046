"""What agents chose (logged out, paused and why): one JSON file, replaced as a whole, on disk before it counts."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from ivr.core.queueing.choice import AgentChoice
from ivr.durable import write_durably
from ivr.errors import EnvironmentFault, OperatorError


class AgentChoiceFile:
    """Choices by agent; a missing file holds none. One process writes it: the hub."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, AgentChoice] | None = None

    def read(self) -> tuple[AgentChoice, ...]:
        """All of them. Raises OperatorError when the file is not ours, EnvironmentFault when it cannot be read."""
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            self._known = {}
            return ()
        except OSError as error:
            raise EnvironmentFault(f"the agents' choices in {self._path} cannot be read: {error.strerror}") from error
        try:
            choices = tuple(AgentChoice(**one) for one in json.loads(text))
            if not all(_is_whole(choice) for choice in choices):
                raise TypeError("a field of the wrong type")
        except (ValueError, TypeError) as error:
            raise OperatorError(f"{self._path} holds no agents' choices: restore it, or remove it") from error
        self._known = {choice.agent: choice for choice in choices}
        return tuple(sorted(choices, key=lambda choice: choice.agent))

    def put(self, choice: AgentChoice) -> None:
        """Keep one. Raises EnvironmentFault."""
        if self._known is None:
            self.read()
        assert self._known is not None
        known = {**self._known, choice.agent: choice}
        kept = [asdict(one) for _, one in sorted(known.items()) if one != AgentChoice(one.agent)]
        write_durably(self._path, (json.dumps(kept, indent=1) + "\n").encode())
        self._known = known


def _is_whole(choice: AgentChoice) -> bool:
    return isinstance(choice.logged_in, bool) and all(
        isinstance(text, str) for text in (choice.agent, choice.reason, choice.by)
    )
