"""A dialplan as the interpreter runs it: frozen, complete, sound.

Nothing here is parsed or checked: `load_dialplan` is the only way to make one, and it refuses what is not sound.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ivr.core.commands import BargeIn, Clip
from ivr.core.dialplan.expression import Expression, ValueType
from ivr.core.identity.verifier import Thresholds


class Level(StrEnum):
    """How surely the caller is known."""

    NONE = "none"
    BASIC = "basic"
    STRONG = "strong"

    def reaches(self, needed: Level) -> bool:
        """Whether this level is at least `needed`."""
        order = list(Level)
        return order.index(self) >= order.index(needed)


# --- what is said ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Piece:
    """One sentence or recorded file of a prompt."""

    clip: Clip
    """Ready to play when `values` is empty; else its text holds {name} for each value."""
    values: tuple[str, ...] = ()
    """Values read out in it."""
    words: str = ""
    """What a recorded file says, for transcripts and the simulator."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is said, for each language of the call."""

    pieces: Mapping[str, tuple[Piece, ...]]


@dataclass(frozen=True, slots=True)
class ValueSpec:
    """A value that a call may know."""

    name: str
    type: ValueType
    secret: bool = False
    """Never read out, compared, noted or stored; only given to a lookup."""
    currency: str | None = None
    """For amounts: an ISO 4217 code, or the name of the value that holds one."""


# --- where to go ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Branch:
    """One way on."""

    condition: Expression | None
    """None: always."""
    to: str


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

    name: str
    press: str | None
    hear: Mapping[str, tuple[str, ...]]
    """Language -> phrases."""
    go: Route
    language: str | None = None
    """Choosing it changes the call's language."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Digits to collect."""

    into: str
    """Name of the value they become."""
    least: int
    most: int
    terminator: str | None
    between: float
    """Seconds to wait for the next key."""
    secret: bool


@dataclass(frozen=True, slots=True)
class Retry:
    """What to do when nothing, or nothing usable, was answered."""

    prompts: tuple[Prompt, ...]
    """Said before the question is asked again; the last one serves all later attempts."""
    attempts: int
    """How often the question is asked again."""
    otherwise: str
    """State to go to after that."""


@dataclass(frozen=True, slots=True)
class CommandAction:
    """A global command: what the caller may say or press at any question."""

    name: str
    press: str | None
    hear: Mapping[str, tuple[str, ...]]
    do: str
    """repeat, help, back or go."""
    go: str | None = None
    say: Prompt | None = None
    """For help: said where the state has no help of its own."""


@dataclass(frozen=True, slots=True)
class Bands:
    """What to make of a recognizer's confidence (0..1)."""

    accept: float
    """At least this: taken."""
    confirm: float
    """At least this: asked back. Below: not understood."""


# --- states ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SayState:
    """Says something and goes on."""

    name: str
    say: Prompt
    barge_in: BargeIn
    type_ahead: bool
    go: Route
    served: bool = False


@dataclass(frozen=True, slots=True)
class AskState:
    """Asks for a choice or for digits."""

    name: str
    ask: Prompt
    barge_in: BargeIn
    type_ahead: bool
    choices: tuple[Choice, ...]
    keys: Keys | None
    go: Route | None
    """After digits; choices have their own."""
    wait: float
    """Seconds of silence after the question that count as no answer."""
    silence: Retry
    nomatch: Retry
    help: Prompt | None
    commands: bool
    """Whether global commands are heard here."""
    served: bool = False


@dataclass(frozen=True, slots=True)
class DiscloseState:
    """Plays a disclosure in full and has it acknowledged."""

    name: str
    disclosure: str
    go: Route
    served: bool = False


@dataclass(frozen=True, slots=True)
class LookupState:
    """Asks a data source; optionally, its answer proves who the caller is."""

    name: str
    say: Prompt | None
    source: str
    query: str
    given: Mapping[str, str]
    """Parameter -> value's name."""
    keep: Mapping[str, str]
    """Value's name -> field of the answer."""
    timeout: float
    """Seconds, for each try."""
    retries: int
    go: Route
    failed: str
    identify: Level | None = None
    """Level reached when `passed` holds."""
    passed: Expression | None = None
    attempts: int = 1
    """How often in a call it may be tried, for an identify."""
    again: str | None = None
    """State to go to when not passed and attempts are left."""
    otherwise: str | None = None
    served: bool = False


