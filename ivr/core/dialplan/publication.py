"""A publication: all that is served from some moment on, as one immutable document that is named by its own hash.

Rule: what is not in it is not served. It holds every dialplan's text, which numbers it answers, the id of its proof,
and the hash and length of every prompt; so its SHA-256, which the audit log holds, speaks for all of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ivr.core.dialplan.model import Dialplan
from ivr.core.media.frame import FRAME_BYTES, SAMPLE_BYTES
from ivr.core.orders.playing import Clip
from ivr.errors import SealError

FORMAT = 1
DEFAULT = "default"
"""Stands for every number that no dialplan names."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """A prompt's audio, by its hash."""

    sha256: str
    """Of the PCM (8 kHz, 16 bit, little-endian), hex."""
    samples: int
    voice: str = ""
    """Model, version and voice that spoke it; empty: people recorded it, or an earlier version of the engine published
    it, which knew the renderer only."""

    @staticmethod
    def of(pcm: bytes) -> Rendering:
        """Of this audio."""
        return Rendering(hashlib.sha256(pcm).hexdigest(), len(pcm) // SAMPLE_BYTES)

    def fits(self, pcm: bytes) -> bool:
        """Whether the audio is this one."""
        return len(pcm) == self.samples * SAMPLE_BYTES and hashlib.sha256(pcm).hexdigest() == self.sha256


@dataclass(frozen=True, slots=True)
class ListedDialplan:
    """A dialplan that the settings name, to be published."""

    file: str
    called: tuple[str, ...]
    """As `PublishedPlan.called`."""


@dataclass(frozen=True, slots=True)
class PublishedPlan:
    """One dialplan as it was published."""

    called: tuple[str, ...]
    """Numbers that it answers; `default` alone: all that no other names."""
    id: str
    """name@version."""
    sha256: str
    """Of its text and of everything it includes."""
    file: str
    """Where it was read from. Nothing is read from there again but to say that it differs."""
    certificate: str
    rules: tuple[str, ...]
    """What was proved."""
    main: str
    """Name of its main file among `texts`."""
    texts: Mapping[str, str] = field(repr=False)
    """Name below its directory -> text."""
    sounds: Mapping[str, str] = field(default_factory=dict)
    """Recorded file -> SHA-256 of what it held."""
    warnings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Disclosure -> language -> SHA-256 of what is sent when it is played (whole frames), where that is the same in
    every call. It is what evidence names as `audio_sha256`."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What is served."""

    at: float
    """Seconds since the epoch."""
    actor: str
    """Who published it."""
    renderer: str
    """Name and version of the synthesizer."""
    plans: tuple[PublishedPlan, ...]
    prompts: Mapping[str, Rendering] = field(repr=False)
    """Recipe (see `recipe`) -> audio."""

    def encode(self) -> bytes:
        """The document."""
        document = {"format": FORMAT, **asdict(self)}
        # Without what it did not say: a publication of an earlier version keeps its id.
        for rendering in document["prompts"].values():
            if not rendering["voice"]:
                del rendering["voice"]
        return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @property
    def id(self) -> str:
        """SHA-256 of the document, hex."""
        return hashlib.sha256(self.encode()).hexdigest()

    @staticmethod
    def decode(data: bytes) -> Publication:
        """Back from the document. Raises SealError for one that is not ours."""
        try:
            document = json.loads(data)
            if document.pop("format") != FORMAT:
                raise SealError("this publication is of another format: publish again with this version of the engine")
            plans = tuple(_plan(one) for one in document.pop("plans"))
            prompts = {name: Rendering(**one) for name, one in document.pop("prompts").items()}
            return Publication(plans=plans, prompts=prompts, **document)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise SealError("this is no publication of ours") from error

    def same_as(self, other: Publication) -> bool:
        """Whether both serve the same, whoever published them and when."""
        return (self.renderer, self.plans, self.prompts) == (other.renderer, other.plans, other.prompts)

    def plan_of(self, file: str) -> PublishedPlan | None:
        """The dialplan that was read from a file."""
        return next((plan for plan in self.plans if plan.file == file), None)


def _plan(data: Mapping[str, Any]) -> PublishedPlan:
    return PublishedPlan(**{**data, "called": tuple(data["called"]), "rules": tuple(data["rules"])})


def what_is_served(plans: Iterable[PublishedPlan]) -> str:
    """SHA-256 of what people approve: numbers, texts and recorded files, whichever synthesizer speaks the rest."""
    served = [[plan.called, plan.id, plan.sha256, sorted(plan.sounds.items())] for plan in plans]
    return hashlib.sha256(json.dumps(served, ensure_ascii=False).encode()).hexdigest()


def shown_numbers(called: Sequence[str]) -> str:
    """Numbers that a dialplan answers, for people."""
    return "every other number" if tuple(called) == (DEFAULT,) else ", ".join(called)


def recipe(clip: Clip, renderer: str, sounds: Mapping[str, str]) -> str:
    """What a static clip's audio is made of, as a hash: its text, language, voice and renderer, or the recorded file.

    Raises KeyError for a file that is not among the sounds.
    """
    made_of = (
        ["file", sounds[clip.file]] if clip.file else ["text", renderer, clip.language, clip.voice or "", clip.text]
    )
    return hashlib.sha256(json.dumps(made_of, ensure_ascii=False).encode()).hexdigest()


def warnings_of(dialplan: Dialplan, pcm: Callable[[Clip], bytes]) -> dict[str, dict[str, str]]:
    """Disclosure -> language -> SHA-256 of what is sent, of those that are the same in every call."""
    return {
        name: {
            language: hashlib.sha256(whole_frames(b"".join(map(pcm, clips)))).hexdigest()
            for language, clips in disclosure.say.fixed.items()
            if not any(clip.tone or clip.dynamic for clip in clips)
        }
        for name, disclosure in dialplan.disclosures.items()
    }


def whole_frames(pcm: bytes) -> bytes:
    """The same with its last frame filled by silence, as it is sent."""
    return pcm + bytes(-len(pcm) % FRAME_BYTES)
