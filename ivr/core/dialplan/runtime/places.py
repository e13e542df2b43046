"""Where an agent may lead the caller of their talk, as the queue's state says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.core.dialplan.runtime.readings import ReadingStands


@dataclass(frozen=True, slots=True)
class Places:
    """Of one talk."""

    hand_over: Mapping[str, str] = field(default_factory=dict)
    """Keys -> state: where the caller goes on, without the agent."""
    assist: Mapping[str, str] = field(default_factory=dict)
    """Keys -> state: where the line takes over while the agent stays."""
    missing: tuple[str, ...] = ()
    """Disclosures that the line plays at the places of `assist`, and that were not heard yet."""
    readings: tuple[ReadingStands, ...] = ()
    """Those of them that the agent may read, and how far they are."""
    confirms: bool = False
    """Whether the agent may say that they know who calls."""


NO_PLACES = Places()
