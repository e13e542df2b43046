"""What may be written of a call's risk: the shape, strictly."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from ivr.core.dialplan.language.schema import Ident, Language, Shape

Points = Annotated[int, Field(ge=0, le=100)]
"""0 is none, 100 is all there are."""
SkillName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}(:[A-Za-z0-9-]{1,16})?$")]

RuleName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+/[A-Za-z0-9_-]+$")]
"""ruleset/rule."""


class OftenIn(Shape):
    """Points from so many on."""

    from_: Annotated[int, Field(alias="from", ge=1, le=1000)]
    points: Points


class CallsIn(OftenIn):
    """The same of calls within so many hours; this call is one of them."""

    hours: Annotated[float, Field(gt=0, le=24 * 366)]


class AccountCallsIn(CallsIn):
    """Of an account."""

    value: Ident


class NewNumberIn(Shape):
    """Points where nobody has called from the number for so many days."""

    days: Annotated[float, Field(gt=0, le=366)]
    points: Points


class OddHourIn(Shape):
    """Points outside opening hours."""

    outside: Ident
    points: Points


class BankIn(Shape):
    """Points by what a value says; anything but these words is no answer."""

    value: Ident
    points: Annotated[dict[str, Points], Field(min_length=1)]


class MismatchIn(Shape):
    """Points where the call comes from another number than the one in a value."""

    value: Ident
    points: Points


class SpokenIn(Shape):
    """Points once the caller says one of these, or a published rule finds such words in their talk with an agent."""

    phrases: Annotated[dict[Language, Annotated[list[str], Field(min_length=1)]], Field(min_length=1)] | None = None
    rules: Annotated[list[RuleName], Field(min_length=1)] | None = None
    points: Points

    @model_validator(mode="after")
    def _words(self) -> SpokenIn:
        if self.phrases is None and self.rules is None:
            raise PydanticCustomError("no_words", "name phrases, or rules of inspection that find them")
        return self


class SignalsIn(Shape):
    """What each signal gives."""

    withheld: Points | None = None
    unvouched: Points | None = None
    diverted: Points | None = None
    attestation: dict[Literal["A", "B", "C", "failed", "none"], Points] | None = None
    new_number: NewNumberIn | None = None
    many_calls: CallsIn | None = None
    account_calls: AccountCallsIn | None = None
    odd_hour: OddHourIn | None = None
    failures: OftenIn | None = None
    bank: BankIn | None = None
    mismatch: MismatchIn | None = None
    duress: SpokenIn | None = None
    scripted: SpokenIn | None = None
    watchlist: Points | None = None

    @model_validator(mode="after")
    def _some(self) -> SignalsIn:
        if not self.model_fields_set:
            raise PydanticCustomError("no_signal", "no signal is named")
        return self


class RiskIn(Shape):
    """How the score of a call comes about: 0 to 100."""

    signals: SignalsIn
    medium: Annotated[int, Field(ge=1, le=100)] = 30
    high: Annotated[int, Field(ge=1, le=100)] = 60


class AtRiskIn(Shape):
    """How a call of a certain risk waits."""

    priority: Annotated[int, Field(ge=0, le=9)] | None = None
    skills: dict[SkillName, Annotated[int, Field(ge=1, le=9)]] = Field(default_factory=dict)
    urgent: bool = False
