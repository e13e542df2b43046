"""Agents' notes in memory."""

from __future__ import annotations

from ivr.core.call.note import CallNote


class MemoryNoteStore:
    """Notes in a dictionary. It passes the contract suite of the real one."""

    def __init__(self) -> None:
        self._notes: dict[tuple[str, str], CallNote] = {}

    def put(self, note: CallNote) -> None:
        """Keep it."""
        self._notes[note.call_id, note.agent] = note

    def of_call(self, call_id: str) -> list[CallNote]:
        """The oldest first."""
        return sorted((one for one in self._notes.values() if one.call_id == call_id), key=lambda one: one.at)

    def calls(self) -> list[str]:
        """Of which one is kept."""
        return list({call for call, _ in self._notes})

    def keys_of_call(self, call_id: str) -> list[bytes]:
        """Nothing is sealed here."""
        return []

    def forget_call(self, call_id: str) -> None:
        """Remove."""
        self._notes = {key: one for key, one in self._notes.items() if one.call_id != call_id}
