"""Reading the settings: YAML with line numbers, the environment over it, errors that say where and what instead."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from ivr.adapters.files.text import read_text
from ivr.apps.settings import Settings
from ivr.apps.settings_words import Place, faults_in_words, located
from ivr.core.dialplan.language.source import too_deep
from ivr.errors import SettingsError

DEFAULT_FILE = Path("ivr.yaml")
PREFIX = "IVR_"
SQLITE = "sqlite:///"
"""What a path stands behind in the address of an SQLite database."""
NOT_SETTINGS = frozenset({"IVR_CONFIG", "IVR_PASSPHRASE_FILE"})


def load_settings(config: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read, merge and check the settings. Raises SettingsError with every fault, located; OperatorError for no text."""
    environ = os.environ if environ is None else environ
    path = config or (Path(environ["IVR_CONFIG"]) if environ.get("IVR_CONFIG") else None)
    if path is not None and not path.is_file():
        raise SettingsError(f"there is no settings file {path}: write it, or leave --config and IVR_CONFIG out")
    if path is None and DEFAULT_FILE.is_file():
        path = DEFAULT_FILE
    data, places = _read(path) if path is not None else ({}, {})
    for place, value, name in _environment(environ):
        _put(data, place, value, name)
        places[place] = name
        for length in range(1, len(place)):
            places.setdefault(place[:length], name)
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(error, data, places, str(path or "settings")))) from error
    found = _absolute(settings, path.parent if path is not None else Path())
    found.written(places)
    return found


def resolved_from_json(text: str) -> Settings:
    """Settings as the supervisor wrote them for its children."""
    return Settings.model_validate_json(text)


def _read(path: Path) -> tuple[dict[str, Any], dict[Place, str]]:
    try:
        text = read_text(path)
        if (deep := too_deep(text)) is not None:
            raise SettingsError(f"{path}:{deep[0]}: this is nested deeper than settings ever are")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise SettingsError(f"{where}: this is not YAML: {getattr(error, 'problem', error)}") from error
    if node is None:
        return {}, {}
    if not isinstance(data, dict):
        raise SettingsError(f"{path}:1: the settings are names with values, such as `drain_seconds: 60`")
    places: dict[Place, str] = {}
    _walk(node, (), path, places)
    return data, places


def _walk(node: yaml.Node, place: Place, path: Path, places: dict[Place, str]) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            where = f"{path}:{key.start_mark.line + 1}"
            if key.value in seen:
                raise SettingsError(f"{where}: {key.value} is given twice; the second would hide the first")
            seen.add(key.value)
            places[(*place, key.value)] = where
            _walk(value, (*place, key.value), path, places)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            places[(*place, index)] = f"{path}:{value.start_mark.line + 1}"
            _walk(value, (*place, index), path, places)


def _environment(environ: Mapping[str, str]) -> list[tuple[Place, Any, str]]:
    found: list[tuple[Place, Any, str]] = []
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name in NOT_SETTINGS:
            continue
        place = tuple(part.lower() for part in name.removeprefix(PREFIX).split("__"))
        try:
            value = yaml.safe_load(environ[name])
        except yaml.YAMLError as error:
            raise SettingsError(f"{name} in the environment is not YAML: put quotes around it") from error
        found.append((place, value, name))
    if environ.get("IVR_PASSPHRASE_FILE"):
        found.append((("keys", "passphrase_file"), environ["IVR_PASSPHRASE_FILE"], "IVR_PASSPHRASE_FILE"))
    return found


def _put(data: dict[str, Any], place: Place, value: Any, name: str) -> None:
    here = data
    for part in place[:-1]:
        step = here.setdefault(str(part), {})
        if step is None:
            step = here[str(part)] = {}
        if not isinstance(step, dict):
            raise SettingsError(f"{name} in the environment: {part} has no settings below it")
        here = step
    here[str(place[-1])] = value


def _explain(error: ValidationError, data: object, places: dict[Place, str], source: str) -> list[str]:
    """Every fault at its line: what is wanted there, and an example."""
    faults = error.errors()
    unknown = [tuple(fault["loc"]) for fault in faults if fault["type"] == "extra_forbidden"]
    told = [(place, f"there is no such setting{_suggest(place)}") for place in unknown]
    told += located(faults)
    own = [fault for fault in faults if fault["type"] != "extra_forbidden" and not located([fault])]
    told += faults_in_words(own, data, _known_below)
    lines = []
    for place, text in told:
        dotted = ".".join(str(part) for part in place)
        lines.append(f"{_where(place, places, source)}: {f'{dotted}: {text}' if dotted else text}")
    return lines


def _where(place: Place, places: dict[Place, str], source: str) -> str:
    """Nearest known ancestor: pydantic adds a union's branches and list positions to the place."""
    while place:
        if place in places:
            return places[place]
        place = place[:-1]
    return source


def _suggest(place: Place) -> str:
    model: Any = Settings
    for part in place[:-1]:
        model = _below(model, part)
        if model is None:
            return ""
    known = list(getattr(model, "model_fields", {}))
    near = difflib.get_close_matches(str(place[-1]), known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else f"; known here: {', '.join(sorted(known))}"


def _known_below(place: Place) -> list[str]:
    """Names of the settings that may stand below a place."""
    model: Any = Settings
    for part in place:
        model = _below(model, part)
    fields = getattr(model, "model_fields", {})
    return [name for name, field in fields.items() if field.is_required()] + sorted(
        name for name, field in fields.items() if not field.is_required()
    )


def _below(model: Any, part: str | int) -> Any:
    """The model of one field, or of an element of a tuple or dict field."""
    if isinstance(model, type) and issubclass(model, BaseModel):
        field = model.model_fields.get(str(part))
        return _model_in(field.annotation) if field else None
    return model.element if isinstance(model, _Elements) else None


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return annotation if issubclass(annotation, BaseModel) else None
    if isinstance(annotation, UnionType) or get_origin(annotation) is not None:
        for inner in get_args(annotation):
            found = _model_in(inner)
            if found is not None:
                return found if isinstance(annotation, UnionType) else _Elements(found)
    return None


class _Elements:
    """Stands for a collection of models: its next place is an index or a name, then comes the model."""

    def __init__(self, element: type[BaseModel]) -> None:
        self.element = element


def _absolute(settings: Settings, folder: Path) -> Settings:
    """The same settings with every path absolute, given or default: it begins at the settings file's folder.

    So a command finds the engine's data from wherever it is run. Without a file the working directory takes its place.
    """
    here = folder.absolute()

    def walk(value: Any) -> Any:
        if isinstance(value, Path):
            return here / value.expanduser()
        if isinstance(value, str) and value.startswith(SQLITE) and value not in (SQLITE, SQLITE + ":memory:"):
            return f"{SQLITE}{here / value.removeprefix(SQLITE)}"
        if isinstance(value, BaseModel):
            return value.model_copy(update={name: walk(getattr(value, name)) for name in type(value).model_fields})
        if isinstance(value, tuple):
            return tuple(walk(item) for item in value)
        if isinstance(value, dict):
            return {key: walk(item) for key, item in value.items()}
        return value

    absolute = walk(settings)
    assert isinstance(absolute, Settings)
    return absolute


Model = TypeVar("Model", bound=BaseModel)


def read_checked(path: Path, model: type[Model]) -> Model:
    """Another YAML file of an operator's, with the same checks and words. Raises SettingsError with every fault,
    located."""
    if not path.is_file():
        raise SettingsError(f"there is no file {path}")
    data, places = _read(path)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(error, data, places, str(path)))) from error