@dataclass(frozen=True, slots=True)
class VoiceState:
    """Verifies the caller's voice against an enrolled one."""

    name: str
    identify: Level
    ask: Prompt
    customer: str
    """Value that holds the customer's reference."""
    thresholds: Thresholds
    min_speech: float
    """Seconds of net speech to gather."""
    max_wait: float
    """Seconds after which what there is must do."""
    attempts: int
    retry: Prompt | None
    go: Route
    unscored: str
    """Not enrolled, or no score could be made."""
    otherwise: str
    served: bool = False


@dataclass(frozen=True, slots=True)
class BranchState:
    """Decides by what is known, saying nothing; may set values first."""

    name: str
    sets: Mapping[str, Expression]
    language: str | None
    go: Route
    served: bool = False


@dataclass(frozen=True, slots=True)
class QueueState:
    """Waits for an agent, then lets them talk."""

    name: str
    say: Prompt | None
    queue: str
    priority: int
    max_wait: float
    """Seconds."""
    every: float | None
    """Seconds between announcements."""
    announce: Prompt | None
    otherwise: str
    """No agent came."""
    after: str | None
    """When the agent hangs up first; None ends the call."""
    served: bool = False


@dataclass(frozen=True, slots=True)
class EndState:
    """Says good-bye and hangs up."""

    name: str
    say: Prompt | None
    cause: str
    served: bool = False


State = SayState | AskState | DiscloseState | LookupState | VoiceState | BranchState | QueueState | EndState


# --- obligations ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """How a disclosure is acknowledged."""

    ask: Prompt
    press: str
    hear: Mapping[str, tuple[str, ...]]
    attempts: int
    otherwise: str
    wait: float


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A prompt that must be heard in full and acknowledged."""

    name: str
    say: Prompt
    acknowledge: Acknowledge
    plays: int
    """How often it is played when the line loses too much of it."""
    max_loss: float
    """Share of packets, 0..1."""


@dataclass(frozen=True, slots=True)
class Protection:
    """What a state or an action (source.query) demands before it may happen."""

    target: str
    after: tuple[str, ...]
    identity: Level

    @property
    def is_action(self) -> bool:
        """Whether the target is a query of a data source."""
        return "." in self.target


# --- the whole ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dialplan:
    """A sound dialplan."""

    name: str
    version: str
    sha256: str
    """Of its text and of everything it includes, hex."""
    source: str
    """Where it came from, for messages."""
    languages: tuple[str, ...]
    """The first one is spoken until the caller chooses."""
    start: str
    early: Prompt | None
    max_minutes: float
    bands: Bands
    values: Mapping[str, ValueSpec]
    disclosures: Mapping[str, Disclosure]
    protect: Mapping[str, Protection]
    commands: tuple[CommandAction, ...]
    messages: Mapping[str, Prompt]
    states: Mapping[str, State]
    yes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Language -> phrases for yes."""
    no: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """name@version."""
        return f"{self.name}@{self.version}"

    def prompts(self) -> Iterator[Prompt]:
        """Every prompt of it."""
        if self.early is not None:
            yield self.early
        yield from self.messages.values()
        for disclosure in self.disclosures.values():
            yield disclosure.say
            yield disclosure.acknowledge.ask
        for command in self.commands:
            if command.say is not None:
                yield command.say
        for state in self.states.values():
            yield from prompts_of(state)

    def static_clips(self) -> tuple[Clip, ...]:
        """Every clip that holds no caller's data, once: to be rendered when the dialplan is published."""
        found: dict[Clip, None] = {}
        for prompt in self.prompts():
            for pieces in prompt.pieces.values():
                found.update((piece.clip, None) for piece in pieces if not piece.values)
        return tuple(found)


def prompts_of(state: State) -> Iterator[Prompt]:
    """Every prompt of one state."""
    for name in ("say", "ask", "help", "retry", "announce"):
        prompt = getattr(state, name, None)
        if isinstance(prompt, Prompt):
            yield prompt
    if isinstance(state, AskState):
        yield from state.silence.prompts
        yield from state.nomatch.prompts
