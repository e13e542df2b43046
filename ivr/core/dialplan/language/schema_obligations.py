"""What a dialplan owes a caller, as written: what must be heard, and what a state or action demands before it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ivr.core.dialplan.language.schema import Condition, Hear, Ident, Key, Seconds, Shape, Share, Spoken


class AcknowledgeIn(Shape):
    """How a disclosure is acknowledged."""

    ask: Spoken
    press: Key
    hear: Hear | None = None
    attempts: Annotated[int, Field(ge=1, le=10)] = 3
    otherwise: Ident
    wait: Seconds = 6.0


class DisclosureIn(Shape):
    """A prompt that must be heard in full, and acknowledged unless it only tells of the line."""

    say: Spoken
    acknowledge: AcknowledgeIn | None = None
    tells: list[Literal["machine", "recorded", "emotion"]] = Field(default_factory=list)
    otherwise: Ident | None = None
    plays: Annotated[int, Field(ge=1, le=10)] = 3
    max_loss: Share = 0.05
    agent_may_read: bool = False


class AlsoIn(Shape):
    """More disclosures, unless a condition is known not to hold."""

    if_: Condition = Field(alias="if")
    after: Annotated[list[Ident], Field(min_length=1)]


class ProtectIn(Shape):
    """What a state or action demands."""

    after: list[Ident] = Field(default_factory=list)
    also: list[AlsoIn] = Field(default_factory=list)
    identity: Literal["none", "basic", "strong", "high"] = "none"
    recorded: bool = False
