"""Keys that wrap keys: the key ring, how it wraps one recording's key, and its own sealed form under a passphrase.

Rules: a data key leaves the ring only wrapped (AES-KWP, RFC 5649) or to the one who seals with it. A wrapped key opens
with its key-encryption key and its living erasure leaf, else not at all. Entropy comes in as an argument.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap_with_padding,
)

from ivr.core.vault.erasure import DEPTH, ErasureTree
from ivr.errors import SealError

FORMAT = "ivr-keystore/1"
RECOVERY_FORMAT = "ivr-keystore-recovery/1"
KEY_BYTES = 32
"""AES-256, and every other secret here."""
SALT_BYTES = 16
NONCE_BYTES = 12
INDEX_BYTES = DEPTH // 8
"""Of a leaf's number."""
_WRAPPED_VERSION = b"\x01"
TOKEN_WRAPPED_VERSION = b"\x02"
"""Wrapped by a key that never leaves its token (`token_ring`)."""


@dataclass(frozen=True, slots=True)
class KeyEncryptionKey:
    """One key that wraps data keys."""

    kek_id: str
    key: bytes = field(repr=False)
    created_at: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All secrets of a key store, opened."""

    keks: tuple[KeyEncryptionKey, ...]
    """Oldest first; the last one wraps, the others only open."""
    index_key: bytes = field(repr=False)
    """Turns callers' numbers into fingerprints that can be searched for equality."""
    tree: ErasureTree = field(repr=False)
    next_leaf: int = 0
    """Leaves below this were handed out when the ring was last saved."""
    recovery: str = ""
    """Public key (age) to which the ring is sealed as well, so that a lost store or passphrase loses nothing."""

    @property
    def active(self) -> KeyEncryptionKey:
        """The key that wraps from now on."""
        return self.keks[-1]

    def wrap(self, data_key: bytes, *, leaf: int) -> bytes:
        """Version, leaf number and the data key wrapped by the active key and that leaf."""
        number = leaf.to_bytes(INDEX_BYTES, "big")
        wrapping_key = _wrapping_key(self.active.key, self.tree.leaf(leaf), number)
        return _WRAPPED_VERSION + number + aes_key_wrap_with_padding(wrapping_key, data_key)

    def unwrap(self, wrapped: bytes, kek_id: str) -> bytes:
        """The data key. Raises SealError: no such key, shredded, or damaged."""
        leaf = leaf_of(wrapped)
        if wrapped[:1] != _WRAPPED_VERSION:
            raise SealError("this key was wrapped by a hardware security module: open it with the store that made it")
        secret = self.tree.leaf(leaf)  # first of all: of what was shredded the key may be retired
        kek = next((one for one in self.keks if one.kek_id == kek_id), None)
        if kek is None:
            raise SealError(f"the key store has no key {kek_id}; is it the key store that sealed this?")
        wrapping_key = _wrapping_key(kek.key, secret, leaf.to_bytes(INDEX_BYTES, "big"))
        try:
            return aes_key_unwrap_with_padding(wrapping_key, wrapped[1 + INDEX_BYTES :])
        except InvalidUnwrap as error:
            raise SealError(f"a wrapped key is damaged, or was not wrapped by key {kek_id}") from error

    def rewrap(self, wrapped: bytes, kek_id: str) -> bytes:
        """The same data key under the active key; its leaf stays."""
        return self.wrap(self.unwrap(wrapped, kek_id), leaf=leaf_of(wrapped))

    def without(self, kek_id: str) -> KeyRing:
        """Without a key that wraps nothing any more. Whoever calls this has made sure."""
        if kek_id == self.active.kek_id:
            raise SealError(f"key {kek_id} wraps new keys: rotate first")
        kept = tuple(kek for kek in self.keks if kek.kek_id != kek_id)
        if len(kept) == len(self.keks):
            raise SealError(f"the key store has no key {kek_id}")
        return replace(self, keks=kept)

    def rotated(self, kek: KeyEncryptionKey) -> KeyRing:
        """With a new active key; the old ones go on opening what they wrapped."""
        if any(one.kek_id == kek.kek_id for one in self.keks):
            raise SealError(f"the key store has a key {kek.kek_id} already; give the new one another name")
        return replace(self, keks=(*self.keks, kek))

    def fingerprint(self, purpose: str, data: bytes) -> bytes:
        """Keyed hash of something personal: equal for equal data and purpose, meaningless without the key."""
        return hmac.digest(self.index_key, purpose.encode() + b"\x00" + data, "sha256")


def leaf_of(wrapped: bytes) -> int:
    """The erasure leaf that a wrapped key depends on."""
    if wrapped[:1] not in (_WRAPPED_VERSION, TOKEN_WRAPPED_VERSION) or len(wrapped) <= 1 + INDEX_BYTES:
        raise SealError("a wrapped key is damaged, or of another version")
    return int.from_bytes(wrapped[1 : 1 + INDEX_BYTES], "big")


def _wrapping_key(kek: bytes, leaf: bytes, number: bytes) -> bytes:
    return HKDFExpand(hashes.SHA256(), KEY_BYTES, b"ivr-wrap/1" + number).derive(kek + leaf)


# --- the sealed form ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PassphraseCost:
    """What Argon2id costs each guess. The default is the second recommended option of RFC 9106 4."""

    memory_kib: int = 65536
    iterations: int = 3
    lanes: int = 4


MAX_COST = PassphraseCost(memory_kib=1 << 21, iterations=64, lanes=64)
"""A file that asks for more is refused: it was made to exhaust us."""


