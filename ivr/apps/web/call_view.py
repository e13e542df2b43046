"""A call as the console shows it, on a page and by the API: names and seconds instead of samples and ids.

Rule: the caller's number and what was looked up are masked unless they are to be revealed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ivr.apps.web.found_view import AlertShown, alerts_shown
from ivr.apps.web.risk_view import RiskShown, risk_shown
from ivr.core.call.flags import FLAGS, flags
from ivr.core.call.masked import masked_address, masked_number
from ivr.core.call.record import CallRecord
from ivr.core.call.recording import Told
from ivr.core.call.transcript import ENGINE, Span
from ivr.core.media.frame import seconds
from ivr.core.sip.telephone import user_of
from ivr.core.vault.retention import DAY_SECONDS
from ivr.demo import CALLER
from ivr.engine.office.recordings import Shown
from ivr.engine.publishing.history import Warnings

MASK = "***"


@dataclass(frozen=True, slots=True)
class Flag:
    """What an inspector should look at."""

    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call in a list."""

    call: str
    started_at: float
    """Seconds since the epoch."""
    seconds: float | None
    """From its beginning to its end."""
    caller: str = field(repr=False)
    called: str
    dialplan: str
    outcome: str
    identity: str
    agents: tuple[str, ...]
    flags: tuple[Flag, ...]
    recorded: bool
    demo: bool
    """It calls itself the demo's caller, as anybody may: nothing is left out for that."""


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning that was heard, and how sure that is."""

    name: str
    language: str
    begins: float
    """Seconds from the answer."""
    ends: float
    plays: int
    loss: float | None
    """Share of its packets that the far end reported lost, 0..1."""
    packets: int
    acknowledged_by: str
    answer: str
    as_published: bool | None
    """None: it was published with no hash, or an agent read it."""
    read: float | None = None
    """Share of its words that were recognized where an agent read it, 0..1; None: the line played it."""


@dataclass(frozen=True, slots=True)
class Line:
    """What was said, by one of the two."""

    who: str
    begins: float
    ends: float
    text: str = field(repr=False)
    language: str
    confidence: float | None
    choice: str | None
    whole: bool
    """False: a prompt that the caller interrupted."""
    warning: str | None


@dataclass(frozen=True, slots=True)
class Marker:
    """Something that happened at a moment of the call."""

    at: float
    """Seconds from the answer."""
    ends: float | None
    kind: str
    """warning, message, interrupted, identity, agent, transfer, pause."""
    what: str


@dataclass(frozen=True, slots=True)
class NoteShown:
    """What an agent wrote when the call was over."""

    agent: str
    at: float
    """Seconds since the epoch."""
    disposition: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CallPage:
    """All that is known of one call."""

    row: CallRow
    answered_at: float | None
    language: str
    sha256: str
    """Of the dialplan."""
    certificate: str
    consent: str
    transfers: tuple[str, ...]
    vouched_for: bool
    """Whether a trunk vouches for the caller's number."""
    attested: str
    """How surely they may use their number, as carriers sign or say it: A, B, C or failed; empty: not said."""
    withheld: bool
    """Whether the caller withheld it."""
    diverted: tuple[str, ...]
    """Numbers that they had dialled before the call was sent on to us."""
    looked_up: tuple[tuple[str, str], ...] = field(repr=False)
    warnings: tuple[Warned, ...]
    lines: tuple[Line, ...]
    markers: tuple[Marker, ...]
    length: float
    """Of what was recorded, seconds."""
    trouble: str
    """Why the recording does not open."""
    crashed: bool
    running: bool
    kept_as: str
    kept_until: float
    """Seconds since the epoch."""
    erasable_from: float
    holds: tuple[str, ...]
    erasure_asked: bool
    revealed: bool
    notes: tuple[NoteShown, ...]
    alerts: tuple[AlertShown, ...]
    """What rules found while it went on."""
    blind: bool
    """What rules found is left out: chance drew the call, and who looks may still judge it."""
    risk: RiskShown | None = None
    """What it came to; None: the dialplan has no table of it."""


