"""A new file that a command writes for whoever typed it."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ivr.errors import OperatorError


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A new file that only who runs this reads; gone again when it could not be filled. Raises OperatorError."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise OperatorError(f"{path} exists: name a new file") from error
    except PermissionError as error:
        raise OperatorError(
            f"{path} cannot be written: {error.strerror}. This runs as the user {_user()}: name a file in a folder "
            "that they may write, such as data_dir"
        ) from error
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
