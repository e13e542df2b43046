"""A dialplan as the interpreter runs it: frozen, complete, sound.

Nothing here is parsed or checked: `load_dialplan` is the only way to make one, and it refuses what is not sound.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ivr.core.dialplan.expression import Expression
from ivr.core.dialplan.hours import Hours
from ivr.core.dialplan.parts import (
    Bands,
    Choice,
    CommandAction,
    Entry,
    Level,
    Menu,
    Prompt,
    Retry,
    Route,
    ValueSpec,
)
from ivr.core.identity.verifier import Thresholds
from ivr.core.orders.playing import BargeIn, Clip

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
    """Asks for a choice, for a value (digits, an amount, a date, a phrase), or whether the call may be recorded."""

    name: str
    ask: Prompt
    barge_in: BargeIn
    type_ahead: bool
    choices: tuple[Choice, ...]
    entry: Entry | None
    go: Route | None
    """After a value; choices have their own."""
    wait: float
    """Seconds of silence after the question that count as no answer."""
    silence: Retry
    nomatch: Retry
    help: Prompt | None
    commands: bool
    """Whether global commands are heard here."""
    consent: bool = False
    """Whether it asks for the caller's consent to being recorded: anything but a yes refuses it."""
    served: bool = False
    keeps_language: bool = False
    """Protected: what was heard before counts in one language only, so the command to change it is not heard here."""


@dataclass(frozen=True, slots=True)
class DiscloseState:
    """Plays a disclosure in full and has it acknowledged."""

    name: str
    disclosure: str
    go: Route
    served: bool = False
    keeps_language: bool = False
    """As for a question."""


@dataclass(frozen=True, slots=True)
class DiscloseForState:
    """Plays every disclosure that a protected state or query demands now and that was not heard yet."""

    name: str
    target: str
    """What is protected: a state, or source.query."""
    go: Route
    served: bool = False
    keeps_language: bool = False
    """As for a question."""


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
    once: str | None = None
    """Parameter by which the source knows a repeated order."""


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
class TransferState:
    """Dials someone else and lets them talk."""

    name: str
    say: Prompt | None
    destination: str
    """A name; the settings say which address that is."""
    timeout: float
    """Seconds of ringing."""
    failed: str
    """Busy, refused, no answer, not reached."""
    after: str | None
    """When the target hangs up first; None ends the call."""
    served: bool = False


@dataclass(frozen=True, slots=True)
class CallbackState:
    """Leaves a callback request."""

    name: str
    say: Prompt | None
    queue: str
    number: str | None
    """Value that holds the number to call; None: the caller's own."""
    go: Route
    failed: str
    """No number, or the request could not be kept."""
    served: bool = False


@dataclass(frozen=True, slots=True)
class VoicemailState:
    """Takes a message: a marked span of the call's recording."""

    name: str
    say: Prompt | None
    mailbox: str
    end: str
    """Keys that end the message."""
    silence: float
    """Seconds of quiet that end it."""
    most: float
    """Seconds."""
    go: Route
    empty: str
    """Nothing was said, or nothing may be recorded."""
    served: bool = False


@dataclass(frozen=True, slots=True)
class EnterState:
    """Begins a dialog where it is used: its values are forgotten, its parameters given."""

    name: str
    dialog: str
    given: Mapping[str, Expression]
    """Parameter's value -> what it is given."""
    forgets: tuple[str, ...]
    """All values of the dialog here."""
    drops: tuple[str, ...]
    """Secrets that are handed in, and so are no longer the giver's."""
    go: Route
    served: bool = False


@dataclass(frozen=True, slots=True)
class ReturnState:
    """Ends a dialog with an outcome."""

    name: str
    outcome: str
    site: str
    """The state that used the dialog; it says where the outcome leads."""
    keep: Mapping[str, str]
    """Value's name -> value of the dialog."""
    drops: tuple[str, ...]
    """The dialog's secrets."""
    go: Route
    served: bool = False


@dataclass(frozen=True, slots=True)
class EndState:
    """Says good-bye and hangs up."""

    name: str
    say: Prompt | None
    cause: str
    served: bool = False


State = (
    SayState
    | AskState
    | DiscloseState
    | DiscloseForState
    | LookupState
    | VoiceState
    | BranchState
    | QueueState
    | TransferState
    | VoicemailState
    | CallbackState
    | EnterState
    | ReturnState
    | EndState
)


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
    """A prompt that must be heard in full and acknowledged."""

    name: str
    say: Prompt
    acknowledge: Acknowledge
    plays: int
    """How often it is played when the line loses too much of it."""
    max_loss: float
    """Share of packets, 0..1."""


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
    zone: str = "UTC"
    """IANA time zone in which `today` is today."""
    hours: Mapping[str, Hours] = field(default_factory=dict)
    """Opening hours: values that are true while it is open."""
    """Whose law the line is under, where that is the same for every call."""
    yes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Language -> phrases for yes."""
    no: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    certificate: str = field(default="", compare=False)
    """Id of the proof of its rules; empty while it is not proved."""
    places: Mapping[tuple[str, ...], str] = field(default_factory=dict, repr=False, compare=False)
    """(State,) and (state, next state) -> file:line where it is written, for people."""
    menus: dict[tuple[str, str], Menu] = field(default_factory=dict, init=False, repr=False, compare=False)
    """(Question, language) -> what is understood there: worked out when it is asked first, the same in every call."""

    @property
    def id(self) -> str:
        """name@version."""
        return f"{self.name}@{self.version}"

    def definition(self, state: str) -> str:
        """What a state is written as: one of a dialog is dialog/state, wherever the dialog is used."""
        return self.defined.get(state, state)

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
    for name in ("say", "ask", "help", "retry", "announce"):
        prompt = getattr(state, name, None)
        if isinstance(prompt, Prompt):
            yield prompt
    if isinstance(state, AskState):
        yield from state.silence.prompts
        yield from state.nomatch.prompts
