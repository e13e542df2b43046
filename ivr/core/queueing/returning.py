"""Callers whose line dropped while they waited: who dials in again soon gets the place that they had.

Who a caller is, is said by a mark: a keyed hash of their number. A number can be forged, and then somebody waits less
long in a stranger's stead; nothing else hangs on it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

RETURN_SECONDS = 600.0
"""Within these they must be back."""
REMEMBERED_MAX = 50_000


@dataclass(frozen=True, slots=True)
class _Left:
    at: float
    waited: float


class Returning:
    """What is remembered of those who left."""

    def __init__(self) -> None:
        self._left: OrderedDict[tuple[bytes, str], _Left] = OrderedDict()

    def left(self, mark: bytes, queue: str, *, waited: float, now: float) -> None:
        """A caller hung up, or was cut off, after they had waited so many seconds in all."""
        self._forget(now)
        self._left.pop((mark, queue), None)
        self._left[mark, queue] = _Left(now, waited)
        if len(self._left) > REMEMBERED_MAX:
            self._left.popitem(last=False)

    def back(self, mark: bytes, queue: str, *, now: float) -> float:
        """Seconds that the caller has waited already, counted once; the time between the two calls is none of them."""
        self._forget(now)
        found = self._left.pop((mark, queue), None)
        return 0.0 if found is None else found.waited

    def _forget(self, now: float) -> None:
        while self._left and now - next(iter(self._left.values())).at > RETURN_SECONDS:
            self._left.popitem(last=False)
