"""Dataclasses of ours as plain data and back: what journals, records, the audit log and the bus carry.

Rule: what is read is exactly what was written. An unknown field, a missing one, another type, a word that is not in its
list, a number that is none: each is an error, whose text holds no value. Nothing is converted, so nothing is guessed;
JSON has one type of number, so a whole one stands for a float too.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from enum import Enum
from typing import Any, Generic, Optional, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

T = TypeVar("T")
_STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class Codec(Generic[T]):
    """Reads one dataclass. `exact`: also what has a default must be there, so that no record is half understood."""

    def __init__(self, kind: type[T], *, exact: bool = False) -> None:
        self._name = kind.__name__
        # A union takes a configuration, a dataclass of the standard library alone takes none; None is refused below.
        self._adapter: TypeAdapter[T | None] = TypeAdapter(Optional[kind], config=_STRICT)  # type: ignore[arg-type]  # noqa: UP045
        self._exact = exact

    def read(self, data: Mapping[str, object]) -> T:
        """From plain data. Raises ValueError, TypeError."""
        found = self.read_text(json.dumps(data, allow_nan=False))
        if self._exact and not _same_fields(plain(found), data):
            raise ValueError(f"{self._name}: a field is missing")
        return found

    def read_text(self, text: str | bytes) -> T:
        """From JSON. Raises ValueError."""
        try:
            found = self._adapter.validate_json(text)
        except ValidationError as error:
            # The first thing that is wrong; what was there may be a caller's and is not said.
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            where = ".".join(str(step) for step in first["loc"]) or self._name
            raise ValueError(f"{self._name}: {where}: {first['type']}") from None
        if found is None:
            raise ValueError(f"{self._name}: an object is missing")
        return found


def plain(value: Any) -> Any:
    """A dataclass of ours, or what one holds, as plain data, ready for `json.dumps`."""
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value


def _same_fields(written: object, read: object) -> bool:
    match written, read:
        case dict(), Mapping():
            return written.keys() == read.keys() and all(_same_fields(written[name], read[name]) for name in written)
        case list(), list() | tuple():
            return all(_same_fields(one, other) for one, other in zip(written, read, strict=True))
    return True
