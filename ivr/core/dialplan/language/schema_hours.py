"""What may be written of opening hours: the shape, strictly."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, WithJsonSchema

from ivr.core.dialplan.language.schema import Shape

_RANGE = "[0-9]{1,2}:[0-9]{2} ?- ?[0-9]{1,2}:[0-9]{2}"
Times = Annotated[str, WithJsonSchema({"type": "string", "pattern": rf"^ *{_RANGE}( *, *{_RANGE})* *$"})]
"""Hours of a day; what they mean is checked where they are built."""


class HoursIn(Shape):
    """When a place is open: the value of this name is true then."""

    zone: str | None = None
    weekly: dict[str, Times] = Field(default_factory=dict, examples=[{"mon-fri": "09:00-12:30, 13:30-18:00"}])
    holidays: list[str] = Field(default_factory=list)
    special: dict[str, Times] = Field(default_factory=dict, examples=[{"2026-12-24": "09:00-12:00"}])
