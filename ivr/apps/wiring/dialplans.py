"""Dialplans as commands read them: from their files, or as a version that was kept."""

from __future__ import annotations

from pathlib import Path

from ivr.adapters.files.dialplans.drafts import DraftFiles
from ivr.apps.settings import Settings
from ivr.apps.wiring.publishing import kept_versions
from ivr.core.dialplan.model import Dialplan
from ivr.engine.publishing.drafts import kept_dialplan, read_draft
from ivr.errors import OperatorError


def read_dialplan(path: Path) -> Dialplan:
    """Load one file with what it includes from beside it. Raises DialplanError or OperatorError."""
    return read_draft(DraftFiles(), str(path)).dialplan


def dialplan_of(settings: Settings, reference: str) -> Dialplan:
    """A dialplan by the path of its file, else a kept version. Raises IvrError."""
    path = Path(reference)
    if path.is_file():
        return read_dialplan(path)
    if "@" not in path.name and (path.suffix or "/" in reference):
        raise OperatorError(f"there is no file {reference}")
    return kept_dialplan(kept_versions(settings), reference)
