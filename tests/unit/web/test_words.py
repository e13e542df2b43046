"""Every sentence of the console has its translation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ivr.apps.web.errors import TITLES
from ivr.apps.web.language import LANGUAGES, language, negotiated
from ivr.apps.web.look import HERE, OUTCOMES
from ivr.apps.web.navigation import NAVIGATION
from ivr.core.call.flags import FLAGS
from ivr.core.identity.level import Level

SENTENCE = re.compile(
    r"""\bt\("([^"]+)"[,)]|\bt\('([^']+)'[,)]|language\.text\("([^"]+)"|_done\(visit, call, "([^"]+)\""""
)


def sentences() -> Iterator[str]:
    for file in [*(HERE / "templates").glob("*.html"), *(HERE / "pages").glob("*.py")]:
        for found in SENTENCE.finditer(file.read_text(encoding="utf-8")):
            yield next(filter(None, found.groups()))
    yield from TITLES.values()
    yield from OUTCOMES
    yield from (entry.title for entry in NAVIGATION)
    for name, meaning in FLAGS.items():
        yield from (name.replace("_", " "), meaning)
    yield from (f"identity {level}" for level in Level if level is not Level.NONE)


def test_each_is_translated_with_the_same_names_in_it() -> None:
    words = language("zh").words
    assert len(words) > 150
    for sentence in sentences():
        assert sentence in words, sentence
        assert sorted(re.findall(r"{\w+}", words[sentence])) == sorted(re.findall(r"{\w+}", sentence)), sentence


def test_a_browser_gets_the_language_that_it_asks_for() -> None:
    for accepted, code in {
        "zh-HK,zh;q=0.9,en;q=0.8": "zh",
        "en-GB,zh;q=0.5": "en",
        "fr,zh;q=0.3": "zh",
        "fr": "en",
        "": "en",
        "zh;q=0": "en",
        ";;;q=x,,": "en",
    }.items():
        assert negotiated(accepted).code == code, accepted
    assert language("../../etc/passwd").code == "en"
    assert set(LANGUAGES) == {"en", "zh"}
