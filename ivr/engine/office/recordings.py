"""What was recorded: found, shown, heard, replayed, brought into its long-term form. What leaves is in `exports`."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields

from ivr.core.call.note import CallNote
from ivr.core.call.record import CallRecord
from ivr.core.call.recording import OpenedRecording, Told
from ivr.core.call.replay import Replay, served_by
from ivr.core.call.replay import replay as run_again
from ivr.core.call.transcript import Span
from ivr.core.call.transcription import Transcription, together
from ivr.core.dialplan.model import Dialplan
from ivr.core.media.frame import samples
from ivr.core.review.blind import without_findings
from ivr.core.vault.peaks import PEAK_SAMPLES, peaks_of
from ivr.core.vault.playback import LEFT, RIGHT, side_by_side, stereo_wav
from ivr.core.vault.retention import Ledger, RetentionClass
from ivr.core.vault.search import CallQuery
from ivr.engine.archive.compaction import Compacted
from ivr.engine.archive.compaction import readmit as readmit_journal
from ivr.engine.archive.faults import OnDamage
from ivr.engine.bus.staff import MessageHeard
from ivr.engine.office.judges import is_blind
from ivr.engine.office.office import Asked, AskedOfCall, Desk, does
from ivr.engine.publishing.drafts import kept_dialplan
from ivr.engine.publishing.history import Warnings, published_warnings
from ivr.errors import EnvironmentFault, IvrError, OperatorError
from ivr.ports.recordings import Form, Recordings

_PIECE_SAMPLES = 600 * PEAK_SAMPLES
"""What is read at a time of a recording that tells not how loud it is."""
Damage = tuple[str, str]
"""(what, why it does not open)."""


@dataclass(frozen=True, slots=True)
class ListCalls(Asked):
    """The latest calls, also those that no record knows."""

    limit: int = 20


@dataclass(frozen=True, slots=True)
class Search(Asked):
    """Calls that have ended and fit."""

    query: CallQuery = field(repr=False)
    limit: int = 50
    before: tuple[float, str] | None = None
    """(Start, id) of the last one of the page before; None: the newest."""


@dataclass(frozen=True, slots=True)
class Show(AskedOfCall):
    """All that is known of a call."""

    reveal: bool = False
    """The caller's number and what was looked up are to be shown in full, which the log says."""
    salvage: bool = False
    """Read a damaged recording as far as it is sound."""
    sound: bool = True
    """Read and check its sound too; else the page of an hour's call is there at once."""


@dataclass(frozen=True, slots=True)
class ShowWaveform(AskedOfCall):
    """How loud it is along the call."""

    memory: MutableMapping[str, bytes] = field(default_factory=dict, repr=False)
    """By the SHA-256 of a channel's sound: what was read from it, for recordings that do not hold it."""


@dataclass(frozen=True, slots=True)
class Play(AskedOfCall):
    """Its sound, or that of a message that was left in it."""

    start: float = 0.0
    """Seconds from the answer, or from the message's beginning."""
    message: int | None = None
    """Number of the message, from 1; None: the whole call."""
    left: str = LEFT
    right: str = RIGHT
    salvage: bool = False
    by_parts: bool = False
    """Of the whole call: open it, to be heard from wherever the listener goes."""


@dataclass(frozen=True, slots=True)
class ReplayCall(AskedOfCall):
    """Run its journal through the core again."""

    dialplan: Dialplan | None = None
    """On this one, to see where it would have gone another way; None: the very version that served it."""
    salvage: bool = False


@dataclass(frozen=True, slots=True)
class Compact(Asked):
    """Bring the recordings of ended calls into their long-term form."""

    on_damage: OnDamage = field(repr=False)


@dataclass(frozen=True, slots=True)
class Readmit(AskedOfCall):
    """Try again to seal a recording that was set aside."""


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls, newest first."""

    records: list[CallRecord] = field(repr=False)
    damaged: list[Damage]
    """What is damaged, and not shown."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One call."""

    record: CallRecord = field(repr=False)
    recording: OpenedRecording | None
    """None where it does not open, or its sound was not asked for."""
    told: Told | None
    """What the recording tells apart from its sound; None where it does not open."""
    trouble: str
    """Why the recording does not open."""
    published: Warnings
    """What its warnings sounded like when they were published."""
    kept_as: RetentionClass
    ledger: Ledger
    """Holds and requests that stand."""
    notes: Sequence[CallNote] = ()
    """What its agents wrote of it."""
    transcription: Transcription | None = field(default=None, repr=False)
    """What was read in it after it; None: it was not."""
    blind: bool = False
    """What rules found is left out: this person may still judge the call, and chance drew it."""

    @property
    def said(self) -> list[Span]:
        """The whole talk, in order of time. Raises SealError."""
        return together(self.told.transcript(), self.transcription) if self.told is not None else []


