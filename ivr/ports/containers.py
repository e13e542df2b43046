"""A call packed for others' tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ivr.core.audit.note import Signer
from ivr.core.call.record import CallRecord


@dataclass(frozen=True, slots=True)
class Conversation:
    """One call, in clear."""

    record: CallRecord = field(repr=False)
    wav: bytes = field(repr=False)
    """Two channels: the caller left, what they heard right."""
    samples: int
    """Of a channel, at 8 kHz."""
    transcript: Sequence[Mapping[str, object]] = field(repr=False)
    record_json: bytes = field(repr=False)
    statement_json: bytes = field(repr=False)
    proofs: tuple[tuple[str, str, bytes], ...] = field(repr=False)
    """(File name, media type, content): receipts, and the log's entry that they prove."""
    made_at: float
    """Seconds since the epoch."""


class Container(Protocol):
    """One kind of it."""

    def packed(self, conversation: Conversation, signer: Signer) -> bytes:
        """Signed."""
        ...
