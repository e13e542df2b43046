"""Telephone numbers in the form that is one for the whole world (E.164), by the numbering plan of the line's country.

A carrier writes one number as `+85223456789`, `85223456789` or `23456789`; what is found, counted and compared by
number must see one caller. Only what is a number of that plan is rewritten: an extension, an emergency number and a
number that nobody can have stay as they were written.
"""

from __future__ import annotations

import re
from typing import Final

from phonenumbers import (
    SUPPORTED_REGIONS,
    NumberParseException,
    PhoneNumberFormat,
    format_number,
    is_valid_number,
    parse,
)

COUNTRIES: Final[frozenset[str]] = frozenset(SUPPORTED_REGIONS)
"""ISO 3166-1 alpha-2 codes of the countries whose plans are known."""
_WRITTEN: Final = re.compile(r"\+?[(0-9][0-9().\- ]{4,30}")
"""Figures alone: the library reads letters as keys and takes a number out of a sentence."""
_USER: Final = re.compile(r"(?P<before>(?:.*<)?(?:sips?|tel):)(?P<user>[^@;>:?]+)", re.IGNORECASE | re.DOTALL)


def e164(number: str, country: str) -> str:
    """A number in E.164 form; as it is where it is none of the plan's.

    `country`: ISO 3166-1 alpha-2 code; "" reads only what begins with +.
    """
    if _WRITTEN.fullmatch(number):
        # Carriers leave the + out, too. Without a country such a row of figures may be anything.
        for written in (number, f"+{number}") if country else (number,):
            try:
                found = parse(written, country or None)
            except NumberParseException:
                continue
            if is_valid_number(found):
                return format_number(found, PhoneNumberFormat.E164)
    return number


def e164_address(address: str, country: str) -> str:
    """A SIP or tel URI, perhaps with a display name, with its number in E.164 form."""
    match = _USER.match(address)
    if match is None:
        return address
    return match["before"] + e164(match["user"], country) + address[match.end() :]
