"""Agents' voices, which the check of their legs compares with: who enrolled, with which consent. Nothing of a voice is
shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from ivr.apps.web.console import Done
from ivr.apps.web.operation import operation
from ivr.apps.web.pages.agents import OfAgent
from ivr.apps.web.pages.voiceprints import MOST_BYTES, MOST_CHARACTERS, MOST_FILES, VoiceRow, heard, row
from ivr.apps.web.visit import Visit
from ivr.engine.office import agent_voices as office
from ivr.engine.office.voiceprints import MOST_EVIDENCE


class AgentEnrolment(OfAgent):
    """Recordings of an agent's speech, and their consent."""

    recordings: list[Annotated[str, Field(max_length=MOST_CHARACTERS)]] = Field(
        min_length=1, max_length=MOST_FILES, repr=False
    )
    """WAV files in base64; at least three of five seconds."""
    consent: str = Field(min_length=1, max_length=MOST_EVIDENCE, repr=False)
    """Where it is recorded: a form."""


@dataclass(frozen=True, slots=True)
class AgentVoicesPage:
    """All of them."""

    voices: tuple[VoiceRow, ...]
    """Each of the agent who stands in the place of its customer."""
    outdated: int


@operation("GET", "/agents/voices", scope="agents.list_voices", page="agent_voices.html")
def agent_voices_list(visit: Visit) -> AgentVoicesPage:
    """Which agents enrolled their voice."""
    found = office.list_voices(visit.office, office.ListAgentVoices())
    return AgentVoicesPage(tuple(row(one, found.model) for one in found.voiceprints), len(found.outdated))


@operation("POST", "/agents/voices/enrol", scope="agents.enrol_voice", takes=MOST_BYTES)
def agent_voices_enrol(visit: Visit, asked: AgentEnrolment) -> Done:
    """Keep an agent's voice, in place of what was enrolled before."""
    recordings = (heard(text, number) for number, text in enumerate(filter(None, asked.recordings), start=1))
    made = office.enrol(visit.office, office.EnrolAgent(asked.name.strip(), recordings, asked.consent))
    return Done(visit.language.text("Enrolled. Recordings: {count}.", count=len(made.templates)), "/agents/voices")


@operation("POST", "/agents/voices/remove", scope="agents.remove_voice")
def agent_voices_remove(visit: Visit, asked: OfAgent) -> Done:
    """Take an agent's consent back: forget the voice."""
    office.forget(visit.office, office.ForgetAgent(asked.name))
    return Done(visit.language.text("Erased at once; the audit log holds the proof."), "/agents/voices")
