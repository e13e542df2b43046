"""The caller and others talk: with whom, and who hears whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ivr.core.orders.playing import Clip

CALLER: Final = "caller"
"""The caller as a party."""
MUSIC: Final = "music"
MACHINE: Final = "machine"
"""What the line says to the caller."""
RINGING: Final = "ringing"
"""What one hears whose colleague is rung."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """The caller and whoever answered (agent or target) begin to talk. Who hears whom is said by Hear."""

    party: str = ""
    """Who it is: the offer's id, or `target_party` of the transfer's."""


@dataclass(frozen=True, slots=True)
class Unbridge:
    """They talk no more."""


@dataclass(frozen=True, slots=True)
class TalkNearsEnd:
    """The talk with an agent or a transfer's target has lasted nearly as long as one may."""


@dataclass(frozen=True, slots=True)
class TalkOver:
    """It has lasted as long as one may: it ends."""


@dataclass(frozen=True, slots=True)
class Hear:
    """Who hears whom from now on, whole: whoever is not named hears nothing of others."""

    ears: tuple[tuple[str, tuple[str, ...]], ...]
    """(party, whom they hear): parties, MACHINE, MUSIC or RINGING."""


@dataclass(frozen=True, slots=True)
class Whisper:
    """Say this to a party alone, as soon as they have answered. Answered by WhisperEnded; a key of theirs skips it."""

    party: str
    clips: tuple[Clip, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class WhisperEnded:
    """What was said to this party alone is over, skipped or impossible."""

    party: str
    voices: tuple[str, ...] = ()
    """Synthetic ones that spoke to them: model, version and voice of each, in the order of their first words."""


def target_party(transfer_id: int) -> str:
    """The party that a transfer's target is."""
    return f"target{transfer_id}"
