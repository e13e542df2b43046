"""What publishing works with, in memory. It passes the contract suites of the real files."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import replace

from ivr.core.audit.note import Signer, VerifierKey, verify_note
from ivr.core.dialplan.kept_draft import KeptDraft
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.proof.prove import Certificate
from ivr.core.dialplan.publication import Publication, Rendering
from ivr.errors import EnvironmentFault, OperatorError
from ivr.ports.versions import KeptVersion


class MemoryPublications:
    """Publications, each as the bytes of its document."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}
        self._pointer = ""
        self._lock = threading.Lock()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One at a time."""
        if not self._lock.acquire(blocking=False):
            raise OperatorError("somebody else is publishing at this moment: try again when they are done")
        try:
            yield
        finally:
            self._lock.release()

    def keep(self, publication: Publication) -> None:
        """Keep it."""
        self._kept[publication.id] = publication.encode()

    def point_to(self, publication: Publication, signer: Signer) -> None:
        """Serve it."""
        self._pointer = signer.sign(f"{publication.id}\n")

    def current(self, key: VerifierKey) -> Publication | None:
        """The one that is served."""
        return self.load(verify_note(self._pointer, key).strip()) if self._pointer else None

    def named(self) -> str | None:
        """Its id."""
        return self._pointer.partition("\n")[0] or None

    def load(self, id: str) -> Publication:
        """One of them."""
        if id not in self._kept:
            raise EnvironmentFault(f"there is no publication {id}")
        return Publication.decode(self._kept[id])

    def all(self) -> Iterator[Publication]:
        """Every one."""
        yield from map(self.load, list(self._kept))


class MemoryVersions:
    """Versions in a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[str, KeptVersion] = {}
        self._texts: dict[str, Mapping[str, str]] = {}

    def keep(
        self, id: str, sha256: str, texts: Mapping[str, str], sounds: Mapping[str, str], *, now: float
    ) -> KeptVersion:
        """Keep a version."""
        self._texts.setdefault(sha256, dict(texts))
        kept = self._kept.get(sha256) or KeptVersion(id, sha256, now, f"{sha256}/{next(iter(texts))}", {})
        grown = dict(kept.sounds)
        for name, digest in sounds.items():
            if digest not in grown.get(name, ()):
                grown[name] = (*grown.get(name, ()), digest)
        self._kept[sha256] = replace(kept, sounds=grown)
        return self._kept[sha256]

    def all(self) -> Sequence[KeptVersion]:
        """Newest first."""
        return sorted(self._kept.values(), key=lambda kept: (kept.kept_at, kept.sha256), reverse=True)

    def find(self, reference: str) -> KeptVersion:
        """By its name or its hash."""
        found = [one for one in self._kept.values() if reference == one.id or one.sha256.startswith(reference.lower())]
        if len(found) != 1:
            raise OperatorError(f"{len(found)} versions are {reference}")
        return found[0]

    def text(self, version: KeptVersion, name: str = "") -> str:
        """One of its texts."""
        texts = self._texts[version.sha256]
        try:
            return texts[name or next(iter(texts))]
        except KeyError:
            raise OperatorError(f"{version.id} includes no {name}") from None


class MemoryPrompts:
    """Audio in a dictionary."""

    def __init__(self) -> None:
        self.audio: dict[str, bytes] = {}
        self.of: dict[str, Rendering] = {}
        """Recipe -> what was made of it."""

    def read(self, rendering: Rendering) -> bytes:
        """The audio."""
        pcm = self.audio.get(rendering.sha256)
        if pcm is None or not rendering.fits(pcm):
            raise EnvironmentFault(f"the prompt {rendering.sha256} is missing or damaged: it is not what was published")
        return pcm

    def holds(self, rendering: Rendering) -> bool:
        """Whether it is there and sound."""
        pcm = self.audio.get(rendering.sha256)
        return pcm is not None and rendering.fits(pcm)

    def keep(self, pcm: bytes, recipe: str) -> Rendering:
        """Keep it."""
        rendering = self.of[recipe] = Rendering.of(pcm)
        self.audio[rendering.sha256] = pcm
        return rendering

    def made(self, recipe: str) -> Rendering | None:
        """What was last kept of a recipe."""
        return self.of.get(recipe)

    def sweep(self, needed: Set[str]) -> int:
        """Remove what is not needed."""
        gone = self.audio.keys() - needed
        for digest in gone:
            del self.audio[digest]
        self.of = {recipe: rendering for recipe, rendering in self.of.items() if rendering.sha256 in self.audio}
        return len(gone)


class MemoryDrafts:
    """Written dialplans: path -> text, or sound."""

    def __init__(self) -> None:
        self.files: dict[str, str | bytes] = {}

    def text(self, file: str, name: str = "") -> str:
        """A text."""
        found = self._found(file, name)
        if not isinstance(found, str):
            raise OperatorError(f"{name or file} is no text")
        return found

    def is_same(self, file: str, other: str) -> bool:
        """By their paths."""
        return file == other

    def sound(self, file: str, name: str) -> bytes:
        """A sound."""
        found = self._found(file, name)
        return found.encode() if isinstance(found, str) else found

    def _found(self, file: str, name: str) -> str | bytes:
        path = f"{file.rpartition('/')[0]}/{name}" if name else file
        if path not in self.files or ".." in name or name.startswith("/"):
            raise OperatorError(f"there is no {path}")
        return self.files[path]


class MemoryKeptDrafts:
    """Kept drafts, each as the bytes of its document."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}
        self._lock = threading.Lock()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One at a time."""
        with self._lock:
            yield

    def all(self) -> Iterator[KeptDraft]:
        """Every one."""
        yield from map(self.load, list(self._kept))

    def load(self, id: str) -> KeptDraft:
        """One of them."""
        if id not in self._kept:
            raise OperatorError(f"there is no draft {id}: it was dropped or published")
        return KeptDraft.decode(self._kept[id])

    def keep(self, draft: KeptDraft) -> None:
        """Replace it."""
        self._kept[draft.id] = draft.encode()

    def drop(self, id: str) -> None:
        """Remove it."""
        self._kept.pop(id, None)


class MemoryCertificates:
    """Certificates in a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[str, Certificate] = {}

    def find(self, dialplan: Dialplan) -> Certificate | None:
        """By the dialplan's hash."""
        return self._kept.get(dialplan.sha256)

    def keep(self, certificate: Certificate) -> None:
        """Keep it."""
        self._kept[certificate.sha256] = certificate
