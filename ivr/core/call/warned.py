"""What became of a call's warnings, in the words by which calls are counted and found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ivr.core.call.flags import LOSSY_DISCLOSURE
from ivr.core.call.record import CallRecord

FIGURES: Final = {
    "played": "it began to be played",
    "heard": "it was heard to its end, and loss that was reported did not count against it",
    "lossy": "it was heard, and the far end reported one packet in fifty, or more, of it lost",
    "repeated": "it was heard, and played more than once until it was",
    "acknowledged": "it was heard and acknowledged",
    "refused": "it was heard and not acknowledged: refused, not answered, or the caller hung up",
}
"""Of a warning in a call -> what that says."""


def figure(warning: str, name: str) -> str:
    """How a call is found by it: risk/lossy."""
    return f"{warning}/{name}"


def figures(record: CallRecord) -> Iterator[tuple[str, str]]:
    """(Warning, figure) of a call. One that was heard more than once in a call counts once."""
    found = [(name, "played") for name in record.begun]
    for one in record.disclosures:
        judged = {
            "played": one.read is None,
            "heard": True,
            "lossy": one.loss is not None and one.loss > LOSSY_DISCLOSURE,
            "repeated": one.plays > 1,
            "acknowledged": one.is_acknowledged,
            "refused": not one.acknowledged_by,
        }
        found += [(one.disclosure, name) for name, holds in judged.items() if holds]
    yield from dict.fromkeys(found)
