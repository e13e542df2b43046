"""What a key store keeps outside its token (a hardware security module), and the form of a key that the token wrapped.

Rules: key-encryption keys are in the token and never here. A wrapped key opens with the token *and* its living erasure
leaf; with the offline recovery key it opens without the token, but never without the leaf.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass, field, replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap_with_padding,
)

from ivr.core.vault.erasure import ErasureTree
from ivr.core.vault.keys import INDEX_BYTES, KEY_BYTES, TOKEN_WRAPPED_VERSION, b64, leaf_of, plain_json, unb64
from ivr.errors import SealError

FORMAT = "ivr-tokenstore/1"
RECOVERY_FORMAT = "ivr-tokenstore-recovery/1"
_LENGTH_BYTES = 2


@dataclass(frozen=True, slots=True)
class TokenKey:
    """The name of a key that wraps data keys; the key itself is in the token, under this label."""

    kek_id: str
    created_at: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class TokenRing:
    """All that a token's key store keeps outside the token."""

    keks: tuple[TokenKey, ...]
    """Oldest first; the last one wraps, the others only open."""
    index_key: bytes = field(repr=False)
    """Turns callers' numbers into fingerprints that can be searched for equality."""
    tree: ErasureTree = field(repr=False)
    next_leaf: int = 0
    """Leaves below this were handed out when the ring was last saved."""
    recovery: str = ""
    """Public key (age) to which the ring and every data key are sealed as well."""

    @property
    def active(self) -> TokenKey:
        """The key that wraps from now on."""
        return self.keks[-1]

    def named(self, kek_id: str) -> TokenKey:
        """The key of that name. Raises SealError when there is none."""
        for kek in self.keks:
            if kek.kek_id == kek_id:
                return kek
        raise SealError(f"the key store has no key {kek_id}; is it the key store that sealed this?")

    def wrap(self, by_token: bytes, escrow: bytes, *, leaf: int) -> bytes:
        """A key that the token wrapped, and the same sealed to the recovery key (or nothing), under a leaf."""
        number = leaf.to_bytes(INDEX_BYTES, "big")
        payload = len(by_token).to_bytes(_LENGTH_BYTES, "big") + by_token + escrow
        wrapping_key = _wrapping_key(self.tree.leaf(leaf), number)
        return TOKEN_WRAPPED_VERSION + number + aes_key_wrap_with_padding(wrapping_key, payload)

    def unwrap(self, wrapped: bytes) -> tuple[bytes, bytes]:
        """What the token wrapped, and what was sealed to the recovery key. Raises SealError: shredded or damaged."""
        leaf = leaf_of(wrapped)
        if wrapped[:1] != TOKEN_WRAPPED_VERSION:
            raise SealError(
                "this key was not wrapped by a hardware security module: open it with the store that made it"
            )
        wrapping_key = _wrapping_key(self.tree.leaf(leaf), leaf.to_bytes(INDEX_BYTES, "big"))
        try:
            payload = aes_key_unwrap_with_padding(wrapping_key, wrapped[1 + INDEX_BYTES :])
        except InvalidUnwrap as error:
            raise SealError("a wrapped key is damaged, or is of another key store") from error
        length = int.from_bytes(payload[:_LENGTH_BYTES], "big")
        return payload[_LENGTH_BYTES : _LENGTH_BYTES + length], payload[_LENGTH_BYTES + length :]

    def without(self, kek_id: str) -> TokenRing:
        """Without a key that wraps nothing any more. Whoever calls this has made sure."""
        if kek_id == self.active.kek_id:
            raise SealError(f"key {kek_id} wraps new keys: rotate first")
        self.named(kek_id)
        return replace(self, keks=tuple(kek for kek in self.keks if kek.kek_id != kek_id))

    def rotated(self, kek: TokenKey) -> TokenRing:
        """With a new active key; the old ones go on opening what they wrapped."""
        return replace(self, keks=(*self.keks, kek))

    def fingerprint(self, purpose: str, data: bytes) -> bytes:
        """Keyed hash of something personal: equal for equal data and purpose, meaningless without the key."""
        return hmac.digest(self.index_key, purpose.encode() + b"\x00" + data, "sha256")


