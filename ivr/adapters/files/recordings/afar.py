"""Long-term recordings whose sound is in an object store: what is left here is their key file and a note.

Rules: the store learns nothing. What it keeps is sealed, and an object's name is a keyed hash of the recording's. That
name is reckoned, never read: whoever can write files cannot have another recording's object read or removed.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from ivr.adapters.files.recordings.archives import Sealed, file_sha256
from ivr.core.typed import parsed, text, whole
from ivr.durable import write_durably
from ivr.errors import EnvironmentFault, SealError
from ivr.ports.keys import KeyStore
from ivr.ports.objects import ObjectStore
from ivr.ports.recordings import StoredRecording

AFAR = ".ivro"
"""Of the note beside the key file."""
FORMAT = "ivr-object/1"
BLOCK_BYTES = 1 << 20
"""What is asked for at once: a minute of a call. A request takes some milliseconds, a chunk has 16 KiB."""
BLOCKS_KEPT = 4


@dataclass(frozen=True, slots=True)
class Note:
    """What is known here of an object."""

    size: int
    """Bytes."""
    sha256: str
    """Hex."""


class Afar:
    """The object store, as recordings use it."""

    def __init__(self, objects: ObjectStore, keys: KeyStore, *, prefix: str) -> None:
        self._objects, self._keys, self._prefix = objects, keys, prefix

    def name(self, stored: StoredRecording) -> str:
        """Of a recording's object: 64 hex digits behind the prefix."""
        return self._prefix + self._keys.fingerprint("recording's object", stored.recording_id.encode()).hex()

    def names(self) -> frozenset[str]:
        """Of all objects that are there."""
        return frozenset(self._objects.names(self._prefix))

    def send(self, stored: StoredRecording, file: Path) -> Note:
        """Have it kept, read all of it back, and compare. Raises EnvironmentFault: it is not there, or not the same."""
        name, size, sha256 = self.name(stored), file.stat().st_size, file_sha256(file)
        self._objects.put(name, file)
        note = Note(size, sha256)
        if self.sha256(stored, note) != sha256:
            raise EnvironmentFault(f"the object store gave back other bytes than it was given for {file.name}")
        return note

    def sealed(self, stored: StoredRecording, note: Note) -> Sealed:
        """Its bytes."""
        blocks = _Blocks(self._objects, self.name(stored), note.size)
        return Sealed(blocks.read, note.size)

    def sha256(self, stored: StoredRecording, note: Note) -> str:
        """Hash of what the store gives, hex."""
        digest, sealed = hashlib.sha256(), self.sealed(stored, note)
        for offset in range(0, note.size, BLOCK_BYTES):
            digest.update(sealed.read(offset, BLOCK_BYTES))
        return digest.hexdigest()

    def remove(self, stored: StoredRecording) -> None:
        """Have it kept no longer, if it was."""
        self._objects.delete(self.name(stored))


class _Blocks:
    """Bytes of one object by blocks, of which the latest are kept."""

    def __init__(self, objects: ObjectStore, name: str, size: int) -> None:
        self._objects, self._name, self._size = objects, name, size
        self._kept: OrderedDict[int, bytes] = OrderedDict()

    def read(self, offset: int, size: int) -> bytes:
        """As `os.pread`, but whole."""
        end, found = min(offset + size, self._size), bytearray()
        while offset < end:
            number, skip = divmod(offset, BLOCK_BYTES)
            part = self._block(number)[skip : skip + end - offset]
            if not part:
                raise SealError("the recording is cut: the object store has less of it than was sent there")
            found += part
            offset += len(part)
        return bytes(found)

    def _block(self, number: int) -> bytes:
        if number not in self._kept:
            at = number * BLOCK_BYTES
            self._kept[number] = self._objects.read(self._name, at, min(BLOCK_BYTES, self._size - at))
            if len(self._kept) > BLOCKS_KEPT:
                self._kept.popitem(last=False)
        return self._kept[number]


def read_note(path: Path) -> Note:
    """What it says. Raises SealError when it is not one of ours, EnvironmentFault when it cannot be read."""
    try:
        data = parsed(path.read_bytes())
        if data["format"] != FORMAT:
            raise ValueError("format")
        return Note(whole(data["size"], least=0), text(data["sha256"]))
    except OSError as error:
        raise EnvironmentFault(f"the note {path.name} cannot be read: {error.strerror}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise SealError(f"the note {path.name} is damaged; restore it from a backup") from error


def write_note(path: Path, note: Note) -> None:
    """Put it there, durably."""
    data = {"format": FORMAT, "size": note.size, "sha256": note.sha256}
    write_durably(path, json.dumps(data, indent=1).encode() + b"\n")
