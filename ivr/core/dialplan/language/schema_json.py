"""JSON Schema for editors: made of the shapes, so that an editor says of a slip what `ivr check` would, as it is typed.

A state is told apart by its first key with if/then, not by `oneOf`: what is wrong is then one message at its place, and
completion offers the keys of that kind alone.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from ivr.core.dialplan.language.hover import HOVER
from ivr.core.dialplan.language.schema_file import STATE_KINDS, FileIn
from ivr.core.dialplan.language.schema_laws import Schema, bound

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> Schema:
    """Of a dialplan."""
    return schema_of(FileIn, "ivr dialplan")


def schema_of(shape: type[BaseModel], title: str) -> Schema:
    """Of a kind of file."""
    raw = shape.model_json_schema(by_alias=True)
    shapes = {shape.__name__: raw, **raw.get("$defs", {})}
    for name, part in shapes.items():
        for key, held in part.get("properties", {}).items():
            held.pop("title", None)
            text = HOVER.get(f"{name}.{key}", HOVER.get(key))
            if text is not None:
                held["description"] = text
    whole = _simple(raw)
    bound(whole["$defs"])
    if "AskIn" in shapes:
        whole["$defs"] |= {"State": _state(inner=False), "InnerState": _state(inner=True)}
    return {**whole, "$schema": DRAFT, "title": title}


def _simple(node: Any) -> Any:
    """Without what only pydantic needs: nulls for keys left out, patterns that let names pass, unions of states."""
    if isinstance(node, list):
        return [_simple(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {key: _simple(item) for key, item in node.items()}
    kinds = [item for item in found.get("anyOf", []) if item != {"type": "null"}]
    if len(kinds) < len(found.get("anyOf", [])):
        found.pop("anyOf")
        found.pop("default", None)
        only = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
        found = {**only, **found}
    if len(found.get("patternProperties", {})) == 1:
        ((pattern, held),) = found.pop("patternProperties").items()
        found |= {"propertyNames": {"pattern": pattern}, "additionalProperties": held}
    if {"$ref": "#/$defs/ElseIn"} in found.get("items", {}).get("oneOf", []):
        found |= {"contains": {"required": ["else"]}, "minContains": 1, "maxContains": 1}
    refs = [item.get("$ref", "") for item in found.get("oneOf", [])]
    if "#/$defs/EnqueueIn" in refs:
        found.pop("oneOf")
        found["$ref"] = f"#/$defs/{'InnerState' if '#/$defs/ReturnIn' in refs else 'State'}"
    return found


def _state(*, inner: bool) -> Schema:
    """One of the kinds, by the key that makes it what it is."""
    kinds = [*(("return",) if inner else ()), *STATE_KINDS]
    found: Schema = {
        "type": "object",
        "anyOf": [{"required": [kind]} for kind in (*kinds, "language")],
        "properties": {kind: {"description": HOVER[kind]} for kind in kinds},
    }
    for kind in reversed(kinds):
        found = {"if": {"required": [kind]}, "then": _kind(kind), "else": found}
    return {"type": "object", **found}


def _kind(kind: str) -> Schema:
    if kind == "identify":
        other = {"if": _by("policy"), "then": _ref("IdentifyPolicyIn"), "else": _ref("IdentifyKeysIn")}
        return {"if": _by("voice"), "then": _ref("IdentifyVoiceIn"), "else": other}
    if kind == "dialog":
        return _ref("DialogUseIn")
    return _ref("".join(part.capitalize() for part in kind.split("_")) + "In")


def _by(what: str) -> Schema:
    return {"properties": {"by": {"const": what}}, "required": ["by"]}


def _ref(shape: str) -> Schema:
    return {"$ref": f"#/$defs/{shape}"}
