"""What a caller did beside speaking, and what was judged and tried: read from a recording's entries.

Rule: a key of a secret is a dot, for nothing else of it is kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ivr.core.call.journal import MASKED_DIGIT
from ivr.core.orders.playing import PromptEnd

DOT = "\u2022"
"""Stands for a key of a secret, which is kept nowhere."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that happened."""

    at: float
    """Seconds from the answer."""
    text: str


@dataclass(frozen=True, slots=True)
class Keys(Deed):
    """Keys that the caller pressed one after another, with nothing else between them; `at` is the first one's."""


def deeds(entries: Iterable[Mapping[str, object]]) -> Iterator[Deed]:
    """Keys pressed, the voice's judgements, and calls to others that nobody took, in order."""
    answered, began, keys = math.inf, 0.0, ""
    for entry in entries:
        event, now = entry.get("event"), entry.get("now")
        at = max(0.0, float(now) - answered) if isinstance(now, int | float) else 0.0
        match event:
            case {"is": "DigitPressed", "digit": str(digit)}:
                began = began if keys else at
                keys += DOT if digit == MASKED_DIGIT else digit
                continue
            case None:  # a timer, a span, a step: no fact
                continue
            case {"is": "PromptEnded", "end": PromptEnd.INTERRUPTED}:
                continue  # by the first of the keys
        if keys:
            yield Keys(began, keys)
            keys = ""
        match event:
            case {"is": "CallAnswered"} if isinstance(now, int | float):
                answered = float(now)
            case {"is": "VoiceScored", "heard_before": True}:
                yield Deed(at, "the voice came from a recording: this very sound had been heard before")
            case {"is": "VoiceScored", "score": float(score), "speech_seconds": float(heard)}:
                compared = f"score {score:.2f}, from {heard:.1f} s of speech"
                yield Deed(at, f"the voice was compared with the enrolled one: {compared}")
            case {"is": "VoiceUnscored"}:
                yield Deed(at, "the voice could not be compared with an enrolled one")
            case {"is": "TargetFailed", "code": int(code)}:
                yield Deed(at, f"the destination did not take the call (SIP {code})")
            case {"is": "AgentFailed", "code": int(code)}:
                yield Deed(at, f"the agent did not take the call (SIP {code})")
    if keys:
        yield Keys(began, keys)
