"""The journal opens to exactly what was sealed, or says what is wrong."""

from __future__ import annotations

import hashlib
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.vault.journal import MAGIC, Ending, JournalHeader, JournalOpener, JournalSealer, parse_preamble
from ivr.core.vault.journal_frame import (
    CHANNELS,
    AudioBlock,
    Closed,
    JournalEntry,
    JournalFrame,
    Kind,
    Paused,
    Resumed,
    decode,
)
from ivr.errors import BugError, SealError
from tests.unit.vault.independent import aes_gcm, hkdf_expand_sha512

KEY = bytes(range(32))
SALT = bytes(range(100, 124))
HEADER = JournalHeader("call-1", "20260102-call-1", 1767312000.5, "kek-1", b"wrapped key")
FRAMES: tuple[JournalFrame, ...] = (
    JournalEntry({"now": 0.02, "event": "CallArrived"}),
    AudioBlock(0, {"caller.in": b"\x01\x02" * 20}),
    AudioBlock(0, {"caller.out": b"\x03\x04" * 20, "agent.in": b"\x05\x06" * 20}),
    Paused(20, "secret input"),
    Resumed(40),
    AudioBlock(40, {"caller.in": b"\x05\x06" * 20}),
)
CLOSED = Closed({"ended": True})
CHANNEL = st.sampled_from(CHANNELS)


def seal(frames: tuple[JournalFrame, ...], *, header: JournalHeader = HEADER, key: bytes = KEY) -> list[bytes]:
    """Preamble and frames, as they would be appended."""
    sealer = JournalSealer(header, data_key=key, salt=SALT)
    return [sealer.preamble, *map(sealer.seal, frames)]


def read(data: bytes, *, key: bytes = KEY) -> tuple[list[JournalFrame], Ending]:
    opener = JournalOpener(data, data_key=key)
    return list(opener.feed()), opener.finish()


def test_what_was_sealed_opens_in_order_and_closed() -> None:
    frames, ending = read(b"".join(seal((*FRAMES, CLOSED))))
    assert frames == [*FRAMES, CLOSED]
    assert ending is Ending.CLOSED


def test_header_is_readable_without_the_key() -> None:
    preamble = seal(())[0]
    assert parse_preamble(preamble + b"more") == (HEADER, len(preamble))


@given(sizes=st.lists(st.integers(1, 50), min_size=1, max_size=40))
def test_pieces_of_any_size_open_alike(sizes: list[int]) -> None:
    parts = seal((*FRAMES, CLOSED))
    data = b"".join(parts)
    at = len(parts[0])
    opener = JournalOpener(data[:at], data_key=KEY)
    frames: list[JournalFrame] = []
    while at < len(data):
        for size in sizes:
            frames += opener.feed(data[at : at + size])
            at += size
    assert frames == [*FRAMES, CLOSED]


@st.composite
def heard(draw: st.DrawFn) -> dict[str, bytes]:
    """Some channels, all of one length."""
    length = draw(st.integers(1, 700))
    return {name: draw(st.binary(min_size=length, max_size=length)) for name in draw(st.sets(CHANNEL, min_size=1))}


@given(
    st.lists(
        st.one_of(
            st.builds(AudioBlock, st.integers(0, 2**63), heard()),
            st.builds(JournalEntry, st.dictionaries(st.text(), st.none() | st.integers() | st.text())),
            st.builds(Paused, st.integers(0, 2**63), st.text()),
            st.builds(Resumed, st.integers(0, 2**63)),
        )
    )
)
def test_any_frames_come_back(frames: list[JournalFrame]) -> None:
    assert read(b"".join(seal(tuple(frames))))[0] == frames


def test_every_truncation_of_a_closed_file_is_noticed_and_the_rest_opens() -> None:
    parts = seal((*FRAMES, CLOSED))
    data = b"".join(parts)
    for length in range(len(parts[0]), len(data)):
        frames, ending = read(data[:length])
        assert ending is Ending.CRASHED
        assert frames == list(FRAMES[: len(frames)])
        whole = sum(len(b"".join(parts[: n + 2])) <= length for n in range(len(FRAMES)))
        assert len(frames) == whole


def test_a_file_cut_in_its_header_says_that_nothing_was_recorded() -> None:
    preamble = seal(())[0]
    for length in range(len(MAGIC), len(preamble)):
        with pytest.raises(SealError, match="incomplete"):
            read(preamble[:length])


