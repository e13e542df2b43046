"""The engine's metrics for Prometheus, and whether it is well. Served on loopback by default; no caller's data."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from ivr.core.queueing.happening import Happening, What
from ivr.core.queueing.tally import HANDLING

WAIT_BUCKETS = (1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0, 1200.0, 3600.0)
"""Seconds. 20 and 30 are the usual targets of a service level."""

COUNTER_NAME = re.compile(r"(?!ivr_)(?!.*_(?:total|created)$)[a-z][a-z0-9_]{0,60}")
"""As cells say it. Prometheus' text has `ivr_cell_` before it and `_total` after it: a cell says neither."""
COUNTERS_MAX = 200
"""Kinds of counters that cells may make."""
REQUEST_TIMEOUT_SECONDS = 5.0
REQUEST_MAX_BYTES = 8192


class Metrics:
    """All counters and gauges of one engine."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.calls = Counter("ivr_calls", "Calls that ended", ["outcome"], registry=self._registry)
        self.alarms = Counter("ivr_alarms", "Alarms raised", ["kind"], registry=self._registry)
        self.denied = Counter("ivr_edge_denied", "Requests that the edge refused", ["kind"], registry=self._registry)
        self.keys = Counter("ivr_keys_issued", "Data keys issued to cells", registry=self._registry)
        self.cells = Gauge("ivr_cells", "Cells by what they do", ["state"], registry=self._registry)
        self.waiting = Gauge("ivr_queue_waiting", "Calls waiting for an agent", ["queue"], registry=self._registry)
        self.agents = Gauge("ivr_agents", "Agents by what they do", ["state"], registry=self._registry)
        self.free = Gauge("ivr_disk_free_bytes", "Room on the disks written to", ["place"], registry=self._registry)
        self.pending = Gauge("ivr_records_pending", "Call records not stored yet", registry=self._registry)
        unheard = "Calls in which a message was left that nobody has listened to"
        self.messages = Gauge("ivr_messages_unheard", unheard, ["mailbox"], registry=self._registry)
        self.answered = self._histogram("ivr_queue_answer_seconds", "Wait of calls that an agent took")
        self.abandoned = self._histogram("ivr_queue_abandon_seconds", "Wait of calls whose caller gave up")
        self.handled = self._histogram("ivr_queue_talk_seconds", "Stretches of talk, hold and wrap-up of agents")
        self.offered = self._of_queue("ivr_queue_offered", "Calls that came, refused ones included")
        self.refused = self._of_queue("ivr_queue_refused", "Calls that could not join")
        self.moved = self._of_queue("ivr_queue_overflowed", "Calls that overflowed into another queue")
        self.went = self._of_queue("ivr_queue_left", "Calls that went elsewhere by a key or their dialplan")
        self.missed = self._of_queue("ivr_queue_offers_missed", "Offers to agents that came to nothing")
        self._of_cells: dict[str, Counter] = {}

    @property
    def registry(self) -> CollectorRegistry:
        """Where others of the hub count."""
        return self._registry

    def _histogram(self, name: str, text: str) -> Histogram:
        return Histogram(name, text, ["queue"], registry=self._registry, buckets=WAIT_BUCKETS)

    def _of_queue(self, name: str, text: str) -> Counter:
        return Counter(name, text, ["queue"], registry=self._registry)

    def watch(self, one: Happening) -> None:
        """Count a line of the queues."""
        match one.what:
            case What.CAME if not one.reason:
                self.offered.labels(one.queue).inc()
            case What.REFUSED:
                self.offered.labels(one.queue).inc()
                self.refused.labels(one.queue).inc()
            case What.TAKEN:
                self.answered.labels(one.queue).observe(one.seconds)
            case What.GAVE_UP:
                self.abandoned.labels(one.queue).observe(one.seconds)
            case What.MOVED:
                self.moved.labels(one.queue).inc()
            case What.WENT:
                self.went.labels(one.queue).inc()
            case What.MISSED:
                self.missed.labels(one.queue).inc()
            case What.WAS if one.queue and one.state in HANDLING:
                self.handled.labels(one.queue).observe(one.seconds)

    def add(self, counters: dict[str, float]) -> None:
        """Growth of cells' own counters; a name that is none is counted as `ivr_cell_counters_refused_total`."""
        for name, growth in counters.items():
            new = name not in self._of_cells
            if growth < 0 or (new and (not COUNTER_NAME.fullmatch(name) or len(self._of_cells) >= COUNTERS_MAX)):
                name, growth = "counters_refused", 1.0
            if name not in self._of_cells:
                self._of_cells[name] = Counter(f"ivr_cell_{name}", "Counted by the cells", registry=self._registry)
            self._of_cells[name].inc(growth)

    def text(self) -> bytes:
        """In Prometheus' text format."""
        return generate_latest(self._registry)


class MetricsServer:
    """GET /metrics and /healthz, nothing else."""

    def __init__(
        self, metrics: Metrics, *, health: Callable[[], dict[str, object]], refresh: Callable[[], None]
    ) -> None:
        """`refresh` brings the gauges up to date; `health` has `ok` and why."""
        self._metrics = metrics
        self._health = health
        self._refresh = refresh
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises OSError."""
        self._server = await asyncio.start_server(self._serve, host, port, limit=REQUEST_MAX_BYTES)

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._answer(head.split(b"\r\n", 1)[0]))
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # a client that does not ask properly gets no answer
        finally:
            writer.close()

    def _answer(self, request_line: bytes) -> bytes:
        method, _, rest = request_line.partition(b" ")
        path = rest.split(b" ", 1)[0].split(b"?", 1)[0]
        if method != b"GET":
            return _response("405 Method Not Allowed", "text/plain", b"GET only\n")
        if path == b"/metrics":
            self._refresh()
            return _response("200 OK", CONTENT_TYPE_LATEST, self._metrics.text())
        if path == b"/healthz":
            health = self._health()
            status = "200 OK" if health["ok"] else "503 Service Unavailable"
            return _response(status, "application/json", json.dumps(health).encode() + b"\n")
        return _response("404 Not Found", "text/plain", b"there is /metrics and /healthz\n")


def _response(status: str, content_type: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
