"""A caller's number, as far as it may be shown."""

from __future__ import annotations

import re

_SHOWN_END = 3
"""Last characters of a number that may be shown; only of one longer than twice that."""
_USER = re.compile(r"(?:sips?:|tel:)?([^@;>]*)", re.IGNORECASE)


def masked_address(address: str) -> str:
    """The end of a telephone number, so that two calls can be told apart and nobody be rung up."""
    return masked_number(user_of(address))


def masked_number(number: str) -> str:
    """The same of a number without its host."""
    return "***" + (number[-_SHOWN_END:] if len(number) > 2 * _SHOWN_END else "")


def user_of(address: str) -> str:
    """What stands before the host: a number or a name."""
    match = _USER.search(address.rpartition("<")[2])
    return match[1] if match else ""
