"""What people say around a value and what carries none of it: "it's ...", "... please"."""

from __future__ import annotations

import re
import unicodedata

from ivr.core.signs import folded

_LEAD = {
    "en": re.compile(
        r"^(?:(?:um|uh|er|well|okay|ok|so|yes|it is|it's|its|that is|that's|that would be|i think|i'd like|"
        r"i would like|make it|let's say|(?:the|my) (?:\w+ ){0,2}(?:number|amount|date) is)\b[ ,.]*)+"
    ),
    "zh": re.compile(
        r"^(?:(?:嗯|呃|那个|那么|就是|是的|我要|我想要|大概是|应该是|是"
        r"|我的?(?:账号|卡号|号码|金额|日期)是)[,，、。 ]*)+"
    ),
}
_TAIL = {
    "en": re.compile(r"(?:[ ,.]*\b(?:please|thanks|thank you|then|i think))+$"),
    "zh": re.compile(r"[,，、。 ]*(?:吧|啊|呀|哦|呢|谢谢|就行|就好|就可以)+$"),
}
_ENDS = " \t\n.,;:!?。，、；：！？…"


def base(language: str) -> str:
    """The language of a tag: en of en-GB."""
    return language.partition("-")[0]


def bare(text: str, language: str) -> str:
    """Lower case in plain letters, without what is said around a value."""
    found = plain(text, language)
    code = base(language)
    if code in _LEAD:
        found = _TAIL[code].sub("", _LEAD[code].sub("", found))
    return " ".join(found.strip(_ENDS).split())


def plain(text: str, language: str) -> str:
    """Lower case in plain letters; every word stays."""
    found = unicodedata.normalize("NFKC", text).lower().replace("’", "'").strip(_ENDS)
    return folded(found) if base(language) == "zh" else found
