"""A rule found something in a talk that goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

CALLER: Final = "caller"
"""Who said it."""


@dataclass(frozen=True, slots=True)
class RuleFound:
    """What a published rule found in what was just said."""

    rule: str
    """ruleset/rule."""
    severity: str
    """critical, major or minor."""
    what: str
    """In a few words, without what was said."""
    words: str = field(repr=False)
    """What was said there, as it was compared. It stands in the call's sealed journal alone."""
    first_sample: int
    """Call time line, inclusive: where to listen."""
    last_sample: int
    """Exclusive."""
    confidence: float
    """That it was said, 0..1."""
    speaker: str
    """machine, agent or caller."""
    say: str = ""
    """What should be said instead, in the language of the call; empty: the rule has no such words."""
