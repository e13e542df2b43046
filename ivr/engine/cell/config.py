"""What a cell needs to know, and what it works with. Built by the wiring; the engine reads no settings itself."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ivr.core.call.feature_keys import DEFAULT_CODES
from ivr.core.dialplan.model import Dialplan
from ivr.core.orders.listening import Grammar
from ivr.core.orders.playing import Clip
from ivr.core.speech.facts import EnrolmentConsent, SpeechFact
from ivr.engine.bus.messages import Message
from ivr.engine.cell.callee import Outgoing
from ivr.engine.cell.sealed_frames import SealedFrames
from ivr.ports.clock import Clock
from ivr.ports.data import DataSource
from ivr.ports.journals import Journals
from ivr.ports.speech import FrameVad
from ivr.ports.telephony import Telephony


@dataclass(frozen=True, slots=True)
class CellConfig:
    """Limits and places of one cell."""

    number: int
    sip: str
    """address:port of the SIP transport, for the hub."""
    recordings: Path
    publication: str = ""
    """Id of what it serves, for the hub."""
    recycle_after: int = 200
    """Calls after which the process ends and a fresh one takes its place: pjsua2 grows with its calls."""
    drain_seconds: float = 30.0
    """How long a running call may go on after SIGTERM."""
    key_stock: int = 4
    """Data keys kept in hand, so that calls go on while the hub is away."""
    key_wait: float = 2.0
    """Seconds that the first call waits for a key before it is refused."""
    silence_limit: float = 60.0
    """Seconds without a single packet, of sound or of reports, from a caller until the call is given up."""
    held_limit: float = 300.0
    """The same while the caller holds us."""
    inband_digits: str = "auto"
    """always, never, or auto: when RFC 4733 was not negotiated."""
    agent_codes: Mapping[str, str] = field(default_factory=lambda: DEFAULT_CODES)
    """What an agent may ask for by keys: see `ivr.core.call.feature_keys`."""
    agent_pause_seconds: float = 300.0
    """A pause that is forgotten ends after this."""
    gone_seconds: float = 2.0
    """Seconds without a sign of life, or an answer, until the phone of somebody of the house counts as gone."""
    destinations: Mapping[str, str] = field(default_factory=dict)
    """Digits by which an agent calls a destination of transfers -> its name."""
    longest_talk: float = 4 * 3600.0
    """Seconds that an agent, or a transfer's target, and the caller may talk."""
    talk_warning: float = 300.0
    """Seconds before that end at which it is announced."""
    onset_probability: float = 0.7
    """Least probability, by the stronger detector, of a near voice. Lower: quicker by 10 ms, and babble gets in."""


class Prompts(Protocol):
    """Rendered prompts."""

    def pcm(self, clip: Clip) -> bytes:
        """Audio of a static clip. Raises IvrError."""
        ...

    def joined(self, clip: Clip) -> bytes | None:
        """A clip with a caller's data, put together of pieces; None: it must be spoken."""
        ...

    def spoken_by(self, clip: Clip) -> str:
        """Model, version and voice that spoke a clip, or its pieces; empty where people recorded it."""
        ...


class Speech(Protocol):
    """The speech service as a cell sees it: requests out, facts in, nothing ever waits."""

    available: bool

    def filenos(self) -> list[int]:
        """Sockets on which something may arrive."""
        ...

    def pump(self, now: float) -> list[SpeechFact]:
        """What was answered since."""
        ...

    def recognize(self, listen_id: int, grammar: Grammar) -> None:
        """Begin an utterance."""
        ...

    def overhear(self, listen_id: int, language: str) -> None:
        """Begin an utterance of a talk that goes on, which nobody waits for: it may be refused."""
        ...

    def audio(self, listen_id: int, pcm: bytes) -> None:
        """What is heard next of the utterance."""
        ...

    def finish(self, listen_id: int) -> None:
        """The utterance is over: its words are awaited."""
        ...

    def cancel(self, listen_id: int) -> None:
        """No longer wanted."""
        ...

    def confirm_onset(self, request_id: int, pcm: bytes) -> None:
        """Is this a near voice?"""
        ...

    def synthesize(self, request_id: int, text: str, language: str, voice: str | None = None) -> None:
        """Speak a text."""
        ...

    def verify(self, request_id: int, customer: str, pcm: bytes) -> None:
        """Score a voice."""
        ...

    def verify_agent(self, request_id: int, agent: str, pcm: bytes) -> None:
        """Score the voice on an agent's leg."""
        ...

    def enrol(self, request_id: int, customer: str, consent: EnrolmentConsent, recordings: Sequence[bytes]) -> None:
        """Enrol a voice."""
        ...

    def compare(self, request_id: int, text: str, grammar: Grammar) -> None:
        """Compare a sentence with the grammar's example sentences."""
        ...


class Hub(Protocol):
    """The hub as a cell sees it."""

    def fileno(self) -> int:
        """Descriptor, -1 while away."""
        ...

    def send(self, message: Message) -> None:
        """Say something; kept while the hub is away."""
        ...

    def pump(self, now: float) -> list[Message]:
        """What it said since."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything a conversation touches."""

    telephony: Telephony
    prompts_for: Callable[[Dialplan], Prompts]
    """A dialplan's prompts. Raises IvrError when it is not served."""
    speech: Speech
    hub: Hub
    sources: Mapping[str, DataSource]
    dialplan_for: Callable[[str], Dialplan]
    """Called number -> the dialplan that serves it now. Raises IvrError when none does."""
    vad: FrameVad
    music: bytes
    """One loop of hold music, PCM."""
    monotonic: Clock
    wall: Clock
    new_call_id: Callable[[], str]
    log: Callable[[str, Mapping[str, object]], None] = field(default=lambda event, data: None)
    """Structured log: an event's name and fields without callers' data."""
    own_sources: Callable[[str], Mapping[str, DataSource]] = field(default=lambda call_id: {})
    """Made anew for each call, by its id: data sources that remember something of it."""
    transfers: Mapping[str, str] = field(default_factory=dict)
    """Destination of a transfer -> SIP URI that is dialled for it."""
    outgoing: Outgoing | None = None
    """How callbacks are dialled; None: nobody is."""
    live_vad: Callable[[], FrameVad] | None = None
    """Makes a voice detector for each party of an agent's talk, whose words are recognized as they are said; None: they
    are read after the call alone."""
    agent_vad: Callable[[], FrameVad] | None = None
    """Makes a voice detector for an agent's leg, whose voice is compared with what they enrolled; None: with
    nothing."""
    journals: Journals = SealedFrames
    """Seal what a recording holds."""
    below: Callable[[int], int] = secrets.randbelow
    """A number from 0 to n - 1 that nobody can foresee, for digits that a caller is to say."""
