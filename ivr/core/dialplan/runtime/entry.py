"""From what was keyed or said at a question for a value to that value; what it may be has been asked for.

No value is a guess: what does not parse, is of another currency or lies outside of the limits is no answer.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ivr.core.dialplan.expression import Known, ValueType
from ivr.core.dialplan.parts import Entry
from ivr.core.dialplan.runtime.knowledge import Knowledge
from ivr.core.speech.spoken_amount import amount_said
from ivr.core.speech.spoken_date import Days, date_keyed, dates_said
from ivr.core.speech.spoken_digits import digits_said

MOST_READINGS = 2
"""Days that may be asked back at once; words with more readings are not understood."""


def keyed(entry: Entry, keys: str, known: Knowledge) -> Known | None:
    """The value that was keyed in."""
    if entry.type is ValueType.DIGITS:
        return keys if _is_within(entry, keys) else None
    if entry.type is ValueType.DATE:
        day = date_keyed(keys)
        return day.isoformat() if day is not None and _days(entry, known).holds(day) else None
    return _limited(entry, Decimal(keys)) if entry.type is ValueType.AMOUNT and keys.strip(".") else None


def said(entry: Entry, text: str, known: Knowledge) -> tuple[Known, ...]:
    """Every value that the words may mean; none when they are not understood."""
    if entry.type is ValueType.DIGITS:
        digits = digits_said(text, known.language)
        fits = digits is not None and entry.keys is not None and entry.keys.least <= len(digits) <= entry.keys.most
        return (digits,) if digits is not None and fits and _is_within(entry, digits) else ()
    if entry.type is ValueType.DATE:
        found = dates_said(text, known.language, _days(entry, known))
        return tuple(day.isoformat() for day in found) if len(found) <= MOST_READINGS else ()
    if entry.type is ValueType.TEXT:
        kept = " ".join(text.split())[: entry.letters]
        return (kept,) if kept else ()
    currency = known.currency_of(entry.into)
    amount = None if currency is None else amount_said(text, known.language, currency)
    amount = None if amount is None else _limited(entry, amount)
    return () if amount is None else (amount,)


def _limited(entry: Entry, amount: Decimal) -> Decimal | None:
    too_little = amount < (0 if entry.least is None else entry.least)
    too_much = entry.most is not None and amount > entry.most
    return None if too_little or too_much else amount


def _is_within(entry: Entry, digits: str) -> bool:
    """Whether digits that are a number are one that may be; all others are what they are."""
    return (entry.least is None and entry.most is None) or _limited(entry, Decimal(digits)) is not None


def _days(entry: Entry, known: Knowledge) -> Days:
    return Days(known.today(), _day(entry.first, known), _day(entry.last, known))


def _day(written: str | None, known: Knowledge) -> date | None:
    """A limit; one that is not known yet is none."""
    if written is None:
        return None
    value = written if written[:1].isdigit() else known.value(written)
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
