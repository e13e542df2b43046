"""What is wrong with a setting, in plain words: what is wanted there, and an example that could be written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from pydantic import BaseModel
from pydantic_core import ErrorDetails

Place = tuple[str | int, ...]
"""Keys and list positions that lead to one setting."""
_SHOWN = re.compile(r"[\w.+:/*-]{1,24}")
"""What may be repeated in an example: nothing long or strange."""
_NUMBER = ("int_type", "int_parsing", "int_from_float", "int_parsing_size")
_FRACTION = ("float_type", "float_parsing", "finite_number")
_LIMITS = {
    "greater_than_equal": ("ge", "{} or more"),
    "greater_than": ("gt", "more than {}"),
    "less_than_equal": ("le", "{} or less"),
    "less_than": ("lt", "less than {}"),
}


Below = Callable[[Place], Sequence[str]]
"""Place -> names of the settings that may stand below it."""


class LocatedFaults(ValueError):
    """What is wrong with settings held against each other: each with its place."""

    def __init__(self, faults: Sequence[tuple[Place, str]]) -> None:
        super().__init__("; ".join(f"{'.'.join(map(str, place))}: {text}" for place, text in faults))
        self.faults = tuple(faults)


def first_written(settings: BaseModel, *places: Place) -> Place:
    """The first of these places that somebody wrote, as a fault of two settings is mended there; else the first."""
    return next((place for place in places if _is_written(settings, place)), places[0])


def _is_written(value: object, place: Place) -> bool:
    for part in place:
        if isinstance(value, BaseModel) and part not in value.model_fields_set:
            return False
        value = getattr(value, str(part), None)
    return True


def located(faults: Sequence[ErrorDetails]) -> list[tuple[Place, str]]:
    """Places and words of those faults that brought them along."""
    errors = [fault.get("ctx", {}).get("error") for fault in faults]
    return [one for error in errors if isinstance(error, LocatedFaults) for one in error.faults]


def faults_in_words(faults: Sequence[ErrorDetails], data: object, below: Below) -> list[tuple[Place, str]]:
    """(where it is written, what is wrong) for each setting, once. Unknown settings are not among them."""
    found: dict[Place, list[ErrorDetails]] = {}
    for fault in faults:
        found.setdefault(written_place(fault, data), []).append(fault)
    deepest = [place for place in found if not any(other[: len(place)] == place != other for other in found)]
    # Of several forms that a setting may have, one was meant: what is wrong within it says enough.
    kept = [place for place in found if place in deepest or not _only_forms(found[place])]
    return [(place, _together(place, found[place], below)) for place in kept]


def written_place(fault: ErrorDetails, data: object) -> Place:
    """The place as it is written: pydantic adds the names of a union's forms, and '[key]' to a key's own."""
    place: list[str | int] = []
    steps = fault["loc"][:-2] if fault["loc"][-1:] == ("[key]",) else fault["loc"]
    for step in steps:
        if (isinstance(data, Mapping) and step in data) or (isinstance(data, list) and step in range(len(data))):
            data = data[step]  # type: ignore[index]
        elif "[" in str(step) or fault["type"] != "missing" or step != fault["loc"][-1]:
            continue
        place.append(step)
    return tuple(place)


def _only_forms(faults: Sequence[ErrorDetails]) -> bool:
    return all("[" in str(fault["loc"][-1]) for fault in faults)


def _together(place: Place, faults: Sequence[ErrorDetails], below: Below) -> str:
    """One message, whichever of its forms the setting was held against."""
    words = [_fault(place, fault, below) for fault in faults if fault["type"] != "literal_error" or len(faults) == 1]
    choices = [_expected(fault) for fault in faults if fault["type"] == "literal_error" and len(faults) > 1]
    return ", or ".join([*dict.fromkeys(words), *choices])


def _fault(place: Place, fault: ErrorDetails, below: Below) -> str:
    kind, value = fault["type"], fault["input"]
    name = str(place[-1]) if place else "it"
    if fault["loc"][-1:] == ("[key]",) and not isinstance(value, str):
        return _key(value)
    if kind == "missing":
        return f"is missing: add {name}: below what it belongs to"
    if kind == "string_type" and isinstance(value, bool | int | float):
        return f"wants a text: put it in quotes, {_quoted(value)}"
    if kind in ("tuple_type", "list_type"):
        return f"wants a list{_list_example(name, value, below((*place, 0)))}"
    if kind == "dict_type":
        return f"wants names with values below it, indented: write {name}: {{name: value}}, or each on its own line"
    if kind in ("model_type", "model_attributes_type"):
        known = below(place)
        return f"wants settings below it, indented, such as `{known[0]}: ...`; known here: {', '.join(known)}"
    if kind in _LIMITS:
        limit, words = _LIMITS[kind]
        return f"wants {words.format(format(fault.get('ctx', {}).get(limit), 'g'))}"
    if kind in ("literal_error", "enum"):
        return f"wants {_expected(fault)}"
    return _simple(kind) or str(fault["msg"]).removeprefix("Value error, ")


def _simple(kind: str) -> str:
    if kind in _NUMBER:
        return "wants a whole number, such as 10, without quotes or a unit"
    if kind in _FRACTION:
        return "wants a number, such as 10 or 0.5, without a unit"
    if kind.startswith("bool"):
        return "wants true or false"
    if kind == "path_type":
        return "wants the path of a file or folder, such as var/data"
    return 'wants a text, such as "name"' if kind == "string_type" else ""


def _key(value: object) -> str:
    if isinstance(value, bool):
        said = "yes, on or true" if value else "no, off or false"
        name = "yes" if value else "no"
        return f'a name here is {said}, which YAML takes for a truth value: put the name in quotes, "{name}"'
    return f"a name here is a number: put it in quotes, {_quoted(value)}"


def _quoted(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f'"{text}"'


def _list_example(name: str, value: object, elements: Sequence[str]) -> str:
    if elements:
        return f" of settings: write {name}: [{{{elements[0]}: ...}}]; known there: {', '.join(elements)}"
    shown = isinstance(value, str | int | float) and _SHOWN.fullmatch(str(value))
    return (
        f': write {name}: ["{value}"]' if shown else f": write {name}: [one, another], or each on a line after a dash"
    )


def _expected(fault: ErrorDetails) -> str:
    words = str(fault.get("ctx", {}).get("expected", "another word")).replace("'", "")
    return f"one of: {words}" if " or " in words or "," in words else f"the word {words}"
