"""From the file's shape to the model: prompts compiled, conditions parsed, defaults filled in.

Whatever cannot be built is a located finding; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ivr.core.dialplan import messages
from ivr.core.dialplan.expression import Expression, ExpressionError, parse_expression
from ivr.core.dialplan.language.finding import Finding, Mark
from ivr.core.dialplan.language.schema import ElseIn, PromptIn, Sound
from ivr.core.dialplan.language.source import Path, Source
from ivr.core.dialplan.parts import Branch, Piece, Prompt, Route
from ivr.core.identity.challenge import CHALLENGE
from ivr.core.orders.playing import Clip

_VALUE = re.compile(r"\{([^{}]*)\}")
_WIDE_BRACES = re.compile("[｛｝﹛﹜]")
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_CHALLENGE = re.compile(rf"(\{{{CHALLENGE}\}})")
_STOPS = " ,.;:!?，。；：！？"
"""What may stand behind drawn digits, and is not said."""
_SENTENCES = re.compile(r"(?<=[.!?])\s+|(?<=[。！？；])\s*")


@dataclass(slots=True)
class Places:
    """Finds the place of a path over the dialplan's own file and the files that it includes."""

    sources: list[Source]
    moved: dict[Path, Path] = field(default_factory=dict)
    """First two steps of a path that a dialog's expansion made -> where that is written."""

    def at(self, path: Path, *, key: bool = False) -> Mark:
        """Place of a path, or of its nearest written parent."""
        written = self.moved.get(path[:2])
        if written is not None:
            within = str(path[1]).rpartition("/")[0]
            return replace(self.at((*written, *path[2:]), key=key), within=within)
        for source in self.sources:
            if path[:2] in source.keys:
                return source.at(_written(path, source), key=key)
        return self.sources[0].at(path, key=key)

    def has(self, path: Path) -> bool:
        """Whether a key is written."""
        path = (*self.moved.get(path[:2], path[:2]), *path[2:])
        return any(path in source.keys for source in self.sources)

    def in_main(self, path: Path) -> bool:
        """Whether a key is written in the dialplan's own file."""
        return path in self.sources[0].keys


def _written(path: Path, source: Source) -> Path:
    """A choice's place: `yes:` and `no:` stand in the question itself."""
    if "choices" not in path:
        return path
    at = path.index("choices")
    return path if path[: at + 1] in source.keys else (*path[:at], *path[at + 1 : at + 2], *path[at + 3 :])


