"""What an agent reads to the caller in the talk that goes on, as far as it was recognized. Nothing is open by it yet:
the caller is asked to acknowledge it, by the line, as if the line had played it.

Rule: whatever is not surely a whole reading is none. A reading that was broken off, lost on the way, too fast to be
followed or spoken by two agents begins again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ivr.core.dialplan.model import Disclosure
from ivr.core.media.frame import SAMPLE_RATE
from ivr.core.orders.evidence import ReadByAgent
from ivr.core.orders.reading import AgentSaid
from ivr.core.speech.fillers import base
from ivr.core.speech.read_aloud import Following, Script

COUNTS_SECONDS = 120.0
"""From the end of a reading until the caller is asked about it: later they are not asked about what they just heard."""
LONGEST_PAUSE_SECONDS = 10.0
"""Within a reading."""
LEAST_SURE = 0.3
"""Of an utterance whose recognizer is less sure of its words nobody can say that it was read."""
FASTEST = {"zh": 8.0, "": 5.0}
"""Words, or Chinese signs, a second that a listener follows: 300 words a minute is as fast as people read aloud."""
LATE_PACKETS = 2
"""That may be on their way when both ends of an utterance are measured."""


@dataclass(frozen=True, slots=True)
class WholeReading:
    """A disclosure that was read to its end."""

    language: str
    first_sample: int
    last_sample: int
    packets_sent: int
    loss: float | None
    at: float
    """When that was known, on the call's clock."""
    evidence: ReadByAgent


@dataclass(frozen=True, slots=True)
class _Begun:
    """One disclosure, as it is being read."""

    following: Following
    party: str = ""
    said: tuple[AgentSaid, ...] = ()
    """Of the talk since the reading may have begun."""


@dataclass(frozen=True, slots=True)
class ReadingStands:
    """How far an agent is with a disclosure that they may read."""

    disclosure: str
    language: str
    text: str
    """What is to be read."""
    words: int
    found: int
    rest: str
    """What is still to be read, as it is compared; after a reading that came to nothing, from where that broke."""
    whole: bool = False
    broke: bool = False
    """The last reading came to nothing: it is to be begun again, or the line plays the warning."""


def text_of(disclosure: Disclosure, language: str) -> str:
    """What is to be read: the words of the prompt."""
    return " ".join(piece.words or piece.clip.text for piece in disclosure.say.pieces[language])


@dataclass(frozen=True, slots=True)
class Readings:
    """Of one call. Never changed in place: each method returns what is so afterwards."""

    begun: Mapping[str, _Begun] = field(default_factory=dict)
    whole: Mapping[str, WholeReading] = field(default_factory=dict)
    """Disclosure -> its reading, which the caller was not asked about yet."""

    def heard(self, said: AgentSaid, wanted: Iterable[Disclosure], language: str, *, now: float) -> Readings:
        """An agent said something. `wanted`: what they may read now, in the call's language."""
        begun, whole = {}, dict(self.whole)
        for disclosure in wanted:
            script = Script.of(text_of(disclosure, language), language)
            one = self.begun.get(disclosure.name)
            one = _Begun(Following(script)) if one is None or one.following.script != script else one
            begun[disclosure.name] = one = _followed(one, said, disclosure.max_loss)
            if (reading := _whole(one, disclosure, language, now=now)) is not None:
                whole[disclosure.name] = reading
                begun[disclosure.name] = _Begun(Following(script))
            elif one.following.whole is not None:  # whole, and not fit to be followed
                begun[disclosure.name] = _Begun(replace(one.following, whole=None).anew())
        return Readings(begun, whole)

    def take(self, disclosure: str, language: str, *, now: float) -> tuple[WholeReading | None, Readings]:
        """The reading about which the caller is asked now, if there is one that counts; it is used up by that."""
        found = self.whole.get(disclosure)
        counts = found is not None and found.language == language and now - found.at <= COUNTS_SECONDS
        left = {name: one for name, one in self.whole.items() if name != disclosure}
        return found if counts else None, Readings(self.begun, left)

    def stands(self, disclosure: Disclosure, language: str, *, now: float) -> ReadingStands:
        """How far it is."""
        text = text_of(disclosure, language)
        script = Script.of(text, language)
        words = len(script.units)
        whole, _ = self.take(disclosure.name, language, now=now)
        if whole is not None:
            return ReadingStands(disclosure.name, language, text, words, words, "", whole=True)
        one = self.begun.get(disclosure.name)
        following = Following(script) if one is None or one.following.script != script else one.following
        broke = not following.found and following.broke_at > 0
        found = following.broke_at if broke else following.found
        return ReadingStands(disclosure.name, language, text, words, found, following.rest(found), broke=broke)


NO_READINGS = Readings()


def _followed(one: _Begun, said: AgentSaid, max_loss: float) -> _Begun:
    paused = bool(one.said) and said.first_sample - one.said[-1].last_sample > LONGEST_PAUSE_SECONDS * SAMPLE_RATE
    if paused or one.party not in ("", said.party):
        one = _Begun(one.following.anew())
    if said.language != one.following.script.language or not _counts(said, max_loss):
        return _Begun(one.following.anew())
    following = one.following.heard(said.text, said.first_sample)
    first = min((way.first_sample for way in following.ways.values()), default=said.last_sample)
    kept = tuple(each for each in (*one.said, said) if each.first_sample >= first)
    return _Begun(following, said.party, kept)


def _counts(said: AgentSaid, max_loss: float) -> bool:
    """Whether it was understood, and the caller was sent all of it."""
    lossy = said.loss is not None and not said.loss <= max_loss
    sent = said.packets_sent + LATE_PACKETS >= said.packets_due and said.last_sample > said.first_sample >= 0
    return bool(said.text.strip()) and LEAST_SURE <= said.confidence <= 1 and sent and not lossy and not said.silent


def _whole(one: _Begun, disclosure: Disclosure, language: str, *, now: float) -> WholeReading | None:
    way = one.following.whole
    if way is None:
        return None
    said = [each for each in one.said if each.first_sample >= way.first_sample]
    words = len(one.following.script.units)
    length = sum(each.last_sample - each.first_sample for each in said) / SAMPLE_RATE
    if not said or words > length * FASTEST.get(base(language), FASTEST[""]):
        return None
    losses = [each.loss for each in said if each.loss is not None]
    digest = hashlib.sha256(text_of(disclosure, language).encode()).hexdigest()
    share = round((words - way.missed) / words, 3)
    return WholeReading(
        language,
        said[0].first_sample,
        said[-1].last_sample,
        sum(each.packets_sent for each in said),
        max(losses, default=None),
        now,
        ReadByAgent(digest, words, share, min(each.confidence for each in said)),
    )
