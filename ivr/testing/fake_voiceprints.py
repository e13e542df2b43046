"""Voiceprints that are gone with their process."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from ivr.core.identity.voiceprint import Voiceprint
from ivr.core.identity.watchlist import Watched
from ivr.core.speech.heard import Heard
from ivr.errors import OperatorError
from ivr.ports.voiceprints import ErasedFile


class MemoryVoiceprints:
    """Held to the contract of the files."""

    def __init__(self) -> None:
        self._kept: dict[str, Voiceprint] = {}
        self._recordings: dict[str, list[bytes]] = {}
        self._heard: dict[str, Heard] = {}
        self._watched: dict[str, Watched] = {}
        self._agents: dict[str, Voiceprint] = {}

    def get(self, customer: str) -> Voiceprint | None:
        """A customer's voiceprint."""
        return self._kept.get(customer)

    def put(self, voiceprint: Voiceprint, recordings: Sequence[bytes] | None = None) -> None:
        """Keep it."""
        self._kept[voiceprint.customer] = voiceprint
        if recordings is not None:
            self._recordings[voiceprint.customer] = list(recordings)

    def exchange(self, before: Voiceprint, after: Voiceprint) -> bool:
        """Put one in the place of the other."""
        same = self._kept.get(before.customer) == before
        if same:
            self._kept[after.customer] = after
        return same

    def recordings(self, customer: str) -> Sequence[bytes]:
        """What was kept of the enrolment."""
        return self._recordings.get(customer, [])

    def heard(self, customer: str) -> Heard:
        """What was heard of a customer's voice."""
        return self._heard.get(customer, Heard())

    def hear(self, customer: str, change: Callable[[Heard], Heard]) -> None:
        """Change it."""
        if customer in self._kept:
            self._heard[customer] = change(self.heard(customer))

    def remove(self, customer: str) -> Sequence[ErasedFile]:
        """Forget it."""
        kept = self._kept.pop(customer, None), self._recordings.pop(customer, None), self._heard.pop(customer, None)
        gone = [kind for kind, one in zip(("voiceprint", "enrolment", "heard"), kept, strict=True) if one]
        if not gone:
            raise OperatorError("This customer has no voiceprint.")
        return [ErasedFile(kind, self.mark(customer)) for kind in gone]

    def sweep(self, heard_before: float) -> Sequence[str]:
        """Forget what was heard before a time."""
        swept = []
        for customer, heard in self._heard.items():
            self._heard[customer] = heard.since(heard_before)
            if self._heard[customer] != heard:
                swept.append(self.mark(customer))
        return sorted(swept)

    def customers(self) -> Sequence[str]:
        """Who is enrolled."""
        return sorted(self._kept)

    def watched(self) -> Sequence[Watched]:
        """By name."""
        return [self._watched[name] for name in sorted(self._watched)]

    def watch(self, entry: Watched) -> None:
        """Keep one."""
        self._watched[entry.name] = entry

    def unwatch(self, name: str) -> ErasedFile:
        """Forget one."""
        if self._watched.pop(name, None) is None:
            raise OperatorError("The watchlist has no voice of this name.")
        return ErasedFile("watched", self.mark(name))

    def agent(self, name: str) -> Voiceprint | None:
        """An agent's."""
        return self._agents.get(name)

    def put_agent(self, voiceprint: Voiceprint) -> None:
        """Keep an agent's."""
        self._agents[voiceprint.customer] = voiceprint

    def remove_agent(self, name: str) -> ErasedFile | None:
        """Forget an agent's."""
        return None if self._agents.pop(name, None) is None else ErasedFile("agent", self.mark(name))

    def agents(self) -> Sequence[Voiceprint]:
        """By name."""
        return [self._agents[name] for name in sorted(self._agents)]

    def mark(self, customer: str) -> str:
        """A hash; nothing is secret here."""
        return hashlib.sha256(customer.encode()).hexdigest()
