"""What pydantic finds wrong with a file's shape, in our words and at its place."""

from __future__ import annotations

from functools import cache

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ivr.core.dialplan.language.finding import Finding, Mark
from ivr.core.dialplan.language.likeness import meant, nearest
from ivr.core.dialplan.language.schema import ChoiceIn
from ivr.core.dialplan.language.schema_file import STATE_KINDS, AskIn, FileIn, state_kind
from ivr.core.dialplan.language.source import Path, Source

_OWN_KEYS = {"choices": frozenset(AskIn.model_fields), "states": frozenset(FileIn.model_fields)}
"""Keys of what stands around a section of names."""


def shape_findings(error: ValidationError, source: Source, shape: type[BaseModel]) -> list[Finding]:
    """All of a file's, each cause once."""
    found: dict[Path, Finding] = {}
    rest: list[Finding] = []
    details = error.errors(include_url=False)
    for detail in details:
        if _is_short_form(detail, details):
            continue
        moved = _displaced(_written_path(detail["loc"], source.value), source)
        if moved is not None:
            found.setdefault(*moved)
        else:
            rest.append(_translated(detail, source, shape))
    return [*found.values(), *rest]


def _is_short_form(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    """Whether this only says that a long form, which has mistakes of its own, is not the short one."""
    if detail["type"] != "string_type" or not isinstance(detail["input"], dict):
        return False
    place = detail["loc"][:-1]
    return any(other is not detail and other["loc"][: len(place)] == place for other in details)


def _translated(detail: ErrorDetails, source: Source, shape: type[BaseModel]) -> Finding:
    """One of pydantic's errors in our words. `shape`: of the whole file, for the keys that there are."""
    path = _written_path(detail["loc"], source.value)
    kind = detail["type"]
    last = str(detail["loc"][-1]) if detail["loc"] else ""
    if kind == "extra_forbidden":
        return _unknown_key(detail, source.at(path, key=True), shape)
    if kind == "missing":
        return source.at(path, key=True).finding("D102", f"the key '{last}' is missing.", f"Add {last}:.")
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        return _no_kind(detail, path, source)
    if kind == "string_pattern_mismatch":
        hint = f"It must match {detail.get('ctx', {}).get('pattern', '')}"
        is_key = last == "[key]"
        return source.at(path, key=is_key).finding("D105", "this name or text has a form that is not allowed.", hint)
    message = detail["msg"][:1].lower() + detail["msg"][1:]
    hint = 'Put it in quotes: "..."' if kind == "string_type" and isinstance(detail["input"], int | float) else ""
    return source.at(path).finding("D106", f"{message}.", hint)


def _displaced(path: Path, source: Source) -> tuple[Path, Finding] | None:
    """A key of the whole that stands one level too deep, among names: its place, and what to say instead of all below.

    `choices: {..., silence: ...}` makes the question's own `silence` one of its choices.
    """
    for end in range(1, len(path)):
        among, name = path[end - 1], path[end]
        if among in ("choices", "states") and isinstance(name, str) and name in _OWN_KEYS[str(among)]:
            if (among == "states" and path[0] == "dialogs") or _is_one(str(among), source.value_at(path[: end + 1])):
                continue
            mark, outer = source.at(path[: end + 1], key=True), source.at(path[:end], key=True)
            whole = "question" if among == "choices" else "dialplan"
            hint = f"Then write it {mark.column - outer.column} columns further left, below {among}: and not in it."
            if mark.line == outer.line:
                hint = f"Then write it behind the brace that closes {among}:."
            text = f"'{name}' stands among the {among}: is it the {whole}'s own?"
            return path[: end + 1], mark.finding("D107", text, hint)
    return None


def _is_one(among: str, written: object) -> bool:
    """Whether what is written looks like a choice, or a state: it may well have the name of a key."""
    if among == "states":
        return state_kind(written) is not None
    return isinstance(written, dict) and any(key in ChoiceIn.model_fields for key in written)


def _unknown_key(detail: ErrorDetails, mark: Mark, shape: type[BaseModel]) -> Finding:
    last = str(detail["loc"][-1])
    is_state = len(detail["loc"]) == 1 and state_kind(detail["input"]) is not None and shape is FileIn
    if is_state and last not in FileIn.model_fields:
        text = f"'{last}' stands at the left margin: is it a state?"
        return mark.finding("D101", text, "Then indent it by 2 more, among the others below states:.")
    hint = meant(last, _known_keys(shape), "Leave it out, or see docs/dialplan.md.")
    return mark.finding("D101", f"'{last}' is no key here.", hint)


def _no_kind(detail: ErrorDetails, path: Path, source: Source) -> Finding:
    """Of a state that is none, or of something in a form of its own."""
    if len(path) < 2 or path[-2] != "states":
        return source.at(path).finding("D104", "this has not the right form.", "See docs/dialplan.md.")
    mark = source.at(path, key=True)
    written = detail["input"]
    if path[0] == "states" and isinstance(written, dict) and "return" in written:
        return mark.finding("D103", "only a dialog returns.", "Lead to a state instead.")
    hint = f"A state has one of: {', '.join(STATE_KINDS)} (identify also by: keys, voice or policy)."
    for key in written if isinstance(written, dict) else ():
        near = nearest(str(key), STATE_KINDS)
        if near is not None:
            return source.at((*path, key), key=True).finding(
                "D103", f"'{key}' is no key here.", f"Did you mean '{near}'?"
            )
    return mark.finding("D103", "what kind of state is this?", hint)


def _written_path(location: tuple[str | int, ...], value: object) -> Path:
    """The part of pydantic's location that was written: its tags of unions are left out."""
    path: list[str | int] = []
    for step in location:
        by_key = isinstance(value, dict) and step in value
        by_index = isinstance(value, list) and isinstance(step, int) and step < len(value)
        if by_key or by_index:
            assert isinstance(value, dict | list)
            value = value[step]  # type: ignore[index]
            path.append(step)
    return tuple(path)


@cache
def _known_keys(shape: type[BaseModel]) -> tuple[str, ...]:
    keys: set[str] = set()
    schema = shape.model_json_schema(by_alias=True)
    for part in (schema, *schema["$defs"].values()):
        keys.update(part.get("properties", {}))
    return tuple(sorted(keys))
