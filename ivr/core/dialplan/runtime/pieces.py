"""What is spoken ahead of a dialplan's sentences with values: their fixed parts, and the pieces any value is made of.

A sentence that may hold a text of somebody else's (a name) has none: it is spoken as a whole while the caller waits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

from ivr.core.dialplan.expression import ValueType
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.parts import Piece
from ivr.core.dialplan.runtime.render import Unspeakable, spoken
from ivr.core.identity.challenge import CHALLENGE
from ivr.core.orders.playing import Clip
from ivr.core.speech import value_pieces
from ivr.core.speech.fillers import base
from ivr.core.speech.written_out import in_words

_VALUE = re.compile(r"\{(\w+)\}")
_COIN, _COINS = Decimal(1), Decimal(2)
_ASKED_BACK = ("heard", "alternative")
"""What the engine's own questions repeat: a choice's words, or a value that was said."""
USUAL_CURRENCIES = ("EUR", "USD", "GBP", "CNY", "HKD", "JPY", "CHF", "SGD")
"""A sum in another one, which a call brings, is spoken as a whole."""
_PAUSES = "，。,.;:!?；：！？、 "


def piece_clips(dialplan: Dialplan) -> tuple[Clip, ...]:
    """Every piece, once, as a clip that holds no caller's data. Languages other than English and Chinese have none."""
    found: dict[Clip, None] = {}
    for prompt in dialplan.prompts():
        for language, pieces in prompt.pieces.items():
            if base(language) not in value_pieces.ON:
                continue
            for piece in pieces:
                if piece.values and not piece.digits:
                    found.update((clip, None) for clip in _of_sentence(dialplan, piece, language))
    return tuple(found)


def _of_sentence(dialplan: Dialplan, piece: Piece, language: str) -> Iterator[Clip]:
    values: list[str] = []
    for name in piece.values:
        words = _words_of(dialplan, name, language)
        if words is None:
            return
        values += words
    for text in (*_fixed_parts(piece.clip.text, language), *values):
        yield Clip(language, text, voice=piece.clip.voice)


def _fixed_parts(text: str, language: str) -> Iterator[str]:
    parts = _VALUE.split(text)[::2]
    for place, part in enumerate(parts):
        inner = part.strip(_PAUSES)
        if inner:
            yield part.strip(" ") if place == len(parts) - 1 else inner + value_pieces.ON[base(language)]


def _words_of(dialplan: Dialplan, name: str, language: str) -> list[str] | None:
    """The pieces of a value that is named in a sentence; None where it may be any text."""
    if name in _ASKED_BACK:
        return [*_choices(dialplan, language), *_read_back(dialplan, language)]
    spec = dialplan.values.get(name)
    if spec is not None:
        return _pieces(spec.type, language, _currencies(dialplan, spec.currency))
    if name == "today":
        return list(value_pieces.dates(language))
    if name in ("key", CHALLENGE):
        return list(value_pieces.digits(language))
    return None


def _pieces(kind: ValueType, language: str, currencies: Iterable[str]) -> list[str] | None:
    if kind is ValueType.TEXT:
        return None
    if kind is ValueType.DIGITS:
        return list(value_pieces.digits(language))
    if kind is ValueType.DATE:
        return list(value_pieces.dates(language))
    if kind is ValueType.YES_NO:
        return [spoken(value, kind, language) + value_pieces.ON[base(language)] for value in (True, False)]
    coins = [words for currency in currencies for words in _currency_words(currency, language)]
    return [*value_pieces.numbers(language), *coins]


def _currency_words(currency: str, language: str) -> Iterator[str]:
    """Its name as it is said of one and of several, before more and at the end."""
    code = base(language)
    for count in (_COIN, _COINS):
        try:
            said = in_words(spoken(count, ValueType.AMOUNT, language, currency=currency), language)
        except Unspeakable:
            return
        name = said[1:] if code == "zh" else said.partition(" ")[2]
        yield from (name + sign[code] for sign in (value_pieces.ON, value_pieces.END))


def _currencies(dialplan: Dialplan, currency: str | None) -> Iterable[str]:
    """The code that is written; where a value names it in the call, the ones that are usual."""
    if currency is None:
        return ()
    return USUAL_CURRENCIES if currency in dialplan.values else (currency,)


def _choices(dialplan: Dialplan, language: str) -> Iterator[str]:
    """The first words of each choice and command: those that are repeated."""
    for (_, spoken_in), menu in dialplan.menus.items():
        if spoken_in == language and menu.grammar is not None:
            texts = (menu.grammar.choices, menu.grammar.like)
            yield from (phrases[0] + value_pieces.END[base(language)] for of in texts for phrases in of.values())


def _read_back(dialplan: Dialplan, language: str) -> Iterator[str]:
    """Whatever may have been said for a value: those that a caller is asked for by voice."""
    for state in dialplan.states.values():
        entry = getattr(state, "entry", None)
        if entry is not None and entry.spoken:
            spec = dialplan.values.get(entry.into)
            currency = None if spec is None else spec.currency
            yield from _pieces(entry.type, language, _currencies(dialplan, currency)) or ()
