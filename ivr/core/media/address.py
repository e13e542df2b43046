"""A far end's address as people may read it: enough to find a setting that is wrong, not enough to name a caller."""

from __future__ import annotations


def shown_address(address: str) -> str:
    """`192.0.2.x` of `192.0.2.7:4000`; `unknown` where there is none."""
    network, dot, _ = address.rpartition(":")[0].rpartition(".")
    return f"{network}.x" if dot else "unknown"
