"""What the engine needs of the world, as Protocols. Each has a fake in `ivr.testing` and one contract suite.

An adapter implements exactly one of these, translates foreign errors into `ivr.errors` at its boundary, and takes no
decision. Audio is 8 kHz 16-bit little-endian mono PCM everywhere (`ivr.core.media.frame`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ivr.core.call.record import CallRecord
from ivr.core.identity.voiceprint import Voiceprint
from ivr.core.orders.listening import Grammar
from ivr.core.queueing.callback import Callback, CallbackState, CallbackWish
from ivr.core.sip.dialog import Dialog
from ivr.core.vault.estate import Estate

# --- telephony ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LegStats:
    """A leg's media counters over all of its streams (RFC 3550). None of them ever goes back."""

    packets_sent: int
    packets_received: int
    packets_lost_here: int
    """Lost on the way to us."""
    packets_lost_there: int
    """Cumulative loss that the far end reported (receiver report)."""
    reports: int
    """Receiver reports seen so far; 0: the far end has said nothing yet."""
    jitter_ms: float
    round_trip_ms: float
    streams: int = 0
    """Streams so far. One that was replaced (codec, address) takes with it what nobody reported of its end."""
    signs: int = 0
    """Grows whenever RTP or RTCP of any kind came since the last look: comfort noise and reports are life too."""
    astray: int = 0
    """Packets dropped because they came from elsewhere than the far end may send from."""
    packet_samples: int = 160
    """Samples in each packet that is sent."""
    gathered: int = 0
    """Samples written that wait for their packet to be full."""


