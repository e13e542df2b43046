"""What was read from JSON is in memory only as long as somebody holds it."""

from __future__ import annotations

import gc
import json
import tracemalloc
from dataclasses import dataclass

from ivr.core.codec import Codec

TEXTS = 2_000


@dataclass(frozen=True, slots=True)
class _Said:
    words: str


def test_texts_that_were_read_do_not_stay_in_memory() -> None:
    """pydantic keeps 16,384 short texts unless it is told not to: a caller's words, and a megabyte and a half."""
    codec = Codec(_Said)
    texts = [json.dumps({"words": f"what caller {number} said"}) for number in range(TEXTS)]
    codec.read_text(texts[0])
    gc.collect()
    tracemalloc.start()
    try:
        for text in texts:
            codec.read_text(text)
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < TEXTS * 40
