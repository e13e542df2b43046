"""`CallRecord` as JSON and back: what journals, the bus and the database carry.

Rule: an unknown or missing field, or one of another type, is an error, so that a record is never half understood.
`looked_up` alone may be missing: it is written where there is any, and records of before know none.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from ivr.core.call.record import CallRecord, DisclosureEvidence, Voicemail
from ivr.errors import SealError


def record_to_json(record: CallRecord) -> dict[str, object]:
    """Plain data, ready for `json.dumps`."""
    data: dict[str, object] = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
    data["looked_up"] = [list(pair) for pair in record.looked_up]
    if not record.looked_up:
        del data["looked_up"]
    data["agents"] = list(record.agents)
    data["transfers"] = list(record.transfers)
    data["marks"] = list(record.marks)
    data["states"] = list(record.states)
    data["disclosures"] = [dataclasses.asdict(evidence) for evidence in record.disclosures]
    data["voicemails"] = [dataclasses.asdict(message) for message in record.voicemails]
    return data


def record_from_json(data: Mapping[str, object]) -> CallRecord:
    """Back from `record_to_json`. Raises SealError when it is not one of ours."""
    try:
        disclosures = tuple(
            DisclosureEvidence(**_checked(DisclosureEvidence, _object(one), {})) for one in _list(data["disclosures"])
        )
        voicemails = tuple(Voicemail(**_checked(Voicemail, _object(one), {})) for one in _list(data["voicemails"]))
        tuples: dict[str, Callable[[object], object]] = {
            "agents": lambda value: tuple(map(_text, _list(value))),
            "transfers": lambda value: tuple(map(_text, _list(value))),
            "marks": lambda value: tuple(map(_text, _list(value))),
            "looked_up": lambda value: tuple(map(_pair, _list(value))),
            "states": lambda value: tuple(map(_text, _list(value))),
            "disclosures": lambda value: disclosures,
            "voicemails": lambda value: voicemails,
        }
        return CallRecord(**_checked(CallRecord, {"looked_up": [], **data}, tuples))
    except (KeyError, TypeError, ValueError) as error:
        raise SealError(f"a call's record is damaged or of another version: {error}") from error


def _checked(
    kind: type[CallRecord | DisclosureEvidence | Voicemail],
    data: Mapping[str, object],
    convert: Mapping[str, Callable[[object], object]],
) -> dict[str, Any]:
    """All fields of the class, each of its type."""
    checks = _CHECKS[kind]
    if data.keys() != checks.keys():
        raise KeyError(f"fields {sorted(data.keys() ^ checks.keys())} are unknown or missing")
    return {name: convert.get(name, checks[name])(value) for name, value in data.items()}


def _check(name: str, annotation: str) -> Callable[[object], object]:
    """Accept exactly what the annotation says; JSON has one number type, so an int stands for a float too."""
    wanted = {part.strip() for part in annotation.split("|")}

    def check(value: object) -> object:
        kind = "None" if value is None else type(value).__name__
        if kind in wanted:
            return value
        if kind == "int" and "float" in wanted:
            return float(str(value))
        raise TypeError(f"{name} is of type {kind}, not {annotation}")

    return check


_CHECKS = {
    kind: {field.name: _check(field.name, str(field.type)) for field in dataclasses.fields(kind)}
    for kind in (CallRecord, DisclosureEvidence, Voicemail)
}
"""What each field's value must pass."""


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError("a list is missing")
    return value


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError("an object is missing")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a list holds something else than text")
    return value


def _pair(value: object) -> tuple[str, str]:
    name, text = _list(value)
    return _text(name), _text(text)
