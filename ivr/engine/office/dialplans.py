"""Which dialplans are served."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ivr.core.dialplan.publication import Publication
from ivr.engine.office.office import Asked, Desk, does
from ivr.errors import OperatorError


@dataclass(frozen=True, slots=True)
class Publish(Asked):
    """Make dialplans live."""

    files: tuple[Path, ...] = ()
    """Only these of those that the settings list, the others stay as they are; none: all that they list, no more."""
    progress: Callable[[int, int], None] = field(default=lambda done, of: None, repr=False)
    """Told of prompts that were spoken: done, of how many."""


@dataclass(frozen=True, slots=True)
class Published:
    """What is served to new calls."""

    publication: Publication
    new: bool
    """It is another than before."""


@does("dialplans.publish")
def publish(desk: Desk, asked: Publish) -> Published:
    """All or none; each dialplan is entered, and what is refused too. Raises DialplanError, OperatorError and more."""
    if not desk.ports.begun:
        raise OperatorError(
            "this engine has no keys yet: start it once (ivr serve), which publishes what settings list"
        )
    return Published(*desk.ports.publish(desk.actor.name, desk.reason, asked.files, asked.progress))
