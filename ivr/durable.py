"""Files replaced as a whole: after a crash the old or the new one stands there, never half of either. And locks."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ivr.errors import EnvironmentFault


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Within the block an operating system's error becomes an EnvironmentFault: "`doing`: reason"."""
    try:
        yield
    except OSError as error:
        raise EnvironmentFault(f"{doing}: {error.strerror}") from error


@contextmanager
def locked(path: Path, doing: str) -> Iterator[int]:
    """Within the block no other process holds the lock file `path`, which is made when it is missing.

    Yields its descriptor. Raises EnvironmentFault: "`doing`: reason".
    """
    with translated(doing):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        with translated(doing):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        with contextlib.suppress(OSError):  # Linux closes it whatever it answers (close(2)), and the lock is gone
            os.close(descriptor)


def write_durably(path: Path, data: bytes) -> None:
    """Put `data` (sealed, or not secret) at `path`, mode 0600, durable with its name. Raises EnvironmentFault."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
        sync_directory(path.parent)
    except OSError as error:
        raise EnvironmentFault(f"{path.name} cannot be written: {error.strerror}") from error


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