@dataclass(frozen=True, slots=True)
class LegIncoming:
    """An INVITE arrived. Accept, progress or reject it."""

    leg: int
    caller: str = field(repr=False)
    called: str
    headers: dict[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class LegRang:
    """A leg we dialled rings (180 or 183)."""

    leg: int


@dataclass(frozen=True, slots=True)
class LegUp:
    """The dialog is confirmed (2xx and ACK)."""

    leg: int
    dialog: Dialog | None = field(default=None, repr=False, compare=False)
    """By which somebody else can end it; None where it cannot be read."""


@dataclass(frozen=True, slots=True)
class LegMedia:
    """Media began, changed or paused (answer, hold, re-INVITE)."""

    leg: int
    sends: bool
    """We may send audio to it."""
    receives: bool
    """It may send audio to us."""
    telephone_event: bool = False
    """Keys come as RFC 4733 events; if not, they must be heard in the audio."""


@dataclass(frozen=True, slots=True)
class LegDigit:
    """A key by RFC 4733 or SIP INFO."""

    leg: int
    digit: str = field(repr=False)
    via: str


@dataclass(frozen=True, slots=True)
class LegKeysMissed:
    """So much of what the far end sent was lost that a key may have been among it (RFC 4733, INFO)."""

    leg: int
    via: str


@dataclass(frozen=True, slots=True)
class LegAstray:
    """Whose RTP is dropped on this leg: the answer to `find_astray`. Addresses with ports; empty where unknown."""

    leg: int
    found: str = field(repr=False)
    expected: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LegDown:
    """A leg ended."""

    leg: int
    code: int
    by_far_end: bool


LegFact = LegIncoming | LegRang | LegUp | LegMedia | LegDigit | LegKeysMissed | LegAstray | LegDown


class Telephony(Protocol):
    """SIP and RTP of one conversation: up to four legs. Single-threaded: nothing happens outside these calls."""

    def poll(self, timeout: float) -> list[LegFact]:
        """Handle what arrived, waiting at most `timeout` seconds for the first thing."""
        ...

    def progress(self, leg: int) -> None:
        """183 with SDP: early media."""
        ...

    def answer(self, leg: int) -> None:
        """200."""
        ...

    def reject(self, leg: int, code: int, *, retry_after: int | None = None) -> None:
        """Refuse an INVITE."""
        ...

    def dial(self, uri: str, *, headers: dict[str, str] | None = None) -> int:
        """Begin a leg to `uri`; returns its number."""
        ...

    def introduce(self, headers: dict[str, str]) -> None:
        """Headers that every INVITE of ours carries from now on, in place of those named before."""
        ...

    def hang_up(self, leg: int) -> None:
        """BYE, CANCEL or a refusal, as the leg's state asks."""
        ...

    def read(self, leg: int) -> bytes:
        """Next 20 ms of what the far end said (silence where nothing came): FRAME_BYTES bytes."""
        ...

    def write(self, leg: int, frame: bytes) -> None:
        """Send 20 ms to the far end now: FRAME_BYTES bytes."""
        ...

    def stats(self, leg: int) -> LegStats:
        """Counters of the leg's media."""
        ...

    def find_astray(self, leg: int) -> None:
        """Look who sends what `LegStats.astray` counts, told by LegAstray; what comes meanwhile is thrown away."""
        ...

    def send_digits(self, leg: int, digits: str) -> None:
        """Keys to the far end by RFC 4733."""
        ...

    def close(self) -> None:
        """End everything. Nothing may be called after."""
        ...


# --- speech ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Recognized:
    """One utterance, recognized."""

    text: str = field(repr=False)
    choice: str | None
    confidence: float
    """Calibrated probability that it is right, 0..1."""


class RecognizerStream(Protocol):
    """One utterance being recognized."""

    def accept(self, pcm: bytes) -> str | None:
        """More audio; returns a new hypothesis when there is one at little cost."""
        ...

    def hypothesis(self) -> str:
        """What it believes so far, at whatever cost."""
        ...

    def finish(self) -> Recognized:
        """The result of the audio so far. May take long; never called on a media thread. More audio may follow."""
        ...


class Recognizer(Protocol):
    """Speech to text, streaming. Raises ModelError when its model is missing or not the pinned one."""

    languages: Sequence[str]

    def open(self, grammar: Grammar) -> RecognizerStream:
        """Begin an utterance."""
        ...


class Synthesizer(Protocol):
    """Text to speech."""

    name: str
    """Model and version: prompts are rendered again when it changes."""

    def voices(self) -> dict[str, str]:
        """Voice name -> language tag."""
        ...

    def synthesize(self, text: str, *, language: str, voice: str | None = None) -> bytes:
        """8 kHz PCM of the text."""
        ...


class OnsetDetector(Protocol):
    """The stronger voice detector, asked only about suspected onsets."""

    def is_speech(self, pcm: bytes) -> float:
        """Probability, 0..1, that these 100 ms or more hold one near voice (not babble, music or noise)."""
        ...


class FrameVad(Protocol):
    """The cheap voice detector, on every frame."""

    def is_speech(self, frame: bytes) -> bool:
        """Whether a 20 ms frame sounds like speech."""
        ...


class Embedder(Protocol):
    """Voice to vector."""

    name: str
    """Model and version: templates of different models are never compared."""

    def embed(self, pcm: bytes) -> NDArray[np.float32]:
        """Unit vector of the speaker in this PCM (speech only, at least a second)."""
        ...


class Voiceprints(Protocol):
    """Sealed voice templates, one voiceprint a customer."""

    def get(self, customer: str) -> Voiceprint | None:
        """A customer's voiceprint, None when not enrolled. Raises SealError."""
        ...

    def put(self, voiceprint: Voiceprint) -> None:
        """Seal and keep, replacing what was there. Raises SealError, EnvironmentFault."""
        ...

    def remove(self, customer: str) -> None:
        """Forget a customer's voice. Raises OperatorError when there is none."""
        ...

    def customers(self) -> Sequence[str]:
        """Who is enrolled."""
        ...


# --- data, keys, storage --------------------------------------------------------------------------------------------


class DataSource(Protocol):
    """Where a lookup is answered: the bank's own systems."""

    def query(self, name: str, params: dict[str, object], *, timeout: float) -> dict[str, object]:
        """Run a named query. Raises PeerError."""
        ...


@dataclass(frozen=True, slots=True)
class DataKey:
    """A fresh key for one recording."""

    key: bytes = field(repr=False)
    """32 random bytes; in memory only."""
    wrapped: bytes = field(repr=False)
    """The same, wrapped (AES-KWP, RFC 5649) by the key-encryption key."""
    kek_id: str
    """Which key wrapped it."""


class AttemptCounter(Protocol):
    """How often accounts' proofs were tried. An account is known by a keyed hash alone."""

    def ask(self, account: str) -> bool:
        """Count an attempt, durably; whether it may be made. Raises EnvironmentFault."""
        ...

    def clear(self, account: str) -> bool:
        """Hold nothing against an account; whether anything was. Raises EnvironmentFault."""
        ...

    def give_back(self, account: str) -> None:
        """The latest attempt was not answered: it does not count. Raises EnvironmentFault."""
        ...

    def mark(self, account: str) -> str:
        """The account as it may stand in the audit log."""
        ...


class KeyStore(Protocol):
    """Issues and opens data keys."""

    def issue(self) -> DataKey:
        """A fresh data key. Raises SealError."""
        ...

    def open(self, wrapped: bytes, kek_id: str) -> bytes:
        """Unwrap a data key. Raises SealError."""
        ...

    def fingerprint(self, purpose: str, data: bytes) -> bytes:
        """Keyed hash of something personal (a caller's number), so that equal ones can be found. 32 bytes."""
        ...


class ErasingKeyStore(KeyStore, Protocol):
    """A key store that can destroy single keys for good."""

    def shred(self, wrapped: Sequence[bytes]) -> None:
        """Make these data keys impossible to open, wherever copies of them lie. Durable when it returns."""
        ...

    def alive(self, wrapped: bytes) -> bool:
        """Whether the key was not shredded."""
        ...


class KekName(Protocol):
    """A key-encryption key, by name."""

    @property
    def kek_id(self) -> str:
        """Names it everywhere."""
        ...

    @property
    def created_at(self) -> float:
        """Seconds since the epoch."""
        ...


class ManagedKeyStore(ErasingKeyStore, Protocol):
    """A key store as its operator sees it (`ivr keys`). Every method raises SealError or EnvironmentFault."""

    def keks(self) -> Sequence[KekName]:
        """The keys that wrap data keys, oldest first; the last one wraps, the others only open."""
        ...

    @property
    def recovery(self) -> str:
        """Public key (age) to which everything is sealed as well; empty when there is none."""
        ...

    def rotate(self) -> str:
        """Begin to wrap with a new key; returns its id. What was wrapped before goes on opening."""
        ...

    def rewrap(self, wrapped: bytes, kek_id: str) -> tuple[bytes, str]:
        """The same data key wrapped by the active key, and that key's id."""
        ...

    def retire(self, kek_id: str) -> None:
        """Forget a key that wraps nothing any more."""
        ...

    def estate(self) -> Estate:
        """What another kind of store needs to go on for this one."""
        ...

    def take_over(self, estate: Estate) -> None:
        """Be as the store that this one goes on for is now. Raises SealError when it goes on for another."""
        ...

    def adopt(self, key: bytes, leaf: int) -> tuple[bytes, str]:
        """A data key of the store that this one goes on for, wrapped by the active key, and that key's id."""
        ...

    def set_recovery(self, public_key: str) -> None:
        """Seal to this public key too, from now on. Raises OperatorError when it is none."""
        ...


class CallStore(Protocol):
    """The database's side of calls."""

    def save(self, record: CallRecord) -> None:
        """Insert or replace the record of one call."""
        ...

    def get(self, call_id: str) -> CallRecord:
        """One record. Raises OperatorError when there is none."""
        ...

    def recent(self, *, limit: int = 50, before: float | None = None) -> Iterable[CallRecord]:
        """Newest first; `before` is a start time to page from."""
        ...


class ErasableCallStore(CallStore, Protocol):
    """A call store whose records can be forgotten."""

    def wrapped_key(self, call_id: str) -> bytes | None:
        """The wrapped key of a call's record; None when there is no record or it is not sealed."""
        ...

    def forget(self, call_id: str) -> None:
        """Remove a call's record. Does nothing when there is none."""
        ...

    def unrecorded(self, *, before: float, on_damage: Callable[[str, str], None]) -> Iterable[CallRecord]:
        """Records of calls without a recording that began before a time, oldest first.

        One that does not open goes to `on_damage`, by its call and why.
        """
        ...

    def recorded(self) -> Iterable[str]:
        """Calls of which there must be a recording."""
        ...

    def wrapped_keys(self) -> Iterable[tuple[str, bytes, str]]:
        """Of every record: its call, its wrapped key, and what wrapped it."""
        ...


class CallbackStore(Protocol):
    """Wishes to be called back. Every method is durable when it returns, and raises EnvironmentFault."""

    def keep(self, wish: CallbackWish) -> Callback:
        """Keep a request; one that is pending for the same number and queue is renewed instead."""
        ...

    def find(self, *, queue: str = "", pending: bool = True, limit: int = 100) -> list[Callback]:
        """Requests, the oldest first; of all queues unless one is named."""
        ...

    def take(self, callback_id: str, *, by: str, at: float) -> str:
        """Take an open request; returns its number. Raises OperatorError, SealError."""
        ...

    def close(self, callback_id: str, state: CallbackState, *, by: str, at: float, result: str = "") -> None:
        """Close a pending request; only who took it may call it done. Raises OperatorError."""
        ...

    def expire(self, *, before: float, at: float) -> list[str]:
        """Close every pending request that was renewed last before a time; returns their ids."""
        ...

    def closed(self, *, before: float) -> dict[str, bytes]:
        """Wishes closed before a time, and the wrapped key of each."""
        ...

    def forget(self, callback_ids: Sequence[str]) -> None:
        """Remove requests, whose keys were shredded before."""
        ...


Clock = Callable[[], float]
"""Seconds; monotonic for the engine, wall for records."""
Entropy = Callable[[int], bytes]
"""`n` unpredictable bytes."""
