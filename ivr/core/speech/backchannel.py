"""What a listener says so that the other goes on: "mm", "uh-huh", 嗯, 好的 (a backchannel). It interrupts no prompt.

Words that answer the question are an answer, whatever else they are: 好的 is one where it is taken for a yes.
"""

from __future__ import annotations

import re

from ivr.core.orders.listening import Grammar
from ivr.core.speech.choose import chosen_in_words, spoken_choice
from ivr.core.speech.fillers import base
from ivr.core.speech.words import normalized

LONGEST_SECONDS = 1.0
"""Who speaks longer than this wants to be heard, whatever they say."""
MOST_WORDS = 3
"""Of English: "yeah, yeah, okay" goes on listening, a fourth word is talk."""
MOST_SIGNS = 4
"""Of Chinese: 嗯嗯好的."""
TAKEN = 0.8
"""From this confidence on a choice is an answer though its words are a nod's: "yeah" that sounds like a yes. It is what
dialplans accept from, unless they say otherwise."""
_HUMMED = re.compile(r"[ahmu]+|em|oh")
"""However a recognizer spells it: mm, hmm, M.M., uh-huh, aha, aaah."""
_WORDS = frozenset({"alright", "ok", "okay", "right", "sure", "yeah", "yep", "yes", "yup"})
_TOGETHER = frozenset({"i see", "got it", "all right", "a ha", "go on", "of course"})
_CHINESE = ("知道了", "明白了", "好的", "是的", "对的", "好吧", "明白", "了解", "ok", *"嗯恩唔哦噢喔啊呃哎好对是行")
"""The longer ones first."""


def is_backchannel(text: str, grammar: Grammar) -> bool:
    """Whether so much and no more was said. False in other languages, and where the words are a choice's."""
    said = normalized(text, grammar.language)
    if said == "oh" and grammar.value:
        return False  # a zero
    if not said or spoken_choice(text, grammar.choices, grammar.language) is not None:
        return False
    match base(grammar.language):
        case "en":
            return said in _TOGETHER or (len(said.split()) <= MOST_WORDS and all(map(_is_nod, said.split())))
        case "zh":
            return len(said) <= MOST_SIGNS and not _rest(said)
    return False


def _is_nod(word: str) -> bool:
    return word in _WORDS or _HUMMED.fullmatch(word) is not None


def interrupts(text: str, choice: str | None, confidence: float, grammar: Grammar) -> bool:
    """Whether an utterance is more than a nod or a noise. `choice`, `confidence`: what the recognizer took it for."""
    if choice is not None and confidence >= TAKEN and chosen_in_words(grammar, text, choice):
        return True
    return bool(text.strip() or choice is not None) and not is_backchannel(text, grammar)


def _rest(said: str) -> str:
    """What is left when all of them are taken away."""
    for word in _CHINESE:
        said = said.replace(word, "")
    return said
