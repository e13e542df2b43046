"""A call's journal: every event that reached it, as JSON, in order. Running it through the core again is the proof.

Secret keys are stored as `?`: at a secret prompt the core looks at none but the terminator, so the replay takes the
same path.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from typing import Any, get_args

from ivr.core.codec import Codec, plain
from ivr.core.commands import Command
from ivr.core.events import Event
from ivr.core.orders.evidence import (
    Alerted,
    ConsentAnswered,
    DigitsAnswered,
    DisclosureHeard,
    Enrolled,
    FactorProved,
    FigureWithheld,
    IdentityReached,
    LanguageChosen,
    LookedUp,
    MessageLeft,
    OutcomeReached,
    Rated,
    RiskScored,
    StateEntered,
)
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.listening import HypothesisReceived, Listen, TranscriptReady
from ivr.core.orders.lookup import StartLookup
from ivr.core.orders.reading import AgentSaid, CallerOverheard
from ivr.errors import SealError

MASKED_DIGIT = "?"
"""Stands for a key that may not be stored."""
TERMINATORS = frozenset("#*")
"""Keys that end or clear an entry; never part of a secret, so they are stored."""

_CODECS: dict[str, Codec[Event]] = {cls.__name__: Codec(cls) for cls in get_args(Event)}
EVIDENCE: dict[type, str] = {
    StateEntered: "state",
    LanguageChosen: "language",
    IdentityReached: "identity",
    FactorProved: "factor",
    RiskScored: "risk",
    ConsentAnswered: "consent",
    DigitsAnswered: "challenge",
    Enrolled: "enrolment",
    DisclosureHeard: "disclosure",
    LookedUp: "looked_up",
    MessageLeft: "voicemail",
    Alerted: "alert",
    OutcomeReached: "outcome",
    Rated: "rating",
    FigureWithheld: "withheld",
}
"""What a fact for the record is called in a journal: all were notes of a kind, with their data, and are written so."""


def masked(event: Event) -> Event:
    """The same event as it may be stored while a secret prompt is active."""
    match event:
        case DigitPressed(digit=digit) if digit not in TERMINATORS:
            return dataclasses.replace(event, digit=MASKED_DIGIT)
        case HypothesisReceived():
            return dataclasses.replace(event, text="")
        case TranscriptReady():
            return dataclasses.replace(event, text="", choice=None, alike={})
        case AgentSaid() | CallerOverheard():
            return dataclasses.replace(event, text="")
    return event


def unspoken(event: Event) -> Event:
    """The same event without the caller's words, for one who refused to be recorded. What was chosen stays."""
    match event:
        case HypothesisReceived() | TranscriptReady() | AgentSaid() | CallerOverheard():
            return dataclasses.replace(event, text="")
    return event


def order_line(order: Command) -> str:
    """An order as the journal keeps it: what `repr` shows of it, and a digest of all of it but secrets.

    So a replay notices another word in a prompt, while the journal says it no second time.
    """
    kind = EVIDENCE.get(type(order))
    shown = repr(order) if kind is None else f"Note(kind={kind!r})"
    content = dataclasses.asdict(order)
    if kind is not None:
        content = {"kind": kind, "data": content}
        if isinstance(order, DisclosureHeard) and order.read is None:
            del content["data"]["read"]  # as journals were written before agents read any
        if isinstance(order, FigureWithheld) and order.say is None:
            del content["data"]["say"]  # as journals were written before it was told
    elif isinstance(order, StartLookup):
        del content["factor"]  # the dialplan says it; journals were written before the order did
        content["params"] = {name: "" if name in order.secret else value for name, value in order.params.items()}
    elif isinstance(order, Listen):
        del content["interrupts"]  # how it is heard; the facts that come of it are the same
        if not order.grammar.like:
            del content["grammar"]["like"]  # as journals were written before there were any
    return f"{shown} #{hashlib.sha256(repr(content).encode()).hexdigest()[:12]}"


def to_json(event: Event) -> dict[str, object]:
    """An event as a JSON object, its class in `is`."""
    return {"is": type(event).__name__, **plain(event)}


def from_json(data: Mapping[str, Any]) -> Event:
    """The event of a JSON object. Raises SealError on an unknown class or field: a journal is never guessed at."""
    codec = _CODECS.get(str(data.get("is")))
    if codec is None:
        raise SealError(f"the journal names an unknown event {data.get('is')!r}; it was written by another version")
    try:
        return codec.read({key: value for key, value in data.items() if key != "is"})
    except (TypeError, ValueError) as error:
        raise SealError(f"the journal has something that is not in its form: {error}") from error