@dataclass(slots=True)
class Builder:
    """Carries what every part of the building needs."""

    places: Places
    languages: tuple[str, ...]
    voices: Mapping[str, str]
    findings: list[Finding] = field(default_factory=list)

    def wrong(self, path: Path, code: str, message: str, hint: str = "", *, key: bool = False) -> None:
        """Note a finding."""
        self.findings.append(self.places.at(path, key=key).finding(code, message, hint))

    # --- prompts ---

    def prompt(self, written: PromptIn, path: Path) -> Prompt:
        """Compile a prompt for every language of the call."""
        if written.each:
            return self._each(written, path)
        if any(not language for language, _ in written.parts) and len(self.languages) > 1:
            known = ", ".join(self.languages)
            self.wrong(path, "D111", "this text has no language.", f"Write {{en: ..., ...}} for each of: {known}.")
        pieces: list[Piece] = []
        for language, content in written.parts:
            pieces.extend(self._pieces(language or self.languages[0], content, path))
        whole = tuple(pieces)
        return Prompt(dict.fromkeys(self.languages, whole))

    def maybe_prompt(self, written: PromptIn | None, path: Path) -> Prompt | None:
        """Compile a prompt that may be absent."""
        return None if written is None else self.prompt(written, path)

    def _each(self, written: PromptIn, path: Path) -> Prompt:
        found: dict[str, list[Piece]] = {}
        for language, content in written.parts:
            if language not in self.languages:
                self._unknown_language((*path, language))
                continue
            found.setdefault(language, []).extend(self._pieces(language, content, (*path, language)))
        missing = [language for language in self.languages if language not in found]
        if missing:
            self.wrong(path, "D112", f"the prompt is missing in: {', '.join(missing)}.", "Add it.", key=True)
        return Prompt({language: tuple(pieces) for language, pieces in found.items()})

    def _unknown_language(self, path: Path) -> None:
        known = ", ".join(self.languages)
        self.wrong(path, "D113", f"'{path[-1]}' is not one of the dialplan's languages ({known}).", key=True)

    def _pieces(self, language: str, content: str | Sound, path: Path) -> list[Piece]:
        voice = self.voices.get(language)
        if isinstance(content, Sound):
            self._sound_path(content.file, path)
            return [Piece(Clip(language, file=content.file, voice=voice), words=content.text)]
        text = " ".join(content.split())
        self._braces(text, path)
        if not _VALUE.search(text):
            return [Piece(Clip(language, text, voice=voice))]
        pieces: list[Piece] = []
        for sentence in filter(None, _SENTENCES.split(text)):
            parts = (part.lstrip(_STOPS).rstrip() for part in _CHALLENGE.split(sentence))
            pieces.extend(self._piece(language, part, voice) for part in parts if part)
        return pieces

    def _piece(self, language: str, text: str, voice: str | None) -> Piece:
        """A sentence, or the part of it that is drawn digits, or stands before or after them."""
        names = tuple(dict.fromkeys(_VALUE.findall(text)))
        clip = Clip(language, text, voice=voice, dynamic=bool(names))
        drawn = "0123456789" if _CHALLENGE.fullmatch(text) else ""
        return Piece(clip, names, digits=tuple(Clip(language, digit, voice=voice) for digit in drawn))

    def _sound_path(self, file: str, path: Path) -> None:
        if file.startswith("/") or ".." in file.split("/") or "\\" in file or "\0" in file:
            self.wrong(path, "D114", "a sound file lies below the dialplan's directory.", "Write a relative path.")

    def _braces(self, text: str, path: Path) -> None:
        for name in _VALUE.findall(text):
            if not _NAME.match(name):
                self.wrong(path, "D115", f"'{{{name}}}' is not the name of a value.", "Write {balance}, for example.")
        if _WIDE_BRACES.search(text):
            hint = "Write { and } with the narrow keyboard: {balance}. Full-width braces are no braces here."
            self.wrong(path, "D115", "full-width braces stand in this text and would be read out.", hint)
        rest = _VALUE.sub("", text)
        if "{" in rest or "}" in rest:
            self.wrong(path, "D115", "a brace stands alone.", "Values are written {name}; other braces cannot be said.")

    def message(self, name: str, written: PromptIn | None) -> Prompt:
        """One of the engine's own prompts: the dialplan's words, else the built-in ones."""
        if written is not None:
            return self.prompt(written, ("messages", name))
        texts = messages.BUILT_IN[name]
        missing = [language for language in self.languages if language not in texts]
        if missing and name not in messages.FOR_SPOKEN_VALUES:
            text = f"the engine has no words of its own for '{name}' in: {', '.join(missing)}."
            self.wrong(("languages",), "D116", text, f"Add messages: {name}:.")
        return Prompt({lang: tuple(self._pieces(lang, texts[lang], ())) for lang in self.languages if lang in texts})

    def hear(self, written: Mapping[str, list[str]] | None, path: Path) -> dict[str, tuple[str, ...]]:
        """Phrases by language; where there are any, there must be some in every language."""
        if written is None:
            return {}
        for language in written:
            if language not in self.languages:
                self._unknown_language((*path, language))
        missing = [language for language in self.languages if language not in written]
        if missing:
            self.wrong(path, "D112", f"no phrase is given in: {', '.join(missing)}.", "Add one.", key=True)
        return {language: tuple(phrases) for language, phrases in written.items()}

    # --- ways on ---

    def condition(self, text: str, path: Path) -> Expression | None:
        """Parse a condition; None (and a finding) when it does not parse."""
        try:
            return parse_expression(text)
        except ExpressionError as error:
            self.wrong(path, "D120", f"{error}.", "Example: found and balance >= 1000.")
            return None

    def route(self, written: object, path: Path) -> Route:
        """Compile `go:`."""
        if isinstance(written, str):
            return Route((Branch(None, written),))
        assert isinstance(written, list)
        branches: list[Branch] = []
        for index, item in enumerate(written):
            if isinstance(item, ElseIn):
                branches.append(Branch(None, item.else_))
                if index != len(written) - 1:
                    self.wrong((*path, index), "D121", "nothing after 'else' is ever reached.", "Put it last.")
            else:
                condition = self.condition(item.if_, (*path, index, "if"))
                if condition is not None:
                    branches.append(Branch(condition, item.to))
        if not branches or branches[-1].condition is not None:
            self.wrong(path, "D122", "the last way on must be an 'else'.", "Add: - else: some_state.")
        return Route(tuple(branches))
