"""The directory of agents: one JSON file that only the engine's user may read, replaced as a whole."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

from ivr.core.queueing.directory import AgentEntry
from ivr.durable import locked, write_durably
from ivr.errors import EnvironmentFault, OperatorError


class AgentFile:
    """Agents in a file; a missing file is an empty directory."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[AgentEntry, ...]:
        """All agents, by name. Raises OperatorError when the file is not ours, EnvironmentFault when unreadable."""
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise EnvironmentFault(f"the agents in {self._path} cannot be read: {error.strerror}") from error
        try:
            entries = tuple(AgentEntry(**{**one, "queues": tuple(one["queues"])}) for one in json.loads(text))
        except (ValueError, TypeError, KeyError) as error:
            raise OperatorError(f"{self._path} is not a directory of agents: restore it, or remove it") from error
        return tuple(sorted(entries, key=lambda entry: entry.name))

    def put(self, entry: AgentEntry) -> bool:
        """Add or replace one agent; returns whether they were new. A PIN stays until there is another.

        Raises OperatorError when another agent has the extension or is the user: each says who somebody is, so it is
        one agent's.
        """
        with self._locked():
            known = {one.name: one for one in self.read()}
            before = known.get(entry.name)
            if entry.extension:
                other = next((one for one in known.values() if one.extension == entry.extension), before)
                if other is not None and other.name != entry.name:
                    raise OperatorError(
                        f"{entry.extension} is the extension of {other.name}: give {entry.name} another"
                    )
            taken = next((one.name for one in known.values() if entry.user and one.user == entry.user), entry.name)
            if taken != entry.name:
                raise OperatorError(f"{entry.user} is the agent {taken} already: a user is one agent")
            if before is not None and not entry.pin and entry.extension:
                entry = replace(entry, pin=before.pin)
            self._write({**known, entry.name: entry})
        return before is None

    def set_pin(self, name: str, pin: str) -> None:
        """Give an agent another PIN, as `pin_check` writes it. Raises OperatorError when there is no such agent."""
        with self._locked():
            known = {one.name: one for one in self.read()}
            if name not in known:
                raise OperatorError(f"there is no agent {name}; 'ivr agents list' shows who there is")
            self._write({**known, name: replace(known[name], pin=pin)})

    def remove(self, name: str) -> None:
        """Remove one agent. Raises OperatorError when there is none of that name."""
        with self._locked():
            known = {one.name: one for one in self.read()}
            if known.pop(name, None) is None:
                raise OperatorError(f"there is no agent {name}; 'ivr agents list' shows who there is")
            self._write(known)

    def _write(self, entries: dict[str, AgentEntry]) -> None:
        text = json.dumps([asdict(entries[name]) for name in sorted(entries)], indent=1) + "\n"
        write_durably(self._path, text.encode())

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Alone among processes, so that two commands at once lose nothing."""
        with locked(self._path.with_suffix(".lock"), f"the agents in {self._path} cannot be locked"):
            yield
