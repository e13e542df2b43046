#!/usr/bin/env python3
"""Check a receipt of a call or a report, offline: python verify_receipt.py RECEIPT --key NAME+ID+KEY

A receipt proves that a recording with the stated disclosures, or a report with these figures, was in the bank's audit
log when the bank signed that log. KEY is the bank's public key, as the bank publishes it; without it anybody could have
signed. This file stands alone: it needs Python 3.9 or later and the package `cryptography`, and asks nobody.

A receipt has one spelling. Whatever differs from it in a byte is refused, but for two things that change nothing of
what is proved: signatures by others than the bank, and another compression of the same content.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
import zlib
from datetime import datetime, timezone
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MAX_BYTES = 4096
MAX_EXTRA_BYTES = 65536
MAX_SIGNATURES = 16
MAX_SIZE = (1 << 63) - 1
SAMPLE_RATE = 8000
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
NUMBER = re.compile(r"0|[1-9][0-9]*", re.ASCII)
CONTENT = {"entry", "salt", "statement"}


class NotGenuine(Exception):
    """The receipt does not hold, and why."""


class MistypedKey(Exception):
    """What was given as the bank's key is none: nothing is said of the receipt."""


def check(receipt: str, key: str) -> dict[str, object]:
    """The receipt's statement, if all of it holds. Raises NotGenuine, or MistypedKey."""
    name, key_id, public = _parse_key(key)
    try:
        if len(receipt.encode()) > MAX_BYTES:
            raise NotGenuine("it is longer than a receipt may be")
        if CONTROL.search(receipt):
            raise NotGenuine("it has control characters, or line ends of another system")
        proof, _, note = receipt.partition("\n\n")
        magic, extra, index, *path = proof.split("\n")
        if magic != "c2sp.org/tlog-proof@v1" or extra[:6] != "extra " or index[:6] != "index ":
            raise NotGenuine("it is not a receipt")
        content = _canonical_json(_inflate(_base64(extra[6:])))
        if set(content) != CONTENT or not re.fullmatch("[0-9a-f]{64}", content["salt"]):
            raise NotGenuine("it is damaged")
        entry, statement, salt = content["entry"].encode(), content["statement"], bytes.fromhex(content["salt"])
        size, root = _checkpoint(_signed_text(note, name, key_id, public), name)
        leaf = hashlib.sha256(b"\x00" + entry).digest()
        if _root_of(leaf, _number(index[6:]), size, [_hash(step) for step in path]) != root:
            raise NotGenuine("its entry is not in the log that was signed")
        logged = _canonical_json(entry)
        about = {"recording.sealed": "recording_id", "report.made": "report"}.get(logged["action"], "")
        if not about or about not in statement or logged["subject"] != statement[about].partition("@")[0]:
            raise NotGenuine("its log entry is about something else")
        if logged["details"]["statement"] != hashlib.sha256(salt + _canonical(statement)).hexdigest():
            raise NotGenuine("what it states is not what was logged")
        checked = {"statement": statement, "sealed_at": logged["at"], "sha256": logged["details"]["sha256"]}
        if about == "report" and checked["sha256"] != statement["figures_sha256"]:
            raise NotGenuine("what it states is not what was logged")
        checked["compared"] = ", ".join(logged["details"].get("compared", []))
        describe(checked)  # what cannot be told in full is not told at all
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, zlib.error) as error:
        raise NotGenuine("it is damaged") from error
    return checked


def _parse_key(key: str) -> tuple[str, bytes, bytes]:
    """Name, id and the 32 public bytes of a key NAME+ID+KEY (C2SP signed-note)."""
    try:
        name, key_id, public = key.strip().split("+", 2)
        raw = _base64(public)
        expected = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    except ValueError as error:
        raise MistypedKey("it reads NAME+ID+KEY, as 'ivr audit key' prints it") from error
    if raw[:1] != b"\x01" or len(raw) != 33 or expected.hex() != key_id or not _is_name(name):
        raise MistypedKey("its parts do not belong together: a character is missing, added or wrong")
    return name, expected, raw[1:]


def _inflate(data: bytes) -> bytes:
    stream = zlib.decompressobj()
    plain = stream.decompress(data, MAX_EXTRA_BYTES)
    if not stream.eof or stream.unused_data:
        raise NotGenuine("it is damaged")
    return plain


def _canonical_json(data: bytes) -> dict[str, Any]:
    """A JSON object that is written in the one way in which we write it."""
    parsed = json.loads(data)
    if not isinstance(parsed, dict) or _canonical(parsed) != data:
        raise NotGenuine("it is damaged")
    return parsed


def _canonical(data: dict[str, Any]) -> bytes:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _base64(text: str) -> bytes:
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise NotGenuine("it is damaged")
    return raw


def _hash(text: str) -> bytes:
    raw = _base64(text)
    if len(raw) != hashlib.sha256().digest_size:
        raise NotGenuine("it is damaged")
    return raw


def _number(text: str) -> int:
    if not NUMBER.fullmatch(text) or len(text) > len(str(MAX_SIZE)) or int(text) > MAX_SIZE:
        raise NotGenuine("it is damaged")
    return int(text)


def _is_name(name: str) -> bool:
    return bool(name) and not any(char.isspace() or char == "+" or char < " " for char in name)


