"""What may be written in a dialplan file, second half: the kinds of states, and the file as a whole."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Field, StringConstraints, Tag

from ivr.core.dialplan.language.schema import (
    AmountIn,
    Attempts,
    BandsIn,
    ChoiceIn,
    CommandIn,
    Condition,
    DateIn,
    DefaultsIn,
    DigitsIn,
    Ident,
    Interrupt,
    Key,
    Language,
    PhraseIn,
    RetryIn,
    RouteIn,
    Seconds,
    Shape,
    Spoken,
    StateIn,
    ValueShortIn,
    WordsIn,
)
from ivr.core.dialplan.language.schema_figures import FiguresIn
from ivr.core.dialplan.language.schema_hours import HoursIn
from ivr.core.dialplan.language.schema_identity import PolicyIn
from ivr.core.dialplan.language.schema_obligations import DisclosureIn, ProtectIn
from ivr.core.dialplan.language.schema_risk import AtRiskIn, RiskIn, SkillName
from ivr.core.dialplan.language.schema_voice import EnrolVoiceIn, IdentifyVoiceIn

QueryName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
Target = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$")]
"""What a rule protects: a state, or source.query."""


class SayIn(StateIn):
    """Says something and goes on."""

    say: Spoken
    barge_in: Interrupt = "keys"
    type_ahead: bool = False
    go: RouteIn


class AskIn(StateIn):
    """Asks: for a choice, yes or no, or a value."""

    ask: Spoken
    barge_in: Interrupt = "any"
    type_ahead: bool = False
    choices: Annotated[dict[Ident, ChoiceIn], Field(min_length=1)] | None = None
    yes: RouteIn | None = None
    no: RouteIn | None = None
    digits: DigitsIn | None = None
    amount: AmountIn | None = None
    date: DateIn | None = None
    phrase: PhraseIn | None = None
    go: RouteIn | None = None
    wait: Seconds | None = None
    silence: RetryIn = RetryIn()
    nomatch: RetryIn = RetryIn()
    help: Spoken | None = None
    commands: bool = True
    rates: Ident | None = None


class ConsentIn(StateIn):
    """Asks whether the call may be recorded. Anything but a yes refuses it."""

    consent: Literal["recording"]
    ask: Spoken
    barge_in: Interrupt = "never"
    yes: RouteIn
    no: Ident
    wait: Seconds | None = None
    silence: RetryIn = RetryIn()
    nomatch: RetryIn = RetryIn()


class DiscloseIn(StateIn):
    """Plays a disclosure in full and has it acknowledged, where it asks for that."""

    disclose: Ident
    type_ahead: bool = False
    go: RouteIn


class DiscloseForIn(StateIn):
    """Plays every disclosure that a protected state or query demands now and that was not heard yet."""

    disclose_for: Target
    go: RouteIn


class LookupIn(StateIn):
    """Asks a data source."""

    lookup: QueryName
    say: Spoken | None = None
    given: dict[Ident, Ident] = Field(default_factory=dict)
    keep: dict[Ident, Ident] = Field(default_factory=dict)
    timeout: Seconds = 3.0
    retries: Annotated[int, Field(ge=0, le=5)] = 0
    once: Ident | None = None
    go: RouteIn
    failed: Ident


class IdentifyKeysIn(LookupIn):
    """Proves a factor by what the caller keyed in: a data source checks it."""

    identify: Ident
    by: Literal["keys"]
    passed: Condition
    attempts: Annotated[int, Field(ge=1, le=10)] = 3
    again: Ident
    otherwise: Ident


class IdentifyPolicyIn(StateIn):
    """Asks for the factors that are missing to a level, and for no others."""

    identify: Literal["basic", "strong", "high"]
    by: Literal["policy"]
    proofs: Annotated[dict[Ident, Ident], Field(min_length=1)]
    go: Ident
    otherwise: Ident


class ChooseIn(StateIn):
    """Decides by what is known."""

    choose: RouteIn


class SetIn(StateIn):
    """Sets values or the language, and goes on."""

    set: dict[Ident, Condition] = Field(default_factory=dict)
    language: Language | None = None
    go: RouteIn


PlaceKeys = Annotated[
    str,
    BeforeValidator(lambda keys: str(keys) if isinstance(keys, int) else keys),
    StringConstraints(pattern=r"^[0-9]{1,6}$"),
]
"""What an agent keys in for a place."""


class EnqueueIn(StateIn):
    """Waits for an agent, then lets them talk."""

    enqueue: Ident
    say: Spoken | None = None
    priority: Annotated[int, Field(ge=0, le=9)] = 0
    urgent: bool = False
    skills: dict[SkillName, Annotated[int, Field(ge=1, le=9)]] = Field(default_factory=dict)
    prefer: Ident | None = None
    """Value with an agent's name, or `last`: with whom they talked last."""
    at_risk: dict[Literal["medium", "high", "unknown"], AtRiskIn] = Field(default_factory=dict)
    max_wait: Annotated[float, Field(gt=0, le=7200)] = 300.0
    every: Seconds | None = None
    announce: Spoken | None = None
    press: Key | None = None
    leave: Ident | None = None
    brief: Spoken | None = None
    """Said to the agent alone, after they took the call and before they hear the caller."""
    overflow: dict[Ident, Ident] = Field(default_factory=dict)
    """Way -> state: where the queue's settings may send a caller who waited too long, such as callback or voicemail."""
    hand_over: dict[PlaceKeys, Ident] = Field(default_factory=dict)
    """Keys -> state: where an agent may hand the caller over to."""
    assist: dict[PlaceKeys, Ident] = Field(default_factory=dict)
    """Keys -> state: where the line takes over while the agent stays."""
    confirms: Ident | None = None
    """Factor that the agent proves by saying that they know who calls."""
    customer: Ident | None = None
    """Value that says who that is."""
    keep_identity: bool = True
    """Whether a caller who was handed over is still known to be who they proved to be."""
    otherwise: Ident
    after: Ident | None = None