def _wrapping_key(leaf: bytes, number: bytes) -> bytes:
    return HKDFExpand(hashes.SHA256(), KEY_BYTES, b"ivr-wrap/2" + number).derive(leaf)


# --- the sealed form ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StateKey:
    """The key that seals a ring's file, and the same wrapped by a key of the token."""

    key: bytes = field(repr=False)
    wrapped: bytes
    kek_id: str


def state_key_of(data: bytes) -> tuple[bytes, str]:
    """The wrapped state key that a file names, and which key wrapped it. Raises SealError."""
    try:
        named = _public_part(data)["state_key"]
        assert isinstance(named, dict)
        return unb64(named["wrapped"]), str(named["kek"])
    except (AssertionError, KeyError, TypeError, ValueError) as error:
        raise SealError("the key store's file is damaged; restore it from its backup") from error


def seal_token_ring(ring: TokenRing, state: StateKey, *, nonce: bytes) -> bytes:
    """The key store's file: names and dates readable and authenticated, secrets sealed."""
    public = {
        "format": FORMAT,
        "keys": [{"id": kek.kek_id, "created_at": kek.created_at} for kek in ring.keks],
        "recovery": ring.recovery,
        "state_key": {"kek": state.kek_id, "wrapped": b64(state.wrapped)},
        "nonce": b64(nonce),
    }
    sealed = AESGCM(state.key).encrypt(nonce, plain_json(_secrets(ring)), plain_json(public))
    return json.dumps({**public, "sealed": b64(sealed)}, indent=1).encode() + b"\n"


def open_token_ring(data: bytes, key: bytes) -> TokenRing:
    """Back from `seal_token_ring`, with the state key that the token unwrapped. Raises SealError."""
    public = _public_part(data)
    try:
        sealed = unb64(public.pop("sealed"))
        secret = json.loads(AESGCM(key).decrypt(unb64(public["nonce"]), sealed, plain_json(public)))
        names = public["keys"]
        assert isinstance(names, list)
        return _ring([(name["id"], name["created_at"]) for name in names], secret, str(public["recovery"]))
    except InvalidTag as error:
        raise SealError("the key store does not open: its file was altered, or is not this token's") from error
    except (AssertionError, KeyError, TypeError, ValueError) as error:
        raise SealError("the key store's file is damaged; restore it from its backup") from error


def export_token_ring(ring: TokenRing) -> bytes:
    """The ring in clear, to be sealed to the recovery key at once. It holds no key of the token's."""
    keks = [[kek.kek_id, kek.created_at] for kek in ring.keks]
    return plain_json({"format": RECOVERY_FORMAT, "keks": keks, "recovery": ring.recovery, **_secrets(ring)})


def import_token_ring(data: bytes) -> TokenRing:
    """Back from `export_token_ring`. Raises SealError."""
    try:
        secret = json.loads(data)
        if secret["format"] != RECOVERY_FORMAT:
            raise ValueError("format")
        return _ring(secret["keks"], secret, str(secret["recovery"]))
    except (KeyError, TypeError, ValueError) as error:
        raise SealError("this recovery file does not hold a token's key store") from error


def _secrets(ring: TokenRing) -> dict[str, object]:
    return {"index_key": b64(ring.index_key), "tree": b64(ring.tree.encode()), "next_leaf": ring.next_leaf}


def _ring(keks: list[tuple[object, object]], secret: dict[str, object], recovery: str) -> TokenRing:
    names = tuple(TokenKey(str(name), float(str(made))) for name, made in keks)
    tree = ErasureTree.decode(unb64(secret["tree"]))
    return TokenRing(names, unb64(secret["index_key"]), tree, int(str(secret["next_leaf"])), recovery)


def _public_part(data: bytes) -> dict[str, object]:
    try:
        public = json.loads(data)
        if not isinstance(public, dict) or public.get("format") != FORMAT:
            raise TypeError("another format")
    except (ValueError, TypeError) as error:
        raise SealError("this is not a token's key store, or it is damaged; restore it from its backup") from error
    return public
