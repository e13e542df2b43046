"""Time."""

from __future__ import annotations

from collections.abc import Callable

Clock = Callable[[], float]
"""Seconds; monotonic for the engine, wall for records."""
