#!/usr/bin/env python3
"""Check a receipt of a call, offline: python verify_receipt.py RECEIPT --key NAME+ID+KEY

A receipt proves that a recording with the stated disclosures was in the bank's audit log when the bank signed that log.
KEY is the bank's public key, as the bank publishes it; without it anybody could have signed. This file stands alone:
it needs Python 3.9 or later and the package `cryptography`, and asks nobody.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
import zlib
from datetime import datetime, timezone

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MAX_BYTES = 4096
MAX_EXTRA_BYTES = 65536
SAMPLE_RATE = 8000


class NotGenuine(Exception):
    """The receipt does not hold, and why."""


def check(receipt: str, key: str) -> dict[str, object]:
    """The receipt's statement, if all of it holds. Raises NotGenuine."""
    if len(receipt.encode()) > MAX_BYTES:
        raise NotGenuine("it is longer than a receipt may be")
    try:
        proof, _, checkpoint = receipt.partition("\n\n")
        magic, extra, index, *path = proof.split("\n")
        if magic != "c2sp.org/tlog-proof@v1" or extra[:6] != "extra " or index[:6] != "index ":
            raise NotGenuine("it is not a receipt")
        content = json.loads(_inflate(base64.b64decode(extra[6:], validate=True)))
        entry, statement, salt = content["entry"].encode(), content["statement"], bytes.fromhex(content["salt"])
        size, root = _signed_root(checkpoint, key)
        steps = [base64.b64decode(step, validate=True) for step in path]
        leaf = hashlib.sha256(b"\x00" + entry).digest()
        if _root_of(leaf, int(index[6:]), size, steps) != root:
            raise NotGenuine("its entry is not in the log that was signed")
        logged = json.loads(entry)
        canonical = json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        if logged["action"] != "recording.sealed" or logged["subject"] != statement["recording_id"]:
            raise NotGenuine("its log entry is about something else")
        if logged["details"]["statement"] != hashlib.sha256(salt + canonical).hexdigest():
            raise NotGenuine("what it states is not what was logged")
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise NotGenuine("it is damaged") from error
    return {"statement": statement, "sealed_at": logged["at"], "sha256": logged["details"]["sha256"]}


def _inflate(data: bytes) -> bytes:
    stream = zlib.decompressobj()
    plain = stream.decompress(data, MAX_EXTRA_BYTES)
    if not stream.eof or stream.unused_data:
        raise NotGenuine("it is damaged")
    return plain


def _signed_root(note: str, key: str) -> tuple[int, bytes]:
    """Size and root of the log that the bank signed (C2SP signed-note and tlog-checkpoint)."""
    name, key_id, public = key.strip().split("+", 2)
    raw_key = base64.b64decode(public, validate=True)
    expected_id = hashlib.sha256(name.encode() + b"\n" + raw_key).digest()[:4]
    if raw_key[:1] != b"\x01" or len(raw_key) != 33 or expected_id.hex() != key_id:
        raise NotGenuine("the key was mistyped: it reads NAME+ID+KEY")
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        if not line.startswith(f"— {name} "):
            continue
        signature = base64.b64decode(line.rpartition(" ")[2], validate=True)
        if signature[:4] != expected_id:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(raw_key[1:]).verify(signature[4:], text.encode())
        except InvalidSignature as error:
            raise NotGenuine("the bank's signature is wrong") from error
        origin, size, root, *rest = text.split("\n")
        if origin != name or rest != [""]:
            raise NotGenuine("it is of another log")
        return int(size), base64.b64decode(root, validate=True)
    raise NotGenuine("it is not signed with this key")


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


def describe(checked: dict[str, object]) -> str:
    """What a genuine receipt says, for people."""
    said = checked["statement"]
    assert isinstance(said, dict)
    lines = [
        "GENUINE: the bank signed a log that holds this recording.",
        f"call        {said['call_id']}",
        f"began       {_time(said['started_at'])}",
        f"ended       {_time(said['ended_at'])}",
        f"sealed      {_time(checked['sealed_at'])}",
        f"recording   {said['recording_id']}, {said['samples'] / SAMPLE_RATE:.1f} s, SHA-256 {checked['sha256']}",
        f"dialplan    {said['dialplan']}  {said['dialplan_sha256']}",
        f"proof       {said.get('certificate') or '-'}",
        f"outcome     {said['outcome']}; identity {said['identity']}; "
        f"consent to the recording {said.get('consent', 'unasked')}",
    ]
    for one in said["disclosures"]:
        answer = f"answered {one['answer']!r} by {one['acknowledged_by']}" if one["acknowledged_by"] else "not answered"
        lines.append(
            f"disclosure  {one['disclosure']} ({one['language']}), {one['first_sample'] / SAMPLE_RATE:.1f} s to "
            f"{one['last_sample'] / SAMPLE_RATE:.1f} s, {answer}, audio SHA-256 {one['audio_sha256']}"
        )
    return "\n".join(lines)


def _time(at: object) -> str:
    if not isinstance(at, (int, float)):
        return "-"
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")  # noqa: UP017 - Python 3.9


def main() -> int:
    """Command line: prints what holds, or why it does not."""
    parser = argparse.ArgumentParser(description="Check a receipt of a call, offline.")
    parser.add_argument("receipt", help="the receipt's file, or - for standard input")
    parser.add_argument("--key", required=True, help="the bank's public key, NAME+ID+KEY, as the bank publishes it")
    arguments = parser.parse_args()
    try:
        if arguments.receipt == "-":
            text = sys.stdin.read()
        else:
            with open(arguments.receipt, encoding="utf-8") as file:  # noqa: PTH123 - stands alone, kept plain
                text = file.read(MAX_BYTES + 1)
        print(describe(check(text, arguments.key)))
    except (OSError, UnicodeDecodeError) as error:
        print(f"The receipt cannot be read: {error}", file=sys.stderr)
        return 2
    except NotGenuine as error:
        print(f"NOT GENUINE: {error}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
