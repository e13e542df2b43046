"""What agents' desks offer, as the settings say: reasons of a pause, and what to say to callers of a queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Guide:
    """The same for all desks."""

    reasons: tuple[str, ...] = ()
    """Of pauses."""
    scripts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Queue -> language -> text."""
    dispositions: Mapping[str, tuple[tuple[str, ...], bool]] = field(default_factory=dict)
    """Queue -> what may come of its calls, and whether an agent must say it."""

    def script(self, queue: str, language: str) -> tuple[str, str]:
        """(Text, its language) for a call in a queue: in the call's language, or else in the first; empty: none."""
        texts = self.scripts.get(queue, {})
        found = language if language in texts else next(iter(texts), "")
        return texts.get(found, ""), found

    def dispositions_of(self, queue: str) -> tuple[tuple[str, ...], bool]:
        """What may come of a queue's calls, and whether it must be said."""
        return self.dispositions.get(queue, ((), False))
