"""A dialplan as the interpreter runs it: frozen, complete, sound.

Nothing here is parsed or checked: `load_dialplan` is the only way to make one, and it refuses what is not sound.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ivr.core.dialplan.expression import Expression
from ivr.core.dialplan.hours import Hours
from ivr.core.dialplan.line_law import LineFact
from ivr.core.dialplan.menus import Menus
from ivr.core.dialplan.parts import Bands, CommandAction, Menu, Prompt, ValueSpec
from ivr.core.dialplan.spoken_figures import HeldFigures
from ivr.core.dialplan.states import EnterState, State
from ivr.core.dialplan.states.walk import prompts_in
from ivr.core.identity.level import Level
from ivr.core.identity.policy import PLAIN, Policy
from ivr.core.identity.risk import NOTHING_TOLD, RiskTable
from ivr.core.orders.playing import Clip

RECORDING = "a recording"
"""What a rule with `recorded` demands, in words."""

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
    """A prompt that must be heard in full, and acknowledged unless all it does is to tell of the line."""

    name: str
    say: Prompt
    acknowledge: Acknowledge | None
    """None: it asks for nothing."""
    plays: int
    """How often it is played when the line loses too much of it."""
    max_loss: float
    """Share of packets, 0..1."""
    agent_may_read: bool = False
    """Whether an agent may read it to the caller, in place of the line's playing it."""
    tells: tuple[LineFact, ...] = ()
    """What callers are told by it of the line itself."""
    unheard: str = ""
    """State for who could not hear one that asks for nothing."""
    in_any_language: bool = False
    """It asks for nothing, and says the same in every language of the line: another language leaves it heard."""

    @property
    def otherwise(self) -> str:
        """State for who did not hear or acknowledge it."""
        return self.unheard if self.acknowledge is None else self.acknowledge.otherwise


@dataclass(frozen=True, slots=True)
class Demand:
    """One disclosure that a rule demands: always, or unless its condition is known not to hold."""

    disclosure: str
    condition: Expression | None = None
    text: str = ""
    """The condition as written."""

    def __str__(self) -> str:
        return f"{self.disclosure} when {self.text}" if self.condition is not None else self.disclosure


@dataclass(frozen=True, slots=True)
class Also:
    """More disclosures, unless the condition is known not to hold."""

    condition: Expression
    text: str
    """The condition as written."""
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Protection:
    """What a state or an action (source.query) demands before it may happen."""

    target: str
    after: tuple[str, ...]
    """Disclosures that it demands of every call."""
    identity: Level
    recorded: bool = False
    """Whether the call must be recorded: not so after the caller refused it."""
    also: tuple[Also, ...] = ()
    """More disclosures, by what is known of the call."""

    @property
    def demands(self) -> tuple[Demand, ...]:
        """Every disclosure it may demand, in the order in which they are to be heard."""
        more = (Demand(name, also.condition, also.text) for also in self.also for name in also.after)
        return (*map(Demand, self.after), *more)


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
    defined: Mapping[str, str] = field(default_factory=dict)
    """State that a dialog's use made -> dialog/state, as it is written."""
    recording: str = "required"
    """required, or consent: the caller may refuse it."""
    jurisdiction: str | None = None
    """Whose law the line is under, where that is the same for every call."""
    line: Mapping[str, Protection] = field(default_factory=dict)
    """State -> what callers must have been told of the line before it (`line_law`)."""
    figures: HeldFigures | None = None
    """Rules that figures in prompts are held to before they are spoken."""
    policy: Policy = PLAIN
    """Which factors of identity come to which level, and for how long."""
    risk: RiskTable = NOTHING_TOLD
    """What makes the score of a call's risk."""
    zone: str = "UTC"
    """IANA time zone in which `today` is today."""
    hours: Mapping[str, Hours] = field(default_factory=dict)
    """Opening hours: values that are true while it is open."""
    yes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Language -> phrases for yes."""
    no: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    certificate: str = field(default="", compare=False)
    """Id of the proof of its rules; empty while it is not proved."""
    published: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False, compare=False)
    """Disclosure -> language -> SHA-256 that it was published with (see `PublishedPlan.warnings`)."""
    places: Mapping[tuple[str, ...], str] = field(default_factory=dict, repr=False, compare=False)
    """(State,) and (state, next state) -> file:line where it is written, for people; ("", …): another key's."""
    menus: Mapping[tuple[str, str], Menu] = field(init=False, repr=False, compare=False)
    """(Question, language) -> what is understood there."""
    sounds: Mapping[str, str] = field(init=False, repr=False, compare=False)
    """Recorded file -> what it says, where its author wrote that."""

    def __post_init__(self) -> None:
        """Work out what is the same in every call."""
        pieces = (piece for prompt in self.prompts() for of in prompt.pieces.values() for piece in of)
        told = {piece.clip.file: piece.words for piece in pieces if piece.clip.file and piece.words != piece.clip.file}
        object.__setattr__(self, "sounds", told)
        menus = Menus(self.languages, self.commands, self.protect.keys(), self.values, self.states)
        object.__setattr__(self, "menus", menus.made())

    @property
    def id(self) -> str:
        """name@version."""
        return f"{self.name}@{self.version}"

    @property
    def agents_may_read(self) -> bool:
        """Whether there are warnings that an agent may read to the caller."""
        return any(one.agent_may_read for one in self.disclosures.values())

    def definition(self, state: str) -> str:
        """What a state is written as: one of a dialog is dialog/state, wherever the dialog is used."""
        return self.defined.get(state, state)

    def rules(self, target: str) -> tuple[Protection, ...]:
        """All that is demanded of a state or query: by its own rule, and by what callers are told of the line."""
        found = self.protect.get(target), self.line.get(target)
        return tuple(rule for rule in found if rule is not None)

    def prompts(self) -> Iterator[Prompt]:
        """Every prompt of it."""
        if self.early is not None:
            yield self.early
        yield from self.messages.values()
        for disclosure in self.disclosures.values():
            yield disclosure.say
            if disclosure.acknowledge is not None:
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
                found.update((clip, None) for piece in pieces for clip in piece.digits)
        return tuple(found)


def own_names(state: State) -> str:
    """What stands before the names of the dialog that a state belongs to, or begins; empty where there is none."""
    if isinstance(state, EnterState):
        return f"{state.name}/"
    return state.name.rpartition("/")[0] + "/" if "/" in state.name else ""


def way_in(target: str, here: str) -> str:
    """The state to enter for getting from `here` to `target`: a dialog that does not hold both begins at its start."""
    inside, steps = here.split("/")[:-1], target.split("/")
    for depth in range(1, len(steps)):
        if inside[:depth] != steps[:depth]:
            return "/".join(steps[:depth])
    return target


def prompts_of(state: State) -> Iterator[Prompt]:
    """Every prompt of one state."""
    for _, prompt in prompts_in(state):
        yield prompt
