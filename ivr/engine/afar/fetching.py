"""What is served, fetched from the hub of another host.

Rule: everything is named by its hash, so whoever sends it need not be believed; what is here is not asked for again.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode
from typing import Protocol

from ivr.core.dialplan.publication import Publication
from ivr.engine.bus.hosts import FileKind, FilePart, FileWanted
from ivr.errors import EnvironmentFault, PeerError, SealError
from ivr.ports.prompts import PromptStore

FILE_MAX_BYTES = 256 << 20
"""No publication, and no prompt, comes near it."""


class Asked(Protocol):
    """The hub."""

    def __call__(self, question: FileWanted, answer: type[FilePart], /) -> FilePart:
        """Its answer. Raises EnvironmentFault, PeerError."""
        ...


class Publications(Protocol):
    """Where publications are kept."""

    def load(self, id: str) -> Publication:
        """One of them. Raises EnvironmentFault when it is missing, SealError when it was altered."""
        ...

    def keep(self, publication: Publication) -> None:
        """Write it, durable. Raises EnvironmentFault."""
        ...


def fetch(id: str, ask: Asked, publications: Publications, prompts: PromptStore) -> int:
    """Have this publication here, with all its prompts; returns how many files came.

    Raises EnvironmentFault and PeerError when it cannot be had now, SealError for what is no publication.
    """
    came = 0
    try:
        publication = publications.load(id)
    except (EnvironmentFault, SealError):
        publication = Publication.decode(_fetched(ask, FileKind.PUBLICATION, id))
        publications.keep(publication)
        came += 1
    for recipe, rendering in publication.prompts.items():
        if not prompts.holds(rendering):
            prompts.keep(_fetched(ask, FileKind.PROMPT, rendering.sha256), recipe)
            came += 1
    return came


def _fetched(ask: Asked, kind: FileKind, sha256: str) -> bytes:
    data = bytearray()
    while True:
        part = ask(FileWanted(kind, sha256, len(data)), FilePart)
        if not 0 <= part.size <= FILE_MAX_BYTES:
            raise PeerError(f"the hub has no {kind} {sha256[:12]}")
        piece = b64decode(part.data, validate=True)
        data += piece
        if len(data) >= part.size or not piece:
            break
    if hashlib.sha256(data).hexdigest() != sha256:
        raise PeerError(f"the hub sent another {kind} than {sha256[:12]}")
    return bytes(data)
