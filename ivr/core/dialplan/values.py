"""A data source's fields as typed values. What is not of its type is nothing; nothing is coerced or guessed."""

from __future__ import annotations

from ivr.core.dialplan.expression import Known, ValueType
from ivr.core.foreign import day_of, decimal_of, digits_of, text_of


def typed_value(raw: object, kind: ValueType) -> Known | None:
    """A data source's field as a value of its declared type; None when it is not one."""
    if kind is ValueType.YES_NO:
        return raw if isinstance(raw, bool) else None
    if kind in (ValueType.NUMBER, ValueType.AMOUNT):
        return decimal_of(raw)
    if kind is ValueType.DIGITS:
        return digits_of(raw)
    return day_of(raw) if kind is ValueType.DATE else text_of(raw)
