"""A store of objects elsewhere, for what is sealed already: it is given nothing that tells it of a caller."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol


class ObjectStore(Protocol):
    """Objects by name. Every method raises EnvironmentFault when the store does not answer, or refuses."""

    def put(self, name: str, file: Path) -> None:
        """Keep a file's bytes, whole or not at all; what had the name is replaced."""
        ...

    def read(self, name: str, offset: int, size: int) -> bytes:
        """`size` bytes from `offset`, all of them within it. Raises SealError when there is none."""
        ...

    def delete(self, name: str) -> None:
        """Keep it no longer. One that is not there is no error."""
        ...

    def names(self, prefix: str) -> Iterator[str]:
        """Names of all that begin so."""
        ...
