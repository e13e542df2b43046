"""The signs that Kokoro reads and their numbers: the network's own table, as `config.json` of Kokoro 82M 1.0 has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_RUNS: Final = {
    1: ";:,.!?",
    9: '—…"()“” \u0303ʣʥʦʨᵝꭧAI',
    31: "O",
    33: "Q",
    35: "ST",
    39: "W",
    41: "Yᵊabcdef",
    50: "hijklmnopqrstuvwxyzɑɐɒæ",
    75: "βɔɕç",
    80: "ɖðʤə",
    85: "ɚɛɜ",
    90: "ɟ",
    92: "ɡ",
    99: "ɥ",
    101: "ɨɪʝ",
    110: "ɯɰŋɳɲɴø",
    118: "ɸθœ",
    123: "ɹ",
    125: "ɾɻ",
    128: "ʁɽʂʃʈʧ",
    135: "ʊʋ",
    138: "ʌɣɤ",
    142: "χʎ",
    147: "ʒʔ",
    156: "ˈˌː",
    162: "ʰ",
    164: "ʲ",
    169: "↓",
    171: "→↗↘",
    177: "ᵻ",
}
"""First number of a run -> its signs."""

NUMBERS: Final[Mapping[str, int]] = {
    sign: first + place for first, signs in _RUNS.items() for place, sign in enumerate(signs)
}
"""Sign -> number. What is not here is not said."""
