"""How a text is written out: rules tried in order at each place, and a last look at what no rule took."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ivr.core.speech.numeral_words import TwoReadings, Unspeakable

Rule = tuple[str, Callable[[re.Match[str]], str]]
"""A pattern (with named groups of its own, if any) and what to say for it. The words may raise Unspeakable."""

_WIDE = {
    ord(wide): narrow
    for wide, narrow in zip("０１２３４５６７８９％＄￥＋－．／＝＆＠＃＊～", "0123456789%$¥+-./=&@#*~", strict=True)
}
_SPOKEN_SIGNS = frozenset("'’‘\"“”()（）[]《》〈〉「」『』【】.,;:!?…-–—·、，。；：！？\ufeff")
"""Signs that a synthesizer takes for pauses, or for nothing."""


def plain_signs(text: str) -> str:
    """Full-width figures and signs as the narrow ones, every other script's figures as ours; punctuation stays."""
    return text if text.isascii() else "".join(map(_plain_sign, text.translate(_WIDE)))


def _plain_sign(sign: str) -> str:
    if sign.isascii() or sign.isalpha() or not sign.isnumeric():
        return sign
    if sign.isdecimal():
        return str(unicodedata.decimal(sign))
    digit = unicodedata.digit(sign, None)
    return f" {sign if digit is None else digit} "  # ² and ½ are no part of the number before them


@dataclass(frozen=True, slots=True)
class Writer:
    """The rules of one language."""

    rules: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]
    any_rule: re.Pattern[str]
    """All of them at once: at each place the first that fits."""
    signs: Mapping[str, str]
    """Signs that have a name."""
    digit: Callable[[str], str]
    """How a row of figures is read one by one."""
    gap: str
    """Between words."""

    @classmethod
    def of(cls, rules: Sequence[Rule], signs: Mapping[str, str], digit: Callable[[str], str], gap: str) -> Writer:
        """From patterns as text."""
        every = re.compile("|".join(f"(?P<rule{order}>{pattern})" for order, (pattern, _) in enumerate(rules)))
        return cls(tuple((re.compile(pattern), say) for pattern, say in rules), every, signs, digit, gap)

    def write(self, text: str, *, strict: bool) -> str:
        """The text in words. `strict`: raises Unspeakable where a rule or the last look does not know."""
        written: list[str] = []
        rest = 0
        for found in self.any_rule.finditer(text):
            assert found.lastgroup is not None
            # The rule's own groups; it fits here, as all of them together did.
            pattern, say = self.rules[int(found.lastgroup.removeprefix("rule"))]
            match = pattern.match(text, found.start())
            assert match is not None
            written += (self._left(text[rest : match.start()], strict=strict), self._said(match, say, strict=strict))
            rest = match.end()
        written.append(self._left(text[rest:], strict=strict))
        return self._joined(written)

    def _said(self, match: re.Match[str], say: Callable[[re.Match[str]], str], *, strict: bool) -> str:
        try:
            return say(match)
        except Unspeakable as error:
            if strict:
                raise
            return error.likely if isinstance(error, TwoReadings) else self._by_sign(match[0])

    def _joined(self, parts: Sequence[str]) -> str:
        """Words do not run into one another."""
        found = ""
        for part in parts:
            if found and part and self.gap and found[-1].isalnum() and part[0].isalnum():
                found += self.gap
            found += part
        return re.sub(r" (?=[.,;:!?])|(?<= ) +", "", found).strip() if self.gap else found

    def _left(self, text: str, *, strict: bool) -> str:
        """What no rule took: letters and punctuation stay, other signs have a name or are an error."""
        if text.isalpha():
            return text
        said: list[str] = []
        for sign in text:
            if sign.isalpha() or sign.isspace() or sign in _SPOKEN_SIGNS or unicodedata.combining(sign):
                said.append(sign)
            elif strict and sign not in self.signs:
                raise Unspeakable(f"'{sign}' cannot be read out; write it in words")
            else:
                said.append(f" {self._named(sign)} " if self.gap else self._named(sign))
        return "".join(said)

    def _named(self, sign: str) -> str:
        if sign in self.signs:
            return self.signs[sign]
        number = unicodedata.digit(sign, None)
        return self.gap if number is None else self.digit(str(number))

    def _by_sign(self, text: str) -> str:
        """A row of figures is read one by one, words stay."""
        found = (self.digit(part) if part.isdecimal() else part for part in re.findall(r"[0-9]+|[^0-9]+", text))
        return self._left(self.gap.join(found), strict=False)


def unsure(why: str) -> Callable[[re.Match[str]], str]:
    """A rule for what may be read in two ways; `why` holds {} for the text."""

    def say(match: re.Match[str]) -> str:
        raise Unspeakable(why.format(match[0].strip()))

    return say
