"""Somebody on the line beside the caller."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.core.commands import Command
from ivr.core.orders.desk import TalkChanged
from ivr.core.orders.queue import CancelAgent
from ivr.core.orders.transfer import CancelTarget


@dataclass(frozen=True, slots=True)
class Party:
    """One of them."""

    id: str
    name: str
    transfer_id: int | None = None
    """Of a transfer's target; None: a phone of the house."""

    @property
    def staff(self) -> bool:
        """Whether it is an agent, who may ask for things."""
        return self.transfer_id is None

    def let_go(self) -> Command:
        """The order that ends it."""
        return CancelAgent(self.id) if self.transfer_id is None else CancelTarget(self.transfer_id)


def changed(step: str, **people: Party | str | None) -> TalkChanged:
    """A step of the talk for the call's story, with the names of those in it."""
    return TalkChanged(
        step, **{role: one.name if isinstance(one, Party) else one or "" for role, one in people.items()}
    )
