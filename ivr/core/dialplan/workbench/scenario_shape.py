"""What may be written in a file of scenarios: the shape. What is done with it is in `scenario`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from ivr.core.dialplan.language.schema import Shape
from ivr.core.dialplan.workbench.simulated_agent import USUAL_CONFIDENCE
from ivr.core.dialplan.workbench.simulated_line import USUAL_MOMENT


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _keyed(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def moment(value: object) -> object:
    """When a call comes, from 2026-12-24T10:00: the clock of the dialplan's zone. Raises ValueError."""
    if not isinstance(value, str):
        return value
    found = datetime.fromisoformat(value)
    if found.tzinfo is not None:
        raise ValueError("the time is by the clock of the dialplan's zone: leave the offset out")
    return found


_TEXT = {"type": "string"}
Moment = Annotated[
    datetime, BeforeValidator(moment), WithJsonSchema({**_TEXT, "pattern": r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d)?"})
]
Names = Annotated[
    list[str],
    BeforeValidator(_listed),
    WithJsonSchema({"oneOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]}),
]
KeyText = Annotated[
    str,
    BeforeValidator(_keyed),
    Field(pattern=r"^[0-9*#A-D]+$"),
    WithJsonSchema({"oneOf": [{"type": "integer", "minimum": 0}, {**_TEXT, "pattern": "^[0-9*#A-D]+$"}]}),
]


class AnswerIn(Shape):
    """How a data source answers, when the parameters are so."""

    when: dict[str, str] = Field(default_factory=dict)
    answer: dict[str, Any] | None = None
    """None: the source fails."""


Sources = dict[str, list[AnswerIn]]


class SayIn(Shape):
    """The caller speaks."""

    words: str
    confidence: float = 0.95
    early: bool = False


class AgentSaysIn(Shape):
    """The agent speaks to the caller."""

    words: str
    confidence: Annotated[float, Field(ge=0, le=1)] = USUAL_CONFIDENCE


class PressIn(Shape):
    """The caller presses keys."""

    keys: KeyText
    early: bool = False


class WorldIn(Shape):
    """How the world behaves from now on."""

    voice: float | None = None
    unscored: bool = False
    agent: Literal["answers", "busy", "none", "closed"] | None = None
    transfer: Literal["answers", "busy", "silent", "unreachable"] | None = None
    callback: Literal["kept", "fails"] | None = None
    loss: float | None = None
    earlier_calls: Annotated[int, Field(ge=0, le=1000)] | Literal["unknown"] | None = None
    sources: Sources = Field(default_factory=dict)


class ExpectIn(Shape):
    """What must be so now. `prompt`, `order` and `within` look back to the last thing that the caller did."""

    prompt: Names = Field(default_factory=list)
    state: str | None = None
    order: Names = Field(default_factory=list)
    absent: Names = Field(default_factory=list)
    never: Names = Field(default_factory=list)
    language: str | None = None
    identity: str | None = None
    risk: Literal["low", "medium", "high", "unknown"] | None = None
    consent: Literal["unasked", "granted", "refused"] | None = None
    outcome: str | None = None
    disclosed: Names = Field(default_factory=list)
    read: Names = Field(default_factory=list)
    """Warnings that the agent read and the caller acknowledged."""
    message: str | None = None
    """A mailbox that has got a message."""
    alarm: str | None = None
    within: float | None = None


class StepIn(Shape):
    """One step: exactly one of these."""

    say: str | SayIn | None = None
    press: KeyText | PressIn | None = None
    silent: Annotated[int, Field(ge=1, le=20)] | None = None
    wait: Annotated[float, Field(gt=0, le=7200)] | None = None
    hold: Annotated[float, Field(gt=0, le=7200)] | None = None
    hang_up: Literal["caller", "agent", "target"] | None = None
    agent_says: str | AgentSaysIn | None = None
    """What the agent says to the caller; recognized while they talk."""
    agent_reads: str | None = None
    """A warning that the agent reads to the caller, word for word."""
    assist: KeyText | None = None
    """The agent lets the line take over at this place, and stays."""
    hand_over: KeyText | None = None
    """The agent hands the caller over at this place, and leaves."""
    confirm: Literal[True] | None = None
    """The agent says that they know who calls."""
    world: WorldIn | None = None
    expect: ExpectIn | None = None
    at: Moment | None = None
    """When the call comes."""
    called: str | None = None
    """The number that was dialled."""
    sample: Annotated[int, Field(ge=0, le=99)] | None = None
    """Where chance puts the call: below 20 are a fifth of all. These three come before all other steps."""


class ScenarioFileIn(Shape):
    """A file of scenarios."""

    dialplan: str
    at: Moment = USUAL_MOMENT
    """When the calls come."""
    sources: Sources = Field(default_factory=dict)
    scenarios: dict[str, Annotated[list[StepIn], Field(min_length=1)]]
