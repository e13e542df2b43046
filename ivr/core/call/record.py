"""The record of one call: what the database keeps and `ivr recordings show` prints."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DisclosureEvidence:
    """That a disclosure was played in full in the call's language, and what the caller answered."""

    disclosure: str
    language: str
    audio_sha256: str
    """Of the PCM that was played (8 kHz, 16 bit, little-endian), hex."""
    first_sample: int
    """Call time line, inclusive."""
    last_sample: int
    """Call time line, exclusive."""
    packets_sent: int
    loss: float | None
    """Share reported lost by the far end, 0..1; None when it sent no report."""
    plays: int
    """How often it was played until it counted as heard (loss plays it again)."""
    acknowledged_by: str
    """key, speech, or empty while not acknowledged."""
    answer: str
    """The key, or the name of the acknowledged choice."""
    confidence: float | None
    """Of a spoken acknowledgement."""
    at: float
    """When it was acknowledged: seconds from the answer."""


@dataclass(frozen=True, slots=True)
class Voicemail:
    """A message that the caller left: a span of the call's recording."""

    mailbox: str
    first_sample: int
    """Call time line, inclusive: the end of the tone."""
    last_sample: int
    """Call time line, exclusive."""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One caller's visit, from INVITE to hang-up."""

    call_id: str
    started_at: float
    """Wall clock, seconds since the epoch."""
    answered_at: float | None
    ended_at: float | None
    caller: str = field(repr=False)
    """Personal: masked or sealed wherever it is stored."""
    called: str = ""
    dialplan: str = ""
    """name@version of the dialplan that served it."""
    dialplan_sha256: str = ""
    certificate: str = ""
    """Id of the proof that the dialplan's rules hold; empty where it was not proved."""
    language: str = ""
    outcome: str = ""
    """completed, abandoned, transferred, refused, failed, drained, crashed."""
    recording_id: str | None = None
    identity: str = "none"
    """Identity level reached."""
    consent: str = "unasked"
    """To being recorded: unasked, granted or refused (the last answer)."""
    agents: tuple[str, ...] = ()
    """Agents who spoke, in order."""
    transfers: tuple[str, ...] = ()
    """Destinations of transfers that answered, in order."""
    states: tuple[str, ...] = ()
    """Dialplan states entered, in order."""
    disclosures: tuple[DisclosureEvidence, ...] = ()
    voicemails: tuple[Voicemail, ...] = ()
    looked_up: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """(Value, what it was) of what lookups returned and the dialplan marks searchable."""
    marks: tuple[str, ...] = ()
    """What happened that an inspector should see; `flags` adds what follows from the rest."""
    loss_here: float | None = None
    """Share of the caller's packets that never reached us, 0..1; None when it was not measured."""
    loss_there: float | None = None
    """Share of ours that the far end reported lost."""
    hangup_code: int = 0
    hangup_by_caller: bool = False
