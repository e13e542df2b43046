"""Signed notes and checkpoints, as C2SP defines them (c2sp.org/signed-note, c2sp.org/tlog-checkpoint), with Ed25519.

Rule: a note's text is what was signed, byte for byte; a signature by an unknown key proves nothing and is left out.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ivr.errors import BugError, SealError

_ED25519 = b"\x01"
"""Signature type of a signed note."""
_ID_BYTES = 4
_DASH = "— "


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Name and public key of who signs."""

    name: str
    public: bytes
    """32 bytes."""

    @property
    def key_id(self) -> bytes:
        """First bytes of the hash over name and key, which stand in every signature."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        """As one line: name+id+key."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    @staticmethod
    def parse(text: str) -> VerifierKey:
        """Back from its line. Raises SealError."""
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except ValueError as error:
            raise SealError("this is not a verifier key: it reads NAME+ID+KEY") from error
        key = VerifierKey(name, raw[1:])
        if not name or raw[:1] != _ED25519 or len(raw) != 33 or key.key_id.hex() != key_id:
            raise SealError("this is not an Ed25519 verifier key, or it was mistyped")
        return key


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs notes under a name."""

    name: str
    seed: bytes = field(repr=False)
    """32 secret bytes."""

    def __post_init__(self) -> None:
        """A name that would break the format is a bug."""
        if not self.name or any(char.isspace() or char == "+" for char in self.name):
            raise BugError("a signer's name has no spaces and no plus sign")

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """The signed note: text, an empty line, the signature's line."""
        if not text.endswith("\n"):
            raise BugError("a note's text ends its last line")
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        line = base64.b64encode(self.verifier.key_id + signature).decode()
        return f"{text}\n{_DASH}{self.name} {line}\n"


def verify_note(note: str, key: VerifierKey) -> str:
    """The text of a note that `key` signed. Raises SealError: not signed by it, or altered."""
    text, separator, signatures = note.rpartition("\n\n")
    text += "\n"
    if not separator or not signatures.endswith("\n"):
        raise SealError("this is not a signed note: text, an empty line, signatures")
    for line in signatures.splitlines():
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        if not line.startswith(_DASH) or not encoded:
            raise SealError("this is not a signed note: a signature's line is damaged")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except ValueError as error:
            raise SealError("this is not a signed note: a signature's line is damaged") from error
        if name != key.name or raw[:_ID_BYTES] != key.key_id:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(raw[_ID_BYTES:], text.encode())
        except InvalidSignature as error:
            raise SealError("the note's signature is wrong: it was altered or forged") from error
        return text
    raise SealError(f"the note is not signed by {key.name}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's size and root, which its owner signs."""

    origin: str
    """Which log."""
    size: int
    root: bytes

    def __str__(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @staticmethod
    def parse(text: str) -> Checkpoint:
        """Back from its text. Raises SealError."""
        lines = text.split("\n")
        try:
            origin, size, encoded = lines[:3]
            checkpoint = Checkpoint(origin, int(size), base64.b64decode(encoded, validate=True))
        except ValueError as error:
            raise SealError("this is not a checkpoint: origin, size, root") from error
        if str(checkpoint) != text or len(checkpoint.root) != 32 or not origin:
            raise SealError("this is not a checkpoint of ours: origin, size, root, and nothing else")
        return checkpoint
