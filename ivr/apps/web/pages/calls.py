"""One call: what happened, what was said, its sound, and what can be done with its recording."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from pydantic import BaseModel, Field
from starlette.responses import Response

from ivr.apps.web.call_view import CallPage, page
from ivr.apps.web.console import Done
from ivr.apps.web.operation import operation
from ivr.apps.web.sound import opened, sound_of, wav, waveform_of
from ivr.apps.web.visit import Visit
from ivr.core.media.frame import seconds
from ivr.core.vault.peaks import PEAKS_PER_SECOND
from ivr.engine.office import exports, receipts, recordings, retention


class Nothing(BaseModel):
    """Nothing is asked beside the call."""


class Because(BaseModel):
    """Why, for the audit log."""

    reason: str = Field(min_length=1, max_length=500)


class ForMatter(Because):
    """Why, and for which matter."""

    name: str = Field(min_length=1, max_length=64)


class ToExport(Because):
    """Who may open it."""

    recipients: str = Field(default="", max_length=4000)
    """Public keys of age, one a line; none: it is given out in clear."""
    vcon: bool = False
    """As a signed vCon."""


class ForExporter(Because):
    """Whom it is approved for."""

    exporter: str = Field(min_length=1, max_length=64)


@dataclass(frozen=True, slots=True)
class Opened:
    """A recording's sound, ready to be listened to."""

    url: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """A waveform."""

    seconds: float
    each: float
    """Seconds of one value."""
    channels: dict[str, list[int]]
    """Channel -> how loud, 0 to 255."""


@dataclass(frozen=True, slots=True)
class Made:
    """A receipt."""

    call: str
    code: str
    text: str


@operation("GET", "/recordings/{call}", scope="recordings.show", page="call.html")
def recordings_show(visit: Visit, call: str) -> CallPage:
    """All that is known of a call, with its numbers masked."""
    return page(recordings.show(visit.office, recordings.Show(call, sound=False)), reveal=False)


@operation("POST", "/recordings/{call}/reveal", scope="recordings.show", page="call.html")
def recordings_reveal(visit: Visit, call: str, asked: Because) -> CallPage:
    """The same with its numbers, which the audit log says."""
    asked_for = recordings.Show(call, reveal=True, sound=False, reason=asked.reason)
    return page(recordings.show(visit.office, asked_for), reveal=True)


@operation("GET", "/recordings/{call}/waveform", scope="recordings.waveform", page="")
def recordings_waveform(visit: Visit, call: str) -> Drawn:
    """How loud each channel is along the call."""
    found = waveform_of(visit, call)
    loud = {name: list(peaks) for name, peaks in found.channels.items()}
    return Drawn(seconds(found.samples), 1 / PEAKS_PER_SECOND, loud)


@operation("POST", "/recordings/{call}/listen", scope="recordings.play")
def recordings_listen(visit: Visit, call: str, asked: Nothing) -> Opened:
    """Open its sound, for this session; the audit log says so once."""
    parts = recordings.play(visit.office, recordings.Play(call, by_parts=True)).parts
    assert parts is not None
    return Opened(f"/recordings/{quote(call)}/sound/{opened(visit, parts)}", seconds(parts.samples))


@operation("GET", "/recordings/{call}/sound/{ticket}", scope="recordings.play", api=False)
def recordings_sound(visit: Visit, call: str, ticket: str) -> Response:
    """A part of the sound that was opened: WAV, by range."""
    return wav(sound_of(visit, ticket), visit.range)


@operation("POST", "/recordings/{call}/receipt", scope="receipts.make", page="receipt.html")
def receipts_make(visit: Visit, call: str, asked: Nothing) -> Made:
    """The receipt for the customer."""
    made = receipts.make(visit.office, receipts.MakeReceipt(call))
    return Made(call, made.code, made.text)


@operation("POST", "/recordings/{call}/export", scope="recordings.export", api=False)
def recordings_export(visit: Visit, call: str, asked: ToExport) -> Response:
    """Its sound, record, transcript and receipt for whoever holds a recipient's key."""
    recipients = tuple(asked.recipients.split())
    data = exports.export(visit.office, exports.Export(call, recipients, vcon=asked.vcon, reason=asked.reason))
    name = f"{call}{'.vcon' if asked.vcon else '' if recipients else '.wav'}{'.age' if recipients else ''}"
    media_type = "application/octet-stream" if recipients else "application/vcon" if asked.vcon else "audio/wav"
    return Response(
        data,
        media_type=media_type,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"},
    )


@operation("POST", "/recordings/{call}/approve", scope="recordings.approve")
def recordings_approve(visit: Visit, call: str, asked: ForExporter) -> Done:
    """Let another person export it once, within a day."""
    done = exports.approve(visit.office, exports.ApproveExport(call, asked.exporter, reason=asked.reason))
    return _done(visit, call, "{who} may export this call once, within a day.", who=done.exporter)


@operation("POST", "/recordings/{call}/hold", scope="retention.hold")
def retention_hold(visit: Visit, call: str, asked: ForMatter) -> Done:
    """Keep it whatever retention or its owner asks."""
    retention.hold(visit.office, retention.Hold(call, asked.name, reason=asked.reason))
    return _done(visit, call, "Held for {name}: nothing erases it until each hold is released.", name=asked.name)


@operation("POST", "/recordings/{call}/release", scope="retention.release")
def retention_release(visit: Visit, call: str, asked: ForMatter) -> Done:
    """Release one hold."""
    retention.release(visit.office, retention.Hold(call, asked.name, reason=asked.reason))
    return _done(visit, call, "The hold {name} is released.", name=asked.name)


@operation("POST", "/recordings/{call}/request", scope="retention.request")
def retention_request(visit: Visit, call: str, asked: Because) -> Done:
    """Its owner asks that it be erased."""
    retention.request(visit.office, retention.OfCall(call, reason=asked.reason))
    return _done(visit, call, "Entered: it is erased as soon as its class allows.")


@operation("POST", "/recordings/{call}/withdraw", scope="retention.withdraw")
def retention_withdraw(visit: Visit, call: str, asked: Because) -> Done:
    """Its owner no longer asks."""
    retention.withdraw(visit.office, retention.OfCall(call, reason=asked.reason))
    return _done(visit, call, "Entered: it is kept as its class says.")


def _done(visit: Visit, call: str, english: str, **named: str) -> Done:
    page = f"/recordings/{quote(call, safe='')}"
    # Who may hold a call may not always open it: they came from the page of what stands.
    return Done(visit.language.text(english, **named), page if visit.leads("GET", page) else "/retention")
