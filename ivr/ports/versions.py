"""Every version of a dialplan that ever served a call, as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """One version."""

    id: str
    """name@version."""
    sha256: str
    kept_at: float
    """When it was first published: seconds since the epoch."""
    path: str
    """Where its main file is kept, for people."""
    sounds: Mapping[str, tuple[str, ...]]
    """Recorded file -> SHA-256 of each content it was served with, in order."""


class DialplanVersions(Protocol):
    """Nothing kept here is ever changed or removed but a version's list of sounds, which grows.

    Every method may raise EnvironmentFault.
    """

    def keep(
        self, id: str, sha256: str, texts: Mapping[str, str], sounds: Mapping[str, str], *, now: float
    ) -> KeptVersion:
        """Keep a version durably, unless it is kept. The first of `texts` (name -> text) is the main file's.

        `sounds`: recorded file -> SHA-256.
        """
        ...

    def all(self) -> Sequence[KeptVersion]:
        """Every version, the newest first."""
        ...

    def find(self, reference: str) -> KeptVersion:
        """The version of that SHA-256 or its first digits, or of that name@version. Raises OperatorError."""
        ...

    def text(self, version: KeptVersion, name: str = "") -> str:
        """The text of its main file, or of one that it includes. Raises OperatorError when it has none of that name."""
        ...
