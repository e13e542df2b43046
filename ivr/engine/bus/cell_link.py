"""The cell's end of the bus: never blocks, never raises, survives the hub.

The cell calls `pump` in its loop and `send` when it has something to say. While the hub is away, what still matters
when it comes back is kept, and said again after the CellHello: the cell's state, the waiting for an agent or for
keys, the agent that the call holds, the running call's record, the records of ended calls and the steps of calls (until
the hub says that they are stored) and alarms. Counters are summed up. All of it is bounded; what had to be dropped is
counted.
"""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ivr.engine.bus.calls import CallSaved, CallStored, DialogsHeld, StepsKept, StepTold
from ivr.engine.bus.cells import Alarm, CellHello, CellState, Counted
from ivr.engine.bus.codec import LineBuffer, decode, encode
from ivr.engine.bus.live import CallStands
from ivr.engine.bus.messages import Message
from ivr.engine.bus.queue import AgentNotWanted, AgentWanted, NoAgent, OfferResult, OfferStatus, Queued
from ivr.engine.bus.stock import KeysIssued, KeysWanted
from ivr.errors import PeerError

FIRST_RETRY_SECONDS = 0.1
LAST_RETRY_SECONDS = 2.0
OWED_MAX = 200
"""Ended calls and alarms kept for a hub that is away: a day of a cell's calls. The recordings hold the records too."""
STEPS_MAX = 5000
"""Steps of calls kept for a hub that is away; the recordings hold them too."""
OUTBOX_MAX = 8 * 1024 * 1024
"""Unsent bytes at which a hub that does not read is taken for dead."""
RECEIVE_BYTES = 65536
_OFFER = "offer "


