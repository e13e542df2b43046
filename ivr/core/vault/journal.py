"""The live recording's format: sealed frames, appended one after another, each bound to its place.

Rule: what opens is exactly what was sealed, in the order in which it was sealed. A frame that is missing, repeated,
moved, altered or from another file is an error. The one thing that may be absent is the end: a file without its
closing frame ended by a crash (or was cut, which a file alone cannot tell; the audit log can), and says so.

    magic | header length (2) | header JSON | salt (24) | commitment (32) | frame | frame | ... | closing frame
    frame = length (4) | kind (1) | head tag (8) | AES-256-GCM ciphertext and tag (length bytes)

docs/formats.md describes it byte by byte.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from ivr.core.typed import number, text
from ivr.core.vault.journal_frame import Closed, JournalFrame, Kind, decode, encode, from_json, to_json
from ivr.errors import BugError, SealError

MAGIC = b"ivr-journal/2\n"
"""First bytes of every journal; the number is the format's version."""
SALT_BYTES = 24
"""Random bytes that make the derived keys this file's own (as in C2SP chunked-encryption)."""
DATA_KEY_BYTES = 32
"""An AES-256 key."""
_LABEL = b"ivr-journal/2 AEAD_AES_256_GCM\x00"
_COMMITMENT_BYTES = 32
_NONCE_BYTES = 12
_HEAD_KEY_BYTES = 32
_HEAD_TAG_BYTES = 8
TAG_BYTES = 16
"""Of AES-GCM, behind each frame."""
_HEAD = struct.Struct(">IB")
_HEAD_BYTES = _HEAD.size + _HEAD_TAG_BYTES
_HEADER_LENGTH = struct.Struct(">H")
MAX_FRAME_BYTES = 1 << 20
"""No frame is longer: a hostile length cannot make us allocate more."""


class Ending(Enum):
    """How a journal ends."""

    CLOSED = "closed"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class JournalHeader:
    """What is readable without the key; authenticated once the key is there. Holds nothing personal."""

    call_id: str
    recording_id: str
    started_at: float
    """Wall clock, seconds since the epoch."""
    kek_id: str
    wrapped: bytes
    """The data key, wrapped by the key `kek_id`."""


@dataclass(frozen=True, slots=True)
class FileKeys:
    """What a file's data key and salt give: the keys of its frames, and what stands before the first one."""

    cipher: bytes = field(repr=False)
    base_nonce: bytes = field(repr=False)
    """A frame's nonce is this, XOR its number."""
    head: bytes = field(repr=False)
    """Key of the heads' tags."""
    commitment: bytes
    preamble: bytes


def file_keys(header: JournalHeader, *, data_key: bytes, salt: bytes) -> FileKeys:
    """Of a new file; the data key and the salt must be fresh. Raises SealError."""
    if len(salt) != SALT_BYTES:
        raise BugError(f"a salt has {SALT_BYTES} bytes")
    raw = to_json(
        {
            "call_id": header.call_id,
            "recording_id": header.recording_id,
            "started_at": header.started_at,
            "kek_id": header.kek_id,
            "wrapped": header.wrapped.hex(),
        }
    )
    return _derive(data_key, raw, salt)


def _derive(data_key: bytes, header: bytes, salt: bytes) -> FileKeys:
    if len(data_key) != DATA_KEY_BYTES:
        raise SealError(f"a data key has {DATA_KEY_BYTES} bytes, this one {len(data_key)}; ask the key store again")
    sizes = (DATA_KEY_BYTES, _NONCE_BYTES, _HEAD_KEY_BYTES, _COMMITMENT_BYTES)
    okm = HKDFExpand(hashes.SHA512(), sum(sizes), _LABEL + salt + header).derive(data_key)
    parts = []
    for size in sizes:
        parts.append(okm[:size])
        okm = okm[size:]
    cipher, base_nonce, head, commitment = parts
    preamble = MAGIC + _HEADER_LENGTH.pack(len(header)) + header + salt + commitment
    return FileKeys(cipher, base_nonce, head, commitment, preamble)


class _Ciphers:
    """A file's keys, ready to use."""

    def __init__(self, keys: FileKeys) -> None:
        self.aead, self._head_aead = AESGCM(keys.cipher), AESGCM(keys.head)
        self._base_nonce = int.from_bytes(keys.base_nonce, "big")

    def nonce(self, counter: int) -> bytes:
        return (self._base_nonce ^ counter).to_bytes(_NONCE_BYTES, "big")

    def head(self, counter: int, length: int, kind: int) -> bytes:
        """GMAC under a key of its own (SP 800-38D, appendix C: 64 bits do for messages this short and few).

        Half of an HMAC's cost on a CPU that has just woken, because the frame's own cipher follows.
        """
        plain = _HEAD.pack(length, kind)
        return plain + self._head_aead.encrypt(counter.to_bytes(_NONCE_BYTES, "big"), b"", plain)[:_HEAD_TAG_BYTES]


