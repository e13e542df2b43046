"""The dialplans being served: which one answers which number, and their rendered prompts.

A reload replaces all of them or none; a call keeps the dialplan that it began with.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ivr.adapters.files.dialplan_versions import DialplanVersions
from ivr.adapters.files.text import read_text
from ivr.apps.settings import DialplanSettings, Settings
from ivr.apps.wiring.certificates import certificate_of
from ivr.apps.wiring.sources import check_lookups
from ivr.core.commands import Clip
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.model import Dialplan, TransferState
from ivr.core.sip.called import same_line
from ivr.engine.speech.prompts import PromptLibrary
from ivr.errors import EnvironmentFault, IvrError, OperatorError, PeerError
from ivr.ports import Synthesizer

_Served = tuple[tuple[DialplanSettings, Dialplan, PromptLibrary], ...]


class DialplanRoutes:
    """Called number -> dialplan, clip -> audio. Each dialplan carries the id of its certificate."""

    def __init__(self, settings: Settings, synthesizer: Synthesizer | None = None) -> None:
        """Load every dialplan of the settings, proved. Raises DialplanError or OperatorError."""
        self._settings = settings
        self._synthesizer = synthesizer
        self._served = self._load()

    def reload(self) -> None:
        """Read the files again. Raises as at the start; then the old ones go on."""
        self._served = self._load()

    def serving(self, called: str) -> Dialplan:
        """The dialplan for a dialled number. Raises PeerError when there is none."""
        default: Dialplan | None = None
        for entry, dialplan, _ in self._served:
            if entry.called == "default":
                default = dialplan
            elif any(same_line(called, number) for number in entry.called):
                return dialplan
        if default is None:
            raise PeerError("a number was dialled that no dialplan serves")
        return default

    def pcm(self, clip: Clip) -> bytes:
        """Audio of a static clip of any dialplan. Raises EnvironmentFault when it was not published."""
        last: IvrError | None = None
        for _, _, library in self._served:
            try:
                return library.pcm(clip)
            except (EnvironmentFault, OperatorError) as error:
                last = error
        raise last or EnvironmentFault("no dialplan is served")

    def publish(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Render what is missing of every prompt; returns how many were."""
        return sum(library.publish(dialplan.static_clips(), progress) for _, dialplan, library in self._served)

    @property
    def dialplans(self) -> tuple[Dialplan, ...]:
        """All that are served."""
        return tuple(dialplan for _, dialplan, _ in self._served)

    def _load(self) -> _Served:
        """All of them, checked, proved and kept: no call is served by a version that is not."""
        versions = DialplanVersions(self._settings.data_dir / "dialplans")
        certificates = self._settings.data_dir / "certificates"
        found = []
        for entry in self._settings.dialplans:
            dialplan, texts = read_dialplan_texts(entry.file)
            check_lookups(dialplan, self._settings)
            check_transfers(dialplan, self._settings)
            certificate = certificate_of(dialplan, certificates)
            library = PromptLibrary(self._settings.prompts_dir, self._synthesizer, entry.file.parent)
            sounds = library.sounds(dialplan.static_clips())
            versions.keep(dialplan.id, dialplan.sha256, texts, sounds, now=time.time())
            found.append((entry, replace(dialplan, certificate=certificate.id), library))
        return tuple(found)


def check_transfers(dialplan: Dialplan, settings: Settings) -> None:
    """The settings name every destination of its transfers. Raises OperatorError: a dead transfer is not served."""
    for state in dialplan.states.values():
        if isinstance(state, TransferState) and state.destination not in settings.transfers:
            known = ", ".join(settings.transfers) or "none"
            raise OperatorError(
                f"{dialplan.source}: state '{state.name}' transfers to '{state.destination}', which the settings do "
                f'not name (they name {known}): write transfers: {{{state.destination}: "sip:..."}} into ivr.yaml'
            )


def read_dialplan(path: Path) -> Dialplan:
    """Load one file with what it includes from beside it. Raises DialplanError or OperatorError."""
    return read_dialplan_texts(path)[0]


def read_dialplan_texts(path: Path) -> tuple[Dialplan, dict[str, str]]:
    """A dialplan, and what was read for it: name below its directory -> text, the main file first."""
    texts = {path.name: read_text(path)}

    def include(name: str) -> str:
        return texts.setdefault(name, read_text(_beside(path, name)))

    return load_dialplan(texts[path.name], source=str(path), read_include=include), texts


def _beside(path: Path, name: str) -> Path:
    included = (path.parent / name).resolve()
    if not included.is_relative_to(path.parent.resolve()):
        raise OperatorError(f"{path}: the included file {name} lies outside of the dialplan's directory; move it there")
    return included
