"""A receipt, a checkpoint, a key, altered in every place: each is refused, or means the same to the last word."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.apps import verify_receipt
from ivr.apps.verify_receipt import MistypedKey, NotGenuine, check
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.merkle import leaf_hash, node_hash
from ivr.core.audit.note import MAX_SIGNATURES, Checkpoint, Signer, VerifierKey, verify_note
from ivr.core.audit.receipt import canonical, commitment, make_receipt
from ivr.core.call.record import CallRecord
from ivr.core.call.statement import statement
from ivr.core.orders.evidence import CallOutcome
from ivr.errors import SealError

BANK = Signer("bank.example/ivr", bytes(32))
KEY = str(BANK.verifier)
INDEX, SIZE = 70, 107
WITNESS = Signer("witness.example", bytes([7]) * 32)
SAID = statement(
    CallRecord(
        "093012-c0ffee", 1.7e9, 1.7e9, 1.7e9 + 60, caller="+85212345678", called="2000", dialplan="wealth@1",
        outcome=CallOutcome.COMPLETED, recording_id="20261121-093012-c0ffee",
    ),
    samples=480_000, pauses=(),
)  # fmt: skip
SALT = bytes(range(32))
ENTRY = AuditEntry(
    1.7e9 + 90, "keeper", "recording.sealed", "20261121-093012-c0ffee",
    details={"sha256": "ab" * 32, "statement": commitment(SAID, SALT)},
).encode()  # fmt: skip


def path_and_root() -> tuple[list[bytes], bytes]:
    """A proof for entry 70 of 107, over siblings of our choice (RFC 9162 2.1.3.2)."""
    proof: list[bytes] = []
    at, last, found = INDEX, SIZE - 1, leaf_hash(ENTRY)
    while last:
        sibling = bytes([len(proof) + 1]) * 32
        proof.append(sibling)
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    return proof, found


PROOF, ROOT = path_and_root()
TEXT = str(Checkpoint(BANK.name, SIZE, ROOT))


def receipt(signed: str = "", content: bytes = b"") -> str:
    """The genuine one, or one over another checkpoint or with another content."""
    made = make_receipt(ENTRY, INDEX, PROOF, signed or BANK.sign(TEXT), statement=SAID, salt=SALT)
    if content:
        packed = base64.b64encode(zlib.compress(content, 9)).decode()
        made = "\n".join(f"extra {packed}" if line.startswith("extra ") else line for line in made.split("\n"))
    return made


GENUINE = receipt()
PROVED = check(GENUINE, KEY)


def refused(altered: str, key: str = KEY) -> bool:
    """Whether it is; what is not must prove the same to the last word."""
    try:
        assert check(altered, key) == PROVED
    except NotGenuine:
        return True
    return False


def mutations(text: str) -> Iterator[tuple[int, str]]:
    """Each character deleted, doubled, replaced, exchanged, things put before it; each line likewise."""
    added = (
        "\n",
        "\r",
        "\r\n",
        "\0",
        "\t",
        " ",
        "\u00a0",
        "\u2028",
        "\x85",
        "0",
        "A",
        "=",
        "+",
        "-",
        "\u0661",
        "\ufeff",
        "\x1b",
    )
    for at, char in enumerate(text):
        yield at, text[:at] + text[at + 1 :]
        yield at, text[:at] + char + text[at:]
        if at + 1 < len(text) and text[at + 1] != char:
            yield at, text[:at] + text[at + 1] + char + text[at + 2 :]
        for other in ("A", "B", "0", "/", "\n", " ", "=", char.swapcase(), chr(ord(char) ^ 1)):
            if other != char:
                yield at, text[:at] + other + text[at + 1 :]
        for other in added:
            yield at, text[:at] + other + text[at:]
    for other in added:
        yield len(text), text + other
    lines, at = text.split("\n"), 0
    for n, line in enumerate(lines):
        yield at, "\n".join(lines[:n] + lines[n + 1 :])
        yield at, "\n".join([*lines[: n + 1], *lines[n:]])
        yield at, "\n".join([*lines[:n], "a line between", *lines[n:]])
        yield at, "\n".join(lines[:n]) + "\r\n" + "\n".join(lines[n:])
        at += len(line) + 1


def test_no_altered_character_or_line_of_a_receipt_goes_unseen() -> None:
    """All that may change is how the same content is compressed: a few characters of the line `extra`."""
    lines = GENUINE.split("\n")
    compressed = range(len(lines[0]) + 1, len(lines[0]) + 1 + len(lines[1]))
    unseen = [at for at, altered in mutations(GENUINE) if altered != GENUINE and not refused(altered)]
    assert all(at in compressed for at in unseen)
    assert len(unseen) <= 12, "beyond the few bits of a zlib stream that mean nothing"


def test_no_altered_character_of_a_note_goes_unseen() -> None:
    note = BANK.sign(TEXT)
    for _, altered in mutations(note):
        if altered != note:
            with pytest.raises(SealError):
                Checkpoint.parse(verify_note(altered, BANK.verifier))


@pytest.mark.parametrize("end", ["\r\n", "\r", "\u2028", "\x85", "\x0b", "\n\n", " \n"])
def test_other_line_ends_are_refused(end: str) -> None:
    assert refused(GENUINE.replace("\n", end))


@pytest.mark.parametrize(
    "number",
    ["+70", "070", "70 ", " 70", "7_0", "\uff17\uff10", "\u0667\u0660", "70.0", "0x46", "1e1", "-37", "177", ""],
)
def test_an_index_has_one_spelling(number: str) -> None:
    assert refused(GENUINE.replace("index 70\n", f"index {number}\n"))


@pytest.mark.parametrize(
    "size", ["-1", "0", "+107", "0107", "\uff11\uff10\uff17", str(1 << 63), str(1 << 64), "9" * 500, "1_07", ""]
)
def test_a_size_has_one_spelling_also_where_the_bank_signed_another(size: str) -> None:
    signed = BANK.sign(TEXT.replace("\n107\n", f"\n{size}\n"))
    assert refused(receipt(signed))
    if size != "0":
        with pytest.raises(SealError):
            Checkpoint.parse(verify_note(signed, BANK.verifier))


def test_a_signed_size_of_zero_is_a_checkpoint_and_proves_no_entry() -> None:
    assert Checkpoint.parse(TEXT.replace("\n107\n", "\n0\n")).size == 0


def respelt(text: str) -> Iterator[str]:
    """The same octets by other base64: each padded word of the text with other spare bits."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    lines = text.split("\n")
    for n, line in enumerate(lines):
        head, _, last = line.rpartition(" ")
        if not last.endswith("="):
            continue
        body, padding = last.rstrip("="), len(last) - len(last.rstrip("="))
        for bits in range(1, 4 if padding == 1 else 16):
            odd = body[:-1] + alphabet[alphabet.index(body[-1]) | bits] + "=" * padding
            assert base64.b64decode(odd) == base64.b64decode(last)
            yield "\n".join([*lines[:n], f"{head} {odd}".strip(), *lines[n + 1 :]])


