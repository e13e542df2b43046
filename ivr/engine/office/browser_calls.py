"""A call by browser, and what is said in it, for whoever made it: nobody signs in to call a bank.

Rule: who has the token of a call is its caller. A page draws it by chance and shows it to nobody; the call's address
has its hash only, so neither the record nor a signalling trace opens a call's words to anybody.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final

from ivr.engine.bus.live import OwnCallFound, OwnCallWanted, WordsReport, WordsWanted
from ivr.engine.office.office import Asked, Desk, does
from ivr.errors import OperatorError

TOKEN: Final = re.compile("[0-9a-f]{64}")
"""256 bits of chance."""
CALLER: Final = "browser-"
"""Before 128 bits of the token's SHA-256, in hexadecimal, in the address of such a call (static/call.js)."""
HASH_DIGITS: Final = 32


@dataclass(frozen=True, slots=True)
class OwnWords(Asked):
    """What was said in one's own call."""

    token: str = field(default="", repr=False)
    known: int = 0
    """Lines that the page has already."""


def caller_of(token: str) -> str:
    """The user part of the address of a call with this token. Raises OperatorError: it is none."""
    if not TOKEN.fullmatch(token):
        raise OperatorError("this is no call's token")
    return CALLER + hashlib.sha256(token.encode()).hexdigest()[:HASH_DIGITS]


@does("calls.own_words")
def own_words(desk: Desk, asked: OwnWords) -> WordsReport:
    """What was said since, and what is being said. Of a call that there is not: that it is over. Raises OperatorError,
    EnvironmentFault when no engine runs, PeerError."""
    hub = desk.ports.hub
    call = hub.ask(OwnCallWanted(caller_of(asked.token)), OwnCallFound).call_id
    if not call:
        return WordsReport("", running=False)
    return hub.ask(WordsWanted(call, asked.known), WordsReport)
