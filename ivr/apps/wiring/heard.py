"""Whether the recognizers can hear what the dialplans wait for: asked when they are published, not in a call."""

from __future__ import annotations

from collections.abc import Iterable

from ivr.apps.settings import Settings
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.phrases import phrases
from ivr.errors import OperatorError

SHOWN = 12
"""Phrases that are named in one message, at most."""


def check_heard(settings: Settings, dialplans: Iterable[Dialplan]) -> None:
    """Every phrase is made of words that its language's Vosk model knows. Raises OperatorError, ModelError.

    Other recognizers write any word. Loads each model once, for seconds: publishing runs in a process of its own.
    """
    if settings.speech.uri:
        return
    plans = tuple(dialplans)
    for language, kind in settings.speech.recognizers.items():
        what, _, where = kind.partition(":")
        if what != "vosk" or not any(language in plan.languages for plan in plans):
            continue
        from ivr.adapters.vosk_asr import VoskRecognizer

        model = VoskRecognizer(settings.models_dir / where, language)
        deaf = [
            f"{plan.source}: {place}: '{phrase}' ({', '.join(words)})"
            for plan in plans
            for place, phrase in dict.fromkeys(phrases(plan, language))
            if (words := model.unknown(phrase))
        ]
        if deaf:
            more = f"\nand {len(deaf) - SHOWN} more" if len(deaf) > SHOWN else ""
            raise OperatorError(
                f"the Vosk model {where} for {language} does not know all words of these phrases (those in brackets), "
                "so they would never be heard: write other words for them\n" + "\n".join(deaf[:SHOWN]) + more
            )
