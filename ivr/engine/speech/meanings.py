"""What sentences mean, in the speech service: examples become vectors once a question, not once a caller."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

from ivr.core.speech.meaning import MeantExamples
from ivr.ports.speech import SentenceEmbedder

MOST_QUESTIONS = 200
"""Questions whose examples are kept as vectors: 70 sentences are 140 kB. The one longest unasked makes room."""


class Meanings:
    """Compares sentences. For one thread."""

    def __init__(self, embedder: SentenceEmbedder) -> None:
        self._embedder = embedder
        self._known: OrderedDict[object, MeantExamples] = OrderedDict()

    def alike(self, text: str, examples: Mapping[str, Sequence[str]], language: str) -> dict[str, float]:
        """Choice -> how near its examples the text is in meaning, -1..1; empty where there are none."""
        if not any(examples.values()):
            return {}
        vector = self._embedder.vectors([text])[0]
        return self._examples(examples, language).alike(text, vector)

    def _examples(self, examples: Mapping[str, Sequence[str]], language: str) -> MeantExamples:
        key = language, tuple((name, tuple(texts)) for name, texts in examples.items())
        known = self._known.pop(key, None)
        if known is None:
            given = {name: texts for name, texts in examples.items() if texts}
            vectors = self._embedder.vectors([text for texts in given.values() for text in texts])
            known = MeantExamples.of(given, vectors, language)
        self._known[key] = known
        if len(self._known) > MOST_QUESTIONS:
            self._known.popitem(last=False)
        return known
