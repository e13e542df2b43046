"""Signed notes and checkpoints, as C2SP defines them (c2sp.org/signed-note, c2sp.org/tlog-checkpoint), with Ed25519.

Rule: a note's text is what was signed, byte for byte; a signature by an unknown key proves nothing and is left out.
Each thing has one spelling (numbers, base64, line ends) and any other is refused: what verifies is what was made.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ivr.errors import BugError, SealError

_ED25519 = b"\x01"
"""Signature type of a signed note."""
_ID_BYTES = 4
_DASH = "— "
_ROOT_BYTES = 32
_NUMBER = re.compile(r"0|[1-9][0-9]*", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
MAX_SIGNATURES = 16
"""As many as a verifier must accept (signed-note), and no more."""
MAX_SIZE = (1 << 63) - 1
"""Entries that a log can have: tools for these formats count in 64 bits with a sign."""


def is_key_name(name: str) -> bool:
    """Whether a signer may be called so: something, without spaces of any script, plus signs, or control characters."""
    return bool(name) and not any(char.isspace() or char == "+" or char < " " for char in name)


def strict_base64(text: str) -> bytes:
    """Bytes of the one base64 text that stands for them (RFC 4648 4, no spare bits). Raises ValueError."""
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError("base64 with spare bits")
    return raw


def strict_number(text: str) -> int:
    """A count in ASCII decimal without leading zeroes. Raises ValueError."""
    if not _NUMBER.fullmatch(text) or len(text) > len(str(MAX_SIZE)) or int(text) > MAX_SIZE:
        raise ValueError("no count in ASCII decimal")
    return int(text)


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
            raw = strict_base64(encoded)
        except ValueError as error:
            raise SealError("this is not a verifier key: it reads NAME+ID+KEY") from error
        key = VerifierKey(name, raw[1:])
        if not is_key_name(name) or raw[:1] != _ED25519 or len(raw) != 33 or key.key_id.hex() != key_id:
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
        if not is_key_name(self.name):
            raise BugError("a signer's name has no spaces and no plus sign")

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """The signed note: text, an empty line, the signature's line."""
        if not text.endswith("\n"):
            raise BugError("a note's text ends its last line")
        signature = self.sign_bytes(text.encode())
        line = base64.b64encode(self.verifier.key_id + signature).decode()
        return f"{text}\n{_DASH}{self.name} {line}\n"

    def sign_bytes(self, data: bytes) -> bytes:
        """The bare signature, 64 bytes, for envelopes of others that cannot be taken for a note."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(data)


def verify_note(note: str, key: VerifierKey) -> str:
    """The text of a note that `key` signed, once. Raises SealError: not signed by it, or altered."""
    text, separator, signatures = note.rpartition("\n\n")
    if not separator or not signatures.endswith("\n"):
        raise SealError("this is not a signed note: text, an empty line, signatures")
    if _CONTROL.search(note):
        raise SealError("this is not a signed note: it has control characters, or line ends of another system")
    text, lines, found = text + "\n", signatures.removesuffix("\n").split("\n"), 0
    if len(lines) > MAX_SIGNATURES:
        raise SealError(f"this note has more than {MAX_SIGNATURES} signatures")
    for line in lines:
        name, signature = _signature(line)
        if name == key.name and signature[:_ID_BYTES] == key.key_id:
            _check_signature(signature[_ID_BYTES:], text, key)
            found += 1
    if found != 1:
        raise SealError(f"the note is not signed by {key.name}" + (" once but several times" if found else ""))
    return text


def _signature(line: str) -> tuple[str, bytes]:
    """A signature's line: who signed, and the key's id with the signature. Raises SealError."""
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    try:
        raw = strict_base64(encoded)
    except ValueError as error:
        raise SealError("this is not a signed note: a signature's line is damaged") from error
    if not line.startswith(_DASH) or not is_key_name(name) or len(raw) <= _ID_BYTES:
        raise SealError("this is not a signed note: a signature's line is damaged")
    return name, raw


def _check_signature(signature: bytes, text: str, key: VerifierKey) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, text.encode())
    except (InvalidSignature, UnicodeEncodeError) as error:
        raise SealError("the note's signature is wrong: it was altered or forged") from error


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's size and root, which its owner signs."""

    origin: str
    """Which log."""
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()
    """Lines behind the root, which mean nothing to us. We write none."""

    def __str__(self) -> str:
        """The text that is signed."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @staticmethod
    def parse(text: str) -> Checkpoint:
        """Back from its text. Raises SealError."""
        lines = text.split("\n")
        try:
            origin, size, encoded, *extensions, end = lines
            checkpoint = Checkpoint(origin, strict_number(size), strict_base64(encoded), tuple(extensions))
        except ValueError as error:
            raise SealError("this is not a checkpoint: origin, size, root") from error
        if end or not all(lines[:-1]) or len(checkpoint.root) != _ROOT_BYTES:
            raise SealError("this is not a checkpoint: origin, size, root, no line empty, each line ended")
        return checkpoint