@dataclass(frozen=True, slots=True)
class PassphraseKey:
    """What a passphrase and a salt make; kept so that saving and reloading cost no second derivation."""

    key: bytes = field(repr=False)
    salt: bytes
    cost: PassphraseCost

    @staticmethod
    def derive(passphrase: bytes, *, salt: bytes, cost: PassphraseCost) -> PassphraseKey:
        """Argon2id (RFC 9106). Takes a tenth of a second and 64 MiB by default."""
        kdf = Argon2id(
            salt=salt, length=KEY_BYTES, iterations=cost.iterations, lanes=cost.lanes, memory_cost=cost.memory_kib
        )
        return PassphraseKey(kdf.derive(passphrase), salt, cost)


def key_ring_kdf(data: bytes) -> tuple[bytes, PassphraseCost]:
    """Salt and cost that a sealed key ring names."""
    kdf = _public_part(data)["kdf"]
    try:
        assert isinstance(kdf, dict)
        cost = PassphraseCost(int(kdf["memory_kib"]), int(kdf["iterations"]), int(kdf["lanes"]))
        salt = unb64(kdf["salt"])
        if kdf["name"] != "argon2id":
            raise ValueError("unknown")
    except (AssertionError, KeyError, TypeError, ValueError) as error:
        raise SealError("the key store's file is damaged; restore it from its backup") from error
    if cost.memory_kib > MAX_COST.memory_kib or cost.iterations > MAX_COST.iterations or cost.lanes > MAX_COST.lanes:
        raise SealError("the key store asks for more memory or time than any of ours: it was altered")
    return salt, cost


def seal_key_ring(ring: KeyRing, key: PassphraseKey, *, nonce: bytes) -> bytes:
    """The key store's file: names and dates readable and authenticated, secrets sealed."""
    public = {
        "format": FORMAT,
        "kdf": {
            "name": "argon2id",
            "salt": b64(key.salt),
            "memory_kib": key.cost.memory_kib,
            "iterations": key.cost.iterations,
            "lanes": key.cost.lanes,
        },
        "keys": [{"id": kek.kek_id, "created_at": kek.created_at} for kek in ring.keks],
        "recovery": ring.recovery,
        "nonce": b64(nonce),
    }
    secret = {
        "keks": [b64(kek.key) for kek in ring.keks],
        "index_key": b64(ring.index_key),
        "tree": b64(ring.tree.encode()),
        "next_leaf": ring.next_leaf,
    }
    sealed = AESGCM(key.key).encrypt(nonce, plain_json(secret), plain_json(public))
    return json.dumps({**public, "sealed": b64(sealed)}, indent=1).encode() + b"\n"


def open_key_ring(data: bytes, key: PassphraseKey) -> KeyRing:
    """Back from `seal_key_ring`. Raises SealError: wrong passphrase, or the file was altered."""
    public = _public_part(data)
    try:
        sealed = unb64(public.pop("sealed"))
        nonce = unb64(public["nonce"])
        secret = json.loads(AESGCM(key.key).decrypt(nonce, sealed, plain_json(public)))
        names = public["keys"]
        assert isinstance(names, list)
        keks = tuple(
            KeyEncryptionKey(str(name["id"]), unb64(raw), float(name["created_at"]))
            for name, raw in zip(names, secret["keks"], strict=True)
        )
        tree = ErasureTree.decode(unb64(secret["tree"]))
        recovery = str(public.get("recovery", ""))
        return KeyRing(keks, unb64(secret["index_key"]), tree, int(secret["next_leaf"]), recovery)
    except InvalidTag as error:
        raise SealError("the key store does not open: the passphrase is wrong, or its file was altered") from error
    except (AssertionError, KeyError, TypeError, ValueError) as error:
        raise SealError("the key store's file is damaged; restore it from its backup") from error


def export_key_ring(ring: KeyRing) -> bytes:
    """The ring in clear, to be sealed to the recovery key at once."""
    keks = [[kek.kek_id, b64(kek.key), kek.created_at] for kek in ring.keks]
    secret = {
        "format": RECOVERY_FORMAT,
        "keks": keks,
        "index_key": b64(ring.index_key),
        "tree": b64(ring.tree.encode()),
        "next_leaf": ring.next_leaf,
        "recovery": ring.recovery,
    }
    return plain_json(secret)


def import_key_ring(data: bytes) -> KeyRing:
    """Back from `export_key_ring`. Raises SealError."""
    try:
        secret = json.loads(data)
        if secret["format"] != RECOVERY_FORMAT:
            raise ValueError("format")
        keks = tuple(KeyEncryptionKey(str(name), unb64(raw), float(made)) for name, raw, made in secret["keks"])
        tree = ErasureTree.decode(unb64(secret["tree"]))
        index_key, next_leaf = unb64(secret["index_key"]), int(secret["next_leaf"])
        return KeyRing(keks, index_key, tree, next_leaf, str(secret["recovery"]))
    except (KeyError, TypeError, ValueError) as error:
        raise SealError("this recovery file does not hold a key store of ours") from error


def _public_part(data: bytes) -> dict[str, object]:
    try:
        public = json.loads(data)
        if not isinstance(public, dict) or public.get("format") != FORMAT or "kdf" not in public:
            raise TypeError("another format")
    except (ValueError, TypeError) as error:
        raise SealError("this is not a key store, or it is damaged; restore it from its backup") from error
    return public


def b64(data: bytes) -> str:
    """Base64 (RFC 4648 4)."""
    return base64.b64encode(data).decode()


def unb64(text: object) -> bytes:
    """Exactly what `_b64` writes: another spelling of the same bytes is an alteration too."""
    data = base64.b64decode(str(text), validate=True)
    if b64(data) != text:
        raise ValueError("not canonical")
    return data


def plain_json(data: Mapping[str, object]) -> bytes:
    """Sorted and without spaces: what is authenticated."""
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()
