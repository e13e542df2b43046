"""Finding calls without storing what is searched for: keyed hashes of terms.

What can be searched (words, a caller's number, an agent, what a lookup returned) becomes terms; the database holds
only a keyed hash of each. Whoever has the database alone sees which calls share a term and how often it occurs, never
which it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ivr.core.signs import folded
from ivr.core.sip.telephone import user_of

_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_RUNS = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+")
ENDS = range(7, 11)
"""How many last digits of a number it is found by: subscriber numbers have from 7 digits, with their area up to 10."""
CALLER_SAID, ENGINE_SAID, AGENT_SAID = "word", "told", "spoke"
"""Kinds of word terms: apart, as a prompt is in nearly every call of its line."""
FIELDS = (
    "agent", "day", "dialplan", "disclosure", "flag", "language", "mailbox", "outcome", "state", "version", "warning",
)  # fmt: skip
"""Of a query, whose value is a term as it stands."""
INDEXED = "indexed:3"
"""Term of a call of which all that is in its recording is indexed, in this version's way. Higher by one when more is
indexed than before: the keeper then indexes what there is anew."""
_FRACTION = re.compile(r"-?\d+\.\d+\Z")


@dataclass(frozen=True, slots=True)
class CallQuery:
    """What to find; every field that is given must fit."""

    words: str = ""
    """The caller said all of these; Chinese as it is written, without spaces."""
    told: str = ""
    """The engine said all of these, in its prompts."""
    spoke: str = ""
    """Agents said all of these. Known once the call was inspected."""
    looked_up: str = ""
    """VALUE or NAME=VALUE: a lookup returned it, and the dialplan marks it searchable."""
    caller: str = ""
    agent: str = ""
    dialplan: str = ""
    """Name, without version."""
    version: str = ""
    """The same with it: name@version."""
    day: str = ""
    """Start of the call, UTC: 2026-01-31."""
    warning: str = ""
    """What became of one: risk/lossy (`ivr.core.call.warned`)."""
    outcome: str = ""
    disclosure: str = ""
    mailbox: str = ""
    """A message was left in it."""
    language: str = ""
    state: str = ""
    """A dialplan state that was entered."""
    flag: str = ""
    """An inspection flag."""
    since: float | None = None
    """Start of the call, seconds since the epoch, inclusive."""
    until: float | None = None
    """Exclusive."""

    def terms(self) -> frozenset[str]:
        """Every term that a call must have."""
        found = {field_term(name, value) for name in FIELDS if (value := getattr(self, name))}
        if self.caller:
            found.add(field_term("caller", caller_asked(self.caller)))
        if self.looked_up:
            name, is_named, value = self.looked_up.partition("=")
            found.add(lookup_term(value, name) if is_named else lookup_term(self.looked_up))
        sides = (CALLER_SAID, self.words), (ENGINE_SAID, self.told), (AGENT_SAID, self.spoke)
        return frozenset(found | {f"{side}:{word}" for side, text in sides for word in query_words(text)})


@dataclass(frozen=True, slots=True)
class RankedCalls:
    """Calls of a day by the points of the flags that they have."""

    calls: tuple[tuple[int, float, str], ...]
    """(Points, start, id), the most points first; none without points."""
    of_risk: Mapping[int, int]
    """Points -> how many calls that have ended have just so many; 0 is among them."""


def field_term(name: str, value: str) -> str:
    """Term of a field's value."""
    return f"{name}:{unicodedata.normalize('NFKC', value).casefold()}"


def lookup_terms(name: str, value: str) -> frozenset[str]:
    """Terms of a value that a lookup returned: it is found with its name and without."""
    return frozenset({lookup_term(value), lookup_term(value, name)})


def lookup_term(value: str, name: str = "") -> str:
    """Term of a value; spaces do not count, nor do the zeros behind a decimal point."""
    text = "".join(unicodedata.normalize("NFKC", value).split())
    text = text.rstrip("0").rstrip(".") if _FRACTION.match(text) else text
    return field_term("looked_up", f"{name.strip()}={text}")


def caller_keys(address: str) -> frozenset[str]:
    """What a caller is found by: the ends of their number, 7 to 10 digits long; a shorter number or a name, whole.

    A number is written with its country (+44 20 7946 0000), with a prefix for it (0044 …) or without (020 7946 0000):
    its last digits are the same.
    """
    user, digits = _number(address)
    if len(digits) < ENDS.start:
        return frozenset({digits if len(digits) >= 3 else user} - {""})
    return frozenset(f"~{digits[-length:]}" for length in ENDS if length <= len(digits))


def caller_asked(address: str) -> str:
    """The one of `caller_keys` that a way of writing the caller asks for."""
    return max(caller_keys(address), key=len, default="")


def _number(address: str) -> tuple[str, str]:
    """The user part of an address, and the digits that count: without the zeros that it is dialled with."""
    user = user_of(address)
    digits = "".join(char for char in user if char.isdigit())
    return user, digits.lstrip("0") or digits


def word_terms(texts: Iterable[str], kind: str = CALLER_SAID) -> frozenset[str]:
    """Terms of all that one side said: words; of Chinese, every sign (a traditional one as its simplified one) and
    every two that stand together."""
    found: set[str] = set()
    for text in texts:
        for run in _runs(text):
            if _is_cjk(run):
                found.update(run)
                found.update(run[at : at + 2] for at in range(len(run) - 1))
            else:
                found.add(run)
    return frozenset(f"{kind}:{word}" for word in found)


def spoken_terms(said: Iterable[str], told: Iterable[str], spoke: Iterable[str] = ()) -> frozenset[str]:
    """Terms of all that is known of what was said by the caller, by the engine and by agents, and that it was
    indexed."""
    return word_terms(said) | word_terms(told, ENGINE_SAID) | word_terms(spoke, AGENT_SAID) | {INDEXED}


def query_words(text: str) -> frozenset[str]:
    """The words that a query asks for; of Chinese, its pairs (its one character, if it is one)."""
    found: set[str] = set()
    for run in _runs(text):
        if _is_cjk(run) and len(run) > 1:
            found.update(run[at : at + 2] for at in range(len(run) - 1))
        else:
            found.add(run)
    return frozenset(found)


def _runs(text: str) -> list[str]:
    return _RUNS.findall(folded(unicodedata.normalize("NFKC", text).casefold()))


def _is_cjk(run: str) -> bool:
    return re.match(f"[{_CJK}]", run) is not None
