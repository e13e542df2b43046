"""A data source's fields as typed values. What is not of its type is nothing; nothing is coerced or guessed."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from ivr.core.dialplan.expression import Known, ValueType


def typed_value(raw: object, kind: ValueType) -> Known | None:
    """A data source's field as a value of its declared type; None when it is not one."""
    if kind is ValueType.YES_NO:
        return raw if isinstance(raw, bool) else None
    if kind in (ValueType.NUMBER, ValueType.AMOUNT):
        # A float would bring binary fractions into sums of money: sources give text or whole numbers.
        if isinstance(raw, bool) or not isinstance(raw, str | int):
            return None
        try:
            number = Decimal(raw)
        except InvalidOperation:
            return None
        return number if number.is_finite() else None
    if not isinstance(raw, str):
        return None
    if kind is ValueType.DIGITS:
        return raw if raw.isascii() and raw.isdigit() else None
    if kind is ValueType.DATE:
        return raw if _is_date(raw) else None
    return raw


def _is_date(text: str) -> bool:
    year, _, rest = text.partition("-")
    month, _, day = rest.partition("-")
    shaped = (len(year), len(month), len(day)) == (4, 2, 2) and (year + month + day).isdigit()
    return shaped and 1 <= int(month) <= 12 and 1 <= int(day) <= 31
