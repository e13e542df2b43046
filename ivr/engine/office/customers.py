"""What is kept of a bank's customers by name: enrolled voices, and accounts that are locked.

The log names them by keyed hashes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ivr.core.identity.voiceprint import Voiceprint
from ivr.engine.office.office import Asked, Desk, does


@dataclass(frozen=True, slots=True)
class ReleaseAccount(Asked):
    """Let an account's proof be tried again."""

    account: str = field(repr=False)
    source: str
    """Data source that checks the proof."""


@dataclass(frozen=True, slots=True)
class Enrol(Asked):
    """Keep a customer's voice, in place of what was enrolled before."""

    customer: str = field(repr=False)
    recordings: Iterable[bytes] = field(repr=False)
    """Of their speech, 8 kHz PCM each; read when the act is allowed."""


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
        """Those of another model: they are compared with nothing until the customer is enrolled again."""
        return [one for one in self.voiceprints if one.model != self.model]


@dataclass(frozen=True, slots=True)
class ForgetVoice(Asked):
    """Forget a customer's voice."""

    customer: str = field(repr=False)


@does("accounts.release")
def release(desk: Desk, asked: ReleaseAccount) -> bool:
    """Hold nothing against an account any more; whether anything was. Raises EnvironmentFault."""
    counter, claimed = desk.ports.attempts, f"{asked.source}|{asked.account}"
    with desk.entering(counter.mark(claimed)):
        return counter.clear(claimed)


@does("voices.enrol")
def enrol(desk: Desk, asked: Enrol) -> Voiceprint:
    """The voiceprint that is kept from now on. Raises OperatorError for too little speech, ModelError, SealError."""
    store = desk.ports.voiceprints
    with desk.entering(store.mark(asked.customer)):
        voiceprint = desk.ports.voiceprint_of(asked.customer, asked.recordings, desk.wall())
        store.put(voiceprint)
    return voiceprint


@does("voices.list")
def list_voices(desk: Desk, asked: ListVoices) -> EnrolledVoices:
    """All voiceprints, by customer. Raises SealError, ModelError."""
    store = desk.ports.voiceprints
    with desk.entering("voiceprints"):
        found = (store.get(customer) for customer in store.customers())
        return EnrolledVoices([one for one in found if one is not None], desk.ports.voice_model)


@does("voices.remove")
def forget_voice(desk: Desk, asked: ForgetVoice) -> None:
    """Forget it for good. Raises OperatorError when there is none."""
    store = desk.ports.voiceprints
    with desk.entering(store.mark(asked.customer)):
        store.remove(asked.customer)
