"""Addresses in SIP that are figures already: what is not must be looked up, and nobody's word makes us do that.

Behind an edge these headers are the edge's. A cell that callers reach themselves asks here before its library does.
"""

from __future__ import annotations

import ipaddress
import re

_FIELD = re.compile(rb"(?<![^\r\n])([!-9;-~]+)[ \t]*:((?:[^\r\n]|\r?\n[ \t]|\r(?!\n)[ \t])*)")
WHERE_TO = (b"Contact", b"Record-Route")
"""Headers that say where our own requests in a dialog go (RFC 3261 12.1.1, 12.2.1.1)."""
_WHERE_TO = frozenset({b"m", *(name.lower() for name in WHERE_TO)})
_FIGURES = r"sips?:(?:[^@<>,\s]*@)?([0-9.]+)(?::[0-9]{1,5})?(?:;[^<>,?\s]*)?(?:\?[^<>,\s]*)?"
_ADDRESS = re.compile(rf'(?:"(?:[^"\\]|\\.)*"|[^<>",:]*)\s*<{_FIGURES}>[^<>,"]*|{_FIGURES}', re.IGNORECASE | re.DOTALL)
_COMMA = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*$)')
"""Outside of quotations."""


def is_ipv4(text: str) -> bool:
    """Whether it is an IPv4 address in figures (RFC 3261 25.1)."""
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _fields(message: bytes) -> list[tuple[bytes, str]]:
    head = message.partition(b"\r\n\r\n")[0]
    return [(name.lower(), value.decode("latin-1")) for name, value in _FIELD.findall(head)]


def answers_elsewhere(message: bytes) -> bool:
    """Whether a request wants its answers at another address than it came from (`maddr` of Via, RFC 3261 18.2.2)."""
    vias = (value for name, value in _fields(message) if name in (b"via", b"v"))
    return any(re.search(r";\s*maddr\s*=", via, re.IGNORECASE) for via in vias)


def names_a_host(message: bytes) -> bool:
    """Whether Contact or Record-Route name a host (or as `maddr`, RFC 3261 19.1.1) that would be looked up."""
    return any(_named(value) for name, value in _fields(message) if name in _WHERE_TO)


def _named(value: str) -> bool:
    if value.strip() == "*":
        return False
    for one in _COMMA.split(value):
        found = _ADDRESS.fullmatch(one.strip())
        if found is None or not is_ipv4(found[1] or found[2]) or re.search(r";\s*maddr\s*=", one, re.IGNORECASE):
            return True
    return False


def has_contact(message: bytes) -> bool:
    """Whether a message says where its sender is."""
    return any(name in (b"contact", b"m") for name, _ in _fields(message))