@dataclass(frozen=True, slots=True)
class Parts:
    """A recording's sound, read where it is asked for: two channels side by side, 16-bit PCM."""

    call_id: str
    samples: int
    """Of its whole length."""
    read: Callable[[int, int], bytes] = field(repr=False)
    """(First sample, how many) -> what is there of them. Raises SealError, EnvironmentFault."""


@dataclass(frozen=True, slots=True)
class Sound:
    """What was heard, as a WAV in two channels."""

    wav: bytes = field(repr=False)
    """Empty where it is to be heard by parts."""
    notice: str = ""
    """Why it is not the whole call."""
    parts: Parts | None = None
    mailbox: str = ""
    """Of the message that it is; empty: it is the call."""


@dataclass(frozen=True, slots=True)
class Waveform:
    """How loud a recording is, ten times a second (`ivr.core.vault.peaks`)."""

    samples: int
    channels: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class ReplayedCall:
    """A call that was run again."""

    call_id: str
    served_by: str
    """Name and version of the dialplan that served it."""
    sha256: str
    """Of that one."""
    dialplan: Dialplan
    """What it was run on."""
    result: Replay


@does("recordings.list")
def list_calls(desk: Desk, asked: ListCalls) -> Calls:
    """Calls by their records, and recordings that no record knows; a damaged one hides no other."""
    ports, damaged = desk.ports, list[Damage]()

    def tell(what: str, why: str) -> None:
        damaged.append((what, why))

    with desk.entering("calls"):
        records = {record.call_id: record for record in ports.calls.recent(limit=asked.limit, on_damage=tell)}
        for call_id, record in _unknown(ports.recordings, records.keys(), asked.limit, tell):
            records[call_id] = record
    latest = sorted(records.values(), key=lambda record: record.started_at, reverse=True)
    return Calls(latest[: asked.limit], damaged)


@does("recordings.search")
def search(desk: Desk, asked: Search) -> Calls:
    """Calls that fit. The log holds what was asked by, not for what."""
    damaged: list[Damage] = []
    by = [one.name for one in fields(asked.query) if getattr(asked.query, one.name)]
    with desk.entering("calls", by=sorted(by)):
        found = desk.ports.calls.search(
            asked.query,
            limit=asked.limit,
            before=asked.before,
            on_damage=lambda what, why: damaged.append((what, why)),
        )
    return Calls(found, damaged)


@does("recordings.show")
def show(desk: Desk, asked: Show) -> Shown:
    """Its record, the evidence of its disclosures, and how its recording ended. Raises OperatorError, SealError."""
    ports, trouble = desk.ports, ""
    recording: OpenedRecording | None = None
    told: Told | None = None
    with desk.entering(desk.call_named(asked.call), revealed=asked.reveal) as details:
        try:
            if asked.sound:
                told = recording = ports.recordings.open(asked.call, salvage=asked.salvage)
            else:
                told = ports.recordings.outline(ports.recordings.find(asked.call), salvage=asked.salvage)
        except IvrError as error:
            trouble = str(error)
            details["error"] = type(error).__name__
        try:
            record = ports.calls.get(told.header.call_id if told else asked.call)
        except OperatorError:
            if told is None:
                raise
            record = told.record()
        published = published_warnings(ports.log, record.dialplan_sha256) if record.disclosures else {}
        ledger = ports.standing.ledger()
        notes = ports.notes.of_call(record.call_id)
        kept_as = ports.plan.class_of(record.dialplan)
        read = ports.inspections.transcription(record.call_id)
        blind = is_blind(desk, record)
        record = without_findings(record) if blind else record
        return Shown(record, recording, told, trouble, published, kept_as, ledger, notes, read, blind)


@does("recordings.play")
def play(desk: Desk, asked: Play) -> Sound:
    """Its sound, for who listens here and now: one entry for all that they hear. Raises OperatorError, SealError."""
    details = {} if asked.message is None else {"message": asked.message}
    call_id = desk.call_named(asked.call)
    with desk.entering(call_id, left=asked.left, right=asked.right, **details):
        heard = Sound(b"", parts=_parts(desk, asked)) if asked.by_parts else sound(desk, asked)
    tell_heard(desk, call_id, heard)
    return heard


def tell_heard(desk: Desk, call_id: str, heard: Sound) -> None:
    """Messages that somebody listened to wait no more."""
    with suppress(EnvironmentFault):  # without a hub it counts as unheard, and somebody listens once more
        desk.ports.hub.tell(MessageHeard(call_id, heard.mailbox))


