"""The record of one call: what the database keeps and `ivr recordings show` prints."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.core.identity.level import Level
from ivr.core.orders.evidence import (
    Alerted,
    CallOutcome,
    Consent,
    DisclosureHeard,
    FigureWithheld,
    MessageLeft,
    Rated,
    RiskScored,
)
from ivr.core.sip.calling_party import NOTHING_SAID, NetworkWord


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
    outcome: CallOutcome = CallOutcome.OPEN
    recording_id: str | None = None
    identity: Level = Level.NONE
    """Reached."""
    consent: Consent = Consent.UNASKED
    """To being recorded: the last answer."""
    agents: tuple[str, ...] = ()
    """Agents who spoke, in order."""
    transfers: tuple[str, ...] = ()
    """Destinations of transfers that answered, in order."""
    states: tuple[str, ...] = ()
    """Dialplan states entered, in order."""
    begun: tuple[str, ...] = ()
    """Disclosures that began to be played, whether or not they were heard to their end; each once, in order."""
    disclosures: tuple[DisclosureHeard, ...] = ()
    alerts: tuple[Alerted, ...] = ()
    """What rules found in an agent's talk while it went on, in order."""
    voicemails: tuple[MessageLeft, ...] = ()
    ratings: tuple[Rated, ...] = ()
    """What they answered when they were asked how satisfied they are; each question once."""
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
    callback_id: str = ""
    """The callback request for which we dialled them; empty: they dialled us."""
    voices: tuple[str, ...] = ()
    """Synthetic voices that spoke in it, to the caller or to an agent alone: model, version and voice of each, in the
    order of their first words. None: nobody heard made sound, or the call was before such marks."""
    withheld: tuple[FigureWithheld, ...] = ()
    """Prompts that were not spoken, since a figure in them did not pass."""
    network: NetworkWord = NOTHING_SAID
    """What stood behind the caller's address."""
    risk: tuple[RiskScored, ...] = ()
    """What it was scored, whenever that changed; the last is what it came to. Nothing: its dialplan has no table."""