def test_base64_has_one_spelling() -> None:
    receipts = list(respelt(GENUINE))
    assert len(receipts) > 10
    assert all(map(refused, receipts))


def test_base64_has_one_spelling_where_the_engine_itself_reads_a_note() -> None:
    notes, roots = list(respelt(BANK.sign(TEXT))), list(respelt(TEXT))
    assert len(notes) > len(roots) > 0
    for note in notes:
        with pytest.raises(SealError):
            verify_note(note, BANK.verifier)
    for text in roots:
        with pytest.raises(SealError):
            Checkpoint.parse(text)


@pytest.mark.parametrize(
    "content",
    [
        canonical({"entry": ENTRY.decode(), "statement": SAID, "salt": SALT.hex(), "verdict": "approved"}),
        canonical({"entry": ENTRY.decode(), "statement": SAID, "salt": SALT.hex().upper()}),
        canonical({"entry": ENTRY.decode(), "statement": SAID, "salt": SALT.hex()}) + b" ",
        canonical({"entry": ENTRY.decode(), "statement": SAID, "salt": SALT.hex()}).replace(b":", b": ", 1),
        canonical({"entry": ENTRY.decode(), "statement": SAID, "salt": SALT.hex()})[:-1] + b',"salt":"00"}',
        canonical({"entry": " " + ENTRY.decode(), "statement": SAID, "salt": SALT.hex()}),
        canonical({"entry": ENTRY.decode(), "statement": {**SAID, "outcome": "failed"}, "salt": SALT.hex()}),
        b'{"entry":"x","statement":{},"salt":""}', b"[]", b"1", b"\xff", b"[" * 60_000,
    ],
    ids=[
        "more", "capitals", "space", "spaces", "twice", "other entry", "other words", "empty", "list", "number",
        "bytes", "deep",
    ],
)  # fmt: skip
def test_its_content_has_one_spelling(content: bytes) -> None:
    assert refused(receipt(content=content))


def test_what_stands_behind_the_content_or_never_ends_is_refused() -> None:
    plain = canonical({"entry": ENTRY.decode(), "statement": SAID, "salt": SALT.hex()})
    for packed in (zlib.compress(plain) + b"more", zlib.compress(plain)[:-1], zlib.compress(plain + bytes(1 << 20))):
        lines = GENUINE.split("\n")
        lines[1] = f"extra {base64.b64encode(packed).decode()}"
        assert refused("\n".join(lines))


