"""Journals whose frames are sealed by C (`_journal.c`, ADR 77), which the media clock calls without Python.

The C is built where a compiler is when ivr is installed; the cipher is the OpenSSL of Python's own `hashlib`. Where
either is missing, `find_journals` gives None, and frames are sealed by Python: the same bytes.
"""

from __future__ import annotations

import _hashlib
import ctypes
import weakref
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Final

from ivr.core.vault.journal import MAX_FRAME_BYTES, TAG_BYTES, JournalHeader, file_keys
from ivr.core.vault.journal_frame import JournalFrame, Kind, encode
from ivr.errors import BugError, EnvironmentFault, SealError
from ivr.ports.journals import Journals, Keeping

VERSION: Final = 1
"""Of the C's interface that is spoken here."""
_ROOM_BYTES: Final = 16 << 10
"""Taken at once: two blocks of a talk's channels."""
_NANOSECONDS: Final = 1_000_000_000
_POINTER: Final = ctypes.c_void_p
_FUNCTIONS: Final = (
    "EVP_CIPHER_CTX_new", "EVP_CIPHER_CTX_free", "EVP_aes_256_gcm", "EVP_EncryptInit_ex", "EVP_EncryptUpdate",
    "EVP_EncryptFinal_ex", "EVP_CIPHER_CTX_ctrl",
)  # fmt: skip
"""In the order of `struct openssl`."""


class _Library:
    """The C, with OpenSSL's functions. Made once in a process."""

    def __init__(self, path: Path) -> None:
        """Raises OSError or AttributeError where something is missing."""
        # Calls that wait let go of the interpreter's lock; those that take a microsecond do not.
        waits, quick = ctypes.CDLL(str(path)), ctypes.PyDLL(str(path))
        if waits.ivr_journal_version() != VERSION:
            raise AttributeError("built of another version")
        openssl = ctypes.CDLL(
            _hashlib.__file__
        )  # and what it is linked to: not pjsua2's OpenSSL, which is out of support
        self._pointers = (_POINTER * len(_FUNCTIONS))(
            *(ctypes.cast(getattr(openssl, name), _POINTER).value for name in _FUNCTIONS)
        )
        self._openssl = openssl
        """Kept: the pointers are into it."""
        self._new, self.free, self.seal, self.rouse = (
            getattr(quick, f"ivr_journal_{name}") for name in ("new", "free", "seal", "rouse")
        )
        self.refuse, self.refuses, self.take = (
            quick.ivr_journal_refuse,
            quick.ivr_journal_refuses,
            waits.ivr_journal_take,
        )
        self._new.restype = _POINTER
        self._new.argtypes = [_POINTER, *[ctypes.c_char_p] * 3]
        for function in (self.free, self.rouse, self.refuse, self.refuses):
            function.argtypes = [_POINTER]
        self.free.restype = self.rouse.restype = self.refuse.restype = None
        self.seal.argtypes = [_POINTER, ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t]
        self.take.argtypes = [_POINTER, ctypes.c_int64, _POINTER, ctypes.c_size_t]
        self.take.restype = ctypes.c_size_t
        self.keep_at = ctypes.cast(quick.ivr_journal_keep, _POINTER).value or 0

    def new(self, key: bytes, nonce: bytes, head: bytes) -> int:
        """Raises EnvironmentFault."""
        if not (found := self._new(self._pointers, key, nonce, head)):
            raise EnvironmentFault("a recording's cipher cannot be prepared: no memory, or OpenSSL refuses AES-256-GCM")
        return int(found)


class SealedByC:
    """One recording's (`Journal`)."""

    def __init__(self, library: _Library, header: JournalHeader, data_key: bytes, salt: bytes) -> None:
        keys = file_keys(header, data_key=data_key, salt=salt)
        self.preamble = keys.preamble
        self._library = library
        self._at = library.new(keys.cipher, keys.base_nonce, keys.head)
        self.keeping = Keeping(library.keep_at, self._at)
        weakref.finalize(self, library.free, self._at).atexit = False  # who takes may wait in it until the very end
        self._room = bytearray(_ROOM_BYTES)
        self._view = memoryview(self._room)
        self._array = (ctypes.c_char * _ROOM_BYTES).from_buffer(self._room)
        self._room_at = ctypes.addressof(self._array)
        self._closed = False

    @property
    def refuses(self) -> bool:
        """Whether C could not seal a block, or was told to hand in no more."""
        return bool(self._library.refuses(self._at))

    def seal(self, frame: JournalFrame) -> None:
        """Seal the next frame."""
        if self._closed:
            raise BugError("the journal is closed: nothing may follow its closing frame")
        kind, plain = encode(frame)
        if len(plain) + TAG_BYTES > MAX_FRAME_BYTES:
            raise SealError(f"a journal frame may have {MAX_FRAME_BYTES} bytes, this one has {len(plain) + TAG_BYTES}")
        if not self._library.seal(self._at, kind, plain, len(plain)):
            raise SealError("a frame of the recording cannot be sealed: no memory, or OpenSSL refuses")
        self._closed = kind is Kind.CLOSED

    def rouse(self) -> None:
        """Let who takes go on at once."""
        self._library.rouse(self._at)

    def refuse(self) -> None:
        """C hands in no more: its stretch ends after its block."""
        self._library.refuse(self._at)

    def take(self, seconds: float) -> memoryview:
        """What was sealed and not taken, at most `_ROOM_BYTES`: the next call gives the rest, at once."""
        size = self._library.take(self._at, round(seconds * _NANOSECONDS), self._room_at, _ROOM_BYTES)
        return self._view[:size]


def find_journals() -> Journals | None:
    """What makes them; None where the C was not built here, or no OpenSSL is found."""
    for suffix in EXTENSION_SUFFIXES:
        path = Path(__file__).with_name(f"_journal{suffix}")
        if path.exists():
            try:
                library = _Library(path)
            except (OSError, AttributeError):  # of another machine, or not what we know
                return None
            return lambda header, *, data_key, salt: SealedByC(library, header, data_key, salt)
    return None
