"""Signed notes read by others: the vectors of the specification, and every alteration noticed."""

from __future__ import annotations

import pytest

from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.note import Checkpoint, Signer, VerifierKey, verify_note
from ivr.core.audit.tiles import bundled, pack_bundle, tile_path, tile_width, unpack_bundle
from ivr.errors import BugError, SealError

SIGNER = Signer("ivr-audit-test", bytes(range(32)))
TEXT = "ivr-audit-test\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"

# Go's golang.org/x/mod/sumdb/note prints this note and its keys in its documentation.
PETER_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_a_note_that_go_signed_is_read() -> None:
    text = verify_note(PETER_NOTE, VerifierKey.parse(PETER_KEY))
    assert text.endswith("what your problem is.\n")


def test_a_key_is_written_as_go_writes_it() -> None:
    assert str(VerifierKey.parse(PETER_KEY)) == PETER_KEY


def test_what_we_sign_verifies() -> None:
    assert verify_note(SIGNER.sign(TEXT), SIGNER.verifier) == TEXT
    assert VerifierKey.parse(str(SIGNER.verifier)) == SIGNER.verifier


def test_every_altered_byte_is_an_error() -> None:
    note = SIGNER.sign(TEXT).encode()
    for at in range(len(note)):
        altered = bytearray(note)
        altered[at] ^= 1
        with pytest.raises((SealError, UnicodeDecodeError)):
            verify_note(altered.decode(), SIGNER.verifier)


def test_another_key_of_the_same_name_is_not_believed() -> None:
    with pytest.raises(SealError, match="not signed by"):
        verify_note(SIGNER.sign(TEXT), Signer("ivr-audit-test", bytes(32)).verifier)


def test_signatures_of_others_may_stand_beside_ours() -> None:
    ours, witness = SIGNER.sign(TEXT), Signer("witness", bytes(32)).sign(TEXT)
    both = ours + witness.rpartition("\n\n")[2]
    assert verify_note(both, SIGNER.verifier) == TEXT
    with pytest.raises(SealError):
        verify_note(witness, SIGNER.verifier)


@pytest.mark.parametrize("note", ["", "text\n", "text\n\n", "text\n\nnot a signature\n", "text\n\n— name !!\n"])
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(SealError):
        verify_note(note, SIGNER.verifier)


@pytest.mark.parametrize("line", ["", "name", "name+00000000+AA==", PETER_KEY.replace("c74f", "c74e"), "a+b+!"])
def test_what_is_no_key_is_refused(line: str) -> None:
    with pytest.raises(SealError):
        VerifierKey.parse(line)


def test_a_name_that_breaks_the_format_is_a_bug() -> None:
    with pytest.raises(BugError):
        Signer("two words", bytes(32))
    with pytest.raises(BugError):
        SIGNER.sign("no end of line")


def test_a_checkpoint_comes_back() -> None:
    checkpoint = Checkpoint("ivr-audit-test", 5, bytes(32))
    assert str(checkpoint) == TEXT
    assert Checkpoint.parse(TEXT) == checkpoint


@pytest.mark.parametrize(
    "text", ["", "a\n1\n", "a\nx\nAAAA\n", "a\n05\n" + TEXT.split("\n")[2] + "\n", TEXT + "\n", "a\n1\nAAAA\n"]
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(SealError):
        Checkpoint.parse(text)


def test_tiles_lie_where_the_specification_says() -> None:
    assert tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert tile_path(3, 5, 17) == "tile/3/005.p/17"
    assert tile_path("entries", 0, 1) == "tile/entries/000.p/1"
    assert [tile_width(70_000, level, 0) for level in (0, 1, 2, 3)] == [256, 256, 1, 0]
    assert tile_width(70_000, 0, 273) == 70_000 - 273 * 256


def test_bundles_come_back_and_a_cut_one_is_refused() -> None:
    entries = [b"", b"a", b"x" * 65535]
    packed = pack_bundle(entries)
    assert unpack_bundle(packed) == entries
    assert bundled(packed) == len(entries)
    for length in (1, 3, 4, len(packed) - 1):
        for read in (unpack_bundle, bundled):
            with pytest.raises(SealError):
                read(packed[:length])
    with pytest.raises(BugError):
        pack_bundle([b"x" * 65536])


def test_an_entry_comes_back_and_what_is_none_is_refused() -> None:
    entry = AuditEntry(1.5, "os:alice", "recording.opened", "call-1", "denied", "投诉", {"via": "cli"})
    assert AuditEntry.decode(entry.encode()) == entry
    for raw in (b"", b"[]", b"{}", b'{"at":1}', b"\xff"):
        with pytest.raises(SealError):
            AuditEntry.decode(raw)
