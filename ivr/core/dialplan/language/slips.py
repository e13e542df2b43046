"""The slip behind text that is not YAML: a parser says where it gave up, and that is seldom where the author slipped.

Each rule looks for one slip in the text around that place, and is silent unless it is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import yaml

from ivr.core.dialplan.language.finding import Finding, Mark

NOT_YAML = "D001"
USUAL = "Text that holds { } [ ] : , or # stands in quotes."
FULL_WIDTH = {
    "：": ":",
    "，": ",",
    "｛": "{",
    "｝": "}",
    "［": "[",
    "］": "]",
    "＂": '"',
    "“": '"',
    "”": '"',
    "＃": "#",
}
"""Marks that a Chinese keyboard writes -> what YAML reads."""
_KEY = re.compile(r"[ ]*(?:- )?([A-Za-z_][\w.]*)[ ]*:(?:[ ]|$)")
_WIDE_KEY = re.compile(r"([ ]*(?:- )?[A-Za-z_][\w.]*[ ]*)：")
_WIDE_START = re.compile(r"([ ]*(?:- )?(?:[A-Za-z_][\w.]*:[ ]+)?)([｛［＂“])")
_NAMES = re.compile(r"(?:states|choices|values|disclosures|protect|commands|dialogs|scenarios|sources)\b")
_LOOK_BACK = 2
"""Lines before the one where the parser gave up."""

Told = tuple[int, int, str, str]
"""Line and column from 0, what is wrong, what to write instead."""
Rule = Callable[["_Text"], Told | None]


class _Text:
    """The lines, and where the parser gave up."""

    def __init__(self, text: str, error: yaml.MarkedYAMLError, top: frozenset[str]) -> None:
        self.text = text
        self.lines = text.splitlines()
        self.error = error
        self.top = top
        place = error.problem_mark or error.context_mark
        self.line = min(place.line, len(self.lines) - 1) if place else 0
        self.column = place.column if place else 0

    def before(self, line: int) -> Iterator[tuple[int, str]]:
        """Lines above, nearest first, without empty ones and comments."""
        for number in range(min(line, len(self.lines)) - 1, -1, -1):
            if self.lines[number].strip() and not self.lines[number].lstrip().startswith("#"):
                yield number, self.lines[number]

    def near(self) -> Iterator[tuple[int, str]]:
        """The line where the parser gave up, and those just above."""
        yield self.line, self.lines[self.line]
        for number, (line, text) in enumerate(self.before(self.line)):
            if number < _LOOK_BACK:
                yield line, text


def told(text: str, error: yaml.MarkedYAMLError, *, file: str, top: frozenset[str] = frozenset()) -> Finding:
    """The slip that explains the parser's error, at its own place. `top`: keys of the file's left margin."""
    written = _Text(text, error, top)
    for rule in (_tab, _wide, _open_quote, _at_the_margin, _indent):
        found = rule(written) if written.lines else None
        if found is not None:
            line, column, message, hint = found
            return Mark(file, line + 1, column + 1).finding(NOT_YAML, message, hint)
    place = error.problem_mark or error.context_mark
    mark = Mark(file, place.line + 1, place.column + 1) if place else Mark(file, 1, 1)
    return mark.finding(NOT_YAML, f"this is not YAML: {error.problem or error.context}.", USUAL)


def wide_within(text: str) -> str | None:
    """A full-width colon behind a word of Latin letters, as in `en：Hello`; None when there is none."""
    return "：" if _WIDE_KEY.match(text) else None


def _indent_of(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _tab(written: _Text) -> Told | None:
    line = written.lines[written.line]
    if "\t" not in line[: len(line) - len(line.lstrip())]:
        return None
    return written.line, line.index("\t"), "this line begins with a tab.", "Indent with spaces."


def _wide(written: _Text) -> Told | None:
    for number, line in written.near():
        found = _WIDE_KEY.match(line)
        if found is not None:
            return number, found.end(1), "this is a full-width colon (：).", "Write : and a space."
        start = _WIDE_START.match(line)
        if start is not None:
            mark = start.group(2)
            return number, start.end(1), f"this is a full-width mark ({mark}).", f"Write {FULL_WIDTH[mark]}."
    return None


def _open_quote(written: _Text) -> Told | None:
    """A quote that ends lines below its beginning, just before the parser gave up; or never."""
    context = written.error.context_mark
    if "quoted scalar" in str(written.error.context) and context is not None:
        return context.line, context.column, "the quote that opens here is never closed.", "Close it, in this line."
    last: yaml.Token | None = None
    try:
        for token in yaml.scan(written.text):
            if token.start_mark.line > written.line:
                break
            is_quoted = isinstance(token, yaml.ScalarToken) and token.style in ("'", '"')
            if is_quoted and token.start_mark.line != token.end_mark.line:
                last = token
    except yaml.YAMLError:
        pass
    if last is None or last.end_mark.line < written.line - _LOOK_BACK:
        return None
    start, end = last.start_mark, last.end_mark.line + 1
    text = f"the quote that opens here is not closed in its line, and takes all up to line {end} for text."
    return start.line, start.column, text, "Close it, in this line."


def _at_the_margin(written: _Text) -> Told | None:
    """A name at the left margin that is no key of the file: it ended the section that it belongs to."""
    here = [(written.line, written.lines[written.line])]
    for number, line in [*here, *written.before(written.line)]:
        found = _KEY.match(line) if not line.startswith((" ", "-")) else None
        if found is None:
            continue
        if not written.top or found.group(1) in written.top:
            return None
        section = next((text for _, text in written.before(number) if _NAMES.match(text)), "")
        inside = section.partition(":")[0]
        if not inside:
            return None
        text = f"'{found.group(1)}' stands at the left margin and so ends {inside}:."
        return number, 0, text, f"Indent it by {_steps(written, number)}."
    return None


def _steps(written: _Text, line: int) -> int:
    """How far names of the section above are indented."""
    found = 2
    for _, text in written.before(line):
        if not text.startswith(" "):
            return found
        found = _indent_of(text)
    return found


def _indent(written: _Text) -> Told | None:
    """A line that stands between two levels, or deeper than the line above allows."""
    line = written.lines[written.line]
    here = _indent_of(line)
    levels: list[int] = []
    for _, above in written.before(written.line):
        depth = _indent_of(above)
        if not levels or depth < levels[-1]:
            levels.append(depth)
        if depth == 0:
            break
    if not levels or not line.strip() or here in levels or _KEY.match(line) is None:
        return None
    above = next(text for _, text in written.before(written.line))
    if here > levels[0] and above.rstrip().endswith((":", "{", "[", ",", ">-", "|", ">")):
        return None
    neighbour = min(levels, key=lambda level: (abs(level - here), -level))
    text = f"this line is indented by {here}, its neighbours by {neighbour}."
    return written.line, here, text, f"Write {neighbour} spaces."
