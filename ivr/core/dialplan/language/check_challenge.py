"""Digits drawn for a caller to say: they are said to them, and can be understood when they say them. And voices that
are asked for nothing."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.core.dialplan.language.build import Places
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.language.source import Path
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.parts import Prompt
from ivr.core.dialplan.states import VoiceState
from ivr.core.identity.challenge import CHALLENGE
from ivr.core.speech.fillers import base
from ivr.core.speech.spoken_digits import LANGUAGES


def findings(state: VoiceState, dialplan: Dialplan, places: Places) -> Iterator[Finding]:
    """A voice that has to say drawn digits, or that nobody asks to speak."""
    path: Path = ("states", state.name)
    if state.ask is None and (state.challenge or state.retry is not None):
        hint = "Write ask:, or leave these out: without it, what the caller has said so far is compared."
        yield places.at(path, key=True).finding("D186", "challenge: and retry: are of a voice that is asked for.", hint)
    if not state.challenge:
        return
    foreign = [language for language in dialplan.languages if base(language) not in LANGUAGES]
    if foreign:
        text = f"digits cannot be understood when said in: {', '.join(foreign)}."
        yield places.at((*path, CHALLENGE), key=True).finding("D181", text, "Prove it by keys there.")
    for key, prompt in (("ask", state.ask), ("retry", state.retry)):
        silent = [] if prompt is None else list(_silent(prompt))
        if silent:
            text = f"the digits to be said are not told in: {', '.join(silent)}."
            hint = "Write {challenge} where they are to be said: new ones are drawn for each attempt."
            yield places.at((*path, key)).finding("D185", text, hint)


def _silent(prompt: Prompt) -> Iterator[str]:
    """Languages in which the prompt does not say them."""
    for language, pieces in prompt.pieces.items():
        if not any(CHALLENGE in piece.values for piece in pieces):
            yield language
