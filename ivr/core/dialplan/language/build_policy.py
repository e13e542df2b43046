"""From the shape of an identity policy to its model."""

from __future__ import annotations

import math

from ivr.core.dialplan.language.schema_identity import FactorIn, PolicyIn
from ivr.core.identity.level import Level
from ivr.core.identity.policy import PLAIN, Combination, Factor, Means, Policy
from ivr.core.identity.risk import Risk

KEEP = "keep"


def policy_of(written: PolicyIn | None) -> Policy:
    """The policy that a dialplan has."""
    if written is None:
        return PLAIN
    factors = {name: _factor(factor) for name, factor in written.factors.items()}
    rows = (
        Combination(Level(level), tuple(dict.fromkeys(row.factors)), Risk(row.risk))
        for level, rows in written.levels.items()
        for row in rows
    )
    return Policy(written.policy, written.version, factors, tuple(rows))


def _factor(written: FactorIn) -> Factor:
    seconds = math.inf if written.minutes is None else written.minutes * 60
    after_hold, after_transfer = written.after_hold == KEEP, written.after_transfer == KEEP
    return Factor(Means(written.by), seconds, after_hold, after_transfer, written.number or "")
