"""From the shape of a risk table to its model."""

from __future__ import annotations

from ivr.core.dialplan.language.schema_risk import (
    AccountCallsIn,
    BankIn,
    CallsIn,
    MismatchIn,
    NewNumberIn,
    OddHourIn,
    OftenIn,
    RiskIn,
    SpokenIn,
)
from ivr.core.identity.risk import (
    NOTHING_TOLD,
    Attested,
    Differs,
    Often,
    Outside,
    Plain,
    RiskTable,
    Signal,
    Spoken,
    Told,
    Unheard,
    Weight,
)

HOUR, DAY = 3600.0, 86_400.0
"""Seconds."""


def risk_of(written: RiskIn | None) -> RiskTable:
    """The table that a dialplan has."""
    if written is None:
        return NOTHING_TOLD
    signals = written.signals
    given = ((signal, getattr(signals, signal)) for signal in Signal if signal in signals.model_fields_set)
    weights = {signal: _weight(item) for signal, item in given if item is not None}
    return RiskTable(weights, written.medium, written.high)


def _weight(written: object) -> Weight:
    match written:
        case int():
            return Plain(written)
        case AccountCallsIn():
            return Often(written.points, written.from_, written.hours * HOUR, written.value)
        case CallsIn():
            return Often(written.points, written.from_, written.hours * HOUR)
        case OftenIn():
            return Often(written.points, written.from_)
        case NewNumberIn():
            return Unheard(written.points, written.days * DAY)
        case OddHourIn():
            return Outside(written.points, written.outside)
        case BankIn():
            return Told(written.value, dict(written.points))
        case MismatchIn():
            return Differs(written.points, written.value)
        case SpokenIn():
            phrases = {language: tuple(said) for language, said in (written.phrases or {}).items()}
            return Spoken(written.points, phrases, frozenset(written.rules or ()))
        case dict():
            return Attested(dict(written))
        case _:
            raise TypeError(f"no weight is built from {type(written).__name__}")
