"""What one key store hands on to the next when keys are moved: all that is not a key-encryption key."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.core.vault.erasure import ErasureTree


@dataclass(frozen=True, slots=True)
class Estate:
    """Secrets that outlive the store that they are in: the heir opens, searches, signs and shreds as it did."""

    index_key: bytes = field(repr=False)
    """Of fingerprints and search terms; the audit log's signing key follows from it."""
    tree: ErasureTree = field(repr=False)
    """What was shredded stays so."""
    next_leaf: int
    """Leaves below this may have been handed out."""
    recovery: str
    """Public key (age) of the offline recovery key; empty when there is none."""
