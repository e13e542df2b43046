"""What is played for a prompt: its clips in the call's language, with what the call knows filled in."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.core.dialplan.expression import Known, ValueType
from ivr.core.dialplan.parts import Prompt
from ivr.core.dialplan.runtime.knowledge import Knowledge
from ivr.core.dialplan.runtime.render import Unspeakable, spoken
from ivr.core.identity.challenge import CHALLENGE
from ivr.core.orders.playing import Clip


def clips_of(prompt: Prompt, known: Knowledge, extra: Mapping[str, str] | None = None) -> tuple[Clip, ...]:
    """The prompt, ready to play. `extra`: words by name, before what is known. Raises Unspeakable."""
    fixed = prompt.fixed.get(known.language)
    if fixed is not None:
        return fixed
    found: list[Clip] = []
    for piece in prompt.pieces[known.language]:
        clip = piece.clip
        if piece.digits and extra:
            found += [piece.digits[int(digit)] for digit in extra[CHALLENGE]]
            continue
        if piece.values:
            words = {
                name: extra[name] if extra and name in extra else _words(known, name, clip.language)
                for name in piece.values
            }
            # At once: braces in a value's own words are words.
            clip = Clip(clip.language, clip.text.format_map(words), voice=clip.voice, dynamic=True)
        found.append(clip)
    return tuple(found)


def value_words(known: Knowledge, name: str, value: Known, language: str) -> str:
    """A value's words, by the type that its name has. Raises Unspeakable."""
    spec = known.spec(name)
    if spec is None:
        kind = ValueType.DATE if name == "today" else ValueType.YES_NO if value in (True, False) else ValueType.TEXT
        return spoken(value, kind, language)
    if spec.secret:
        raise Unspeakable(f"the value '{name}' is secret")
    return spoken(value, spec.type, language, currency=known.currency_of(name))


def _words(known: Knowledge, name: str, language: str) -> str:
    value = known.value(name)
    if value is None:
        raise Unspeakable(f"the value '{name}' is not known yet")
    return value_words(known, name, value, language)