@does("recordings.waveform")
def waveform(desk: Desk, asked: ShowWaveform) -> Waveform:
    """As it was sealed; of a recording older than that, read from its sound. Raises OperatorError, SealError."""
    recordings = desk.ports.recordings
    stored = recordings.find(asked.call)
    index = recordings.outline(stored).index
    loud = {}
    for track in index.tracks:
        known = track.peaks or asked.memory.get(track.sha256, b"")
        if not known:
            starts = range(0, index.samples, _PIECE_SAMPLES)
            pieces = (recordings.listen(stored.recording_id, [track.name], at, _PIECE_SAMPLES)[0] for at in starts)
            known = asked.memory[track.sha256] = b"".join(map(peaks_of, pieces))
        loud[track.name] = known
    return Waveform(index.samples, loud)


@does("recordings.replay")
def replay(desk: Desk, asked: ReplayCall) -> ReplayedCall:
    """The first difference between what the core decided then and decides today. Raises OperatorError, SealError."""
    with desk.entering(desk.call_named(asked.call)):
        recording = desk.ports.recordings.open(asked.call, salvage=asked.salvage)
    name, sha256 = served_by(recording.timeline.entries)
    dialplan = asked.dialplan or _kept(desk, name, sha256)
    return ReplayedCall(
        recording.header.call_id, name, sha256, dialplan, run_again(dialplan, recording.timeline.entries)
    )


@does("recordings.compact")
def compact(desk: Desk, asked: Compact) -> Iterator[Compacted]:
    """Each as it is done; what fails goes to `on_damage` and stays."""
    return desk.ports.compactor(desk.actor.name).run(asked.on_damage)


@does("recordings.readmit")
def readmit(desk: Desk, asked: Readmit) -> str:
    """It is compared and sealed with the next round; returns its call. Raises OperatorError: it was not set aside."""
    recordings = desk.ports.recordings
    stored = recordings.find(asked.call)
    if recordings.trouble(stored).aside is None:
        raise OperatorError(f"{stored.call_id} was not set aside")
    with desk.entering(stored.call_id):
        readmit_journal(recordings, stored)
    return stored.call_id


def sound(desk: Desk, asked: Play) -> Sound:
    """What an act that was allowed hears. Raises OperatorError, SealError."""
    recordings, channels, start = desk.ports.recordings, (asked.left, asked.right), samples(asked.start)
    if asked.message is not None:
        spans = recordings.open(asked.call, salvage=asked.salvage).record().voicemails
        if not 0 < asked.message <= len(spans):
            raise OperatorError(f"{len(spans)} messages were left in this call: there is none number {asked.message}")
        span = spans[asked.message - 1]
        first = span.first_sample + start
        wav = stereo_wav(*recordings.listen(asked.call, channels, first, max(0, span.last_sample - first)))
        return Sound(wav, mailbox=span.mailbox)
    if recordings.find(asked.call).form is Form.ARCHIVE:
        return Sound(stereo_wav(*recordings.listen(asked.call, channels, start)))
    recording = recordings.open(asked.call, salvage=asked.salvage)
    wav = stereo_wav(*(recording.timeline.pcm(channel, start) for channel in channels))
    return Sound(wav, _not_whole(recording))


def _parts(desk: Desk, asked: Play) -> Parts:
    recordings, channels = desk.ports.recordings, (asked.left, asked.right)
    stored = recordings.find(asked.call)
    if stored.form is Form.ARCHIVE:
        return Parts(
            stored.call_id,
            recordings.outline(stored).contents.samples,
            lambda first, count: side_by_side(*recordings.listen(stored.recording_id, channels, first, count)),
        )
    timeline = recordings.open(asked.call, salvage=asked.salvage).timeline
    return Parts(
        stored.call_id,
        timeline.samples,
        lambda first, count: side_by_side(*(timeline.pcm(channel, first, count) for channel in channels)),
    )


def _not_whole(recording: OpenedRecording) -> str:
    if recording.damage is not None:
        return f"only the sound part: {recording.damage}"
    if recording.running:
        return "the call is still running: this is what it has recorded so far"
    return "this recording ended by a crash" if recording.crashed else ""


def _unknown(
    recordings: Recordings, known: Container[str], limit: int, tell: OnDamage
) -> Iterator[tuple[str, CallRecord]]:
    """Of the latest recordings those of calls that are not known, with the record that each holds."""
    found = []
    for stored in recordings.stored():
        try:
            header = recordings.header(stored)
            found.append((header.started_at, header.call_id, stored))
        except IvrError as error:
            tell(stored.where, str(error))
    for _, call_id, stored in sorted(found, key=lambda one: one[0], reverse=True)[:limit]:
        if call_id not in known:
            try:
                yield call_id, recordings.outline(stored, salvage=True).record()
            except IvrError as error:
                tell(stored.where, str(error))


def _kept(desk: Desk, name: str, sha256: str) -> Dialplan:
    try:
        return kept_dialplan(desk.ports.versions, sha256)
    except OperatorError as error:
        raise OperatorError(
            f"the call was served by {name} with SHA-256 {sha256[:16]}..., which is not among the versions kept here. "
            "Name in the settings the data directory of the engine which served it (data_dir)."
        ) from error
