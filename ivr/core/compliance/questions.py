"""Whether somebody asks something: by the sign that a recognizer writes, else by how questions begin and end.

What an answer says is judged by nobody here: it takes a person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from ivr.core.speech.fillers import base
from ivr.core.speech.words import normalized

_SIGNS = ("?", "\uff1f")
_FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    "en": re.compile(
        r"^(?:(?:um|uh|er|well|okay|ok|so|but|and|now|yes|no|sorry|please|hello) )*"
        r"(?:(?:what|whats|when|where|wheres|who|whos|why|how|hows|which)\b"
        r"|(?:is|are|am|do|does|did|can|could|will|would|should|may|has|was|were|isnt|arent|dont|doesnt|cant|wont)"
        r" (?:i|you|we|he|she|it|they|there|this|that|these|the|my|your|our|a|any|anybody|somebody)\b)"
    ),
    "zh": re.compile(
        r"(?:吗|呢|么)$|什么|怎么|为什么|为何|多少|哪里|哪个|哪些|哪天|几点|几号|几天|是不是|能不能|可不可以|有没有|要不要|行不行|会不会"
    ),
}
LANGUAGES: Final = frozenset(_FORMS)
"""In which questions are known without a sign."""


def is_question(text: str, language: str) -> bool:
    """Whether a text asks something, as far as words tell."""
    form = _FORMS.get(base(language))
    return text.rstrip().endswith(_SIGNS) or bool(form and form.search(normalized(text, language)))
