"""A caller's number, as far as it may be shown."""

from __future__ import annotations

from ivr.core.sip.telephone import user_of

_SHOWN_END = 3
"""Last characters of a number that may be shown; only of one longer than twice that."""


def masked_address(address: str) -> str:
    """The end of a telephone number, so that two calls can be told apart and nobody be rung up."""
    return masked_number(user_of(address))


def masked_number(number: str) -> str:
    """The same of a number without its host."""
    return "***" + (number[-_SHOWN_END:] if len(number) > 2 * _SHOWN_END else "")
