"""What may be written in a rules file: the shape, strictly. What a shape cannot say is in `rules_check`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ivr.core.compliance.rule import FigureKind, Severity, Subject
from ivr.core.dialplan.language.schema import Hear, Ident, Language, Shape

KINDS = (
    "forbid", "pattern", "require", "order", "silence", "pace", "talk_over",
    "hold", "interruption", "unanswered", "notice", "number",
)  # fmt: skip
BELONGS = {
    "unless": ("forbid",),
    "words": ("notice",),
    "of": ("number",),
    "named": ("number",),
    "currency": ("number",),
    "between": ("number",),
    "places": ("number",),
    "by": ("forbid", "pattern", "require", "interruption", "number"),
}
"""Key -> the kinds of rule that have it."""
_Seconds = Annotated[float, Field(gt=0, le=3600, strict=False)]
_Words = Annotated[int, Field(ge=30, le=1000)]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=300)]
_Named = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class WhenIn(Shape):
    """Where a rule holds."""

    said: Hear | None = None
    states: list[_Named] = Field(default=[], max_length=100)
    after: list[Ident] = Field(default=[], max_length=20)


class RuleIn(Shape):
    """One rule: what it is says the one key of KINDS that it has."""

    source: _Text
    counsel: Literal["check with counsel"]
    """What every rule says of itself: none of them is legal advice."""
    severity: Literal["critical", "major", "minor"] = Severity.MAJOR.value
    when: WhenIn = WhenIn()
    by: list[str] | None = None
    say: dict[Language, _Text] | None = None
    forbid: Hear | None = None
    unless: Hear | None = None
    pattern: dict[Language, str] | None = None
    require: Hear | None = None
    order: list[Ident] | None = None
    silence: _Seconds | None = None
    pace: dict[Language, _Words] | None = None
    talk_over: _Seconds | None = None
    hold: _Seconds | None = None
    interruption: _Seconds | None = None
    unanswered: _Seconds | None = None
    notice: Literal["complaint", "distress", "vulnerability", "duress", "fraud"] | None = None
    words: Hear | None = None
    number: Literal["rate", "amount", "date"] | None = None
    of: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")] | None = None
    named: Hear | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    between: Annotated[list[int | float], Field(min_length=2, max_length=2)] | None = None
    places: Annotated[int, Field(ge=0, le=6)] | None = None

    @property
    def kinds(self) -> list[str]:
        """What it says it is."""
        return [kind for kind in KINDS if getattr(self, kind) is not None]


class RulesIn(Shape):
    """The file."""

    name: Ident
    version: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")]
    languages: Annotated[list[Language], Field(min_length=1, max_length=20)]
    jurisdictions: list[_Named] = Field(default=[], max_length=50)
    dialplans: list[Ident] = Field(default=[], max_length=50)
    rules: Annotated[dict[Ident, RuleIn], Field(min_length=1, max_length=300)]


assert {kind.value for kind in FigureKind} == {"rate", "amount", "date"}
assert {subject.value for subject in Subject} == {"complaint", "distress", "vulnerability", "duress", "fraud"}
