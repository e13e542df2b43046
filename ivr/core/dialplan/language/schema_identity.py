"""What may be written of an identity policy, and in states that prove or demand an identity: the shape, strictly."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ivr.core.dialplan.language.schema import Ident, Shape

After = Literal["keep", "drop"]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+-]*$", max_length=40)]


class FactorIn(Shape):
    """One way of proving who somebody is."""

    by: Literal["keys", "voice", "agent", "network"]
    minutes: Annotated[float, Field(gt=0, le=1440)] | None = None
    after_hold: After = "drop"
    after_transfer: After = "drop"
    number: Ident | None = None


class CombinationIn(Shape):
    """Factors that come to a level together."""

    factors: Annotated[list[Ident], Field(min_length=1, max_length=6)]
    risk: Literal["low", "medium", "high"] = "high"


class PolicyIn(Shape):
    """Which factors come to which level."""

    policy: Ident
    version: Version
    factors: Annotated[dict[Ident, FactorIn], Field(min_length=1, max_length=8)]
    levels: dict[Literal["basic", "strong", "high"], Annotated[list[CombinationIn], Field(min_length=1)]]


class CostsIn(Shape):
    """What a wrong decision on a voice costs; only the proportions matter."""

    prior: float = 0.9
    false_accept: float = 10_000.0
    false_reject: float = 20.0
    unsure: float = 1.0
