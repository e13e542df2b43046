"""Long-term recordings on disk: a Cobblestone-256 file and its key file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ivr.adapters.files.recordings.key_file import read_key_file
from ivr.core.vault.archive import ArchiveIndex, ArchiveReader, archive_context
from ivr.core.vault.cobblestone import HEADER_BYTES, SALT_BYTES, CobblestoneReader, Read, seal_chunks
from ivr.core.vault.journal import JournalHeader
from ivr.durable import sync_directory, translated
from ivr.errors import EnvironmentFault, SealError
from ivr.ports.keys import KeyStore

ARCHIVE = ".ivra"
"""Of a long-term recording."""
KEY = ".ivrk"
"""Of the key file beside it."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """The bytes of a long-term recording, wherever they are."""

    read: Read
    """(offset, size) -> bytes; fewer only at the end."""
    size: int
    """Bytes."""


@contextmanager
def sealed_file(path: Path) -> Iterator[Sealed]:
    """Those of a file here. Raises EnvironmentFault."""
    with translated(f"the recording {path.name} cannot be read"):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with translated(f"the recording {path.name} cannot be read"):
            size = os.fstat(descriptor).st_size
        yield Sealed(lambda offset, wanted: _read(descriptor, offset, wanted), size)
    finally:
        with suppress(OSError):
            os.close(descriptor)


def open_archive(path: Path, sealed: Sealed, keys: KeyStore) -> tuple[JournalHeader, ArchiveReader]:
    """A long-term recording, its index read and authenticated. `path`: as its file is called, or would be.

    Raises SealError or EnvironmentFault.
    """
    header = read_key_file(path.with_suffix(KEY))
    data_key = keys.open(header.wrapped, header.kek_id)
    file = CobblestoneReader(sealed.read, key=data_key, context=archive_context(header.recording_id))
    reader = ArchiveReader(file)
    file.size(sealed.size)  # its end is there: nothing was cut off
    index = reader.index
    if (index.call_id, index.recording_id, index.started_at) != (
        header.call_id,
        header.recording_id,
        header.started_at,
    ):
        raise SealError(f"the key file of {path.name} was altered, or is of another call")
    return header, reader


def write_archive(path: Path, header: JournalHeader, plain: Iterable[bytes], *, data_key: bytes) -> None:
    """Seal a recording's plaintext into its long-term file. The file appears whole and durable, or not at all.

    What `plain` raises leaves nothing behind.
    """
    context = archive_context(header.recording_id)
    part = path.with_suffix(path.suffix + ".part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for piece in seal_chunks(plain, key=data_key, salt=os.urandom(SALT_BYTES), context=context):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)  # verified from the disk, not the cache
        part.replace(path)
        sync_directory(path.parent)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise EnvironmentFault(f"the recording {path.name} cannot be written: {error.strerror}") from error
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def archive_holds(path: Path, sealed: Sealed, index: ArchiveIndex, keys: KeyStore) -> bool:
    """Whether a long-term recording opens, and, read back to its end, holds all that the index says."""
    try:
        _, reader = open_archive(path, sealed, keys)
        if reader.index != index:
            return False
        reader.verify()
    except SealError:
        return False
    return True


def commits_to(sealed: Sealed, header: JournalHeader, data_key: bytes) -> bool:
    """Whether what is there, however damaged behind its first bytes, was sealed with this key as this recording."""
    beginning = sealed.read(0, HEADER_BYTES)
    try:
        context = archive_context(header.recording_id)
        CobblestoneReader(lambda offset, size: beginning[offset : offset + size], key=data_key, context=context)
    except SealError:
        return False
    return True


def file_sha256(path: Path) -> str:
    """Hash of a sealed file, hex: what the audit log and receipts name it by."""
    with translated(f"the recording {path.name} cannot be read"), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(descriptor: int, offset: int, size: int) -> bytes:
    with translated("the recording cannot be read"):
        data = os.pread(descriptor, size, offset)
        while len(data) < size and (more := os.pread(descriptor, size - len(data), offset + len(data))):
            data += more
    return data
