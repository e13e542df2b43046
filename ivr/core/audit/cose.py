"""A receipt for others' tools: that an entry is in the log, as a COSE receipt (RFC 9942) with RFC 9162's SHA-256 tree.

The log is the same and so is its key (Ed25519); only the envelope differs. A signed note begins with a name and a COSE
signature with CBOR, so neither can be taken for the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cbor2

from ivr.core.audit.note import Checkpoint, Signer, verify_note

_ALG, _KID, _CLAIMS, _STRUCTURE, _PROOFS = 1, 4, 15, 395, 396
"""Labels of COSE headers: RFC 9052, RFC 9597, RFC 9942."""
_EDDSA: Final = -8
_RFC9162_SHA256: Final = 1
_INCLUSION: Final = -1
_ISSUER, _SUBJECT = 1, 2
_SIGN1_TAG: Final = 18


def cose_receipt(index: int, proof: Sequence[bytes], signed_checkpoint: str, *, subject: str, signer: Signer) -> bytes:
    """CBOR, deterministic. Its payload, the root, is detached: a verifier computes it from the entry's bytes.

    `proof` leads from entry `index` to the checkpoint's root; `subject`: whom or what the entry is about. Raises
    SealError where the checkpoint is not the signer's.
    """
    checkpoint = Checkpoint.parse(verify_note(signed_checkpoint, signer.verifier))
    protected = _cbor(
        {
            _ALG: _EDDSA,
            _KID: signer.verifier.key_id,
            _CLAIMS: {_ISSUER: signer.name, _SUBJECT: subject},
            _STRUCTURE: _RFC9162_SHA256,
        }
    )
    path = _cbor([checkpoint.size, index, list(proof)])
    to_sign = _cbor(["Signature1", protected, b"", checkpoint.root])
    signature = signer.sign_bytes(to_sign)
    return _cbor(cbor2.CBORTag(_SIGN1_TAG, [protected, {_PROOFS: {_INCLUSION: [path]}}, None, signature]))


def _cbor(value: object) -> bytes:
    return cbor2.dumps(value, canonical=True)
