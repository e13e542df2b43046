"""Cobblestone-256: the long-term file, as C2SP chunked-encryption defines it (https://c2sp.org/chunked-encryption).

    salt (24) | commitment (32) | chunk | chunk | ... | short chunk

Each chunk seals 16 KiB with AES-256-GCM, the last one less (maybe nothing): so a file that was cut at a chunk's border
is seen to be cut. Where a byte of the plaintext lies is arithmetic, so any second of a call is read without the rest.
Rule: the commitment is checked before anything is opened, and a chunk's plaintext is given only after its tag held.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from ivr.errors import BugError, SealError

KEY_BYTES = 32
SALT_BYTES = 24
HEADER_BYTES = 56
"""Salt and commitment."""
CHUNK_BYTES = 16384
"""Plaintext of every chunk but the last."""
_TAG_BYTES = 16
_SEALED_CHUNK_BYTES = CHUNK_BYTES + _TAG_BYTES
_NONCE_BYTES = 12
_INFO = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00"

Read = Callable[[int, int], bytes]
"""`read(offset, size)`: bytes of the sealed file; fewer only at its end."""


@dataclass(frozen=True, slots=True)
class _Keys:
    aead: AESGCM
    base_nonce: int
    commitment: bytes

    @staticmethod
    def derive(key: bytes, salt: bytes, context: bytes) -> _Keys:
        if len(key) != KEY_BYTES:
            raise SealError(f"a recording's key has {KEY_BYTES} bytes, this one {len(key)}")
        okm = HKDFExpand(hashes.SHA512(), 32 + _NONCE_BYTES + 32, _INFO + salt + context).derive(key)
        return _Keys(AESGCM(okm[:32]), int.from_bytes(okm[32:44], "big"), okm[44:])

    def nonce(self, chunk: int) -> bytes:
        return (self.base_nonce ^ chunk).to_bytes(_NONCE_BYTES, "big")


def seal_chunks(plain: Iterable[bytes], *, key: bytes, salt: bytes, context: bytes) -> Iterator[bytes]:
    """The file of a plaintext that comes in pieces of any size, in pieces of at most one chunk."""
    if len(salt) != SALT_BYTES:
        raise BugError(f"a salt has {SALT_BYTES} bytes")
    keys = _Keys.derive(key, salt, context)
    yield salt + keys.commitment
    waiting = b""
    chunk = 0
    for piece in plain:
        view = memoryview(waiting + piece if waiting else piece)
        whole = len(view) - len(view) % CHUNK_BYTES
        for at in range(0, whole, CHUNK_BYTES):
            yield keys.aead.encrypt(keys.nonce(chunk), view[at : at + CHUNK_BYTES], None)
            chunk += 1
        waiting = bytes(view[whole:])
    yield keys.aead.encrypt(keys.nonce(chunk), waiting, None)


class CobblestoneReader:
    """Opens parts of a sealed file. Nothing is read but the chunks that are asked for."""

    def __init__(self, read: Read, *, key: bytes, context: bytes) -> None:
        """Check the commitment. Raises SealError: cut in its header, altered, wrong key, or another call's file."""
        header = read(0, HEADER_BYTES)
        if len(header) < HEADER_BYTES:
            raise SealError("the recording is cut: not even its header is whole")
        self._keys = _Keys.derive(key, header[:SALT_BYTES], context)
        if not hmac.compare_digest(self._keys.commitment, header[SALT_BYTES:]):
            raise SealError("the recording's header was altered, or this is not its key")
        self._read = read
        self._last: tuple[int, bytes] | None = None

    def chunk(self, number: int) -> bytes:
        """Plaintext of one chunk. Raises SealError when it was altered, moved or is not there."""
        if number < 0:
            raise BugError("chunks are counted from 0")
        if self._last is not None and self._last[0] == number:
            return self._last[1]
        sealed = self._read(HEADER_BYTES + number * _SEALED_CHUNK_BYTES, _SEALED_CHUNK_BYTES)
        try:
            plain = self._keys.aead.decrypt(self._keys.nonce(number), sealed, None)
        except (InvalidTag, ValueError) as error:
            raise SealError(f"chunk {number} of the recording is cut, damaged or was altered") from error
        self._last = (number, plain)
        return plain

    def chunks(self, first: int = 0) -> Iterator[bytes]:
        """Plaintext from a chunk on, to the end. Raises SealError when the file was cut, altered or made longer."""
        number = first
        while True:
            plain = self.chunk(number)
            yield plain
            if len(plain) < CHUNK_BYTES:
                return
            number += 1

    def size(self, file_size: int) -> int:
        """Length of the plaintext, authenticated by opening the last chunk. `file_size` is that of the sealed file."""
        number, rest = divmod(file_size - HEADER_BYTES, _SEALED_CHUNK_BYTES)
        if file_size < HEADER_BYTES + _TAG_BYTES or rest < _TAG_BYTES:
            raise SealError("the recording is cut: its short last chunk is missing")
        plain = self.chunk(number)
        if len(plain) >= CHUNK_BYTES:
            raise SealError("the recording is cut: its short last chunk is missing")
        return number * CHUNK_BYTES + len(plain)

    def slice(self, start: int, size: int) -> bytes:
        """`size` bytes of the plaintext from `start`; fewer only at its end."""
        found = bytearray()
        number, skip = divmod(start, CHUNK_BYTES)
        while len(found) < size:
            plain = self.chunk(number)
            found += plain[skip:]
            if len(plain) < CHUNK_BYTES:
                break
            number, skip = number + 1, 0
        return bytes(found[:size])
