"""The kept versions of dialplans, as commands and the engine use them."""

from __future__ import annotations

from pathlib import Path

from ivr.adapters.files.dialplans.versions import DialplanVersions
from ivr.apps.settings import Settings
from ivr.apps.wiring.dialplans import read_dialplan
from ivr.core.dialplan.model import Dialplan
from ivr.errors import EnvironmentFault, OperatorError


def kept_versions(settings: Settings) -> DialplanVersions:
    """Where they are kept."""
    return DialplanVersions(settings.data_dir / "dialplans")


def kept_dialplan(settings: Settings, reference: str) -> Dialplan:
    """A kept version by name@version or SHA-256. Raises OperatorError, or EnvironmentFault when it was altered."""
    kept = kept_versions(settings).find(reference)
    dialplan = read_dialplan(kept.path)
    if dialplan.sha256 != kept.sha256:
        raise EnvironmentFault(f"{kept.path} was altered since it was served; restore it from a backup")
    return dialplan


def dialplan_of(settings: Settings, reference: str) -> Dialplan:
    """A dialplan by the path of its file, else a kept version. Raises IvrError."""
    path = Path(reference)
    if path.is_file():
        return read_dialplan(path)
    if "@" not in path.name and (path.suffix or "/" in reference):
        raise OperatorError(f"there is no file {reference}")
    return kept_dialplan(settings, reference)