class TransferIn(StateIn):
    """Dials someone else, then lets them talk."""

    transfer: Ident
    """Name of a destination in the settings."""
    say: Spoken | None = None
    timeout: Annotated[float, Field(ge=5, le=180)] = 30.0
    failed: Ident
    after: Ident | None = None


class CallbackIn(StateIn):
    """Leaves a callback request."""

    callback: Ident
    """Name of the queue whose agents call."""
    number: Ident
    """Value with the number to call, or `caller`: the caller's own."""
    say: Spoken | None = None
    go: RouteIn
    failed: Ident


class VoicemailIn(StateIn):
    """Takes a message."""

    voicemail: Ident
    """Name of the mailbox."""
    say: Spoken | None = None
    end: Annotated[str, StringConstraints(pattern=r"^[0-9*#]{1,12}$")] = "#"
    """Keys that end the message."""
    silence: Annotated[float, Field(ge=1, le=30)] = 4.0
    most: Annotated[float, Field(ge=5, le=900)] = 120.0
    go: RouteIn
    empty: Ident


class HangUpIn(StateIn):
    """Says good-bye and hangs up."""

    hang_up: Literal["completed", "refused", "failed"]
    say: Spoken | None = None


class DialogUseIn(StateIn):
    """Runs a dialog."""

    dialog: Ident
    given: dict[Ident, Condition] = Field(default_factory=dict)
    keep: dict[Ident, Ident] = Field(default_factory=dict)
    returns: dict[Ident, RouteIn] = Field(default_factory=dict)


class ReturnIn(StateIn):
    """Ends a dialog with an outcome."""

    return_: Ident = Field(alias="return")


STATE_KINDS = (
    *(
        "dialog",
        "consent",
        "identify",
        "enrol_voice",
        "disclose",
        "disclose_for",
        "lookup",
        "enqueue",
        "transfer",
        "voicemail",
    ),
    "callback",
    "hang_up",
    *("choose", "set", "ask", "say"),
)
"""The key that makes a state what it is, in the order they are looked for."""


def state_kind(value: object) -> str | None:
    """Tag of the state's shape, by its keys. The @ tells tags from keys in the places of errors."""
    if not isinstance(value, dict):
        return None
    for kind in STATE_KINDS:
        if kind in value:
            return f"@identify_{value.get('by')}" if kind == "identify" else f"@{kind}"
    return "@set" if "language" in value else None


def inner_state_kind(value: object) -> str | None:
    """Likewise, in a dialog."""
    return "@return" if isinstance(value, dict) and "return" in value else state_kind(value)


