"""Telephone numbers as callers have and key them."""

from __future__ import annotations

import re

_USER = re.compile(r"(?:sips?:|tel:)?([^@;>]*)", re.IGNORECASE)
"""Finds something in any text, be it nothing."""
_NUMBER = re.compile(r"\+?[0-9]{3,15}")
"""At most 15 digits (E.164 6.1); a short internal number has three."""


def user_of(address: str) -> str:
    """What stands before the host of a SIP address, with a display name or without, or in a tel: URI."""
    found = _USER.match(address.rpartition("<")[2])
    return "" if found is None else found[1]


def telephone_number(address: str) -> str | None:
    """The number in a SIP address, a tel: URI or a row of digits, without its separators; None when there is none.

    A withheld number ("anonymous@anonymous.invalid", RFC 3323) has none.
    """
    user = re.sub(r"[\s().-]", "", user_of(address))
    return user if _NUMBER.fullmatch(user) else None
