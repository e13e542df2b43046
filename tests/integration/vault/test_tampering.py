"""Whoever can write the files can cut, alter and swap them; whoever opens them is told.

The counts here are small; `make chaos` has every truncation and 100,000 changes.
"""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from ivr.adapters.files.recordings.store import RecordingFiles
from ivr.core.call.recording import OpenedRecording
from ivr.core.media.frame import FRAME_SAMPLES
from ivr.core.vault.journal import Ending, parse_preamble
from ivr.engine.cell.recorder import Recorder
from ivr.errors import IvrError
from ivr.testing.fake_stores import MemoryKeyStore
from tests.integration.vault.sealing import compactor_of

CALLS = ("first", "second", "third")
SEALED_CHUNK = 16384 + 16
ARCHIVE_HEADER = 24 + 32


class Shelf:
    """Three calls, each as a journal and in its long-term form."""

    def __init__(self, directory: Path) -> None:
        keys = MemoryKeyStore()
        rng = np.random.default_rng(5)
        for call in CALLS:
            for form in ("journals", "archives"):
                recorder = Recorder(
                    directory / form, keys.issue(), call_id=call, started_at=1767312000.0,
                    on_failure=lambda reason: pytest.fail(reason), min_free_bytes=0,
                )  # fmt: skip
                for tick in range(45):
                    noise = rng.integers(-9000, 9000, (2, FRAME_SAMPLES), dtype=np.int16)
                    recorder.audio(
                        tick * FRAME_SAMPLES, {"caller.in": noise[0].tobytes(), "caller.out": noise[1].tobytes()}
                    )
                    if tick == 20:
                        recorder.event({"text": "buy a fund"})
                recorder.close({"ended": True})
        self.journals = RecordingFiles(directory / "journals", keys)
        self.archives = RecordingFiles(directory / "archives", keys)
        list(compactor_of(self.archives, keys).run(lambda where, reason: pytest.fail(reason)))

    def file(self, call: str, suffix: str) -> Path:
        """One of the files."""
        return Path((self.journals if suffix == ".ivrj" else self.archives).find(call).where).with_suffix(suffix)

    def open(self, call: str, suffix: str) -> OpenedRecording:
        """The recording that the file is part of."""
        return (self.journals if suffix == ".ivrj" else self.archives).open(call)

    def refuses(self, call: str, suffix: str) -> bool:
        """Whether opening tells that something is wrong."""
        try:
            self.open(call, suffix)
        except IvrError:
            return True
        return False


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("shelf"))


def test_unaltered_they_open(shelf: Shelf) -> None:
    """Or nothing below would prove anything."""
    for call in CALLS:
        assert shelf.open(call, ".ivrj").ending is Ending.CLOSED
        assert shelf.open(call, ".ivra").ending is Ending.CLOSED


# --- cut ------------------------------------------------------------------------------------------------------------


def truncations(shelf: Shelf, step: int) -> None:
    """Cut both forms at every `step`th length and around every border between frames and chunks."""
    for suffix in (".ivrj", ".ivra"):
        path = shelf.file("first", suffix)
        whole = path.read_bytes()
        borders = [sum(pieces(whole, suffix)[0:n], 0) for n in range(len(pieces(whole, suffix)))]
        near = {at + off for at in borders for off in (-1, 0, 1)} | {len(whole) - 1}
        try:
            for length in sorted(set(range(0, len(whole), step)) | {at for at in near if 0 <= at < len(whole)}):
                path.write_bytes(whole[:length])
                if suffix == ".ivra":
                    assert shelf.refuses("first", suffix), f"cut at {length} of {len(whole)}"
                elif not shelf.refuses("first", suffix):
                    # A cut journal looks like a crash, and says so; that the call was closed stands in the audit log.
                    assert shelf.open("first", suffix).ending is Ending.CRASHED, f"cut at {length} of {len(whole)}"
        finally:
            path.write_bytes(whole)


