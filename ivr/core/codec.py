"""Dataclasses of ours as plain data and back: what journals, records, the audit log and the bus carry.

Rule: what is read is exactly what was written. An unknown field, a missing one, another type, a word that is not in its
list, a number that is none: each is an error, whose text holds no value. Nothing is converted, so nothing is guessed;
JSON has one type of number, so a whole one stands for a float too.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Set
from enum import Enum
from functools import cache
from typing import Any, Generic, Optional, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

T = TypeVar("T")
IF_ANY: Mapping[str, bool] = {"if any": True}
"""Metadata of a field that is written only where it is not None: what was written before it was added has none."""
_STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, cache_strings="keys")
"""`cache_strings`: else the last 16,384 short texts that were read stay in memory, callers' words among them."""
_HOLDS = (dict, list, tuple)
"""What dataclasses may stand in, of plain data."""


class Codec(Generic[T]):
    """Reads one dataclass. `exact`: also what has a default must be there, so that no record is half understood;
    only the fields `added`, which what was written earlier has not, may be missing."""

    def __init__(self, kind: type[T], *, exact: bool = False, added: Set[str] = frozenset()) -> None:
        self._name = kind.__name__
        # A union takes a configuration, a dataclass of the standard library alone takes none; None is refused below.
        self._adapter: TypeAdapter[T | None] = TypeAdapter(Optional[kind], config=_STRICT)  # type: ignore[arg-type]  # noqa: UP045
        self._exact, self._added = exact, added

    def read(self, data: Mapping[str, object]) -> T:
        """From plain data. Raises ValueError, TypeError."""
        return self._whole(self._valid(json.dumps(data, allow_nan=False)), data)

    def read_text(self, text: str | bytes) -> T:
        """From JSON. Raises ValueError."""
        found = self._valid(text)
        return self._whole(found, json.loads(text)) if self._exact else found

    def _whole(self, found: T, data: Mapping[str, object]) -> T:
        if self._exact and not _is_whole(found, data, self._added):
            raise ValueError(f"{self._name}: a field is missing")
        return found

    def _valid(self, text: str | bytes) -> T:
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
        found = ((field, getattr(value, field.name)) for field in dataclasses.fields(value))
        return {field.name: plain(part) for field, part in found if part is not None or not field.metadata}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value


def _is_whole(found: Any, data: Any, added: Set[str] = frozenset()) -> bool:
    """Whether the data hold every field of what was read from them, and of the dataclasses in it."""
    if not isinstance(data, dict):
        return all(
            _is_whole(one, part, added) for one, part in zip(found, data, strict=True) if isinstance(part, _HOLDS)
        )
    names = _names(found.__class__)
    if not names:  # an object whose members are free
        return True
    parts = [(name, part) for name, part in data.items() if isinstance(part, _HOLDS)]
    return names - data.keys() <= added and all(_is_whole(getattr(found, name), part, added) for name, part in parts)


@cache
def _names(kind: type) -> frozenset[str]:
    """Fields of a dataclass; none of another type."""
    if not dataclasses.is_dataclass(kind):
        return frozenset()
    return frozenset(field.name for field in dataclasses.fields(kind) if not field.metadata)
