"""Header fields of a SIP message as text (RFC 3261 7.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_HEADER: Final = re.compile(r"^([\w-]+)[ \t]*:[ \t]*(.*)$")
_SHORT: Final = {"f": "from", "t": "to", "i": "call-id", "m": "contact", "y": "identity"}
_URI: Final = re.compile(r"<([^<>]*)>")


def header_fields(message: str) -> dict[str, list[str]]:
    """Values of each header in their order, by its long name in lower case; folded lines are joined (7.3.1)."""
    head = message.partition("\r\n\r\n")[0].replace("\r\n ", " ").replace("\r\n\t", " ")
    found: dict[str, list[str]] = {}
    for line in head.split("\r\n")[1:]:
        if match := _HEADER.match(line):
            name = match[1].lower()
            found.setdefault(_SHORT.get(name, name), []).append(match[2].strip())
    return found


def bracketed_uris(values: Iterable[str]) -> tuple[str, ...]:
    """Every URI that stands in angle brackets; one value may list several."""
    return tuple(uri for value in values for uri in _URI.findall(value))


def field_uri(value: str) -> str:
    """The URI of one name-addr or addr-spec (RFC 3261 20.10)."""
    found = _URI.search(value)
    return found[1] if found else value.partition(";")[0].strip()