def pieces(data: bytes, suffix: str) -> list[int]:
    """Lengths of what a file is made of: its header, then its frames or chunks."""
    if suffix == ".ivra":
        body = len(data) - ARCHIVE_HEADER
        return [ARCHIVE_HEADER, *[SEALED_CHUNK] * (body // SEALED_CHUNK), body % SEALED_CHUNK]
    sizes = [parse_preamble(data)[1]]
    at = sizes[0]
    while at < len(data):
        sizes.append(4 + 1 + 8 + int.from_bytes(data[at : at + 4], "big"))
        at += sizes[-1]
    return sizes


def test_a_cut_is_noticed(shelf: Shelf) -> None:
    truncations(shelf, step=997)


@pytest.mark.chaos
def test_a_cut_at_every_single_byte_is_noticed(shelf: Shelf) -> None:
    truncations(shelf, step=1)


# --- altered --------------------------------------------------------------------------------------------------------


def flips(shelf: Shelf, count: int, seed: int) -> None:
    """Turn one bit of a journal or a long-term file over, open, turn it back."""
    rng = random.Random(seed)
    for _ in range(count):
        call, suffix = rng.choice(CALLS), rng.choice((".ivrj", ".ivra"))
        path = shelf.file(call, suffix)
        at, bit = rng.randrange(path.stat().st_size), 1 << rng.randrange(8)
        with path.open("r+b", buffering=0) as file:
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ bit]))
            try:
                assert shelf.refuses(call, suffix), f"bit {bit} of byte {at} of {path.name}"
            finally:
                file.seek(at)
                file.write(bytes([byte]))


def swaps(shelf: Shelf, count: int, seed: int) -> None:
    """Put a frame or chunk of one call in the place of another's, or of another of its own."""
    rng = random.Random(seed)
    for _ in range(count):
        suffix = rng.choice((".ivrj", ".ivra"))
        ours, theirs = rng.choice(CALLS), rng.choice(CALLS)
        path = shelf.file(ours, suffix)
        whole, other = path.read_bytes(), shelf.file(theirs, suffix).read_bytes()
        own, foreign = parts(whole, suffix), parts(other, suffix)
        place, source = rng.randrange(len(own)), rng.randrange(len(foreign))
        altered = b"".join([*own[:place], foreign[source], *own[place + 1 :]])
        if altered == whole:
            continue
        path.write_bytes(altered)
        try:
            assert shelf.refuses(ours, suffix), f"piece {place} of {path.name} is now piece {source} of {theirs}"
        finally:
            path.write_bytes(whole)


def parts(data: bytes, suffix: str) -> list[bytes]:
    found, at = [], 0
    for size in pieces(data, suffix):
        found.append(data[at : at + size])
        at += size
    return [part for part in found if part]


def test_a_bit_that_was_turned_over_is_noticed(shelf: Shelf) -> None:
    flips(shelf, 400, seed=1)


def test_a_piece_of_another_call_or_another_place_is_noticed(shelf: Shelf) -> None:
    swaps(shelf, 150, seed=2)


@pytest.mark.chaos
@pytest.mark.parametrize("seed", range(9))
def test_of_ninety_thousand_turned_bits_every_one_is_noticed(shelf: Shelf, seed: int) -> None:
    flips(shelf, 10_000, seed=100 + seed)


@pytest.mark.chaos
def test_of_ten_thousand_swapped_pieces_every_one_is_noticed(shelf: Shelf) -> None:
    swaps(shelf, 10_000, seed=3)


def test_a_turned_bit_in_a_key_file_opens_nothing_else(shelf: Shelf) -> None:
    """A letter's case in its hexadecimal digits means nothing; every other change is an error."""
    path = shelf.file("first", ".ivrk")
    whole, before = path.read_bytes(), shelf.open("first", ".ivra")
    try:
        refused = 0
        for at in range(len(whole)):
            altered = bytearray(whole)
            altered[at] ^= 1 << at % 8
            path.write_bytes(altered)
            if shelf.refuses("first", ".ivra"):
                refused += 1
            else:
                assert shelf.open("first", ".ivra") == before
        assert refused > len(whole) // 2
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize("suffixes", [(".ivrj",), (".ivra",), (".ivrk",), (".ivra", ".ivrk")])
def test_a_whole_file_of_another_call_is_noticed(shelf: Shelf, suffixes: tuple[str, ...], tmp_path: Path) -> None:
    ours, theirs = ([shelf.file(call, suffix) for suffix in suffixes] for call in ("first", "second"))
    kept = [shutil.copy(path, tmp_path / path.name) for path in ours]
    try:
        for path, other in zip(ours, theirs, strict=True):
            shutil.copy(other, path)
        assert shelf.refuses("first", suffixes[0] if suffixes[0] != ".ivrk" else ".ivra")
    finally:
        for path, copy in zip(ours, kept, strict=True):
            shutil.copy(copy, path)
