"""Rates, sums of money and days within a sentence. Strict: what may be read in two ways is unread, never guessed.

Every figure of a sentence is found, also one that no grammar takes: what holds figures to their source must see it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

from ivr.core.compliance.figures_en import english_figures
from ivr.core.compliance.figures_zh import chinese_figures
from ivr.core.compliance.said_figure import SaidFigure
from ivr.core.speech.fillers import base, plain
from ivr.core.speech.writing import plain_signs

_GAP = re.compile(r"\s+(?=[^\x00-\x7f])|(?<=[^\x00-\x7f])\s+")
"""Between Chinese signs: recognizers part words by it."""
_HESITATION = re.compile(r"\b(?:um|uh|er|erm|ah)\b[, ]*|[呃嗯]+,?")
_SIGN_OF_ONE = {
    "en": re.compile(
        r"\d|[%‰％½¼¾]|\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty|hundred|"
        r"thousand|\w+illion|dozen|half|quarters?|per|percent|pct|nil|nought|double|triple|\w+th|first|second|third)\b",
        re.IGNORECASE,
    ),
    "zh": re.compile(r"[\d零〇一二两兩三四五六七八九十百千万萬亿億%‰％½¼¾]"),
}
_READERS: dict[str, Callable[[str, date], Iterator[SaidFigure]]] = {"en": english_figures, "zh": chinese_figures}
LANGUAGES = frozenset(_READERS)
"""Those whose figures are read."""


def compared(text: str, language: str) -> str:
    """The text as figures are looked for in it: their places are places in this."""
    found = _HESITATION.sub("", plain(plain_signs(text), language))
    return _GAP.sub("", found) if base(language) == "zh" else found


def has_figures(text: str, language: str) -> bool:
    """Whether it is worth while to look for figures. Quick, and never wrong with a no."""
    sign = _SIGN_OF_ONE.get(base(language))
    return sign is not None and sign.search(text) is not None


def figures_said(text: str, language: str, today: date) -> list[SaidFigure]:
    """Every figure in a text, in order; none in a language whose numbers are not read."""
    reader = _READERS.get(base(language))
    return [] if reader is None else list(reader(compared(text, language), today))
