"""A recording packed for somebody outside: a tar of plain files, which exists in memory only until it is sealed."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping

from ivr.core.call.deeds import Deed, Keys, deeds
from ivr.core.call.flags import flags
from ivr.core.call.recording import OpenedRecording
from ivr.core.call.transcript import CALLER, ENGINE, Span
from ivr.core.media.frame import seconds


def pack(opened: OpenedRecording, record: Mapping[str, object], wav: bytes, receipt: str | None) -> bytes:
    """A tar of audio, record, statement with flags, transcript and receipt.

    The transcript also holds what was done beside speaking: keys (those of a secret as dots), the voice's judgements,
    calls to others that nobody took.
    """
    spans, done = opened.transcript(), list(deeds(opened.timeline.entries))
    lines = sorted([*((seconds(span.first_sample), _line(span)) for span in spans), *((d.at, _done(d)) for d in done)])
    files = {
        "audio.wav": wav,
        "record.json": _json(record),
        "manifest.json": _json({**opened.statement(), "flags": list(flags(opened.record()))}),
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
