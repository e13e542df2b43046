"""A console that stands still at one place of publishing until it is killed: `held_console DIR DIALPLAN PORT PLACE`."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import uvicorn

from ivr.apps.settings import DialplanSettings, Settings
from ivr.apps.web.app import guarded
from ivr.apps.wiring.console import application
from ivr.apps.wiring.office import OfficeFiles
from ivr.engine.publishing.config import PublishingPorts
from ivr.ports.kept_drafts import KeptDrafts
from ivr.ports.speech import Synthesizer
from ivr.testing.fake_speech import FakeSynthesizer

PLACES: Final = ("speaking", "entered", "pointed")
"""While prompts are spoken; between the log's entry and the pointer; before the draft is dropped."""


def marker(settings: Settings) -> Path:
    """Is there once the console stands still."""
    return settings.data_dir / "stands-still"


class HeldFiles(OfficeFiles):
    """The office's own files, of which one act never comes back."""

    def __init__(self, settings: Settings, place: str) -> None:
        super().__init__(settings)
        self.place = place

    def still(self, place: str, act: Callable[..., Any]) -> Callable[..., Any]:
        """The act; at the place that is held it only says that it was reached."""

        def stands(*given: Any, **named: Any) -> Any:
            if place == self.place:
                marker(self._settings).touch()
                threading.Event().wait()
            return act(*given, **named)

        return stands

    @cached_property
    def publishing(self) -> PublishingPorts:
        made = super().publishing
        publications = made.publications
        publications.point_to = self.still("entered", publications.point_to)  # type: ignore[method-assign]
        return replace(made, publications=publications)

    def speaking(self) -> AbstractContextManager[Synthesizer]:
        voice = FakeSynthesizer()
        voice.synthesize = self.still("speaking", voice.synthesize)  # type: ignore[method-assign]
        return nullcontext(voice)

    @property
    def kept_drafts(self) -> KeptDrafts:
        made = super().kept_drafts
        made.drop = self.still("pointed", made.drop)  # type: ignore[method-assign]
        return made


def settings_of(data_dir: Path, dialplan: Path, port: int) -> Settings:
    """Of the engine whose console it is."""
    console = {"listen": f"127.0.0.1:{port}", "sign_in": {"second_factor_for": []}}
    listed = (DialplanSettings(file=dialplan),)
    return Settings.model_validate({"data_dir": data_dir, "dialplans": listed, "console": console})


def main() -> None:
    """Serve, and stand still."""
    data_dir, dialplan, port, place = sys.argv[1:]
    settings = settings_of(Path(data_dir), Path(dialplan), int(port))
    console = application(settings, HeldFiles(settings, place))
    uvicorn.run(guarded(console), host="127.0.0.1", port=int(port), log_config=None, lifespan="off")


if __name__ == "__main__":
    main()
