"""Retention, made from the settings."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from ivr.adapters.files.text import read_text
from ivr.apps.settings import Settings
from ivr.apps.wiring.blamed import blamed
from ivr.core.vault.retention import RetentionClass, RetentionPlan
from ivr.durable import locked
from ivr.errors import OperatorError, SettingsError

EXAMPLES = Path(__file__).parent.parent / "retention_classes.yaml"
"""The classes that ship."""
_KEYS = {"earliest_days", "latest_days", "source"}


def read_classes(path: Path) -> dict[str, RetentionClass]:
    """Retention classes from a YAML file. Raises OperatorError with what is wrong where."""
    try:
        data = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        raise SettingsError(f"the retention classes {path} cannot be read: {error}") from error
    if not isinstance(data, dict) or not data:
        raise SettingsError(f"{path} holds no retention classes: NAME: {{earliest_days, latest_days, source}}")
    classes = {}
    for name, given in data.items():
        if not isinstance(given, dict) or set(given) != _KEYS:
            raise SettingsError(f"{path}: class {name} needs exactly {', '.join(sorted(_KEYS))}")
        days = (given["earliest_days"], given["latest_days"])
        if not all(type(one) is int for one in days):
            raise SettingsError(f"{path}: class {name}: earliest_days and latest_days are whole numbers of days")
        classes[str(name)] = RetentionClass(str(name), *days, source=str(given["source"]))
    return classes


def retention_plan(settings: Settings) -> RetentionPlan:
    """Which recordings are kept how long. Raises OperatorError."""
    chosen = settings.retention
    with blamed("retention.classes_file"):
        classes = read_classes(chosen.classes_file or EXAMPLES)
    try:
        return RetentionPlan(classes, chosen.default, chosen.dialplans)
    except OperatorError as error:
        raise SettingsError(f"retention: {error}") from error


def retention_rules(settings: Settings) -> dict[str, object]:
    """What is kept how long, by these settings, as the keeper enters it when it starts."""
    chosen = settings.retention
    return {
        "default": chosen.default,
        "dialplans": dict(chosen.dialplans),
        "classes_sha256": classes_sha256(settings),
        "most_a_day": chosen.most_a_day,
    }


def classes_sha256(settings: Settings) -> str:
    """Of the file with the classes that are applied, hex."""
    return hashlib.sha256((settings.retention.classes_file or EXAMPLES).read_bytes()).hexdigest()


@contextmanager
def retention_alone(settings: Settings) -> Iterator[None]:
    """Nobody else erases, places a hold or releases one meanwhile."""
    path = settings.data_dir / "retention.lock"
    with locked(path, f"the lock of retention, {path}, cannot be taken"):
        yield
