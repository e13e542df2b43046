"""Customers' voices: enrolled with their consent, learnt by another model, forgotten. The log names customers by keyed
hashes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ivr.core.identity.voiceprint import Consent, Voiceprint
from ivr.engine.office.office import Asked, Desk, does
from ivr.engine.speech.voices import heard_of
from ivr.errors import OperatorError
from ivr.ports.voiceprints import ErasedFile

MOST_EVIDENCE = 200
"""Characters of where a consent is recorded."""


@dataclass(frozen=True, slots=True)
class Enrol(Asked):
    """Keep a customer's voice, in place of what was enrolled before."""

    customer: str = field(repr=False)
    recordings: Iterable[bytes] = field(repr=False)
    """Of their speech, 8 kHz PCM each; read when the act is allowed."""
    consent: str = field(repr=False)
    """Where the customer's consent is recorded: a call, a form."""
    keeps_audio: bool = False
    """Whether it covers keeping the recordings, for `voices.renew`."""
    machine: bool = False
    """Whether it is a robot's voice, of which recordings are not refused."""


@dataclass(frozen=True, slots=True)
class ListVoices(Asked):
    """Who is enrolled."""


@dataclass(frozen=True, slots=True)
class EnrolledVoices:
    """Who is enrolled, and by which model voices are compared now."""

    voiceprints: list[Voiceprint]
    model: str

    @property
    def outdated(self) -> list[Voiceprint]:
        """Those of another model: they are compared with nothing until they are renewed, or enrolled again."""
        return [one for one in self.voiceprints if one.model != self.model]


@dataclass(frozen=True, slots=True)
class ForgetVoice(Asked):
    """Take back a customer's consent: forget their voice and all that was heard of it."""

    customer: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RenewVoices(Asked):
    """Have the model of now learn every voice that it does not know, from recordings kept with consent."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """What became of one customer's voice."""

    done: int
    """Voices looked at, this one too."""
    of: int
    renewed: bool
    why_not: str = ""


@does("voices.enrol")
def enrol(desk: Desk, asked: Enrol) -> Voiceprint:
    """The voiceprint that is kept from now on. Raises OperatorError for recordings that will not do, or without a
    consent; ModelError, SealError."""
    evidence, store, now = evidence_of(asked.consent), desk.ports.voiceprints, desk.wall()
    consent = Consent(now, evidence, desk.actor.name, asked.keeps_audio)
    with desk.entering(store.mark(asked.customer), keeps_audio=asked.keeps_audio, machine=asked.machine) as details:
        recordings = list(asked.recordings)
        made = desk.ports.voiceprint_of(asked.customer, recordings, now, consent)
        voiceprint = replace(made, machine=asked.machine)
        store.put(voiceprint, recordings if asked.keeps_audio else [])
        store.hear(asked.customer, heard_of(recordings, now))
        details.update(consent="recorded", recordings=len(recordings), model=voiceprint.model)
    return voiceprint


def evidence_of(consent: str) -> str:
    """Where it is recorded. Raises OperatorError where it does not say."""
    evidence = consent.strip()
    if not 0 < len(evidence) <= MOST_EVIDENCE or not evidence.isprintable():
        raise OperatorError(f"Say in one line (at most {MOST_EVIDENCE} characters) where the consent is recorded.")
    return evidence


@does("voices.list")
def list_voices(desk: Desk, asked: ListVoices) -> EnrolledVoices:
    """All voiceprints, by customer. Raises SealError, ModelError."""
    store = desk.ports.voiceprints
    with desk.entering("voiceprints"):
        found = (store.get(customer) for customer in store.customers())
        return EnrolledVoices([one for one in found if one is not None], desk.ports.voice_model)


@does("voices.remove")
def forget_voice(desk: Desk, asked: ForgetVoice) -> Sequence[ErasedFile]:
    """Forget it for good, at once; what is left as the proof. Raises OperatorError when there is none."""
    store = desk.ports.voiceprints
    with desk.entering(store.mark(asked.customer)) as details:
        erased = store.remove(asked.customer)
        details["erased"] = {one.kind: one.key for one in erased}
    return erased


@does("voices.renew")
def renew(desk: Desk, asked: RenewVoices) -> Iterator[Renewed]:
    """Each voice of another model in turn. What is done stays done: asked again, it goes on where it was stopped.

    Raises SealError, ModelError.
    """
    store, model = desk.ports.voiceprints, desk.ports.voice_model
    found = (store.get(customer) for customer in store.customers())
    old = [one.customer for one in found if one is not None and one.model != model]
    for number, customer in enumerate(old, start=1):
        yield Renewed(number, len(old), *_renewed(desk, customer))


def _renewed(desk: Desk, customer: str) -> tuple[bool, str]:
    store = desk.ports.voiceprints
    voiceprint, recordings = store.get(customer), store.recordings(customer)
    if voiceprint is None:
        return False, "its consent was taken back"
    consent = voiceprint.consent
    if consent is None or not consent.keeps_audio or not recordings:
        return False, "no recording is kept: the customer must be enrolled again"
    enrolled_at = max(template.enrolled_at for template in voiceprint.templates)
    try:
        with desk.entering(store.mark(customer)) as details:
            made = desk.ports.voiceprint_of(customer, recordings, enrolled_at, consent)
            made = replace(made, machine=voiceprint.machine)
            if not store.exchange(voiceprint, made):
                raise OperatorError("it was enrolled again, or taken back, meanwhile")
            details["model"] = made.model
    except OperatorError as error:
        return False, str(error)
    return True, ""
