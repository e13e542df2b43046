"""What may be written of states that compare a voice, or enrol it: the shape, strictly."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ivr.core.dialplan.language.schema import Ident, RouteIn, Shape, Share, Spoken, StateIn
from ivr.core.identity.challenge import LEAST, MOST
from ivr.core.identity.voiceprint import LEAST_RECORDINGS, MIN_ENROL_SECONDS


class CostsIn(Shape):
    """What a wrong decision on a voice costs; only the proportions matter."""

    prior: float = 0.9
    false_accept: float = 10_000.0
    false_reject: float = 20.0
    unsure: float = 1.0


class IdentifyVoiceIn(StateIn):
    """Proves a factor by the caller's voice."""

    identify: Ident
    by: Literal["voice"]
    ask: Spoken | None = None
    challenge: Annotated[int, Field(ge=LEAST, le=MOST)] | None = None
    customer: Ident
    accept: Share | None = None
    reject: Share | None = None
    costs: CostsIn | None = None
    min_speech: Annotated[float, Field(ge=1, le=30)] = 3.0
    max_wait: Annotated[float, Field(ge=2, le=60)] = 12.0
    attempts: Annotated[int, Field(ge=1, le=5)] = 2
    retry: Spoken | None = None
    go: RouteIn
    unscored: Ident
    otherwise: Ident


class EnrolVoiceIn(StateIn):
    """Enrols the caller's voice."""

    enrol_voice: Ident
    """The value that says whose it is."""
    ask: Spoken
    more: Spoken | None = None
    retry: Spoken | None = None
    recordings: Annotated[int, Field(ge=LEAST_RECORDINGS, le=6)] = LEAST_RECORDINGS
    min_speech: Annotated[float, Field(ge=MIN_ENROL_SECONDS, le=15)] = 5.0
    max_wait: Annotated[float, Field(ge=5, le=30)] = 15.0
    attempts: Annotated[int, Field(ge=1, le=5)] = 2
    keep_audio: bool = False
    go: RouteIn
    otherwise: Ident
