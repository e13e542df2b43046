"""The number that was dialled, in the forms in which carriers write it, as one plain form.

One number is `sip:+85221230000@host;user=phone`, `tel:+852-2123-0000`, `sip:%2B85221230000@host`, with `;npdi`
and `;rn=` of number portability (RFC 4694) or `;phone-context=` of a local number (RFC 3966 5.1.5). These name the same
line and must be served by the same dialplan. What is compared: the user part without its parameters and password,
unescaped (RFC 3261 19.1.2, 19.1.4), a telephone number also without its visual separators (RFC 3966 5.1.1).
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_to_bytes

from ivr.core.sip.e164 import e164
from ivr.core.sip.text import wire_text

_NUMBER: Final = re.compile(r"\+?[0-9*#A-Da-d]+")
_SEPARATORS: Final = re.compile(r"[-.() ]")
_SCHEME: Final = re.compile(r"(sips?|tel):", re.IGNORECASE)
LONGEST: Final = 128
"""Characters kept of what was dialled."""


def called_number(uri: str) -> str:
    """What a request URI dials, plainly: a number as its figures, a name as it is. Empty if it names nobody."""
    scheme = _SCHEME.match(uri)
    if scheme is None:
        return ""
    rest = uri[scheme.end() :]
    if scheme[1].lower() == "tel":
        return plain_form(rest)
    user, at, _ = rest.rpartition("@")
    return plain_form(user) if at else ""


def plain_form(written: str) -> str:
    """A user part of a SIP URI, a telephone number, or what an operator wrote for one."""
    scheme = _SCHEME.match(written)
    if scheme is not None:
        return called_number(written)
    # Parameters and the password end at signs that are not escaped, so they are cut before anything is unescaped.
    name = re.split("[;:]", written.strip(), maxsplit=1)[0]
    text = wire_text(unquote_to_bytes(name.encode("utf-8", "surrogateescape")), longest=LONGEST)
    figures = _SEPARATORS.sub("", text)
    return figures.upper() if _is_number(figures) else text


def _is_number(figures: str) -> bool:
    """Whether it is a telephone number: figures, perhaps with the keys of a telephone; not a name such as `bad`."""
    return _NUMBER.fullmatch(figures) is not None and any(c.isdigit() for c in figures)


def same_line(one: str, other: str, country: str = "") -> bool:
    """Whether two written forms name the same line. Names are told apart by case (RFC 3261 19.1.4), numbers are not.

    `country`: whose numbering plan is read (`e164`).
    """
    return e164(plain_form(one), country) == e164(plain_form(other), country)
