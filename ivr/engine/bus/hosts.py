"""What another host asks of the hub besides what its cells say: what is served, and that journals be taken."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FileKind(StrEnum):
    """What is fetched; each is named by the SHA-256 of what it holds."""

    PUBLICATION = "publication"
    PROMPT = "prompt"


@dataclass(frozen=True, slots=True)
class ServedWanted:
    """Which publication is served now? Answer: ServedTold."""


@dataclass(frozen=True, slots=True)
class ServedTold:
    """This one."""

    publication: str
    """Its id; "": the engine is only just starting."""


@dataclass(frozen=True, slots=True)
class FileWanted:
    """A piece of a file. Answer: FilePart."""

    kind: FileKind
    name: str
    """SHA-256, hex."""
    offset: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class FilePart:
    """A piece."""

    data: str
    """base64."""
    size: int
    """Bytes of the whole file; -1: there is none of that name."""


@dataclass(frozen=True, slots=True)
class JournalPart:
    """A piece of the journal of a call that is over. Answer: JournalTaken."""

    day: str
    """YYYYMMDD on which the call began."""
    call_id: str
    offset: int
    """Bytes."""
    data: str
    """base64."""
    sha256: str = ""
    """Of the whole journal, hex, with its last piece; else empty."""


@dataclass(frozen=True, slots=True)
class JournalsHeld:
    """By which keys the journals are wrapped that are still there, running calls' included. Told every second. Answer:
    ServedTold."""

    kek_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JournalTaken:
    """What became of it."""

    have: int
    """Bytes of it that are there: go on from here."""
    whole: bool = False
    """It is kept, durably: forget it."""
    refused: str = ""
    """Why it never will be; empty: it may be."""
