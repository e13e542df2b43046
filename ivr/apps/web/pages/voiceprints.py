"""Enrolled voices: who, with which consent; enrolling, renewing, taking a consent back. Nothing of a voice is shown."""

from __future__ import annotations

import binascii
from base64 import b64decode
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import quote

from pydantic import BaseModel, Field

from ivr.apps.web.console import Done
from ivr.apps.web.errors import Fault
from ivr.apps.web.jobs import Job, look, start
from ivr.apps.web.operation import operation
from ivr.apps.web.visit import Visit
from ivr.core.identity.voiceprint import Voiceprint
from ivr.core.media.wav import read_wav
from ivr.engine.office import voiceprints as office
from ivr.errors import OperatorError

RENEWING: Final = "voices.renew"
MOST_FILES: Final = 10
MOST_CHARACTERS: Final = 960_000
"""Of one file in base64: 45 s at 8 kHz. What a form may hold in one field (1 MiB) is a little more."""
MOST_BYTES: Final = 12 << 20
"""Of a request that enrols."""


class Nothing(BaseModel):
    """Nothing is asked."""


class OfCustomer(BaseModel):
    """Whose voice."""

    customer: str = Field(min_length=1, max_length=100, repr=False)


class Enrolment(OfCustomer):
    """Recordings of a customer's speech, and their consent."""

    recordings: list[Annotated[str, Field(max_length=MOST_CHARACTERS)]] = Field(
        min_length=1, max_length=MOST_FILES, repr=False
    )
    """WAV files in base64; at least three of five seconds."""
    consent: str = Field(min_length=1, max_length=office.MOST_EVIDENCE, repr=False)
    """Where it is recorded: a call, a form."""
    keeps_audio: bool = False
    """Whether it covers keeping the recordings, for another model."""
    machine: bool = False
    """Whether it is a robot's voice."""


@dataclass(frozen=True, slots=True)
class VoiceRow:
    """One customer's."""

    customer: str
    enrolled_at: float
    """Seconds since the epoch."""
    recordings: int
    speech: float
    """Seconds."""
    model: str
    outdated: bool
    """Of another model: it opens nothing until it is renewed, or enrolled again."""
    consent: str
    keeps_audio: bool
    machine: bool


@dataclass(frozen=True, slots=True)
class VoicesPage:
    """All of them."""

    voices: tuple[VoiceRow, ...]
    model: str
    outdated: int


@dataclass(frozen=True, slots=True)
class Renewing:
    """How far it is."""

    ticket: str
    done: int
    of: int
    renewed: int
    left: tuple[tuple[str, int], ...]
    """(Why it was not renewed, how many)."""
    over: bool
    fault: Fault | None


@operation("GET", "/voiceprints", scope="voices.list", page="voiceprints.html")
def voiceprints_list(visit: Visit) -> VoicesPage:
    """Who is enrolled."""
    found = office.list_voices(visit.office, office.ListVoices())
    rows = tuple(row(one, found.model) for one in found.voiceprints)
    return VoicesPage(rows, found.model, len(found.outdated))


@operation("POST", "/voiceprints/enrol", scope="voices.enrol", takes=MOST_BYTES)
def voiceprints_enrol(visit: Visit, asked: Enrolment) -> Done:
    """Keep a customer's voice, in place of what was enrolled before."""
    recordings = (heard(text, number) for number, text in enumerate(filter(None, asked.recordings), start=1))
    wanted = office.Enrol(asked.customer.strip(), recordings, asked.consent, asked.keeps_audio, asked.machine)
    made = office.enrol(visit.office, wanted)
    return Done(visit.language.text("Enrolled. Recordings: {count}.", count=len(made.templates)), "/voiceprints")


@operation("POST", "/voiceprints/remove", scope="voices.remove")
def voiceprints_remove(visit: Visit, asked: OfCustomer) -> Done:
    """Take a consent back: forget the voice and all that was heard of it."""
    office.forget_voice(visit.office, office.ForgetVoice(asked.customer))
    return Done(visit.language.text("Erased at once; the audit log holds the proof."), "/voiceprints")


@operation("POST", "/voiceprints/renew", scope="voices.renew")
def voiceprints_renew(visit: Visit, asked: Nothing) -> Done:
    """Begin to have the model of now learn the voices that it does not know."""
    at_office = visit.office

    def does(job: Job) -> tuple[int, dict[str, int]]:
        renewed, left = 0, dict[str, int]()
        for one in office.renew(at_office, office.RenewVoices()):
            job.progress(one.done, one.of)
            if one.renewed:
                renewed += 1
            else:
                left[one.why_not] = left.get(one.why_not, 0) + 1
        return renewed, left

    return Done("", f"/voiceprints/renew/{quote(start(visit, RENEWING, does))}")


@operation("GET", "/voiceprints/renew/{ticket}", scope="voices.renew", page="voiceprints_renew.html")
def voiceprints_renewing(visit: Visit, ticket: str) -> Renewing:
    """How far it is."""
    job = look(visit, RENEWING, ticket)
    renewed, left = job.result if isinstance(job.result, tuple) else (0, {})
    return Renewing(ticket, job.done, job.of, renewed, tuple(left.items()), job.over, job.fault)


def row(one: Voiceprint, model: str) -> VoiceRow:
    """Of the page. `model`: that of now."""
    return VoiceRow(
        one.customer,
        max(template.enrolled_at for template in one.templates),
        len(one.templates),
        sum(template.speech_seconds for template in one.templates),
        one.model,
        one.model != model,
        one.consent.evidence if one.consent is not None else "",
        one.consent is not None and one.consent.keeps_audio,
        one.machine,
    )


def heard(text: str, number: int) -> bytes:
    """PCM of a WAV file in base64. Raises OperatorError."""
    name = f"recording {number}"
    try:
        return read_wav(b64decode(text, validate=True), name)
    except binascii.Error as error:
        raise OperatorError(f"{name} is not base64: send a WAV file in it") from error