class HubLink:
    """A non-blocking, reconnecting connection to the hub."""

    def __init__(self, path: Path, hello: Callable[[], CellHello]) -> None:
        self._path = str(path)
        self._hello = hello
        self._socket: socket.socket | None = None
        self._lines = LineBuffer()
        self._outbox = bytearray()
        self._retry_at = 0.0
        self._retry_seconds = FIRST_RETRY_SECONDS
        self._standing: dict[str, Message] = {}
        self._owed: deque[CallSaved | Alarm] = deque()
        self._steps: deque[StepTold] = deque()
        """As they are to be said next."""
        self._counters: dict[str, float] = {}
        self._now = 0.0
        self._asked_at = 0.0
        """When the call began to wait for an agent."""
        self.dropped = 0
        """Messages given up because too many were owed."""

    @property
    def connected(self) -> bool:
        """Whether the hub is there, as far as is known."""
        return self._socket is not None

    def fileno(self) -> int:
        """Descriptor to wait for; -1 while not connected (then `pump` retries by itself)."""
        return self._socket.fileno() if self._socket else -1

    def send(self, message: Message) -> None:
        """Say something as soon as possible; kept as the module says while the hub is away."""
        if isinstance(message, Counted):
            for name, growth in message.counters.items():
                self._counters[name] = self._counters.get(name, 0.0) + growth
            return
        if isinstance(message, StepTold):
            message = replace(message, fresh=True)
        self._keep(message)
        if self._socket is not None:
            self._outbox += encode(message)
            self._flush()

    def pump(self, now: float) -> list[Message]:
        """Connect if due, send what waits, and return what the hub said. `now` is a monotonic time in seconds."""
        self._now = now
        if self._socket is None and (now < self._retry_at or not self._connect(now)):
            return []
        if self._counters:
            self._outbox += encode(Counted(self._counters))
            self._counters = {}
        self._flush()
        return self._receive()

    def close(self) -> None:
        """Say what can be said at once, and end the connection."""
        if self._socket is not None:
            self._flush()
        self._disconnect()

    # --- what is kept ---------------------------------------------------------------------------------------------

    def _keep(self, message: Message) -> None:
        match message:
            case CellState():
                self._standing["state"] = message
            case KeysWanted():
                self._standing["keys"] = message
            case AgentWanted():
                self._keep_wanted(message)
            case AgentNotWanted():
                self._standing.pop("agent", None)
            case OfferResult():
                self._keep_offer(message)
            case DialogsHeld():
                self._standing["dialogs"] = message
            case CallStands():
                self._standing["stands"] = message
            case CallSaved(final=False):
                self._standing["call"] = message
            case CallSaved():
                for name in tuple(self._standing):
                    if name in ("call", "stands", "agent", "dialogs") or name.startswith(_OFFER):
                        del self._standing[name]
                self._owe(message)
            case Alarm() if self._socket is None:
                self._owe(message)
            case StepTold():
                self._steps.append(message if self._socket is None else replace(message, fresh=False))
                if len(self._steps) > STEPS_MAX:
                    self._steps.popleft()
                    self.dropped += 1
            case _:
                pass

    def _keep_wanted(self, wanted: AgentWanted) -> None:
        before = self._standing.get("agent")
        if isinstance(before, AgentWanted) and before.call_id == wanted.call_id:
            # It waits otherwise, and goes on waiting.
            kept = replace(wanted, since=before.since, credit=before.credit, stands_in=before.stands_in)
            self._standing["agent"] = kept
        else:
            self._standing["agent"] = wanted
            self._asked_at = self._now - wanted.waited

    def _keep_offer(self, result: OfferResult) -> None:
        """A hub that came back must know whom the call holds, or it would offer them to another."""
        if result.result in (OfferStatus.RINGING, OfferStatus.PICKED_UP, OfferStatus.ANSWERED):
            self._standing[_OFFER + result.offer_id] = result
        elif result.result in (OfferStatus.FAILED, OfferStatus.ENDED):
            self._standing.pop(_OFFER + result.offer_id, None)
        if result.result is OfferStatus.ANSWERED:
            self._standing.pop("agent", None)

    def _owe(self, message: CallSaved | Alarm) -> None:
        self._owed.append(message)
        if len(self._owed) > OWED_MAX:
            self._owed.popleft()
            self.dropped += 1

    def _settle(self, message: Message) -> None:
        """Forget what the hub has dealt with."""
        match message:
            case KeysIssued():
                self._standing.pop("keys", None)
            case NoAgent():
                self._standing.pop("agent", None)
            case Queued(queue=queue, since=since, credit=credit):
                wanted = self._standing.get("agent")
                if isinstance(wanted, AgentWanted) and wanted.call_id == message.call_id and since is not None:
                    self._standing["agent"] = replace(wanted, since=since, credit=credit, stands_in=queue)
            case StepsKept(call_id=call_id, number=number):
                owed = (step for step in self._steps if step.call_id != call_id or step.number > number)
                self._steps = deque(owed)
            case CallStored(call_id=call_id):
                kept = (m for m in self._owed if not (isinstance(m, CallSaved) and m.record.get("call_id") == call_id))
                self._owed = deque(kept)
            case _:
                pass

    # --- the wire -------------------------------------------------------------------------------------------------

    def _connect(self, now: float) -> bool:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        try:
            connection.connect(self._path)  # on a Unix socket this is done or refused at once, never pending
        except OSError:
            connection.close()
            self._retry_at = now + self._retry_seconds
            self._retry_seconds = min(self._retry_seconds * 2, LAST_RETRY_SECONDS)
            return False
        self._socket = connection
        self._lines = LineBuffer()
        self._retry_at = now + FIRST_RETRY_SECONDS
        self._retry_seconds = FIRST_RETRY_SECONDS
        self._outbox = bytearray(encode(self._hello()))
        for message in (*self._standing.values(), *self._steps, *self._owed):
            if isinstance(message, AgentWanted):  # where no hub ever said since when it waits
                message = replace(message, waited=max(0.0, now - self._asked_at))
            self._outbox += encode(message)
        self._owed = deque(m for m in self._owed if isinstance(m, CallSaved))
        self._steps = deque(replace(step, fresh=False) for step in self._steps)
        return True

    def _disconnect(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        self._outbox.clear()

    def _flush(self) -> None:
        while self._outbox and self._socket is not None:
            try:
                sent = self._socket.send(self._outbox, socket.MSG_NOSIGNAL)
            except BlockingIOError:
                if len(self._outbox) > OUTBOX_MAX:
                    self._disconnect()
                return
            except OSError:
                self._disconnect()
                return
            del self._outbox[:sent]

    def _receive(self) -> list[Message]:
        messages: list[Message] = []
        while self._socket is not None:
            try:
                data = self._socket.recv(RECEIVE_BYTES)
                if not data:
                    self._disconnect()
                    break
                messages += [decode(line) for line in self._lines.feed(data)]
            except BlockingIOError:
                break
            except (OSError, PeerError):  # a hub that says nonsense is as good as none
                self._disconnect()
        for message in messages:
            self._settle(message)
        return messages
