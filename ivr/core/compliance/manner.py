"""When something was said: silence, pace, who speaks while another does. By times alone, never by a voice.

Where within an utterance a word stands is known where its recognizer tells; else its share of the text is taken.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from ivr.core.compliance.rule import Hold, Pace, Silence, TalkOver, When
from ivr.core.compliance.talk import BankSaid, Said, Speaker, Talk
from ivr.core.media.frame import SAMPLE_RATE, samples, seconds
from ivr.core.speech.fillers import base

LEAST_FOR_PACE = 5 * SAMPLE_RATE
"""An utterance shorter than this has no pace to speak of."""


def part(said: Said, first: float, last: float) -> tuple[int, int]:
    """Samples of a part of an utterance, whose beginning and end are shares of the text."""
    whole = len(said.text)
    there = [one for one in said.places if one.last > first * whole and one.first < last * whole]
    if there:
        return there[0].first_sample, max(there[0].first_sample, there[-1].last_sample)
    length = said.last_sample - said.first_sample
    begin = said.first_sample + int(first * length)
    return begin, max(begin, said.first_sample + round(last * length))


def holds(when: When, talk: Talk, sample: int) -> bool:
    """Whether a rule holds at a moment: in one of its states, behind one of its disclosures."""
    if when.after and not any(name in when.after and at <= sample for at, name in talk.disclosures):
        return False
    if not when.states:
        return True
    at = bisect_right(talk.states, sample, key=lambda entered: entered[0])
    return at > 0 and talk.states[at - 1][1] in when.states


def where_it_holds(when: When, talk: Talk) -> int | None:
    """The first moment at which a rule holds; None: it never does in this call."""
    moments = [0, *(at for at, _ in talk.states), *(at for at, _ in talk.disclosures)]
    return min((at for at in moments if holds(when, talk, at)), default=None)


def silences(talk: Talk, rule: Silence) -> Iterator[tuple[int, int]]:
    """Every silence that is too long."""
    return (span for span in talk.silences if span[1] - span[0] > samples(rule.seconds))


def held(talk: Talk, rule: Hold) -> Iterator[tuple[int, int]]:
    """Every time that the caller waited on hold for too long."""
    return (span for span in talk.holds if span[1] - span[0] > samples(rule.seconds))


def hurried(talk: Talk, rule: Pace) -> Iterator[tuple[BankSaid, int]]:
    """An agent's utterances that were too fast, and how fast."""
    for said in talk.bank:
        most = rule.most.get(base(said.language))
        length = said.last_sample - said.first_sample
        if said.speaker is Speaker.AGENT and most is not None and length >= LEAST_FOR_PACE:
            words = sum(map(str.isalnum, said.text)) if base(said.language) == "zh" else len(said.text.split())
            pace = round(words * 60 / seconds(length))
            if pace > most:
                yield said, pace


def talked_over(talk: Talk, rule: TalkOver) -> Iterator[tuple[int, int]]:
    """Where an agent and the caller both speak for too long."""
    agents = [said for said in talk.bank if said.speaker is Speaker.AGENT]
    for said in talk.caller:
        for other in agents:
            first, last = max(said.first_sample, other.first_sample), min(said.last_sample, other.last_sample)
            if last - first > samples(rule.seconds):
                yield first, last