def _signed_text(note: str, name: str, key_id: bytes, public: bytes) -> str:
    """What the bank signed of a note (C2SP signed-note). Signatures by others prove nothing and are passed over."""
    text, separator, signatures = note.rpartition("\n\n")
    lines = signatures.split("\n")
    if not separator or lines.pop() or not 0 < len(lines) <= MAX_SIGNATURES:
        raise NotGenuine("it is damaged")
    ours = []
    for line in lines:
        dash, signer, encoded = line.split(" ")
        signature = _base64(encoded)
        if dash != "\u2014" or not _is_name(signer) or len(signature) <= len(key_id):
            raise NotGenuine("it is damaged")
        if signer == name and signature[:4] == key_id:
            ours.append(signature[4:])
    if len(ours) != 1:
        raise NotGenuine("it is not signed with this key" + (" once, but several times" if ours else ""))
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(ours[0], f"{text}\n".encode())
    except InvalidSignature as error:
        raise NotGenuine("the bank's signature is wrong") from error
    return text


def _checkpoint(text: str, name: str) -> tuple[int, bytes]:
    """Size and root of the log (C2SP tlog-checkpoint). Lines behind the root mean nothing to us."""
    lines = text.split("\n")
    origin, size, root = lines[:3]
    if origin != name:
        raise NotGenuine("it is of another log")
    if not all(lines):
        raise NotGenuine("it is damaged")
    return _number(size), _hash(root)


def _root_of(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that an inclusion proof leads to (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size:
        raise NotGenuine("its entry is not in the log that was signed")
    at, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            raise NotGenuine("its proof is too long")
        if at & 1 or at == last:
            found = hashlib.sha256(b"\x01" + step + found).digest()
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\x01" + found + step).digest()
        at, last = at >> 1, last >> 1
    if last != 0:
        raise NotGenuine("its proof is too short")
    return found


def decode(data: bytes) -> str:
    """A receipt's file as text, its line ends as they are. Raises NotGenuine."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise NotGenuine("it is not a receipt: not text in UTF-8") from error


def describe(checked: dict[str, object]) -> str:
    """What a genuine receipt says, for people."""
    said = checked["statement"]
    if not isinstance(said, dict):
        raise TypeError("a statement is an object")
    if "report" in said:
        return _printable(_of_report(said, checked["sealed_at"]))
    lines = [
        "GENUINE: the bank signed a log that holds this recording.",
        f"call        {said['call_id']}",
        f"began       {_time(said['started_at'])}",
        f"ended       {_time(said['ended_at'])}",
        f"sealed      {_time(checked['sealed_at'])}",
        f"compared    {checked['compared'] or 'with nothing that was known of the call elsewhere'}",
        f"recording   {said['recording_id']}, {said['samples'] / SAMPLE_RATE:.1f} s, SHA-256 {checked['sha256']}",
        f"dialplan    {said['dialplan']}  {said['dialplan_sha256']}",
        f"proof       {said.get('certificate') or '-'}",
        f"outcome     {said['outcome']}; identity {said['identity']}; "
        f"consent to the recording {said.get('consent', 'unasked')}",
    ]
    for one in said["disclosures"]:
        by = one["acknowledged_by"]
        answer = (
            f"answered {one['answer']!r} by {by}" if one["answer"] else "asks for no answer" if by else "not answered"
        )
        read = one.get("read")
        what = f"audio SHA-256 {one['audio_sha256']}"
        if read is not None:
            what = f"read by an agent, {read['share']:.1%} of {read['words']} words recognized, text SHA-256 "
            what += read["text_sha256"]
        lines.append(
            f"disclosure  {one['disclosure']} ({one['language']}), {one['first_sample'] / SAMPLE_RATE:.1f} s to "
            f"{one['last_sample'] / SAMPLE_RATE:.1f} s, {answer}, {what}"
        )
    return _printable(lines)


def _of_report(said: dict[str, Any], made_at: object) -> list[str]:
    return [
        "GENUINE: the bank signed a log that says that this report was made.",
        f"report      {said['report']}, of {said['since']} to {said['until']} (UTC)",
        f"made        {_time(made_at)}",
        f"figures     {said['figures']:d}, SHA-256 of their JSON file {said['figures_sha256']}",
        f"calls       SHA-256 of the lists of calls behind them {said['calls_sha256']}",
        f"damaged     {said['damaged']:d} records did not open and are not counted",
    ]


def _printable(lines: list[str]) -> str:
    return "\n".join("".join(char if char.isprintable() else "?" for char in line) for line in lines)


def _time(at: object) -> str:
    if at is None:
        return "-"
    if not isinstance(at, (int, float)):
        raise TypeError("a time is a number")
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")  # noqa: UP017 - Python 3.9


def main() -> int:
    """Command line: prints what holds, or why it does not."""
    parser = argparse.ArgumentParser(description="Check a receipt of a call, offline.")
    parser.add_argument("receipt", help="the receipt's file, or - for standard input")
    parser.add_argument("--key", required=True, help="the bank's public key, NAME+ID+KEY, as the bank publishes it")
    arguments = parser.parse_args()
    try:
        if arguments.receipt == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with open(arguments.receipt, "rb") as file:  # noqa: PTH123 - stands alone, kept plain
                data = file.read(MAX_BYTES + 1)
        print(describe(check(decode(data), arguments.key)))
    except OSError as error:
        print(f"The receipt cannot be read: {error}", file=sys.stderr)
        return 2
    except MistypedKey as error:
        print(f"The key was mistyped: {error}. Nothing was found out about the receipt.", file=sys.stderr)
        return 2
    except NotGenuine as error:
        print(f"NOT GENUINE: {error}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
