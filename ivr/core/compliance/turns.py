"""Who takes whose turn: who cuts the other off, and whose question nobody answers. By words and times of both sides.

When a party falls silent is known to the word where its recognizer tells; else the end of its utterance is taken.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from ivr.core.compliance.questions import is_question
from ivr.core.compliance.rule import Interruption, Unanswered
from ivr.core.compliance.talk import BankSaid, CallerSaid, Said, Speaker, Talk
from ivr.core.media.frame import SAMPLE_RATE, samples
from ivr.core.speech.words import normalized, resemblance

CUT_OFF, NOBODY_ANSWERED, ASKED_AGAIN = "cuts the other off", "nobody answers a question", "must ask the same again"
BEGUN: Final = SAMPLE_RATE // 2
"""So long somebody speaks before they can be cut off: before it both began at once."""
GOES_ON: Final = SAMPLE_RATE
"""So long they who cut in go on behind the other: a shorter word is one that says "I listen"."""
AGAIN: Final = 60 * SAMPLE_RATE
"""Within which a question is the same question again."""
ALIKE: Final = 0.8
"""Of two texts, as recognizers write one question twice."""
LEAST_SIGNS: Final = 6
"""Of a question that may come again: "what?" is asked of many things."""


@dataclass(frozen=True, slots=True)
class Told:
    """Something in how the two took turns."""

    said: BankSaid | CallerSaid
    """Whose it is."""
    what: str
    first_sample: int
    last_sample: int
    words: str = field(default="", repr=False)


def cut_off(talk: Talk, rule: Interruption) -> Iterator[Told]:
    """Each time that one of `rule.by` cuts the other off: a place that begins with who is cut off."""
    agents = [said for said in talk.bank if said.speaker is Speaker.AGENT]
    if Speaker.AGENT in rule.by:
        yield from _cutting(agents, talk.caller, samples(rule.seconds))
    if Speaker.CALLER in rule.by:
        yield from _cutting(talk.caller, agents, samples(rule.seconds))


def unanswered(talk: Talk, rule: Unanswered) -> Iterator[Told]:
    """Each question of the caller's to an agent that got no answer."""
    asked = [one for one in talk.caller if is_question(one.text, one.language) and _talks(talk, one)]
    for at, one in enumerate(asked):
        last = one.last_sample
        until = last + samples(rule.seconds)
        # Who speaks before the question is over, and goes on, answers it.
        answers = [said for said in talk.bank if said.last_sample > last and said.first_sample < until]
        if not answers and any(first <= last and until <= end for first, end in talk.talks):
            yield Told(one, NOBODY_ANSWERED, one.first_sample, until, one.text)
        elif (more := _again(talk, one, asked[at + 1 :])) is not None:
            yield Told(one, ASKED_AGAIN, one.first_sample, more.last_sample, one.text)


def _cutting(
    ones: Sequence[BankSaid | CallerSaid], others: Sequence[BankSaid | CallerSaid], together: int
) -> Iterator[Told]:
    """Where one of `ones` cuts one of `others` off. Both are in order of time; who began last before is who speaks."""
    begun = [other.first_sample for other in others]
    for one in ones:
        begins, ends = _voiced(one)
        at = bisect_left(begun, begins)
        if at == 0:
            continue
        first, last = _voiced(others[at - 1])
        if first + BEGUN <= begins and begins + together <= last and last + GOES_ON <= ends:
            yield Told(one, CUT_OFF, first, ends, one.text)


def _voiced(said: Said) -> tuple[int, int]:
    """From the first word's beginning to the last one's end."""
    if not said.places:
        return said.first_sample, said.last_sample
    return said.places[0].first_sample, said.places[-1].last_sample


def _talks(talk: Talk, said: CallerSaid) -> bool:
    """Whether an agent could hear it: connected, and the caller not on hold."""
    there = any(first <= said.first_sample and said.last_sample <= last for first, last in talk.talks)
    return there and not any(first < said.last_sample and said.first_sample < last for first, last in talk.holds)


def _again(talk: Talk, one: CallerSaid, later: list[CallerSaid]) -> CallerSaid | None:
    """The same question, though something was said to it that asked nothing back."""
    text = normalized(one.text, one.language)
    if len(text) < LEAST_SIGNS:
        return None
    for other in later:
        if other.first_sample > one.last_sample + AGAIN:
            return None
        between = [
            said for said in talk.bank if one.last_sample < said.last_sample and said.first_sample < other.first_sample
        ]
        if resemblance(text, normalized(other.text, other.language)) >= ALIKE:
            asked_back = any(is_question(said.text, said.language) for said in between)
            return other if between and not asked_back else None
    return None
