"""How far recordings are behind on their way to the object store: for metrics and for whoever asks."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge

from ivr.engine.bus.shipping import ShippingTold


class ShippingWatch:
    """The keeper's latest word."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._told = ShippingTold(0, 0.0)
        self._waiting = Gauge(
            "ivr_recordings_unshipped", "Sealed recordings that wait for the object store", registry=registry
        )
        self._behind = Gauge(
            "ivr_recordings_unshipped_seconds", "Since the first of them was sealed", registry=registry
        )

    def take(self, told: ShippingTold) -> None:
        """It tells what waits."""
        self._told = told
        self._waiting.set(told.waiting)
        self._behind.set(told.behind_seconds)

    def report(self) -> dict[str, object]:
        """The same."""
        return {"waiting": self._told.waiting, "behind_seconds": self._told.behind_seconds}
