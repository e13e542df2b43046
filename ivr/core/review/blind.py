"""What is not told to whoever may still judge a call that chance drew: what rules found in it, then or later.

What rules miss is measured in those calls, so nobody should listen where rules point (ADR 60).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from ivr.core.call.record import CallRecord
from ivr.core.review.risk import FOUND_FLAGS, Why

BY_RULES: Final = frozenset({*FOUND_FLAGS, "figure_withheld"})
"""Reasons for a call to wait that rules gave."""


def without_findings(record: CallRecord) -> CallRecord:
    """A call's record without what rules found in the call."""
    return replace(record, alerts=(), withheld=())


def without_rules(whys: Iterable[Why]) -> tuple[Why, ...]:
    """The reasons that no rule gave."""
    return tuple(one for one in whys if one.name not in BY_RULES)
