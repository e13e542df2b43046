"""Sealing to public keys of others, who hold the secret ones elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Sealer(Protocol):
    """Seals what leaves."""

    def recipient(self, typed: str) -> str:
        """A public key as it is written. Raises OperatorError, which never repeats what was typed."""
        ...

    def seal(self, recipients: Sequence[str], plain: bytes) -> bytes:
        """What each of the recipients opens alone. Raises SealError, OperatorError."""
        ...
