"""The JSON Schema of one dialplan: with its own names in it, an editor also underlines a state or value that it lacks.

It is true of the text that it was made from: names that are added later need it made again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ivr.core.dialplan.language.schema import (
    CONDITION,
    NAME_PATTERN,
    PHRASES,
    PROMPT,
    condition_pattern,
    text_pattern,
)
from ivr.core.dialplan.language.source import Source
from ivr.core.dialplan.messages import FILLED_IN
from ivr.core.dialplan.states.queue import MINUTES, PLACE
from ivr.core.identity.challenge import CHALLENGE

_STATES = (
    "go",
    "otherwise",
    "failed",
    "again",
    "unscored",
    "proofs",
    "empty",
    "to",
    "else",
    "after",
    "yes",
    "no",
    "start",
    "choose",
)
_BUILT_IN = frozenset({"language", "identity", "called", "today", "jurisdiction", "caller", "sample"})
"""Values that every call knows, and a callback's own word."""
_WORDS = frozenset({"and", "or", "not", "true", "false"})
"""Of a condition, besides values."""


@dataclass(frozen=True, slots=True)
class Names:
    """What a dialplan names."""

    languages: tuple[str, ...]
    states: frozenset[str]
    values: frozenset[str]
    disclosures: frozenset[str]
    dialogs: frozenset[str]
    protected: frozenset[str]
    """What a rule may be of: states, a dialog's as dialog/state, and queries."""


def names_of(sources: Iterable[Source]) -> Names:
    """Of a dialplan's own file, first, and of those that it includes; as far as they are written."""
    written = [source.value for source in sources]
    parts = [
        *written,
        *(part for file in written for part in _named(file, "dialogs").values() if isinstance(part, dict)),
    ]

    def every(*sections: str) -> frozenset[str]:
        return frozenset(name for part in parts for section in sections for name in _named(part, section))

    languages = written[0].get("languages")
    return Names(
        tuple(map(str, languages)) if isinstance(languages, list) else (),
        every("states"),
        every("values", "parameters", "results", "hours") | _BUILT_IN,
        every("disclosures"),
        every("dialogs"),
        every("states") | frozenset(_of_dialogs(written)) | frozenset(_queries(parts)),
    )


def _of_dialogs(written: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for file in written:
        for dialog, held in _named(file, "dialogs").items():
            if isinstance(held, dict):
                yield from (f"{dialog}/{state}" for state in _named(held, "states"))


def _queries(parts: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for part in parts:
        for state in _named(part, "states").values():
            if isinstance(state, dict) and isinstance(state.get("lookup"), str):
                yield state["lookup"]


def _named(part: Mapping[str, Any], section: str) -> dict[str, Any]:
    found = part.get(section)
    return found if isinstance(found, dict) else {}


def narrowed(schema: dict[str, Any], names: Names) -> dict[str, Any]:
    """The schema of dialplans, for this one."""
    whole: dict[str, Any] = _marked(schema, names)
    for shape, part in (("FileIn", whole), *whole["$defs"].items()):
        held = part.get("properties", {})
        for key in held:
            known = _known(shape, key, names)
            if known:
                held[key] = _only(held[key], sorted(known))
        if shape in ("LookupIn", "IdentifyKeysIn"):
            held["keep"]["propertyNames"] = {"enum": sorted(names.values)}
        if "protect" in held:
            held["protect"]["propertyNames"] = {"enum": sorted(names.protected)}
        if "language" in held and names.languages:
            held["language"] = {"enum": list(names.languages)} | _told(held["language"])
        if shape == "SetIn":
            held["set"]["propertyNames"] = {"enum": sorted(names.values)}
    return whole


def _told(node: Mapping[str, Any]) -> dict[str, Any]:
    return {key: held for key, held in node.items() if key == "description"}


def _known(shape: str, key: str, names: Names) -> Iterable[str]:
    """What a key may name; nothing when it is free."""
    if key == "disclose" or (key, shape) in (("after", "ProtectIn"), ("after", "AlsoIn")):
        return names.disclosures
    if key == "dialog":
        return names.dialogs
    if key in ("into", "customer", "number") or (key == "given" and shape != "DialogUseIn"):
        return names.values
    return names.states if key in _STATES and shape not in ("WordsIn",) else ()


def _only(node: Any, known: list[str]) -> Any:
    """Names anywhere in it are some of these."""
    if isinstance(node, list):
        return [_only(item, known) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("pattern") == NAME_PATTERN and node.get("type") == "string":
        return {"enum": known} | _told(node)
    return {key: held if key == "propertyNames" else _only(held, known) for key, held in node.items()}


def _marked(node: Any, names: Names) -> Any:
    """Prompts, phrases and conditions, as far as their names and languages go."""
    if isinstance(node, list):
        return [_marked(item, names) for item in node]
    if not isinstance(node, dict):
        return node
    mark = node.get("$comment")
    if mark == CONDITION:
        return {**node, "pattern": condition_pattern(_any(names.values | _WORDS))}
    if mark == PHRASES and names.languages:
        return {**node, "required": list(names.languages), "propertyNames": {"enum": list(names.languages)}}
    if mark == PROMPT and names.languages:
        return _prompt(node, names)
    # Yes and no in other languages are needed in those only.
    return {key: held if key == "WordsIn" else _marked(held, names) for key, held in node.items()}


def _any(names: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(names)))


def _prompt(node: dict[str, Any], names: Names) -> dict[str, Any]:
    """It has all languages and none besides, and names values that there are."""
    pattern = text_pattern(_any(names.values | FILLED_IN | {CHALLENGE, PLACE, MINUTES}))
    text = {"type": "string", "pattern": pattern}
    _, by_language, parts = node["oneOf"]
    each = _texts({**by_language, "propertyNames": {"enum": list(names.languages)}}, text)
    whole = {**each, "required": list(names.languages)}
    forms = [*([text] if len(names.languages) == 1 else []), whole, {**parts, "items": each}]
    return {**node, "oneOf": forms}


def _texts(node: Any, text: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_texts(item, text) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("type") == "string" and "minLength" in node:
        return text
    return {key: _texts(held, text) for key, held in node.items()}
