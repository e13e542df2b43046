"""Text that a stranger put on the wire, made valid once, where it comes in; the rest of the engine may then believe it.

SIP is UTF-8 (RFC 3261 7). Old exchanges write names in ISO 8859-1, and some write anything: such text must not end a
call or keep its record from being stored.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LONGEST: Final = 512
"""Characters kept of one field; names and addresses are shorter."""
_HALF_END: Final = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


def wire_text(raw: str | bytes, *, longest: int = LONGEST) -> str:
    """Valid Unicode on one line. Octets that are no UTF-8 are read as ISO 8859-1, control characters are replaced.

    A `str` may hold octets as lone surrogates (PEP 383), as C libraries hand them over.
    """
    octets = raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogateescape" if _escaped(raw) else "replace")
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        text = octets.decode("iso-8859-1")
    kept = text[:longest]
    return kept if kept.isprintable() else "".join(map(_printable, kept))


def reads_one_way(message: bytes) -> bool:
    """Whether every line of a message's headers ends by CRLF (RFC 3261 7). The bytes are as they came.

    Our library also ends a line, and the headers, at half of that. What it takes for the body may then be a header to
    us: it would be given what we never looked at.
    """
    return _HALF_END.search(message.partition(b"\r\n\r\n")[0]) is None


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    return " " if unicodedata.category(character) == "Zs" else _REPLACEMENT


def _escaped(raw: str) -> bool:
    """Whether every surrogate stands for an octet; others have no octets to give back."""
    return all(not 0xD800 <= ord(c) <= 0xDFFF or 0xDC80 <= ord(c) <= 0xDCFF for c in raw)
