"""A call as a signed vCon, by draft-ietf-vcon-vcon-core-04 (September 2026), syntax 0.4.0.

A draft: what changes in the next one changes here, and in the version. Signed as JWS (RFC 7515, general JSON) with the
audit log's Ed25519 key; the draft would rather have RS256, which would be one more key to keep.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from joserfc import jws
from joserfc.jwk import OKPKey

from ivr.core.audit.note import Signer
from ivr.core.media.frame import seconds
from ivr.ports.containers import Conversation

SYNTAX: Final = "0.4.0"
DRAFT: Final = "draft-ietf-vcon-vcon-core-04"
_ALGORITHM: Final = "Ed25519"
"""RFC 9864; earlier tools call it EdDSA."""
_NEVER: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""RFC 5280 4.1.2.5: of a certificate whose end nobody can say."""


class Vcon:
    """Makes them."""

    def packed(self, conversation: Conversation, signer: Signer) -> bytes:
        """The signed form, JSON."""
        payload = json.dumps(_unsigned(conversation), ensure_ascii=False, separators=(",", ":")).encode()
        private = Ed25519PrivateKey.from_private_bytes(signer.seed)
        key = OKPKey.import_key(
            {
                "kty": "OKP",
                "crv": "Ed25519",
                "x": _base64url(signer.verifier.public),
                "d": _base64url(signer.seed),
            }
        )
        header = {
            "x5c": [base64.b64encode(_certificate(private, signer.name)).decode()],
            "uuid": _uuid(conversation),
        }
        member: Any = {"protected": {"alg": _ALGORITHM}, "header": header}
        registry = jws.JWSRegistry(algorithms=[_ALGORITHM], strict_check_header=False)
        signed = jws.serialize_json([member], payload, key, registry=registry)
        return json.dumps(signed, separators=(",", ":")).encode() + b"\n"


def _unsigned(one: Conversation) -> dict[str, object]:
    record = one.record
    start = record.answered_at if record.answered_at is not None else record.started_at
    parties: list[dict[str, object]] = [_caller(record.caller), {"name": "ivr", "validation": "none"}]
    parties += [{"name": agent, "validation": "none"} for agent in dict.fromkeys(record.agents)]
    files = [
        ("record.json", "application/json", one.record_json),
        ("statement.json", "application/json", one.statement_json),
        *one.proofs,
    ]
    return {
        "vcon": SYNTAX,
        "uuid": _uuid(one),
        "created_at": _date(one.made_at),
        "parties": parties,
        "dialog": [
            {
                "type": "recording",
                "start": _date(start),
                "duration": round(seconds(one.samples), 3),
                "parties": [0, list(range(1, len(parties)))],
                "mediatype": "audio/x-wav",
                "filename": "audio.wav",
                "body": _base64url(one.wav),
                "encoding": "base64url",
            }
        ],
        "analysis": [
            {
                "type": "transcript",
                "dialog": 0,
                "vendor": "ivr",
                "product": "ivr",
                "schema": "ivr-transcript/1",
                "mediatype": "application/json",
                "filename": "transcript.json",
                "body": _base64url(_json(one.transcript)),
                "encoding": "base64url",
            }
        ],
        "attachments": [
            {
                "start": _date(start),
                "party": 1,
                "dialog": 0,
                "mediatype": mediatype,
                "filename": name,
                "body": _base64url(content),
                "encoding": "base64url",
            }
            for name, mediatype, content in files
        ],
    }


def _caller(address: str) -> dict[str, object]:
    """By their number or address, as the peer gave it."""
    if not address:
        return {"name": "caller", "validation": "none"}
    return {"sip" if address.lower().startswith(("sip:", "sips:")) else "tel": address}


def _uuid(one: Conversation) -> str:
    """Version 8, as the draft makes it: the time, and what follows from the call's id. So a call has one."""
    millis = int(one.record.started_at * 1000) & (1 << 48) - 1
    rest = int.from_bytes(hashlib.sha256(one.record.call_id.encode()).digest()[:10], "big")
    number = millis << 80 | rest
    number = number & ~(0xF << 76) | 0x8 << 76
    return str(UUID(int=number & ~(0x3 << 62) | 0x2 << 62))


def _certificate(key: Ed25519PrivateKey, name: str) -> bytes:
    """Of the key itself: the draft wants one beside each signature. It says nothing that the key does not."""
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder(named, named, key.public_key()).serial_number(1)
    made = made.not_valid_before(datetime(2000, 1, 1, tzinfo=UTC)).not_valid_after(_NEVER)
    return made.sign(key, None).public_bytes(Encoding.DER)


def _json(data: Sequence[Mapping[str, object]]) -> bytes:
    return json.dumps(list(data), ensure_ascii=False, separators=(",", ":")).encode()


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _date(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
