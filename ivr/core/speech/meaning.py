"""A sentence beside example sentences, by vectors of their meaning: words may differ altogether.

What all examples of a question have in common (they are all about a bank) says nothing of which one is meant: the mean
of them is taken off every vector before the cosine. Which vectors these are is the service's business; how sure the
nearest intent is, `intent.py`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ivr.core.speech.intent import together
from ivr.core.speech.words import normalized

SAME = 1.0
"""Nearness of an example itself, and of nothing else: where an answer binds, only its own words do."""
NEARLY = 0.99
"""What any other sentence has at most."""
_Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class MeantExamples:
    """The example sentences of one question in one language, as vectors."""

    language: str
    exact: Mapping[str, str]
    """Normalized example -> its intent."""
    mean: _Vectors
    vectors: Mapping[str, _Vectors]
    """Intent -> (examples, width), the mean taken off, each of unit length."""
    centres: Mapping[str, _Vectors]

    @classmethod
    def of(cls, examples: Mapping[str, Sequence[str]], vectors: _Vectors, language: str) -> MeantExamples:
        """`vectors`: one row an example, in the order of `examples`."""
        mean = vectors.mean(axis=0)
        own: dict[str, _Vectors] = {}
        begin = 0
        for name, texts in examples.items():
            own[name] = _unit(vectors[begin : begin + len(texts)] - mean)
            begin += len(texts)
        exact = {normalized(text, language): name for name, texts in examples.items() for text in texts}
        return cls(language, exact, mean, own, {name: _unit(rows.sum(axis=0)) for name, rows in own.items()})

    def alike(self, text: str, vector: _Vectors) -> dict[str, float]:
        """Intent -> nearness of a sentence, -1..1; an example itself has all of it."""
        said = _unit(vector - self.mean)
        found = {
            name: min(NEARLY, together(float(said @ self.centres[name]), (rows @ said).tolist()))
            for name, rows in self.vectors.items()
        }
        same = self.exact.get(normalized(text, self.language))
        return found if same is None else {**dict.fromkeys(found, 0.0), same: SAME}


def _unit(rows: _Vectors) -> _Vectors:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), np.float32(1e-9)), np.float32)
