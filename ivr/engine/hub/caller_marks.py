"""What stands for a caller while the hub runs: a hash of their number with a secret that dies with the process."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping

from ivr.core.call.record import CallRecord
from ivr.core.sip.telephone import telephone_number


class CallerMarks:
    """Marks of the calls that run."""

    def __init__(self, running: Mapping[str, CallRecord]) -> None:
        self._running = running
        self._secret = secrets.token_bytes(32)

    def of(self, call_id: str) -> bytes:
        """The mark of a call's caller; empty when the call is not known or the number is withheld."""
        record = self._running.get(call_id)
        number = telephone_number(record.caller) if record is not None else None
        return hashlib.blake2b(number.encode(), key=self._secret, digest_size=16).digest() if number else b""
