"""What was recorded, given out: as an age file for recipients, in clear, or as a stream. It leaves once it is returned,
and the log then says so, with its hash.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ivr.core.audit.approval import APPROVED as EXPORT_APPROVED
from ivr.core.call.deeds import Deed, Keys, deeds
from ivr.core.call.flags import flags
from ivr.core.call.record_json import record_to_json
from ivr.core.call.recording import OpenedRecording
from ivr.core.call.transcript import CALLER, ENGINE, Span
from ivr.core.call.transcription import together
from ivr.core.media.frame import seconds
from ivr.core.vault.playback import LEFT, RIGHT, marked, stereo_wav
from ivr.engine.office.office import AskedOfCall, Desk, does
from ivr.engine.office.receipts import receipt_of
from ivr.engine.office.recordings import Play, Sound, sound, tell_heard
from ivr.engine.office.two_persons import approved, approving
from ivr.ports.containers import Conversation


@dataclass(frozen=True, slots=True)
class Export(AskedOfCall):
    """One call, to be kept by somebody else."""

    recipients: tuple[str, ...] = ()
    """Public keys of age, whose holders may open it; none: in clear."""
    left: str = LEFT
    right: str = RIGHT
    vcon: bool = False
    """As a signed vCon, with the channels as they are there; sealed for the recipients, if there are any."""
    salvage: bool = False
    """A damaged recording as far as it is sound."""


@dataclass(frozen=True, slots=True)
class ApproveExport(AskedOfCall):
    """Let another person export a call once, within a day."""

    exporter: str


@dataclass(frozen=True, slots=True)
class ExportApproved:
    """Who may export what."""

    exporter: str
    call_id: str


@does("recordings.export")
def export(desk: Desk, asked: Export) -> bytes:
    """An age file with a tar of audio, record, transcript, manifest and receipt; in clear a WAV; or a signed vCon.

    Raises DeniedError where another person must approve it and did not; OperatorError, SealError.
    """
    ports = desk.ports
    recipients = tuple(map(ports.sealer.recipient, asked.recipients))
    call_id = ports.recordings.find(asked.call).call_id
    form = ("vcon, " if asked.vcon else "") + ("age" if recipients else "clear")
    with desk.entering(call_id, form=form, to=list(recipients)) as details:
        details |= _approval(desk, call_id)
        opened = ports.recordings.open(asked.call, salvage=asked.salvage)
        channels = (asked.left, asked.right)
        data = marked(stereo_wav(*map(opened.timeline.pcm, channels)), channels)
        if asked.vcon:
            data = ports.container.packed(_conversation(desk, opened), ports.publishing.signer)
            data = ports.sealer.seal(recipients, data) if recipients else data
        elif recipients:
            receipt = receipt_of(desk, opened)
            said = together(opened.transcript(), ports.inspections.transcription(opened.header.call_id))
            data = ports.sealer.seal(recipients, _packed(opened, said, data, receipt.text if receipt else None))
        details["sha256"] = hashlib.sha256(data).hexdigest()
    return data


@does("recordings.stream")
def stream(desk: Desk, asked: Play) -> Sound:
    """Its sound as a WAV that goes wherever who asked takes it. Raises as `export` does."""
    call_id = desk.ports.recordings.find(asked.call).call_id
    with desk.entering(call_id, form="stream", left=asked.left, right=asked.right) as details:
        details |= _approval(desk, call_id)
        if asked.message is not None:
            details["message"] = asked.message
        heard = sound(desk, asked)
        heard = replace(heard, wav=marked(heard.wav, (asked.left, asked.right)))
        details["sha256"] = hashlib.sha256(heard.wav).hexdigest()
    tell_heard(desk, call_id, heard)
    return heard


@does("recordings.approve")
def approve(desk: Desk, asked: ApproveExport) -> ExportApproved:
    """Approve it. Raises DeniedError for one's own."""
    exporter = desk.ports.people.named(asked.exporter)
    call_id = desk.ports.recordings.find(asked.call).call_id
    with desk.entering(call_id, **{"for": exporter}):
        approving(desk, exporter, "their own export")
    return ExportApproved(exporter, call_id)


def _approval(desk: Desk, call_id: str) -> dict[str, object]:
    how = f"ivr recordings approve {call_id} --for {desk.actor.name}"
    return approved(desk, call_id, by_action=EXPORT_APPROVED, how=how)


def _conversation(desk: Desk, opened: OpenedRecording) -> Conversation:
    receipt, timeline = receipt_of(desk, opened), opened.timeline
    proofs = () if receipt is None else (
        ("receipt.txt", "text/plain", receipt.text.encode()),
        ("receipt.cose", "application/cose", receipt.cose),
        ("log-entry.json", "application/json", receipt.entry),
    )  # fmt: skip
    return Conversation(
        record=opened.record(),
        wav=marked(stereo_wav(timeline.pcm(LEFT), timeline.pcm(RIGHT)), (LEFT, RIGHT)),
        samples=timeline.samples,
        transcript=[span.to_json() for span in opened.transcript()],
        record_json=_json(record_to_json(opened.record())),
        statement_json=_json({**opened.statement(), "flags": list(flags(opened.record()))}),
        proofs=proofs,
        made_at=desk.wall(),
    )


# --- the tar, which exists in memory only until it is sealed ----------------------------------------------------------


def _packed(opened: OpenedRecording, spans: Sequence[Span], wav: bytes, receipt: str | None) -> bytes:
    """A tar of audio, record, statement with flags, transcript and receipt.

    The transcript also holds what was done beside speaking: keys (those of a secret as dots), the voice's judgements,
    calls to others that nobody took.
    """
    done, record = list(deeds(opened.timeline.entries)), opened.record()
    lines = sorted([*((seconds(span.first_sample), _line(span)) for span in spans), *((d.at, _done(d)) for d in done)])
    files = {
        "audio.wav": wav,
        "record.json": _json(record_to_json(record)),
        "manifest.json": _json({**opened.statement(), "flags": list(flags(record))}),
        "transcript.json": _json([*(span.to_json() for span in spans), *map(_deed, done)]),
        "transcript.txt": "".join(line for _, line in lines).encode(),
    }
    if receipt is not None:
        files["receipt.txt"] = receipt.encode()
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(f"{opened.header.call_id}/{name}")
            info.size, info.mtime, info.mode = len(content), int(opened.header.started_at), 0o600
            tar.addfile(info, io.BytesIO(content))
    return data.getvalue()


def _line(span: Span) -> str:
    taken = f"\ttaken as {span.choice}" if span.choice else ""
    return f"{seconds(span.first_sample):.2f}\t{seconds(span.last_sample):.2f}\t{span.who}\t{span.text}{taken}\n"


def _done(deed: Deed) -> str:
    who, text = (CALLER, f"pressed {deed.text}") if isinstance(deed, Keys) else (ENGINE, deed.text)
    return f"{deed.at:.2f}\t{deed.at:.2f}\t{who}\t[{text}]\n"


def _deed(deed: Deed) -> dict[str, object]:
    kind = "keys" if isinstance(deed, Keys) else "done"
    return {"who": CALLER if kind == "keys" else ENGINE, "at": round(deed.at, 2), kind: deed.text}


def _json(data: Mapping[str, object] | list[dict[str, object]]) -> bytes:
    return json.dumps(data, ensure_ascii=False, indent=1).encode() + b"\n"
