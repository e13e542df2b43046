"""What may be written in a dialplan file: the shape, strictly. The JSON Schema for editors is generated from here.

Unknown keys are errors; nothing is coerced. What a shape cannot say (targets exist, types fit) is in `check`.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

NAME = "[a-z][a-z0-9_]*"
NAME_PATTERN = f"^{NAME}$"
Ident = Annotated[str, StringConstraints(pattern=NAME_PATTERN, max_length=60)]
"""Name of a state, choice, value or disclosure."""
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Share = Annotated[float, Field(ge=0, le=1)]
Attempts = Annotated[int, Field(ge=0, le=10)]
_SOUND = re.compile(r"\.(wav|flac)$")


class Shape(BaseModel):
    """Strict: unknown keys and foreign types are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True, allow_inf_nan=False)


class StateIn(Shape):
    """What every state may say."""

    served: bool = False
    """From here on, a caller who hangs up has had what they came for."""


# --- patterns of the JSON Schema, in what Python's and an editor's regular expressions share --------------------------


def text_pattern(names: str) -> str:
    """Of what is said: a value stands in braces, other braces are none. `names`: a pattern of the values' names."""
    return rf"^[^{{}}｛｝﹛﹜]*(\{{({names})\}}[^{{}}｛｝﹛﹜]*)*$"


def condition_pattern(names: str) -> str:
    """Of the words and signs of a condition. Each is taken whole, so that no text takes long to refuse."""
    number, text, sign = r"\d+(\.\d+)?(?![\d.])", "'[^']*'", "<=|>=|!=|=|<(?!=)|>(?!=)|[()]"
    return rf"^\s*(({number}|{text}|{sign}|({names})(?![a-z0-9_]))\s*)+$"


# --- prompts --------------------------------------------------------------------------------------------------------


class Sound(Shape):
    """A recorded file, and what it says."""

    file: Annotated[str, StringConstraints(min_length=5, max_length=200)]
    text: Annotated[str, StringConstraints(min_length=1, max_length=4000)]


def _contents(value: object) -> list[str | Sound]:
    parts = value if isinstance(value, list) else [value]
    found: list[str | Sound] = []
    for part in parts:
        if isinstance(part, dict):
            found.append(Sound.model_validate(part))
        elif isinstance(part, str) and _SOUND.search(part):
            found.append(Sound(file=part, text=part))
        elif isinstance(part, str) and part.strip():
            found.append(part)
        else:
            raise PydanticCustomError("prompt", "a prompt is text, a .wav or .flac file, or {file:, text:}")
    return found


def _spoken(value: object) -> PromptIn:
    """A prompt in one of its three forms: text, {language: content}, or a list of single-language parts in order."""
    if isinstance(value, str):
        return PromptIn(parts=[("", part) for part in _contents(value)], each=False)
    if isinstance(value, dict) and value:
        return PromptIn(parts=[(str(key), part) for key, item in value.items() for part in _contents(item)], each=True)
    if isinstance(value, list) and value:
        parts: list[tuple[str, str | Sound]] = []
        for item in value:
            if not isinstance(item, dict) or len(item) != 1:
                raise PydanticCustomError("prompt", "each part of a prompt's list is one {language: text}")
            ((language, content),) = item.items()
            parts.extend((str(language), part) for part in _contents(content))
        return PromptIn(parts=parts, each=False)
    raise PydanticCustomError("prompt", "a prompt is {language: text}, or a list of these to be spoken in order")


class PromptIn:
    """A prompt as written."""

    __slots__ = ("each", "parts")

    def __init__(self, parts: list[tuple[str, str | Sound]], *, each: bool) -> None:
        self.parts = parts
        self.each = each
        """Whether each call language has its own parts; else all parts are spoken in any language."""


_CONTENT_SCHEMA: dict[str, Any] = {
    "oneOf": [
        {"type": "string", "minLength": 1, "pattern": text_pattern(NAME)},
        {
            "type": "object",
            "properties": {"file": {"type": "string"}, "text": {"type": "string"}},
            "required": ["file", "text"],
            "additionalProperties": False,
        },
    ]
}
_BY_LANGUAGE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {"oneOf": [_CONTENT_SCHEMA, {"type": "array", "items": _CONTENT_SCHEMA}]},
}
PROMPT, PHRASES, CONDITION = "prompt", "phrases", "condition"
"""Mark what they are in the JSON Schema."""
PROMPT_SCHEMA: dict[str, Any] = {
    "$comment": PROMPT,
    "description": "What is said: {language: text or file}, or a list of these to be spoken in order.",
    "oneOf": [
        {"type": "string", "pattern": text_pattern(NAME)},
        _BY_LANGUAGE_SCHEMA,
        {"type": "array", "minItems": 1, "items": _BY_LANGUAGE_SCHEMA},
    ],
}
Spoken = Annotated[Any, BeforeValidator(_spoken), WithJsonSchema(PROMPT_SCHEMA)]
"""Validates to a PromptIn."""


def _phrases(value: object) -> dict[str, list[str]]:
    if not isinstance(value, dict) or not value:
        raise PydanticCustomError("hear", "hear is {language: phrase or list of phrases}")
    found: dict[str, list[str]] = {}
    for language, phrases in value.items():
        items = phrases if isinstance(phrases, list) else [phrases]
        if not items or not all(isinstance(item, str) and item.strip() for item in items):
            raise PydanticCustomError("hear", "hear is {language: phrase or list of phrases}")
        found[str(language)] = [item.strip() for item in items]
    return found


