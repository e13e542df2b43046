"""Sound for browsers: a WAV that is made as it is read, and waveforms.

Rule: nothing is written to disk. A browser reads a part of the WAV, and that part of the recording is opened: it asks
for all from there on, mostly goes elsewhere soon, and gets no more than it can listen to.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Final

from starlette.concurrency import iterate_in_threadpool
from starlette.responses import Response, StreamingResponse

from ivr.apps.web import tickets
from ivr.apps.web.tickets import Recent
from ivr.apps.web.visit import Visit
from ivr.core.media.frame import SAMPLE_RATE
from ivr.core.vault.peaks import coarser
from ivr.core.vault.playback import LEFT, PAIR_BYTES, RIGHT, wav_head
from ivr.engine.office import recordings as office
from ivr.engine.office.recordings import Parts, Waveform
from ivr.errors import OperatorError

HEAD_BYTES: Final = 44
PIECE_SAMPLES: Final = 2 * SAMPLE_RATE
"""Two seconds: what is opened at a time. The first bytes are there soon, and little waits in memory."""
AT_ONCE: Final = 5 * PIECE_SAMPLES * PAIR_BYTES
"""Bytes of ten seconds: what a browser gets as fast as it takes it, of all that follows a moment."""
PACE: Final = 8
"""The rest comes so many times as fast as it is heard; listeners go up to three times as fast, and skip silence."""
WAVEFORMS: Final = 400
"""Channels of recordings that do not hold theirs: read from their sound once, kept in memory only."""
COLUMNS: Final = 60
"""Of a thumbnail."""
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


def waveforms(visit: Visit) -> Recent[bytes]:
    """What this process remembers of recordings that do not hold their waveform."""
    kept = visit.console.state.setdefault("waveforms", Recent[bytes](WAVEFORMS))
    assert isinstance(kept, Recent)
    return kept


def waveform_of(visit: Visit, call: str) -> Waveform:
    """How loud a recording is. Raises IvrError."""
    return office.waveform(visit.office, office.ShowWaveform(call, waveforms(visit)))


def opened(visit: Visit, parts: Parts) -> str:
    """Remember who opened what; returns the ticket that it is heard by."""
    return tickets.give(visit, "sound", parts)


def sound_of(visit: Visit, ticket: str) -> Parts:
    """What was opened by this visitor in this session. Raises OperatorError."""
    found = tickets.find(visit, "sound", ticket)
    if not isinstance(found, Parts):
        raise OperatorError("this sound was opened long ago, or by somebody else: open the call again")
    return found


def wav(parts: Parts, asked: str) -> Response:
    """The WAV, or the range of it that was asked for (RFC 9110 14.2)."""
    size = HEAD_BYTES + parts.samples * PAIR_BYTES
    told = {"Accept-Ranges": "bytes"}
    match = _RANGE.fullmatch(asked)
    if not match or match.groups() == ("", ""):
        told["Content-Length"] = str(size)
        return StreamingResponse(_bytes(parts, 0, size), media_type="audio/wav", headers=told)
    first, last = match[1], match[2]
    begin = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    if begin >= end:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{size}"})
    told |= {"Content-Range": f"bytes {begin}-{end - 1}/{size}", "Content-Length": str(end - begin)}
    pieces = _bytes(parts, begin, end)
    return StreamingResponse(pieces if last else paced(pieces), status_code=206, media_type="audio/wav", headers=told)


async def paced(
    pieces: Iterator[bytes], sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
) -> AsyncIterator[bytes]:
    """The first of them at once, the others as somebody listens."""
    sent = 0
    async for piece in iterate_in_threadpool(pieces):
        yield piece
        sent += len(piece)
        if sent >= AT_ONCE:
            await sleep(len(piece) / (PACE * SAMPLE_RATE * PAIR_BYTES))


def _bytes(parts: Parts, begin: int, end: int) -> Iterator[bytes]:
    """From one byte of the WAV to another, in pieces."""
    if begin < HEAD_BYTES:
        yield wav_head(parts.samples)[begin:end]
    at, last = max(0, begin - HEAD_BYTES), end - HEAD_BYTES
    while at < last:
        sample, skipped = divmod(at, PAIR_BYTES)
        wanted = min(PIECE_SAMPLES, -(-(last - sample * PAIR_BYTES) // PAIR_BYTES))
        piece = parts.read(sample, wanted)[skipped:][: last - at]
        if not piece:
            return
        yield piece
        at += len(piece)


def thumbnail(waveform: Waveform) -> str:
    """A picture of what the caller said, above, and what they heard, below (SVG)."""
    bars = []
    for name, sign in ((LEFT, -1), (RIGHT, 1)):
        for at, loud in enumerate(coarser(waveform.channels.get(name, b""), COLUMNS)):
            height = 0.5 + 11.5 * (loud / 255) ** 0.6  # speech is quiet on a linear scale
            top = 12 - height if sign < 0 else 12
            bars.append(f'<rect x="{at * 2}" y="{top:.1f}" width="1.4" height="{height:.1f}" fill="{_INK[name]}"/>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {COLUMNS * 2} 24" preserveAspectRatio="none">'
        f"{''.join(bars)}</svg>"
    )


_INK = {LEFT: "#2f7fd6", RIGHT: "#8b95a7"}
"""Legible on a light and on a dark page."""
