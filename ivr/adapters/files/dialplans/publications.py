"""Publications on disk: documents that nothing changes, and one signed pointer to the one that is served.

`<directory>/<sha256>.json` is a publication; `<directory>/current` is a signed note that names one. The pointer is
replaced as a whole, last of all. Whoever can write here but lacks the key store can only stop the engine from starting.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ivr.core.audit.note import Signer, VerifierKey, verify_note
from ivr.core.dialplan.publication import Publication
from ivr.durable import translated, write_durably
from ivr.errors import EnvironmentFault, OperatorError, SealError

POINTER = "current"
HEADING = "ivr publication"


class PublicationFiles:
    """The publications of one engine."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else publishes meanwhile. Raises OperatorError when somebody does."""
        with translated(f"{self._directory} cannot be written"):
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(self._directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OperatorError("somebody else is publishing at this moment: try again when they are done") from error
        except OSError as error:
            raise EnvironmentFault(f"{self._directory} cannot be locked: {error.strerror}") from error
        else:
            yield
        finally:
            with suppress(OSError):  # Linux closes it whatever it answers (close(2))
                os.close(lock)

    def keep(self, publication: Publication) -> None:
        """Write it, durable. Raises EnvironmentFault."""
        write_durably(self._path(publication.id), publication.encode())

    def point_to(self, publication: Publication, signer: Signer) -> None:
        """From now on this one is served. Durable and whole, or not done. Raises EnvironmentFault."""
        note = signer.sign(f"{HEADING}\n{publication.id}\n")
        write_durably(self._directory / POINTER, note.encode())

    def current(self, key: VerifierKey) -> Publication | None:
        """The one that is served; None when nothing was ever published. Raises SealError for what was altered."""
        signed = self._pointer()
        if signed is None:
            return None
        try:
            id = _named(verify_note(signed, key))
        except SealError as error:
            pointer = self._directory / POINTER
            raise SealError(
                f"{pointer}, which names what is served, was altered ({error}): remove it and start again, since the "
                "audit log names it too; and find out who altered it"
            ) from error
        return self.load(id)

    def named(self) -> str | None:
        """Id of the one that is served by what the pointer says. Not checked: for people to read only."""
        signed = self._pointer()
        return _named(signed.partition("\n\n")[0] + "\n") if signed is not None else None

    def load(self, id: str) -> Publication:
        """One of them, by its id. Raises EnvironmentFault when it is missing, SealError when it was altered."""
        path = self._path(id)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise EnvironmentFault(
                f"the publication {path} cannot be read ({error.strerror}): restore it from a backup, or publish again"
            ) from error
        if hashlib.sha256(data).hexdigest() != id:
            raise SealError(f"the publication {path} was altered: restore it from a backup, or publish again")
        return Publication.decode(data)

    def all(self) -> Iterator[Publication]:
        """Every one that is kept, in no order. Raises as `load` does."""
        for path in self._directory.glob("*.json"):
            yield self.load(path.stem)

    def _path(self, id: str) -> Path:
        return self._directory / f"{id}.json"

    def _pointer(self) -> str | None:
        try:
            return (self._directory / POINTER).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise EnvironmentFault(f"{self._directory / POINTER} cannot be read: {error}; publish again") from error


def _named(text: str) -> str:
    """The id in a pointer's text. Raises SealError."""
    heading, _, rest = text.partition("\n")
    id = rest.removesuffix("\n")
    if heading != HEADING or len(id) != 64 or set(id) - set("0123456789abcdef"):
        raise SealError("what names the publication that is served is none of ours: publish again")
    return id