_PHRASE_SCHEMA: dict[str, Any] = {
    "$comment": PHRASES,
    "description": "Phrases that mean it, for each language.",
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
}
Hear = Annotated[dict[str, list[str]], BeforeValidator(_phrases), WithJsonSchema(_PHRASE_SCHEMA)]


def _key(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 9:
        return str(value)
    if isinstance(value, str) and re.fullmatch(r"[0-9*#]", value):
        return value
    text = str(value)
    if len(text) > 1 and re.fullmatch(r"[0-9*#]+", text):
        known = {"written": text, "count": len(text)}
        raise PydanticCustomError("key", '{written} is {count} keys; write one of 0 to 9, "*" or "#"', known)
    raise PydanticCustomError("key", 'a key is one of 0 to 9, "*" or "#"')


Key = Annotated[
    str,
    BeforeValidator(_key),
    WithJsonSchema({"oneOf": [{"type": "integer", "minimum": 0, "maximum": 9}, {"enum": [*"0123456789*#"]}]}),
]
Interrupt = Literal["never", "keys", "speech", "any"]


# --- ways on --------------------------------------------------------------------------------------------------------


Condition = Annotated[
    str, WithJsonSchema({"$comment": CONDITION, "type": "string", "pattern": condition_pattern("[a-z_][a-z0-9_]*")})
]


class IfIn(Shape):
    """A way on under a condition."""

    if_: Condition = Field(alias="if")
    to: Ident


class ElseIn(Shape):
    """The way on when no condition held."""

    else_: Ident = Field(alias="else")


def _branch_kind(value: object) -> str | None:
    if isinstance(value, dict):
        return "@else" if "else" in value else "@if"
    return "@if" if isinstance(value, IfIn) else "@else" if isinstance(value, ElseIn) else None


BranchIn = Annotated[Annotated[IfIn, Tag("@if")] | Annotated[ElseIn, Tag("@else")], Discriminator(_branch_kind)]


def _route_kind(value: object) -> str | None:
    return "@list" if isinstance(value, list) else "@name" if isinstance(value, str) else None


RouteIn = Annotated[
    Annotated[Ident, Tag("@name")] | Annotated[list[BranchIn], Tag("@list")], Discriminator(_route_kind)
]
"""A state's name, or a list of {if:, to:} ending in {else:}."""


# --- questions ------------------------------------------------------------------------------------------------------


class ChoiceIn(Shape):
    """One answer to a question."""

    press: Key | None = None
    hear: Hear | None = None
    like: Hear | None = None
    """Example sentences: free speech that is near them means this answer."""
    go: RouteIn
    language: Language | None = None


def _sum(value: object) -> Decimal:
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            found = Decimal(str(value))
        except InvalidOperation:
            found = Decimal("NaN")
        if found.is_finite() and found >= 0:
            return found
    raise PydanticCustomError("sum", "an amount is a number, 0 or more: 2500.20")


Sum = Annotated[Decimal, BeforeValidator(_sum), WithJsonSchema({"type": "number", "minimum": 0})]


class DigitsIn(Shape):
    """Digits to collect, by keys, and by voice where `hear` is true."""

    into: Ident
    length: Annotated[int, Field(ge=1, le=40)] | None = None
    min: Annotated[int, Field(ge=1, le=40)] | None = None
    max: Annotated[int, Field(ge=1, le=40)] | None = None
    end: Key | None = None
    between: Seconds = 4.0
    hear: bool = False
    least: Annotated[int, Field(ge=0, le=99)] | None = None
    most: Annotated[int, Field(ge=1, le=99)] | None = None


class AmountIn(Shape):
    """A sum of money, by voice and by keys."""

    into: Ident
    least: Sum | None = None
    most: Sum | None = None
    between: Seconds = 4.0
    hear: bool = True


class DateIn(Shape):
    """A day, by voice and by eight keys."""

    into: Ident
    from_: str | None = Field(default=None, alias="from")
    until: str | None = None
    between: Seconds = 4.0
    hear: bool = True


class PhraseIn(Shape):
    """What the caller says, kept as text."""

    into: Ident
    most: Annotated[int, Field(ge=1, le=2000)] = 200


class RetryIn(Shape):
    """What to do when no (usable) answer came."""

    say: Spoken | None = None
    then_say: list[Spoken] = Field(default_factory=list)
    attempts: Attempts | None = None
    otherwise: Ident | None = None


class CommandIn(Shape):
    """A global command."""

    press: Key | None = None
    hear: Hear | None = None
    do: Literal["repeat", "help", "back"] | None = None
    go: Ident | None = None
    language: Language | None = None
    say: Spoken | None = None


class DefaultsIn(Shape):
    """What questions do unless they say otherwise."""

    wait: Seconds = 5.0
    silence: RetryIn = RetryIn()
    nomatch: RetryIn = RetryIn()
    otherwise: Ident | None = None


class BandsIn(Shape):
    """What to make of a recognizer's confidence."""

    accept: Share = 0.8
    confirm: Share = 0.5


# --- values and words -------------------------------------------------------------------------------------------------


class WordsIn(Shape):
    """Phrases for yes and no, in languages other than English and Chinese."""

    yes: Hear
    no: Hear


class ValueIn(Shape):
    """A value that the call may know."""

    type: Literal["text", "digits", "number", "amount", "date", "yes_no"]
    secret: bool = False
    currency: str | None = None
    searchable: bool = False


def _value_kind(value: object) -> str | None:
    return "@type" if isinstance(value, str) else "@full" if isinstance(value, dict | ValueIn) else None


ValueShortIn = Annotated[
    Annotated[Literal["text", "digits", "number", "amount", "date", "yes_no"], Tag("@type")]
    | Annotated[ValueIn, Tag("@full")],
    Discriminator(_value_kind),
]
