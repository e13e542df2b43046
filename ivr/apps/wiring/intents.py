"""What judges free speech in rehearsals of a dialplan: the running line's sentence encoder, where it is installed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ivr.adapters.usem3_sentences import Usem3Sentences
from ivr.core.dialplan.workbench.behaviour import Meaning, no_meaning
from ivr.engine.speech.meanings import Meanings
from ivr.errors import IvrError

MEANING, WORDS = "meaning", "words"
BY_WORDS: Final = "Free speech (like:) is judged here by the words that it shares with the examples"
RUNNING: Final = "a running line compares its meaning where it can (docs/speech.md)"


@dataclass(frozen=True, slots=True)
class Judge:
    """Of free speech."""

    meaning: Meaning
    says: str
    """Which one it is, for whoever reads what came of it."""


def judge(intents: str) -> Judge:
    """That of the running line; its words' where `intents` asks for that, or the encoder is not to be had."""
    if intents == WORDS:
        return Judge(no_meaning, f"{BY_WORDS}, as asked; {RUNNING}.")
    try:
        meanings = Meanings(Usem3Sentences())
    except IvrError as error:
        return Judge(no_meaning, f"{BY_WORDS}; {RUNNING}. Here it cannot: {error}")
    return Judge(meanings.alike, f"Free speech (like:) is judged as on a running line, by {Usem3Sentences.name}.")
