"""Chance that anybody can check: what is drawn of a call follows from its id, so nobody picks it.

Rule: draws for two purposes know nothing of each other, and a larger share holds every call of a smaller one.
"""

from __future__ import annotations

import hashlib


def lot(call_id: str, purpose: str) -> float:
    """Where a call stands among all, 0..1, evenly spread: it is in a sample of every share above."""
    digest = hashlib.sha256(f"{purpose} {call_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
