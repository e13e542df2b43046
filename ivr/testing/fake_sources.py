"""A data source in memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from ivr.errors import PeerError

Answer = Callable[[dict[str, object]], dict[str, object]]


class MemorySource:
    """Answers named queries with functions. A query it does not know, or one that takes too long, is a PeerError."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self._answers = dict(answers)
        self.asked: list[tuple[str, dict[str, object]]] = []

    def query(self, name: str, params: dict[str, object], *, timeout: float) -> dict[str, object]:
        """Run a named query. Raises PeerError."""
        self.asked.append((name, dict(params)))
        if name not in self._answers:
            raise PeerError(f"the data source does not know the query {name}")
        began = time.monotonic()
        answer = self._answers[name](params)
        if time.monotonic() - began > timeout:
            raise PeerError("the data source cannot be reached: no answer in time")
        return answer
