"""What states are made of: prompts, values, ways on, answers. Frozen; made by the loader only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from ivr.core.dialplan.expression import Expression, ValueType
from ivr.core.dialplan.meaning import AssignedName, DayLimit, Leads, OwnName, StateName, ValueName, Word
from ivr.core.orders.listening import Grammar
from ivr.core.orders.playing import Clip
from ivr.core.speech.intent import Examples

# --- what is said ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Piece:
    """One sentence or recorded file of a prompt."""

    clip: Clip
    """Ready to play when `values` is empty; else its text holds {name} for each value."""
    values: tuple[ValueName, ...] = ()
    """Values read out in it."""
    words: Word = ""
    """What a recorded file says, for transcripts and the simulator."""
    digits: tuple[Clip, ...] = ()
    """Of drawn digits: what each of the ten sounds like, 0 first. They are the same in every call, so none is rendered
    while a caller waits."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is said, for each language of the call."""

    pieces: Mapping[Word, tuple[Piece, ...]]
    fixed: Mapping[str, tuple[Clip, ...]] = field(init=False, repr=False, compare=False)
    """The languages in which it holds no value -> what is played, always the same."""

    def __post_init__(self) -> None:
        """Work out what is the same in every call."""
        fixed = {
            language: tuple(piece.clip for piece in pieces)
            for language, pieces in self.pieces.items()
            if not any(piece.values for piece in pieces)
        }
        object.__setattr__(self, "fixed", fixed)


@dataclass(frozen=True, slots=True)
class ValueSpec:
    """A value that a call may know."""

    name: str
    type: ValueType
    secret: bool = False
    """Never read out, compared, noted or stored; only given to a lookup."""
    currency: str | None = None
    """For amounts: an ISO 4217 code, or the name of the value that holds one."""
    searchable: bool = False
    """Calls are found by what lookups returned for it."""


# --- where to go ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Branch:
    """One way on."""

    condition: Expression | None
    """None: always."""
    to: StateName


@dataclass(frozen=True, slots=True)
class Route:
    """The ways on from a state, tried in order; the last one has no condition."""

    branches: tuple[Branch, ...]

    def targets(self) -> tuple[str, ...]:
        """Every state it may lead to."""
        return tuple(branch.to for branch in self.branches)


# --- what is asked --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a question."""

    name: OwnName
    press: Word | None
    hear: Mapping[Word, tuple[Word, ...]]
    """Language -> phrases."""
    go: Annotated[Route, Leads("chose {name}", silent=False)]
    language: Word | None = None
    """Choosing it changes the call's language."""
    consents: bool | None = None
    """Whether it grants or refuses to be recorded; None: it is about something else."""
    like: Mapping[Word, tuple[Word, ...]] = field(default_factory=dict)
    """Language -> example sentences of free speech that mean it."""


@dataclass(frozen=True, slots=True)
class Menu:
    """What is understood at one question, in one language: choices, global commands, free speech."""

    grammar: Grammar | None
    """None: nothing can be said there."""
    presses: Mapping[str, str]
    """Key -> choice."""
    examples: Examples | None = None
    """What free speech is compared with, to find the choice that it means."""

    @classmethod
    def of(
        cls,
        language: str,
        hear: Mapping[str, tuple[str, ...]],
        presses: Mapping[str, str],
        *,
        free: bool = False,
        value: str = "",
        like: Mapping[str, tuple[str, ...]] | None = None,
        exact: bool = False,
    ) -> Menu:
        """From the phrases, the key and the example sentences of each choice; `free`: any words are an answer, if
        they are a `value` of this kind; `exact`: only a choice's own words choose it (see Grammar)."""
        spoken = {name: phrases for name, phrases in hear.items() if phrases}
        meant = {name: texts for name, texts in (like or {}).items() if texts}
        free = free or bool(meant)
        grammar = Grammar(language, spoken, free, value, exact, meant) if spoken or free else None
        return cls(grammar, presses, Examples.of(meant, language) if meant else None)


@dataclass(frozen=True, slots=True)
class Keys:
    """Digits to collect by keys."""

    least: int
    most: int
    terminator: Word | None
    between: float
    """Seconds to wait for the next key."""
    secret: bool = False
    point: Word | None = None
    """The key that stands for the decimal point."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A value to be keyed in or said: digits, an amount, a date, or a phrase (a text)."""

    type: ValueType
    into: AssignedName
    """Name of the value it becomes."""
    keys: Keys | None
    """How it is keyed in; a phrase cannot be."""
    spoken: bool
    """Whether it may be said."""
    least: Decimal | None = None
    """Smallest amount, or number that digits may be."""
    most: Decimal | None = None
    """Largest one."""
    first: DayLimit | None = None
    """Earliest day."""
    last: DayLimit | None = None
    letters: int = 0
    """Of a phrase, how many are kept."""

    @property
    def secret(self) -> bool:
        """Never said, stored or shown."""
        return self.keys is not None and self.keys.secret


@dataclass(frozen=True, slots=True)
class Retry:
    """What to do when nothing, or nothing usable, was answered."""

    prompts: tuple[Prompt, ...]
    """Said before the question is asked again; the last one serves all later attempts."""
    attempts: int
    """How often the question is asked again."""
    otherwise: StateName
    """State to go to after that."""


class Does(StrEnum):
    """What a global command does."""

    REPEAT = "repeat"
    """Ask again."""
    HELP = "help"
    BACK = "back"
    """Go to where the caller came from."""
    LANGUAGE = "language"
    GO = "go"


@dataclass(frozen=True, slots=True)
class CommandAction:
    """A global command: what the caller may say or press at any question."""

    name: str
    press: str | None
    hear: Mapping[str, tuple[str, ...]]
    do: Does
    go: str | None = None
    say: Prompt | None = None
    """For help: said where the state has no help of its own."""
    language: str | None = None
    """For language: the one that the call goes on in."""


@dataclass(frozen=True, slots=True)
class Bands:
    """What to make of a recognizer's confidence (0..1)."""

    accept: float
    """At least this: taken."""
    confirm: float
    """At least this: asked back. Below: not understood."""
