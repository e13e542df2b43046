"""A recording packed for somebody outside: a tar of plain files, encrypted with age (https://age-encryption.org/v1).

Rule: the clear tar exists in memory only; the file is what the stock `age` tool opens with the recipient's key.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable, Mapping, Sequence

import pyrage

from ivr.adapters.files.recordings import OpenedRecording
from ivr.errors import OperatorError, SealError


def pack(opened: OpenedRecording, record: Mapping[str, object], wav: bytes, receipt: str | None) -> bytes:
    """A tar of audio, record, statement, transcript and receipt."""
    files = {
        "audio.wav": wav,
        "record.json": _json(record),
        "manifest.json": _json(opened.statement()),
        "transcript.txt": "".join(f"{line}\n" for line in transcript(opened.timeline.entries)).encode(),
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


def transcript(entries: Iterable[Mapping[str, object]]) -> list[str]:
    """What the caller was understood to say, one utterance a line, with its time."""
    lines = []
    for entry in entries:
        event = entry.get("event")
        if isinstance(event, Mapping) and event.get("is") == "TranscriptReady" and event.get("text"):
            lines.append(f"{entry.get('now')}\t{event['text']}")
    return lines


def encrypt_to(recipients: Sequence[str], plain: bytes) -> bytes:
    """An age file. Raises OperatorError when a recipient is none."""
    keys = []
    for text in recipients:
        try:
            keys.append(pyrage.x25519.Recipient.from_str(text))
        except pyrage.RecipientError as error:
            raise OperatorError(f"{text} is not an age recipient: it begins with age1; see 'age-keygen'") from error
    try:
        return bytes(pyrage.encrypt(plain, keys))
    except pyrage.EncryptError as error:
        raise SealError("the export could not be encrypted") from error


def _json(data: Mapping[str, object]) -> bytes:
    return json.dumps(data, ensure_ascii=False, indent=1).encode() + b"\n"
