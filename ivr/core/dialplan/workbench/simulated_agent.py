"""The agent of a simulated call: what they say to the caller, what they read aloud, where they let the line take over.

Each act says whether there was anybody to do it: nothing happens where no agent talks with the caller.
"""

from __future__ import annotations

from typing import Final

from ivr.core.dialplan.runtime.readings import text_of
from ivr.core.dialplan.states import QueueState
from ivr.core.dialplan.workbench.simulated_line import PACKET_SAMPLES, RECOGNITION_SECONDS, SimulatedLine
from ivr.core.dialplan.workbench.spoken_words import clip_seconds
from ivr.core.media.frame import samples
from ivr.core.orders.assist import AssistBegun
from ivr.core.orders.desk import CallerConfirmed, HandedOver
from ivr.core.orders.legs import LegRole
from ivr.core.orders.playing import Clip
from ivr.core.orders.reading import AgentSaid

PARTY: Final = "offer-1"
NAME: Final = "anna"
USUAL_CONFIDENCE: Final = 0.95


def talks(line: SimulatedLine) -> bool:
    """Whether an agent and the caller talk now: not while the line has taken over."""
    state = line.dialplan.states.get(line.interpreter.state)
    return line.connected is LegRole.AGENT and isinstance(state, QueueState)


def says(line: SimulatedLine, words: str, *, confidence: float = USUAL_CONFIDENCE) -> bool:
    """They say this to the caller, and it is recognized as the talk goes on."""
    if not talks(line):
        return False
    language, first = line.interpreter.language, samples(line.now)
    line.advance(clip_seconds(Clip(language, words)))
    last = samples(line.now)
    line.advance(RECOGNITION_SECONDS)
    packets = (last - first) // PACKET_SAMPLES
    line.happen(
        AgentSaid(
            PARTY, language, words, first, last, confidence, packets, packets, line.behaviour.loss, agent=NAME
        )
    )  # fmt: skip
    return True


def reads(line: SimulatedLine, disclosure: str) -> bool:
    """They read the warning to the caller, word for word."""
    known = line.dialplan.disclosures.get(disclosure)
    return known is not None and says(line, text_of(known, line.interpreter.language))


def lets_take_over(line: SimulatedLine, place: str) -> bool:
    """The line takes over at a place of `assist:`; they stay and hear what it says."""
    if not talks(line) or place not in line.interpreter.places.assist:
        return False
    line.happen(AssistBegun(place))
    return True


def hands_over(line: SimulatedLine, place: str) -> bool:
    """The caller goes on at a place of `hand_over:`, without them."""
    if not talks(line) or place not in line.interpreter.places.hand_over:
        return False
    line.happen(HandedOver(place))
    return True


def confirms(line: SimulatedLine) -> bool:
    """They say that they know who calls."""
    if not talks(line) or not line.interpreter.places.confirms:
        return False
    line.happen(CallerConfirmed())
    return True