class JournalSealer:
    """Turns frames into bytes to append. One per file; the data key and the salt must be fresh."""

    def __init__(self, header: JournalHeader, *, data_key: bytes, salt: bytes) -> None:
        keys = file_keys(header, data_key=data_key, salt=salt)
        self._ciphers = _Ciphers(keys)
        self._counter = 0
        self._closed = False
        self.preamble = keys.preamble
        """What stands before the first frame."""

    @property
    def frames(self) -> int:
        """How many frames were sealed."""
        return self._counter

    def seal(self, frame: JournalFrame) -> bytes:
        """The next frame's bytes. Each call moves the file's counter: append what it returns, in order."""
        if self._closed:
            raise BugError("the journal is closed: nothing may follow its closing frame")
        kind, plain = encode(frame)
        length = len(plain) + TAG_BYTES
        if length > MAX_FRAME_BYTES:
            raise SealError(f"a journal frame may have {MAX_FRAME_BYTES} bytes, this one has {length}")
        head = self._ciphers.head(self._counter, length, kind)
        sealed = self._ciphers.aead.encrypt(self._ciphers.nonce(self._counter), plain, head)
        self._counter += 1
        self._closed = kind is Kind.CLOSED
        return head + sealed


def parse_preamble(data: bytes) -> tuple[JournalHeader, int]:
    """Header of a journal, and how many bytes stand before its first frame.

    Raises SealError when `data` (the file's first 64 KiB, or all of it) is no journal, or one that never began.
    """
    if not data.startswith(MAGIC):
        raise SealError("this is not a recording's journal, or of another version: its first bytes are wrong")
    start = len(MAGIC) + _HEADER_LENGTH.size
    if len(data) < start:
        raise SealError("the journal's header is incomplete: its writer died before anything was recorded")
    (length,) = _HEADER_LENGTH.unpack_from(data, len(MAGIC))
    end = start + length + SALT_BYTES + _COMMITMENT_BYTES
    if len(data) < end:
        raise SealError("the journal's header is incomplete: its writer died before anything was recorded")
    try:
        raw = from_json(data[start : start + length])
        header = JournalHeader(
            call_id=text(raw["call_id"]),
            recording_id=text(raw["recording_id"]),
            started_at=number(raw["started_at"]),
            kek_id=text(raw["kek_id"]),
            wrapped=bytes.fromhex(text(raw["wrapped"])),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise SealError("the journal's header is damaged; restore the file from a backup") from error
    return header, end


class JournalOpener:
    """Opens a journal from bytes as they come: `feed` them all, then `finish`.

    Frames handed out before an error authenticated and stood in their place; the error says where the damage begins.
    """

    def __init__(self, preamble: bytes, *, data_key: bytes) -> None:
        self.header, self._preamble_end = parse_preamble(preamble)
        start = len(MAGIC) + _HEADER_LENGTH.size
        raw_end = self._preamble_end - SALT_BYTES - _COMMITMENT_BYTES
        salt = preamble[raw_end : raw_end + SALT_BYTES]
        keys = _derive(data_key, preamble[start:raw_end], salt)
        self._ciphers = _Ciphers(keys)
        if not hmac.compare_digest(keys.commitment, preamble[raw_end + SALT_BYTES : self._preamble_end]):
            raise SealError("the recording's header was altered, or this is not its key")
        self._rest = bytearray(preamble[self._preamble_end :])
        self._counter = 0
        self._closed = False
        self._zero_tail = False

    @property
    def frames(self) -> int:
        """How many frames were opened."""
        return self._counter

    def feed(self, data: bytes = b"") -> Iterator[JournalFrame]:
        """The whole frames in what came so far, one after another. Raises SealError at the first damage, behind them.

        Take all of them before more is fed.
        """
        self._rest += data
        while (frame := self._next()) is not None:
            yield frame

    def finish(self) -> Ending:
        """How the file ended, now that all of it was fed. An incomplete last frame is what a crash leaves."""
        return Ending.CLOSED if self._closed else Ending.CRASHED

    def _next(self) -> JournalFrame | None:
        if self._zero_tail or self._closed:
            self._check_tail()
            return None
        if len(self._rest) < _HEAD_BYTES:
            return None
        length, kind = _HEAD.unpack_from(self._rest)
        head = bytes(self._rest[:_HEAD_BYTES])
        if not hmac.compare_digest(head, self._ciphers.head(self._counter, length, kind)):
            self._damage(_HEAD_BYTES - _HEAD_TAG_BYTES)
            return None
        end = _HEAD_BYTES + length
        if len(self._rest) < end:
            return None
        sealed = bytes(self._rest[_HEAD_BYTES:end])
        try:
            frame = decode(kind, self._ciphers.aead.decrypt(self._ciphers.nonce(self._counter), sealed, head))
        except InvalidTag:
            self._damage(end - TAG_BYTES)
            return None
        except (ValueError, KeyError, TypeError, IndexError, struct.error) as error:
            raise SealError(
                f"frame {self._counter} of the recording is of a kind that this version cannot read"
            ) from error
        del self._rest[:end]
        self._counter += 1
        self._closed = isinstance(frame, Closed)
        return frame

    def _damage(self, zeros_from: int) -> None:
        """A frame does not authenticate: a power loss if zeros follow from its tag to the file's end, else an error.

        A file system may show, after a power loss, blocks that were allocated but never written: they read as zeros.
        A true tag of zeros has a chance of 2^-64 or less, and zeroing the end gives an attacker nothing that cutting
        it off would not.
        """
        del self._rest[:zeros_from]
        self._zero_tail = True
        self._check_tail()

    def _check_tail(self) -> None:
        if self._closed and self._rest:
            raise SealError("bytes follow the recording's closing frame: the file was altered")
        if any(self._rest):
            raise SealError(
                f"frame {self._counter} of the recording is damaged or was altered; what stands before it is sound"
            )
        self._rest.clear()
