"""Agents' voices, which the check of their legs compares with: enrolled with consent, listed, taken back by erasure.
An agent who is removed takes theirs along (`agents.remove`).

They are kept apart from customers' voices, and nobody enrols, lists or erases them by the right to do so with those.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ivr.core.identity.voiceprint import Consent, Voiceprint
from ivr.engine.office.office import Asked, Desk, does, one_of
from ivr.engine.office.voiceprints import EnrolledVoices, evidence_of
from ivr.errors import OperatorError
from ivr.ports.voiceprints import ErasedFile


@dataclass(frozen=True, slots=True)
class EnrolAgent(Asked):
    """Keep an agent's voice, which they consented to, in place of what was enrolled before."""

    name: str
    """As it was typed."""
    recordings: Iterable[bytes] = field(repr=False)
    """Of the agent's speech, 8 kHz PCM each; read when the act is allowed. They are not kept."""
    consent: str = field(repr=False)
    """Where it is recorded: a form."""


@dataclass(frozen=True, slots=True)
class ListAgentVoices(Asked):
    """Which agents are enrolled."""


@dataclass(frozen=True, slots=True)
class ForgetAgent(Asked):
    """Take back an agent's consent."""

    name: str
    """As it was typed."""


@does("agents.enrol_voice")
def enrol(desk: Desk, asked: EnrolAgent) -> Voiceprint:
    """The voiceprint that is kept from now on. Raises OperatorError for recordings that will not do, without a consent,
    or where there is no such agent; ModelError, SealError."""
    evidence, now = evidence_of(asked.consent), desk.wall()
    consent = Consent(now, evidence, desk.actor.name, keeps_audio=False)
    name = one_of(asked.name, (entry.name for entry in desk.ports.agents.read()))
    with desk.entering(name) as details:
        if name != asked.name:
            raise OperatorError("there is no agent of that name; 'ivr agents list' shows who there is")
        made = desk.ports.voiceprint_of(asked.name, list(asked.recordings), now, consent)
        desk.ports.voiceprints.put_agent(made)
        details.update(consent="recorded", recordings=len(made.templates), model=made.model)
    return made


@does("agents.list_voices")
def list_voices(desk: Desk, asked: ListAgentVoices) -> EnrolledVoices:
    """All of them, by name. Raises SealError, ModelError."""
    with desk.entering("voiceprints of agents"):
        return EnrolledVoices(list(desk.ports.voiceprints.agents()), desk.ports.voice_model)


@does("agents.remove_voice")
def forget(desk: Desk, asked: ForgetAgent) -> ErasedFile:
    """Forget it for good, at once; what is left as the proof. Raises OperatorError when there is none."""
    store = desk.ports.voiceprints
    with desk.entering(one_of(asked.name, (one.customer for one in store.agents()))) as details:
        erased = store.remove_agent(asked.name)
        if erased is None:
            raise OperatorError("This agent has no voiceprint.")
        details["erased"] = erased.key
    return erased
