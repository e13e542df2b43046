"""How English is roughly pronounced, by rules of spelling: enough to tell which phrases a telephone mixes up.

One sign a sound. Vowels: a (father) e (bed) i (sit) I (see) o (law) O (go) u (cup, and weak vowels) U (too) A (day)
Y (my) W (now) J (boy) R (her). Consonants as written, and S (she) Z (measure) C (chair) j (job) T (thin) N (sing).
"""

from __future__ import annotations

import re
from functools import cache

_IRREGULAR = """
one wun once wuns two tU too tU to tU four for for for eight At ate At won wun nine nYn seven sevun zero zIrO the Tu
a u i Y you yU your yor are ar our Wr my mY by bY buy bY bye bY of uv do dU does duz done dun have hav give giv live
liv love luv said sed says sez there Ter their Ter they TA where wer were wR here hIr hear hIr been bin who hU whose
hUz what wut was wuz any eni many meni people pIpul know nO knew nU new nU no nO write rYt right rYt sale sAl sail
sAl wait wAt weight wAt week wIk weak wIk sea sI see sI be bI bee bI bank baNk account ukWnt amount umWnt business
biznis money muni month munT other uTR another unuTR mother muTR brother bruTR some sum come kum front frunt nothing
nuTiN son sun young yuN double dubul trouble trubul could kud would wud should Sud through TrU enough inuf though TO
thought Tot bought bot caught kot agent Ajunt again ugen against ugenst change CAnj charge Carj please plIz balance
baluns insurance inSuruns finance fYnans english iNgliS chinese CYnIz mandarin mandurun cantonese kantunIz yes yes
route rUt debt det doubt dWt island Ylund put put push puS pull pul full ful sure Sur sugar SugR put put build bild
building bildiN group grUp soup sUp fruit frUt suit sUt heart hart bread bred head hed dead ded read rId lead lId
great grAt steak stAk break brAk real rIl friend frend field fIld piece pIs peace pIs key kI quay kI aisle Yl isle
Yl I'll Yl hour Wr flower flWR flour flWR floor flor door dor poor por board bord bored bord mortgage morgij cheque
Cek check Cek iron YRn minute minit oh O open Opun only OnlI over OvR most mOst post pOst both bOT old Old told tOld
sold sOld hold hOld cold kOld gold gOld find fYnd kind kYnd mind mYnd child CYld sign sYn high hY height hYt walk
wok talk tok half haf calm kam yacht yat
"""
_LISTED = _IRREGULAR.split()
_WORDS = dict(zip(_LISTED[::2], _LISTED[1::2], strict=True))

_RULES: list[tuple[re.Pattern[str], str]] = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        # Endings.
        (r"tion(?=s?$)", "Sun"),
        (r"(?<=[aeiou])sion(?=s?$)", "Zun"),
        (r"sion(?=s?$)", "Sun"),
        (r"(?:ci|ti)al", "Sul"),
        (r"ture(?=s?$)", "CR"),
        (r"(?<=[td])ed$", "id"),
        (r"(?<=[^aeiou])ed$", "d"),
        (r"(?<=[bcdfgkptvmn])le(?=s?$)", "ul"),
        (r"(?<=s|x|z)es$", "iz"),
        (r"(?<=ch|sh)es$", "iz"),
        (r"ous$", "us"),
        (r"ing(?=s?$)", "iN"),
        (r"ment", "munt"),
        # Silent letters and groups.
        (r"^kn|^gn|^pn", "n"),
        (r"^wr", "r"),
        (r"^gu(?=[aei])", "g"),
        (r"^wh(?=o)", "h"),
        (r"wh", "w"),
        (r"^ps", "s"),
        (r"^x", "z"),
        (r"mb$", "m"),
        (r"igh", "Y"),
        (r"eigh", "A"),
        (r"augh|ough", "o"),
        (r"gh", ""),
        (r"ph", "f"),
        (r"tch|ch", "C"),
        (r"sch", "sk"),
        (r"sh", "S"),
        (r"th", "T"),
        (r"ck|cqu", "k"),
        (r"qu", "kw"),
        (r"ng(?=$|[^aeiou])", "N"),
        (r"dge", "j"),
        (r"x", "ks"),
        # Long vowels: before one consonant and a silent e.
        (r"a(?=[^aeiouywrx]e(?:s|d)?$)", "A"),
        (r"e(?=[^aeiouywrx]e(?:s|d)?$)", "I"),
        (r"i(?=[^aeiouywrx]e(?:s|d)?$)", "Y"),
        (r"o(?=[^aeiouywrx]e(?:s|d)?$)", "O"),
        (r"u(?=[^aeiouywrx]e(?:s|d)?$)", "U"),
        (r"are(?=s?$)|air", "er"),
        (r"ire(?=s?$)", "Yr"),
        (r"ore(?=s?$)|oar|oor", "or"),
        (r"ure(?=s?$)", "ur"),
        (r"ere(?=s?$)|eer", "Ir"),
        (r"(?<=.)e(?=s?$)", ""),
        # Pairs of vowels.
        (r"ee|ea|ei|ie(?=.)", "I"),
        (r"ai|ay|ey(?=.)", "A"),
        (r"ie$|ye$", "Y"),
        (r"oa|oe", "O"),
        (r"oo|ew|ue|ui|eu", "U"),
        (r"ou|ow(?=.)", "W"),
        (r"ow$", "O"),
        (r"oi|oy", "J"),
        (r"au|aw", "o"),
        (r"ey$", "I"),
        # Vowels before r.
        (r"ar(?![aeiou])", "ar"),
        (r"(?:er|ir|ur)(?![aeiou])", "R"),
        (r"or(?![aeiou])", "or"),
        # Single letters.
        (r"c(?=[eiy])", "s"),
        (r"c", "k"),
        (r"g(?=[eiy])", "j"),
        (r"(?<=[aeiouy])s(?=[aeiou])", "z"),
        (r"(?<=[aeiouybdgmnlrvw])s$", "z"),
        (r"^y(?=[aeiou])", "y"),
        (r"(?<=^[bcdfghjklmnpqrstvwxz])y$|(?<=^[bcdfghjklmnpqrstvwxz]{2})y$", "Y"),
        (r"y$", "I"),
        (r"y", "i"),
        (r"o$", "O"),
        (r"i$", "Y"),
        (r"j", "j"),
        (r"u(?=[bdfgklmnpt][aeiou])", "U"),
        (r"([a-z])", r"\1"),
    )
]


@cache
def _word(word: str) -> str:
    if word in _WORDS:
        return _WORDS[word]
    for ending in ("s", "ing", "er"):
        # Of a listed word: sales, waiting, writer.
        stem = word.removesuffix(ending)
        if stem != word and (found := _WORDS.get(stem) or _WORDS.get(stem + "e")) is not None:
            voiced = found[-1] not in "ptkfTsSC"
            return found + {"s": "z" if voiced else "s", "ing": "iN", "er": "R"}[ending]
    found, at = "", 0
    while at < len(word):
        for pattern, sound in _RULES:
            match = pattern.match(word, at)
            if match is not None and match.end() > at:
                found += match.expand(sound)
                at = match.end()
                break
        else:
            at += 1
    return re.sub(r"([^aeiouAIOUWYJR])\1+", r"\1", found)


def sounds(phrase: str) -> str:
    """The sounds of a normalized phrase, without the gaps between its words."""
    return "".join(_word(word) for word in re.findall(r"[a-z']+", phrase))
