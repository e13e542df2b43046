"""Questions to the bank's systems, asked on a thread of their own so that the call's audio never waits."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue

from ivr.core.foreign import answer_of
from ivr.core.orders.lookup import LookupDone, LookupFailed, StartLookup
from ivr.errors import IvrError
from ivr.ports.data import DataSource


class Lookups:
    """Runs one call's lookups; answers are fetched with `events`."""

    def __init__(self, sources: Mapping[str, DataSource]) -> None:
        self._sources = sources
        self._answers: SimpleQueue[LookupDone | LookupFailed] = SimpleQueue()
        self._open = 0
        # Made at the first question: most processes of the pool sleep, and a thread must not exist before the fork.
        self._pool: ThreadPoolExecutor | None = None

    @property
    def news(self) -> bool:
        """Whether `events` has any."""
        return not self._answers.empty()

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come, or to be fetched."""
        return self._open > 0

    def start(self, order: StartLookup) -> None:
        """Ask; the answer comes later."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="lookup")
        self._open += 1
        self._pool.submit(self._ask, order)

    def events(self) -> list[LookupDone | LookupFailed]:
        """Answers since the last call."""
        found: list[LookupDone | LookupFailed] = []
        while True:
            try:
                found.append(self._answers.get_nowait())
            except Empty:
                self._open -= len(found)
                return found

    def close(self) -> None:
        """Forget what is still asked."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _ask(self, order: StartLookup) -> None:
        source = self._sources.get(order.source)
        if source is None:
            self._answers.put(LookupFailed(order.lookup_id, f"no data source {order.source!r} in the settings"))
            return
        try:
            values = answer_of(source.query(order.query, order.params, timeout=order.timeout))
        except IvrError as error:
            self._answers.put(LookupFailed(order.lookup_id, str(error)))
        except Exception as error:
            # A source's own bug must not leave the caller waiting; its message may hold their data, its class does not.
            self._answers.put(LookupFailed(order.lookup_id, type(error).__name__))
        else:
            self._answers.put(LookupDone(order.lookup_id, values))
