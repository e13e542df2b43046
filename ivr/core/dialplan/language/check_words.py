"""Texts that can be read out: each figure, sign and abbreviation has words, and one reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ivr.core.dialplan.expression import ValueType
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.parts import Piece
from ivr.core.dialplan.states import QueueState, State, VoiceState
from ivr.core.dialplan.states.queue import MINUTES, PLACE
from ivr.core.identity.challenge import CHALLENGE
from ivr.core.speech.fillers import base
from ivr.core.speech.numeral_words import Unspeakable
from ivr.core.speech.written_out import fixed_words

_SAMPLES = {
    "en": {
        ValueType.DIGITS: "1 2 3 4",
        ValueType.AMOUNT: "7.50 euros",
        ValueType.NUMBER: "7.5",
        ValueType.DATE: "November 21, 2026",
        ValueType.YES_NO: "yes",
        ValueType.TEXT: "something",
    },
    "zh": {
        ValueType.DIGITS: "一 二 三 四",
        ValueType.AMOUNT: "7.50欧元",
        ValueType.NUMBER: "7.5",
        ValueType.DATE: "2026年11月21日",
        ValueType.YES_NO: "是",
        ValueType.TEXT: "某项",
    },
}
"""How a value of each type stands in a text, to see whether what is written around it can be read."""


def unreadable(pieces: Sequence[Piece], dialplan: Dialplan) -> Iterator[str]:
    """Why each of these texts cannot be read out for sure."""
    for piece in pieces:
        text, language = piece.clip.text, piece.clip.language
        for name in piece.values:
            text = text.replace("{" + name + "}", _sample(name, language, dialplan))
        try:
            fixed_words(text, language)
        except Unspeakable as error:
            yield str(error)


def _sample(name: str, language: str, dialplan: Dialplan) -> str:
    spec = dialplan.values.get(name)
    kind = ValueType.DATE if name == "today" else ValueType.TEXT if spec is None else spec.type
    return _SAMPLES.get(base(language), {}).get(kind, "")


def filled_in(state: State, key: str) -> frozenset[str]:
    """What a prompt may say that is no value of the dialplan's."""
    if isinstance(state, VoiceState) and state.challenge:
        return frozenset({CHALLENGE})
    if isinstance(state, QueueState) and key == "announce":
        return frozenset({PLACE, MINUTES})
    return frozenset()
