"""Telephone numbers as callers have and key them."""

from __future__ import annotations

import re

_USER = re.compile(r"(?:sips?:|tel:)?([^@;>]*)", re.IGNORECASE)
_NUMBER = re.compile(r"\+?[0-9]{3,15}")
"""At most 15 digits (E.164 6.1); a short internal number has three."""


def telephone_number(address: str) -> str | None:
    """The number in a SIP address, a tel: URI or a row of digits, without its separators; None when there is none.

    A withheld number ("anonymous@anonymous.invalid", RFC 3323) has none.
    """
    match = _USER.search(address.rpartition("<")[2])
    user = re.sub(r"[\s().-]", "", match[1]) if match else ""
    return user if _NUMBER.fullmatch(user) else None
