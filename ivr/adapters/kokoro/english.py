"""espeak-ng's IPA of English as the signs that Kokoro was trained on.

The table is that of misaki 0.9.4 (Apache-2.0, by Kokoro's author; its `espeak.py`), for espeak-ng 1.52 with `^` as tie.
"""

from __future__ import annotations

import re

_SIGNS = {
    "ʔˌn\u0329": "ʔn",
    "ʔn\u0329": "ʔn",
    "a^ɪ": "I",
    "a^ʊ": "W",
    "d^ʒ": "ʤ",
    "e^ɪ": "A",
    "t^ʃ": "ʧ",
    "ɔ^ɪ": "Y",
    "ə^l": "ᵊl",
    "ʲo": "jo",
    "ʲə": "jə",
    "e": "A",
    "r": "ɹ",
    "x": "k",
    "ç": "k",
    "ɐ": "ə",
    "ɚ": "əɹ",
    "ɬ": "l",
    "ʲ": "",
    "\u0303": "",
}
_AMERICAN = {"o^ʊ": "O", "ɜːɹ": "ɜɹ", "ɜː": "ɜɹ", "ɪə": "iə", "ː": ""}
_BRITISH = {"e^ə": "ɛː", "iə": "ɪə", "ə^ʊ": "Q"}
_AM = re.compile(r"(?<!\S)I(?=əm(?!\S))")
_PRONOUN = re.compile(r"(?<!\S)I(?=[mlvd]?(?!\S))")
"""I, I'm, I'll, I've, I'd as espeak-ng gives them, without a stress: Kokoro all but swallows that ("say agree")."""
_SYLLABIC = re.compile("(\\S)\u0329")


def kokoro_signs(ipa: str, *, british: bool) -> str:
    """The same sounds in Kokoro's signs."""
    # Tied signs come before the letters that they are made of.
    for written, sign in sorted(_SIGNS.items(), key=lambda pair: -len(pair[0])):
        ipa = ipa.replace(written, sign)
    ipa = _SYLLABIC.sub(r"ᵊ\1", ipa).replace("\u0329", "")
    for written, sign in (_BRITISH if british else _AMERICAN).items():
        ipa = ipa.replace(written, sign)
    signs = ipa.replace("o", "ɔ").replace("ɾ", "T").replace("ʔ", "t").replace("^", "")
    return _PRONOUN.sub("ˌI", _AM.sub("I ", signs))