def row(record: CallRecord, *, reveal: bool = False) -> CallRow:
    """One call in a list."""
    return CallRow(
        record.call_id,
        record.started_at,
        record.ended_at - record.started_at if record.ended_at is not None else None,
        record.caller if reveal else masked_address(record.caller),
        record.called,
        record.dialplan,
        str(record.outcome),
        str(record.identity),
        record.agents,
        tuple(Flag(name, FLAGS.get(name, "")) for name in flags(record)),
        record.recording_id is not None,
        user_of(record.caller) == CALLER,
    )


def page(shown: Shown, *, reveal: bool) -> CallPage:
    """All that is known of one call. Raises SealError when its recording holds what is not ours."""
    record, told = shown.record, shown.told
    return CallPage(
        row=row(record, reveal=reveal),
        answered_at=record.answered_at,
        language=record.language,
        sha256=record.dialplan_sha256,
        certificate=record.certificate,
        consent=str(record.consent),
        transfers=record.transfers,
        vouched_for=record.network.asserted,
        attested=record.network.attested,
        withheld=record.network.withheld,
        diverted=tuple(one if reveal else masked_number(one) for one in record.network.diverted),
        looked_up=tuple((name, value if reveal else MASK) for name, value in record.looked_up),
        warnings=tuple(_warnings(record, shown.published)),
        lines=tuple(map(line, shown.said)),
        markers=tuple(sorted(_markers(record, told), key=lambda one: one.at)),
        length=seconds(told.contents.samples) if told else 0.0,
        trouble=shown.trouble,
        crashed=told.crashed if told else False,
        running=told.running if told else record.ended_at is None,
        kept_as=shown.kept_as.name,
        kept_until=record.started_at + shown.kept_as.latest_days * DAY_SECONDS,
        erasable_from=record.started_at + shown.kept_as.earliest_days * DAY_SECONDS,
        holds=tuple(sorted(shown.ledger.holds.get(record.call_id, ()))),
        erasure_asked=record.call_id in shown.ledger.requests,
        revealed=reveal,
        notes=tuple(NoteShown(one.agent, one.at, one.disposition, one.text) for one in shown.notes),
        alerts=alerts_shown(record, told),
        blind=shown.blind,
        risk=risk_shown(record.risk[-1] if record.risk else None, record.answered_at),
    )


def _warnings(record: CallRecord, published: Warnings) -> Iterator[Warned]:
    for one in record.disclosures:
        known = published.get((one.disclosure, one.language))
        yield Warned(
            one.disclosure,
            one.language,
            seconds(one.first_sample),
            seconds(one.last_sample),
            one.plays,
            one.loss,
            one.packets_sent,
            str(one.acknowledged_by or ""),
            str(one.answer or ""),
            one.audio_sha256 in known if known and one.read is None else None,
            None if one.read is None else one.read.share,
        )


def line(span: Span) -> Line:
    """What was said once."""
    return Line(
        span.who,
        seconds(span.first_sample),
        seconds(span.last_sample),
        span.text,
        span.language,
        span.confidence,
        span.choice,
        span.whole,
        span.disclosure,
    )


STEPS: Final = {
    "identity.reached": ("identity", "level"),
    "agent.connected": ("agent", "agent"),
    "agent.left": ("agent", ""),
    "transfer.connected": ("transfer", "destination"),
    "transfer.failed": ("transfer", "destination"),
    "queue.joined": ("queue", "queue"),
    "guard.denied": ("guard", ""),
}
"""Action of a step that is marked -> kind of marker, and which detail says what."""


def _markers(record: CallRecord, told: Told | None) -> Iterator[Marker]:
    for one in record.disclosures:
        yield Marker(seconds(one.first_sample), seconds(one.last_sample), "warning", one.disclosure)
    for message in record.voicemails:
        yield Marker(seconds(message.first_sample), seconds(message.last_sample), "message", message.mailbox)
    if told is None:
        return
    for pause in told.contents.pauses:
        ends = None if pause.last_sample is None else seconds(pause.last_sample)
        yield Marker(seconds(pause.first_sample), ends, "pause", pause.reason)
    for span in told.transcript():
        if span.who == ENGINE and not span.whole:
            yield Marker(seconds(span.last_sample), None, "interrupted", "")
    for step in told.steps():
        if step.action in STEPS and record.answered_at is not None:
            kind, detail = STEPS[step.action]
            what = str(step.details.get(detail) or "")
            yield Marker(max(0.0, step.at - record.answered_at), None, kind, what or step.action.partition(".")[2])