_StateIn = (
    Annotated[SayIn, Tag("@say")]
    | Annotated[AskIn, Tag("@ask")]
    | Annotated[ConsentIn, Tag("@consent")]
    | Annotated[DiscloseIn, Tag("@disclose")]
    | Annotated[DiscloseForIn, Tag("@disclose_for")]
    | Annotated[LookupIn, Tag("@lookup")]
    | Annotated[IdentifyKeysIn, Tag("@identify_keys")]
    | Annotated[IdentifyVoiceIn, Tag("@identify_voice")]
    | Annotated[IdentifyPolicyIn, Tag("@identify_policy")]
    | Annotated[EnrolVoiceIn, Tag("@enrol_voice")]
    | Annotated[ChooseIn, Tag("@choose")]
    | Annotated[SetIn, Tag("@set")]
    | Annotated[EnqueueIn, Tag("@enqueue")]
    | Annotated[TransferIn, Tag("@transfer")]
    | Annotated[CallbackIn, Tag("@callback")]
    | Annotated[VoicemailIn, Tag("@voicemail")]
    | Annotated[HangUpIn, Tag("@hang_up")]
    | Annotated[DialogUseIn, Tag("@dialog")]
)
AnyStateIn = Annotated[_StateIn, Discriminator(state_kind)]
InnerStateIn = Annotated[_StateIn | Annotated[ReturnIn, Tag("@return")], Discriminator(inner_state_kind)]
"""A state of a dialog."""

MESSAGES = ("confirm", "which", "acknowledge_by_key", "sorry", "talk_ends", "pardon", "silence", "help")
"""Prompts that the engine itself says; English and Chinese ones are built in."""


class EarlyIn(Shape):
    """Said before the call is answered (early media)."""

    say: Spoken


class MessagesIn(Shape):
    """The engine's own prompts, in your words."""

    confirm: Spoken | None = None
    which: Spoken | None = None
    acknowledge_by_key: Spoken | None = None
    sorry: Spoken | None = None
    talk_ends: Spoken | None = None
    pardon: Spoken | None = None
    silence: Spoken | None = None
    help: Spoken | None = None


class DialogIn(Shape):
    """A sub-dialog: states with values of their own, to be used in several places."""

    parameters: dict[Ident, ValueShortIn] = Field(default_factory=dict)
    values: dict[Ident, ValueShortIn] = Field(default_factory=dict)
    results: dict[Ident, ValueShortIn] = Field(default_factory=dict)
    start: Ident
    otherwise: Ident | None = None
    states: Annotated[dict[Ident, InnerStateIn], Field(min_length=1)]


class FragmentIn(Shape):
    """An included file: parts that are added to the dialplan."""

    values: dict[Ident, ValueShortIn] = Field(default_factory=dict)
    disclosures: dict[Ident, DisclosureIn] = Field(default_factory=dict)
    protect: dict[str, ProtectIn] = Field(default_factory=dict)
    commands: dict[Ident, CommandIn] = Field(default_factory=dict)
    identity: PolicyIn | None = None
    risk: RiskIn | None = None
    dialogs: dict[Ident, DialogIn] = Field(default_factory=dict)
    states: dict[Ident, AnyStateIn] = Field(default_factory=dict)


class FileIn(FragmentIn):
    """A dialplan file."""

    name: Ident
    version: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+-]*$", max_length=40)]
    languages: Annotated[list[Language], Field(min_length=1)]
    voices: dict[Language, str] = Field(default_factory=dict)
    start: Ident
    recording: Literal["required", "consent"] = "required"
    jurisdiction: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None
    figures: FiguresIn | None = None
    zone: str = "UTC"
    hours: dict[Ident, HoursIn] = Field(default_factory=dict)
    include: list[str] = Field(default_factory=list)
    early: EarlyIn | None = None
    max_minutes: Annotated[float, Field(gt=0, le=240)] = 60.0
    confidence: BandsIn = BandsIn()
    defaults: DefaultsIn = DefaultsIn()
    messages: MessagesIn = MessagesIn()
    words: WordsIn | None = None
    states: Annotated[dict[Ident, AnyStateIn], Field(min_length=1)]


__all__ = ["Attempts", "FileIn", "FragmentIn", "state_kind"]
