"""Agents whose phones ring for the queue in which one caller waits: to the dialplan they are one offer."""

from __future__ import annotations

from ivr.core.call.party import Party
from ivr.core.commands import Command
from ivr.core.orders.playing import Clip
from ivr.core.orders.queue import AgentOffered, DialAgent
from ivr.core.orders.talk import Whisper


class Ringing:
    """Of one call."""

    def __init__(self) -> None:
        self.queued = False
        """Whether the caller waits for one of them."""
        self.offer = ""
        """The offer that the dialplan knows."""
        self._rung: dict[str, Party] = {}
        self._briefed: set[str] = set()

    def __contains__(self, party: str) -> bool:
        return party in self._rung

    def __bool__(self) -> bool:
        return bool(self._rung)

    def begin(self, event: AgentOffered, brief: tuple[Clip, ...]) -> list[Command]:
        """One more rings. `brief`: what they are told before they are connected."""
        if not self._rung:
            self.offer = event.offer_id
        self._rung[event.offer_id] = Party(event.offer_id, event.agent)
        orders: list[Command] = [DialAgent(event.offer_id, event.agent, event.uri, event.ring_seconds)]
        if brief:
            self._briefed.add(event.offer_id)
            orders.append(Whisper(event.offer_id, brief))
        return orders

    def briefed(self, party: str) -> bool:
        """Whether a party is told something first."""
        return party in self._briefed

    def end(self, party: str) -> Party | None:
        """A phone rings no longer: it was answered, or failed. None: it did not ring."""
        return self._rung.pop(party, None)

    def end_all(self) -> list[Party]:
        """None of them is wanted; whose phones rang."""
        rung, self._rung = list(self._rung.values()), {}
        return rung