# --- what the formats allow -----------------------------------------------------------------------------------------


def test_extension_lines_and_witnesses_are_allowed_and_change_nothing() -> None:
    extended = TEXT + "any words that the log adds\n"
    signed = BANK.sign(extended)
    assert check(receipt(signed), KEY) == PROVED
    assert Checkpoint.parse(verify_note(signed, BANK.verifier)).extensions == ("any words that the log adds",)
    assert str(Checkpoint.parse(extended)) == extended
    witnessed = BANK.sign(TEXT) + WITNESS.sign(TEXT).removeprefix(TEXT + "\n")
    assert check(receipt(witnessed), KEY) == PROVED
    assert verify_note(witnessed, WITNESS.verifier) == TEXT
    forged = "\u2014 witness.example " + base64.b64encode(os.urandom(68)).decode() + "\n"
    assert check(receipt(BANK.sign(TEXT) + forged), KEY) == PROVED, "unknown to us, so it is passed over"


def test_an_extension_line_is_never_empty() -> None:
    assert refused(receipt(BANK.sign(TEXT + "\nmore\n")))
    with pytest.raises(SealError):
        Checkpoint.parse(TEXT + "\nmore\n")


def test_sixteen_signatures_are_taken_and_a_crowd_is_not() -> None:
    note = BANK.sign(TEXT)
    other = "\u2014 w%d.example AAAAAAA=\n"
    sixteen = note + "".join(other % n for n in range(MAX_SIGNATURES - 1))
    assert verify_note(sixteen, BANK.verifier) == TEXT
    assert check(receipt(sixteen), KEY) == PROVED
    assert refused(receipt(sixteen + other % 99))
    with pytest.raises(SealError, match="more than 16"):
        verify_note(sixteen + other % 99, BANK.verifier)


@pytest.mark.parametrize(
    "line",
    [
        "words",
        "\u2014 name",
        "- w.example AAAAAAA=",
        "\u2014 a b AAAAAAA=",
        "\u2014 a+b AAAAAAA=",
        "\u2014  AAAAAAA=",
        "\u2014 w.example AAAA",
        "\u2014 w.example !",
        "\u2014 w\u00a0x AAAAAAA=",
        "",
    ],
)
def test_nothing_but_signatures_stands_among_the_signatures(line: str) -> None:
    note = BANK.sign(TEXT)
    text, signature = note.split("\n\n")
    for altered in (f"{note}{line}\n", f"{text}\n\n{line}\n{signature}"):
        assert refused(receipt(altered))
        with pytest.raises(SealError):
            verify_note(altered, BANK.verifier)


def test_the_bank_signs_once() -> None:
    note = BANK.sign(TEXT)
    twice = note + note.split("\n\n")[1]
    assert refused(receipt(twice))
    with pytest.raises(SealError, match="several times"):
        verify_note(twice, BANK.verifier)


# --- keys -----------------------------------------------------------------------------------------------------------


def test_a_mistyped_key_is_said_to_be_mistyped_and_the_receipt_is_left_alone() -> None:
    for at in range(len(KEY)):
        for altered in (KEY[:at] + KEY[at + 1 :], KEY[:at] + KEY[at] + KEY[at:], KEY[:at] + "x" + KEY[at + 1 :]):
            if altered != KEY:
                with pytest.raises(MistypedKey):
                    check(GENUINE, altered)
                with pytest.raises(SealError):
                    VerifierKey.parse(altered)


def test_a_verifiers_name_has_no_space_of_any_script() -> None:
    for name in ("two words", "no\u00a0break", "wide\u3000space", "tab\tbed", "bell\x07", ""):
        key = str(VerifierKey(name, BANK.verifier.public))
        with pytest.raises(MistypedKey):
            check(GENUINE, key)
        with pytest.raises(SealError):
            VerifierKey.parse(key)


def test_the_program_for_customers_says_which_of_the_two_is_wrong(tmp_path: Path) -> None:
    def run(data: bytes, key: str) -> tuple[int, str]:
        (tmp_path / "receipt.txt").write_bytes(data)
        command = [sys.executable, verify_receipt.__file__, str(tmp_path / "receipt.txt"), "--key", key]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        return done.returncode, done.stdout + done.stderr

    genuine = run(GENUINE.encode(), KEY)
    assert genuine[0] == 0
    assert genuine[1].startswith("GENUINE")
    code, said = run(GENUINE.encode(), KEY.replace("bank", "bonk"))
    assert code == 2
    assert "mistyped" in said
    assert "GENUINE" not in said
    code, said = run(GENUINE.replace("\n", "\r\n").encode(), KEY)
    assert code == 1
    assert "line ends of another system" in said
    assert run(b"\xff\xfe", KEY)[0] == 1
