"""Keyed hashes beside rows that open something: who can write to the database alone makes none of them."""

from __future__ import annotations

import hmac
import json

from ivr.errors import SealError
from ivr.ports.keys import KeyStore


class Marks:
    """Of one table."""

    def __init__(self, keys: KeyStore, table: str) -> None:
        self._keys, self._table = keys, table

    def of(self, *said: object) -> bytes:
        """The mark of what a row says: texts, numbers, None. 32 bytes."""
        exact = [float(one) if type(one) is int else one for one in said]  # as a database gives back a column of floats
        return self._keys.fingerprint(f"row of {self._table}", json.dumps(exact).encode())

    def check(self, mark: bytes, *said: object) -> None:
        """Raises SealError when the row was altered."""
        if not hmac.compare_digest(mark, self.of(*said)):
            raise SealError(f"the database's row of a {self._table} was altered")
