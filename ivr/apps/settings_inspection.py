"""Settings of inspection: which calls are read after their end, and whether talks are recognized as they go on."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ivr.apps.settings_sections import Section


class InspectionSettings(Section):
    """Calls are read after they ended: what was said in them, and what published rules find. See docs/inspection.md."""

    enabled: bool = True
    """False: no transcripts of agents' talk, and no findings."""
    days: float = Field(default=14.0, gt=0, le=3660)
    """Calls that ended longer ago are not read any more."""
    behind_hours: float = Field(default=12.0, gt=0, le=744)
    """An alarm is raised when a call waits longer than this to be read: every call is read by the next morning."""
    live: Literal["auto", "never"] = "auto"
    """Whether an agent's talk is recognized while it goes on, for desks, alerts and warnings that agents read.
    auto: as far as there is time beside callers' answers; never."""

    @property
    def recognizes_live(self) -> bool:
        """Whether it is tried."""
        return self.enabled and self.live == "auto"
