"""What is kept of a bank's customers by name: enrolled voices, and accounts whose proof was tried too often.

A customer's or an account's number is sent in a form, never in an address, and shown to who may see it alone.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from pydantic import BaseModel, Field

from ivr.apps.web.console import Done
from ivr.apps.web.operation import operation
from ivr.apps.web.pages.calls import Because
from ivr.apps.web.visit import Visit
from ivr.core.media.wav import read_wav
from ivr.engine.office import customers as office
from ivr.errors import OperatorError

MOST_RECORDINGS: Final = 5
MOST_CHARACTERS: Final = 1_300_000
"""Of all recordings, in base64: five of ten seconds, as telephones have them."""


class Customer(BaseModel):
    """Whose voice."""

    customer: str = Field(min_length=1, max_length=64, repr=False)


class Speech(Customer):
    """Their voice."""

    recordings: str = Field(min_length=1, max_length=MOST_CHARACTERS, repr=False)
    """WAV files in base64, one a line."""


class Account(Because):
    """Which account may be tried again."""

    account: str = Field(min_length=1, max_length=64, repr=False)
    source: str = Field(default="bank", min_length=1, max_length=64)
    """Data source that checks the proof."""


@dataclass(frozen=True, slots=True)
class VoiceRow:
    """One customer's voice."""

    customer: str = field(repr=False)
    recordings: int
    at: float
    """When the newest of them was enrolled, seconds since the epoch."""
    outdated: bool
    """Of another model: it opens nothing until they are enrolled again."""


@dataclass(frozen=True, slots=True)
class VoicesPage:
    """Who is enrolled."""

    voices: tuple[VoiceRow, ...]
    model: str
    most: int
    most_characters: int


@dataclass(frozen=True, slots=True)
class AccountsPage:
    """Nothing is listed: which accounts are locked is told to nobody."""


@operation("GET", "/voices", scope="voices.list", page="voices.html")
def voices_list(visit: Visit) -> VoicesPage:
    """Who is enrolled, which the audit log says was looked at."""
    found = office.list_voices(visit.office, office.ListVoices())
    rows = (
        VoiceRow(
            one.customer, len(one.templates), max(each.enrolled_at for each in one.templates), one.model != found.model
        )
        for one in found.voiceprints
    )
    return VoicesPage(tuple(rows), found.model, MOST_RECORDINGS, MOST_CHARACTERS)


@operation("POST", "/voices/enrol", scope="voices.enrol")
def voices_enrol(visit: Visit, asked: Speech) -> Done:
    """Enrol a customer's voice, in place of what was enrolled before."""
    sent = [line for line in asked.recordings.split() if line]
    if len(sent) > MOST_RECORDINGS:
        raise OperatorError(f"at most {MOST_RECORDINGS} recordings are taken at once")
    kept = office.enrol(visit.office, office.Enrol(asked.customer.strip(), _speech(sent)))
    length = sum(one.speech_seconds for one in kept.templates)
    told = visit.language.text(
        "Enrolled with {count} recordings, {length} s of speech.", count=len(kept.templates), length=round(length)
    )
    return Done(told, "/voices")


@operation("POST", "/voices/remove", scope="voices.remove")
def voices_remove(visit: Visit, asked: Customer) -> Done:
    """Forget a customer's voice."""
    office.forget_voice(visit.office, office.ForgetVoice(asked.customer.strip()))
    return Done(visit.language.text("The voice is forgotten for good."), "/voices")


@operation("GET", "/accounts", scope="accounts.release", page="accounts.html")
def accounts_page(visit: Visit) -> AccountsPage:
    """Where an account is released."""
    return AccountsPage()


@operation("POST", "/accounts/release", scope="accounts.release")
def accounts_release(visit: Visit, asked: Account) -> Done:
    """Hold nothing against an account any more."""
    wanted = office.ReleaseAccount(asked.account.strip(), asked.source.strip(), reason=asked.reason)
    if office.release(visit.office, wanted):
        return Done(visit.language.text("It may be tried again."), "/accounts")
    return Done(visit.language.text("Nothing was held against it."), "/accounts")


def _speech(sent: list[str]) -> Iterator[bytes]:
    """Read when the act is allowed. Raises OperatorError."""
    for number, one in enumerate(sent, 1):
        try:
            data = b64decode(one, validate=True)
        except (binascii.Error, ValueError) as error:
            raise OperatorError("a recording did not come through whole: choose the files again") from error
        yield read_wav(data, f"recording {number}")
