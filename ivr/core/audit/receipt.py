"""Receipts: a customer's proof that a recording with these disclosures existed at a time (C2SP tlog-proof text).

The log holds a commitment to the statement, not the statement: hash over a secret salt and its JSON. So the log tells
nothing of a call, and when the recording's key is destroyed its commitment means nothing any more. The receipt holds
salt and statement, and the path from its entry to a root that the bank signed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import zlib
from collections.abc import Mapping, Sequence

from ivr.core.audit.merkle import leaf_hash
from ivr.errors import OperatorError

MAX_RECEIPT_BYTES = 4096
_MAGIC = "c2sp.org/tlog-proof@v1"


def statement_salt(data_key: bytes) -> bytes:
    """The salt of a recording's statement: known only to who holds its key."""
    return hmac.digest(data_key, b"ivr-statement-salt/1", "sha256")


def commitment(statement: Mapping[str, object], salt: bytes) -> str:
    """What the log holds of a statement, hex."""
    return hashlib.sha256(salt + canonical(statement)).hexdigest()


def canonical(statement: Mapping[str, object]) -> bytes:
    """A statement's bytes: JSON, sorted, without spaces."""
    return json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def make_receipt(
    raw_entry: bytes,
    index: int,
    proof: Sequence[bytes],
    signed_checkpoint: str,
    *,
    statement: Mapping[str, object],
    salt: bytes,
) -> str:
    """The receipt's text. Raises OperatorError when it would be longer than a receipt may be."""
    extra = canonical({"entry": raw_entry.decode(), "statement": dict(statement), "salt": salt.hex()})
    lines = [
        _MAGIC,
        f"extra {base64.b64encode(zlib.compress(extra, 9)).decode()}",
        f"index {index}",
        *(base64.b64encode(step).decode() for step in proof),
        "",
        signed_checkpoint,
    ]
    receipt = "\n".join(lines)
    if len(receipt.encode()) > MAX_RECEIPT_BYTES:
        raise OperatorError(f"this call has too many disclosures for a receipt of {MAX_RECEIPT_BYTES} bytes")
    return receipt


def receipt_code(index: int, raw_entry: bytes) -> str:
    """A short code to read out: the entry's number and 40 bits of its hash, in letters that are not mistaken."""
    digest = base64.b32encode(leaf_hash(raw_entry)[:5]).decode()
    return f"{index}-{digest[:4]}-{digest[4:]}"
