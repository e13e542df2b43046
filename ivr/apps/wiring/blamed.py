"""Which setting an error is about: adapters know files, and no settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ivr.errors import EnvironmentFault, OperatorError


@contextmanager
def blamed(setting: str) -> Iterator[None]:
    """What is wrong in the block is said of this setting, written with dots."""
    try:
        yield
    except (OperatorError, EnvironmentFault) as error:
        raise type(error)(f"{setting}: {error}") from error
