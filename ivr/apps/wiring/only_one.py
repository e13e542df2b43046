"""One engine, or one move of its keys, at a time on a data directory."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from ivr.apps.settings import Settings
from ivr.errors import OperatorError


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Hold the lock of this data directory. Raises OperatorError when another engine has it."""
    path = settings.runtime_dir / "serve.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            pid = os.pread(descriptor, 32, 0).decode().strip() or "unknown"
            raise OperatorError(
                f"the engine is running already on {settings.data_dir} (pid {pid}): see `ivr status`, "
                f"or stop it with `kill {pid}`"
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)