@pytest.mark.parametrize("closed", [True, False])
def test_every_flipped_bit_is_an_error(closed: bool) -> None:
    data = b"".join(seal((*FRAMES, CLOSED) if closed else FRAMES))
    for position in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[position // 8] ^= 1 << position % 8
        with pytest.raises(SealError):
            read(bytes(flipped))


def test_a_dropped_repeated_or_moved_frame_is_an_error() -> None:
    parts = seal((*FRAMES, CLOSED))
    for n in range(1, len(parts) - 1):
        dropped = parts[:n] + parts[n + 1 :]
        repeated = [*parts[:n], parts[n], *parts[n:]]
        moved = [*parts[:n], parts[n + 1], parts[n], *parts[n + 2 :]]
        for altered in (dropped, repeated, moved):
            with pytest.raises(SealError):
                read(b"".join(altered))


def test_a_frame_of_another_call_is_an_error_even_under_the_same_key() -> None:
    other = JournalHeader("call-2", "20260102-call-2", 1767312000.5, "kek-1", b"wrapped key")
    ours, theirs = seal((*FRAMES, CLOSED)), seal((*FRAMES, CLOSED), header=other)
    for n in range(1, len(ours)):
        with pytest.raises(SealError):
            read(b"".join([*ours[:n], theirs[n], *ours[n + 1 :]]))


def test_another_calls_header_before_these_frames_is_an_error() -> None:
    other = JournalHeader("call-2", "20260102-call-2", 1767312000.5, "kek-1", b"wrapped key")
    with pytest.raises(SealError):
        read(b"".join([seal((), header=other)[0], *seal(FRAMES)[1:]]))


def test_a_wrong_key_is_named_as_such() -> None:
    with pytest.raises(SealError, match="not its key"):
        read(b"".join(seal(FRAMES)), key=bytes(32))


def test_bytes_after_the_closing_frame_are_an_error() -> None:
    with pytest.raises(SealError, match="closing frame"):
        read(b"".join(seal((*FRAMES, CLOSED))) + b"\x00")


def test_nothing_can_be_sealed_after_the_closing_frame() -> None:
    sealer = JournalSealer(HEADER, data_key=KEY, salt=SALT)
    sealer.seal(CLOSED)
    with pytest.raises(BugError):
        sealer.seal(FRAMES[0])


@pytest.mark.parametrize("zeros", [1, 13, 4096])
def test_zeros_that_a_power_loss_leaves_behind_are_a_crash_not_an_attack(zeros: int) -> None:
    parts = seal(FRAMES)
    assert read(b"".join(parts) + bytes(zeros)) == (list(FRAMES), Ending.CRASHED)
    torn = parts[-1][: len(parts[-1]) // 2]
    rest = len(parts[-1]) - len(torn)
    assert read(b"".join(parts[:-1]) + torn + bytes(rest + zeros)) == (list(FRAMES[:-1]), Ending.CRASHED)


def test_zeros_in_the_middle_are_an_error() -> None:
    parts = seal(FRAMES)
    with pytest.raises(SealError, match="frame 2"):
        read(b"".join([*parts[:3], bytes(len(parts[3])), *parts[4:]]))


def test_damage_leaves_what_stands_before_it_readable() -> None:
    parts = seal(FRAMES)
    opener = JournalOpener(b"".join(parts[:4]), data_key=KEY)
    assert list(opener.feed()) == list(FRAMES[:3])
    with pytest.raises(SealError, match="frame 3"):
        list(opener.feed(b"\xff" * 60))


def test_a_key_of_another_size_is_refused() -> None:
    with pytest.raises(SealError, match="32 bytes"):
        seal((), key=bytes(16))


@pytest.mark.parametrize(
    "channels",
    [{}, {"nobody.in": b"12"}, {"caller.in": b""}, {"caller.in": b"12", "caller.out": b"1234"}],
    ids=["none", "unknown", "empty", "of two lengths"],
)
def test_a_block_without_sound_channels_is_a_bug(channels: dict[str, bytes]) -> None:
    with pytest.raises(BugError):
        seal((AudioBlock(0, channels),))


@pytest.mark.parametrize("body", [b"\0\0", b"\0\0" + bytes(4), b"\x81\0" + bytes(4), b"\0\1", b"\0\3" + bytes(5)])
def test_a_block_that_no_recorder_writes_is_an_error_though_it_authenticates(body: bytes) -> None:
    with pytest.raises(ValueError, match="channels"):
        decode(Kind.AUDIO, bytes(8) + body)


def test_a_frame_too_long_is_refused() -> None:
    with pytest.raises(SealError):
        seal((AudioBlock(0, {"caller.in": bytes(1 << 20)}),))


def test_no_clear_audio_and_no_clear_entry_is_in_the_file() -> None:
    marker = b"marker-in-the-audio!" * 4
    data = b"".join(seal((AudioBlock(0, {"caller.in": marker}), JournalEntry({"text": "the caller's words"}), CLOSED)))
    assert b"marker" not in data
    assert b"words" not in data


def test_the_file_is_what_the_formats_page_says_byte_by_byte() -> None:
    """An independent writer, from docs/formats.md: if this changes, old recordings no longer open."""
    header = json.dumps(
        {
            "call_id": "call-1",
            "kek_id": "kek-1",
            "recording_id": "20260102-call-1",
            "started_at": 1767312000.5,
            "wrapped": b"wrapped key".hex(),
        },
        separators=(",", ":"),
    ).encode()
    okm = hkdf_expand_sha512(KEY, b"ivr-journal/2 AEAD_AES_256_GCM\x00" + SALT + header, 32 + 12 + 32 + 32)
    key, base, head_key, commitment = okm[:32], okm[32:44], okm[44:76], okm[76:]
    expected = b"ivr-journal/2\n" + struct.pack(">H", len(header)) + header + SALT + commitment
    plains = [
        (1, struct.pack(">QH", 480, 0b110) + b"\x01\x02" * 80 + b"\x03\x04" * 80),
        (2, b'{"now":0.02}'),
        (3, b'{"reason":"secret","sample":640}'),
        (4, b'{"sample":800}'),
        (5, b'{"ended":true}'),
    ]
    for counter, (kind, plain) in enumerate(plains):
        head = struct.pack(">IB", len(plain) + 16, kind)
        head += aes_gcm(head_key, counter.to_bytes(12, "big"), b"", head)[:8]
        nonce = (int.from_bytes(base, "big") ^ counter).to_bytes(12, "big")
        expected += head + aes_gcm(key, nonce, plain, head)
    ours = seal(
        (
            AudioBlock(480, {"caller.out": b"\x01\x02" * 80, "agent.in": b"\x03\x04" * 80}),
            JournalEntry({"now": 0.02}),
            Paused(640, "secret"),
            Resumed(800),
            Closed({"ended": True}),
        )
    )
    assert b"".join(ours) == expected
    assert hashlib.sha256(expected).hexdigest() == "c331e5d031c8ca95a411771682b570882a356ae9c58915d7f43a77130305c2aa"
