"""What stands in the console's navigation, in its order. An entry is shown to whoever may follow it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Entry:
    """One of them."""

    title: str
    """English; translated in the catalogue."""
    path: str
    """Of an operation with a page."""
    icon: str
    """Name of a symbol in static/icons.svg."""
    within: tuple[str, ...] = ()
    """Other paths whose pages are of it."""

    def holds(self, path: str) -> bool:
        """Whether a page is of it."""
        return any(path == one or path.startswith(f"{one}/") for one in (self.path, *self.within))


NAVIGATION: Final = (
    Entry("Recordings", "/recordings", "wave", ("/latest",)),
    Entry("Review", "/review", "judge"),
    Entry("Inspection", "/inspection", "eye"),
    Entry("My desk", "/desk", "headset"),
    Entry("Wallboard", "/wallboard", "board", ("/queues/waiting", "/queues/report", "/queues/why")),
    Entry("Live calls", "/live", "live"),
    Entry("Callbacks", "/callbacks", "phone-back"),
    Entry("Alarms", "/alarms", "warn"),
    Entry("Dialplans", "/dialplans", "ways"),
    Entry("Warnings", "/warnings", "warning"),
    Entry("Reports", "/reports", "list"),
    Entry("Rules", "/inspection/rules", "judge"),
    Entry("Retention", "/retention", "lock"),
    Entry("Audit log", "/audit", "list", ("/receipts",)),
    Entry(
        "Administration",
        "/health",
        "gear",
        (
            "/users",
            "/roles",
            "/tokens",
            "/agents",
            "/queues/settings",
            "/keys",
            "/models",
            "/voiceprints",
            "/agents/voices",
            "/watchlist",
            "/webhooks",
            "/accounts",
        ),
    ),
)
