"""A query as one line of text, as people type it into a search box: words, and options of `ivr recordings find`.

fund 基金 --agent alice --since 2026-01-01         or         fund 基金 agent:alice since:2026-01-01
"""

from __future__ import annotations

import shlex
from dataclasses import fields
from datetime import UTC, datetime
from typing import Final

from ivr.core.vault.search import CallQuery
from ivr.errors import OperatorError

TIMES: Final = frozenset({"since", "until"})
NAMES: Final = frozenset(one.name for one in fields(CallQuery)) - {"words"}
"""Of options; one of two words is written with - or _."""
LONGEST = 1000
"""Characters that are read."""


def parse_query(text: str) -> CallQuery:
    """What a line asks for. Raises OperatorError, which says what to write instead."""
    words: list[str] = []
    given: dict[str, str] = {}
    parts = iter(_parts(text))
    for part in parts:
        name, value = _option(part)
        if not name:
            words.append(part)
            continue
        if value is None:
            value = next(parts, None)
        if not value:
            raise OperatorError(f"write a value after --{name}, or leave it out")
        given[name] = value
    times = {name: day(value) for name, value in given.items() if name in TIMES}
    texts = {name: value for name, value in given.items() if name not in TIMES}
    return CallQuery(words=" ".join(words), **texts, **times)  # type: ignore[arg-type]


def day(text: str) -> float:
    """A day or a moment in UTC, seconds since the epoch. Raises OperatorError."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        raise OperatorError("a time reads 2026-01-31, or 2026-01-31T09:30, in UTC") from None


def _parts(text: str) -> list[str]:
    if len(text) > LONGEST:
        raise OperatorError(f"a query has at most {LONGEST} characters")
    try:
        return shlex.split(text)
    except ValueError:
        raise OperatorError('a quotation mark is open: write told:"may lose money", with both') from None


def _option(part: str) -> tuple[str, str | None]:
    """(Name, value or None where it is the next part) of an option; no name, of a word."""
    if part.startswith("--"):
        name, has_value, value = part[2:].partition("=")
        name = name.replace("-", "_")
        if name not in NAMES:
            raise OperatorError(f"there is no --{name[:40]}: use one of {', '.join(sorted(NAMES))}")
        return name, value if has_value else None
    name, has_value, value = part.partition(":")
    name = name.replace("-", "_")
    return (name, value) if has_value and name in NAMES else ("", None)
