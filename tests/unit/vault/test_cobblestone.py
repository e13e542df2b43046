"""Long-term files: what other implementations write and read, and every change noticed."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.core.vault.cobblestone import CHUNK_BYTES, HEADER_BYTES, CobblestoneReader, seal_chunks
from ivr.errors import BugError, SealError
from tests.unit.vault.independent import cobblestone_256

KEY = bytes(range(32))
SALT = bytes(range(200, 224))
CONTEXT = b"ivr-recording/1 20260102-call-1"
SEALED_CHUNK = CHUNK_BYTES + 16
SIZES = (0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 40_000)


def pattern(size: int) -> bytes:
    return (b"".join(hashlib.sha256(str(n).encode()).digest() for n in range(size // 32 + 1)))[:size]


def seal(plain: bytes, *, key: bytes = KEY, salt: bytes = SALT, context: bytes = CONTEXT) -> bytes:
    return b"".join(seal_chunks([plain], key=key, salt=salt, context=context))


def reader(file: bytes, *, key: bytes = KEY, context: bytes = CONTEXT) -> CobblestoneReader:
    return CobblestoneReader(lambda offset, size: file[offset : offset + size], key=key, context=context)


def read(file: bytes) -> bytes:
    return b"".join(reader(file).chunks())


@pytest.mark.parametrize("size", SIZES)
def test_the_file_is_the_one_that_an_independent_writer_makes(size: int) -> None:
    assert seal(pattern(size)) == cobblestone_256(pattern(size), key=KEY, salt=SALT, context=CONTEXT)


@pytest.mark.parametrize(
    ("size", "digest"),
    [
        (0, "409542d062f838d05b2f446d7906d5a90d1aa4e548460ca9c8c16a70735de98b"),
        (40_000, "bf2ffcdb45874046396f19fbda72d90ecfa39cc74841b491e63423fbd29ef33f"),
    ],
)
def test_the_file_stays_what_it_was_in_the_first_version(size: int, digest: str) -> None:
    assert hashlib.sha256(seal(pattern(size))).hexdigest() == digest


@pytest.mark.parametrize("size", SIZES)
def test_it_opens_and_tells_its_size(size: int) -> None:
    file = seal(pattern(size))
    assert read(file) == pattern(size)
    assert reader(file).size(len(file)) == size


@given(st.lists(st.integers(0, 20_000), max_size=6))
@settings(max_examples=25)
def test_pieces_of_any_size_make_the_same_file(sizes: list[int]) -> None:
    plain = pattern(sum(sizes))
    pieces, at = [], 0
    for size in sizes:
        pieces.append(plain[at : at + size])
        at += size
    assert b"".join(seal_chunks(pieces, key=KEY, salt=SALT, context=CONTEXT)) == seal(plain)


@given(st.integers(0, 41_000), st.integers(0, 41_000))
@settings(max_examples=40)
def test_any_slice_is_that_of_the_plaintext(start: int, size: int) -> None:
    if start <= 40_000:
        assert reader(seal(pattern(40_000))).slice(start, size) == pattern(40_000)[start : start + size]


def test_a_slice_reads_only_the_chunks_it_needs() -> None:
    file = seal(pattern(20 * CHUNK_BYTES))
    reads: list[tuple[int, int]] = []

    def spy(offset: int, size: int) -> bytes:
        reads.append((offset, size))
        return file[offset : offset + size]

    CobblestoneReader(spy, key=KEY, context=CONTEXT).slice(10 * CHUNK_BYTES + 5, 100)
    assert reads == [(0, HEADER_BYTES), (HEADER_BYTES + 10 * SEALED_CHUNK, SEALED_CHUNK)]


@pytest.mark.parametrize("size", [0, 100, CHUNK_BYTES, 40_000])
def test_every_truncation_is_an_error(size: int) -> None:
    file = seal(pattern(size))
    borders = {HEADER_BYTES + n * SEALED_CHUNK + off for n in range(4) for off in range(-17, 18)}
    lengths = {n for n in borders if 0 <= n < len(file)} | set(range(0, len(file), 97)) | {len(file) - 1}
    for length in lengths:
        with pytest.raises(SealError):
            read(file[:length])
        with pytest.raises(SealError):
            reader(file[:length]).size(length)


def flips(count: int) -> Callable[[bytes], None]:
    rng = random.Random(7)

    def check(file: bytes) -> None:
        for _ in range(count):
            position = rng.randrange(len(file) * 8)
            flipped = bytearray(file)
            flipped[position // 8] ^= 1 << position % 8
            with pytest.raises(SealError):
                read(bytes(flipped))

    return check


def test_flipped_bits_are_errors() -> None:
    flips(1500)(seal(pattern(40_000)))


@pytest.mark.chaos
def test_a_hundred_thousand_flipped_bits_are_errors() -> None:
    flips(100_000)(seal(pattern(40_000)))


def test_chunks_swapped_repeated_dropped_or_of_another_call_are_errors() -> None:
    plain = pattern(4 * CHUNK_BYTES + 10)
    ours, theirs = seal(plain), seal(plain, context=b"ivr-recording/1 20260102-call-2")

    def chunks(file: bytes) -> list[bytes]:
        return [file[at : at + SEALED_CHUNK] for at in range(HEADER_BYTES, len(file), SEALED_CHUNK)]

    own, other = chunks(ours), chunks(theirs)
    for n in range(len(own) - 1):
        altered = (
            [*own[:n], own[n + 1], own[n], *own[n + 2 :]],
            [*own[: n + 1], own[n], *own[n + 1 :]],
            own[:n] + own[n + 1 :],
            [*own[:n], other[n], *own[n + 1 :]],
        )
        for order in altered:
            with pytest.raises(SealError):
                read(ours[:HEADER_BYTES] + b"".join(order))


def test_something_behind_the_last_chunk_is_an_error() -> None:
    file = seal(pattern(100))
    with pytest.raises(SealError):
        read(file + b"\x00")
    with pytest.raises(SealError):
        read(file + file[HEADER_BYTES:])


@pytest.mark.parametrize("size", [0, CHUNK_BYTES])
def test_another_key_or_context_is_refused_before_anything_is_opened(size: int) -> None:
    file = seal(pattern(size))
    with pytest.raises(SealError, match="not its key"):
        reader(file, key=bytes(32))
    with pytest.raises(SealError, match="not its key"):
        reader(file, context=b"another")
    with pytest.raises(SealError, match="32 bytes"):
        reader(file, key=bytes(16))


def test_a_short_salt_or_a_chunk_before_the_first_is_a_bug() -> None:
    with pytest.raises(BugError):
        list(seal_chunks([], key=KEY, salt=b"", context=b""))
    with pytest.raises(BugError):
        reader(seal(b"")).chunk(-1)
