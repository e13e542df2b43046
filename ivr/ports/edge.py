"""The edge, as the hub sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ivr.core.audit.denial import Denial
from ivr.core.queueing.directory import AgentEntry
from ivr.core.sip.dialog import Dialog, Farewell
from ivr.core.sip.trunk import TrunkState


@dataclass(frozen=True, slots=True)
class EdgeSign:
    """Two of these differ when the edge was started anew, or a phone registered or left; one whose registration ran out
    changes nothing here."""

    word: str | None
    """What a cell must say before it may dial; None when it was told none yet."""
    registrations: int = 0
    """How often a phone registered or left."""


@dataclass(frozen=True, slots=True)
class LostMedia:
    """Cells whose media went through a relay that is gone."""

    callers: frozenset[int] = frozenset()
    """Their caller's did: the call is over."""
    legs: frozenset[int] = frozenset()
    """Only that of somebody whom they dialled did: the caller is still there."""


@dataclass(frozen=True, slots=True)
class CarriedCall:
    """A call whose media goes through the relay, as the relay knows it."""

    call_id: bytes = field(repr=False)
    tags: tuple[bytes, ...] = field(repr=False)
    """Of its two ends; which of them sent the INVITE the relay does not say."""
    transport: str
    """Of the far end's side, such as RTP/SAVP."""


class Edge(Protocol):
    """The edge as the hub sees it. Its calls may wait for seconds and raise PeerError."""

    def agents(self) -> Mapping[str, tuple[str, str | None]]:
        """Agents that it knows: each one's target and password hash."""
        ...

    def put_agent(self, entry: AgentEntry) -> None:
        """Let it know an agent."""
        ...

    def put_phone_key(self, name: str, ha1: str) -> None:
        """Let an agent's browser register for a while with a password of this hash."""
        ...

    def drop_agent(self, name: str) -> None:
        """Let it forget one."""
        ...

    def registered(self) -> frozenset[str]:
        """Agents whose phone is registered."""
        ...

    def cells(self) -> Mapping[int, str]:
        """Cells that are not free, and why: down, asked, suspect, busy, or the call that took them."""
        ...

    def free_cell(self, cell: int) -> None:
        """Note that the cell carries no call."""
        ...

    def down_cell(self, cell: int) -> None:
        """Note that the cell is not there."""
        ...

    def sign(self) -> EdgeSign:
        """What shows at one look whether anything happened there."""
        ...

    def put_word(self, word: str) -> None:
        """Cells must say this from now on."""
        ...

    def know_dialog(self, cell: int, dialog: Dialog) -> None:
        """Let a dialog of a cell's go on, and offer nobody else to that cell. Nothing happens if it is known."""
        ...

    def hang_up(self, bye: Farewell) -> None:
        """End a dialog whose cell died."""
        ...

    def trunks(self) -> tuple[TrunkState, ...]:
        """How the trunks of the settings are, in their order."""
        ...

    def denials(self) -> list[Denial]:
        """What it refused or dropped and was not told to forget."""
        ...

    def forget_denials(self, denials: Sequence[Denial]) -> None:
        """These are kept elsewhere."""
        ...

    def agent_uri(self, name: str) -> str:
        """Where a cell reaches the agent."""
        ...
