"""Framing of the Wyoming protocol: whatever arrives, in whatever pieces."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wyoming.asr import Transcribe
from wyoming.audio import AudioChunk
from wyoming.event import read_event, write_event

from ivr.engine.speech.wire import MAX_LINE_BYTES, WireDecoder, WireEvent, encode
from ivr.errors import PeerError

EVENTS = st.lists(
    st.builds(
        WireEvent,
        st.text(min_size=1, max_size=10),
        st.dictionaries(st.text(max_size=5), st.text(max_size=20) | st.integers() | st.none(), max_size=3),
        st.binary(max_size=50),
    ),
    max_size=5,
)


@given(EVENTS, st.data())
def test_events_come_out_as_they_went_in_however_they_are_cut(events: list[WireEvent], data: st.DataObject) -> None:
    raw = b"".join(encode(event.type, event.data, event.payload) for event in events)
    decoder, found = WireDecoder(), []
    while raw:
        cut = data.draw(st.integers(1, len(raw)))
        found += decoder.feed(raw[:cut])
        raw = raw[cut:]
    assert found == events


def test_the_reference_implementation_reads_what_we_write_and_we_what_it_writes() -> None:
    ours = encode("audio-chunk", {"rate": 8000, "width": 2, "channels": 1}, b"\x01\x02")
    theirs = read_event(io.BytesIO(ours))
    assert theirs is not None
    assert AudioChunk.from_event(theirs).audio == b"\x01\x02"
    written = io.BytesIO()
    write_event(Transcribe(language="zh", context={"choices": {"余额": ["查余额"]}}).event(), written)
    [event] = WireDecoder().feed(written.getvalue())
    assert event.type == "transcribe"
    assert event.data["context"] == {"choices": {"余额": ["查余额"]}}


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense\n",
        b"[]\n",
        b"{}\n",
        b'{"type": 5}\n',
        b'{"type": "a", "data": []}\n'.replace(b"[]", b"[1]"),
        b'{"type": "a", "data_length": -1}\n',
        b'{"type": "a", "payload_length": 99999999999}\n',
        b'{"type": "a", "data_length": "5"}\n',
        b'{"type": "a", "data_length": 2}\n[]',
        b"x" * MAX_LINE_BYTES,
        b"[" * 60000 + b"\n",
    ],
    ids=range(11),
)
def test_what_is_malformed_or_too_large_ends_the_connection(line: bytes) -> None:
    with pytest.raises(PeerError):
        WireDecoder().feed(line)


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_events_or_an_error_and_nothing_else(raw: bytes) -> None:
    try:
        WireDecoder().feed(raw + b"\n")
    except PeerError:
        return


def test_texts_do_not_show_when_an_event_is_printed() -> None:
    assert "secret" not in repr(WireEvent("synthesize", {"text": "secret"}, b"secret"))


def test_events_are_json_on_a_line_as_the_protocol_says() -> None:
    header, rest = encode("ping", {"text": "a"}).split(b"\n", 1)
    assert json.loads(header)["data_length"] == len(rest)
