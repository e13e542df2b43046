"""What every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.core.media.wav import read_wav
from ivr.testing.engine import Engine
from tests.hung import Hung
from tests.second_reader import SecondReader
from tests.small_disk import SmallDisk, mounted
from tests.starvation import Starvation

REAL_VOICE = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
"""Debian's asterisk-core-sounds-en-wav: a real person, 8 kHz."""


def pytest_configure(config: pytest.Config) -> None:
    """Watch whether the machine stands still, read twice what robots are told, and look where a hung test waits."""
    config.pluginmanager.register(Hung(), "hung")
    config.pluginmanager.register(Starvation(), "starvation")
    config.pluginmanager.register(SecondReader(), "second_reader")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give no limit of time to what is meant to take long."""
    for item in items:
        if any(item.get_closest_marker(name) for name in ("soak", "chaos", "browser")):
            item.add_marker(pytest.mark.timeout(0))


class RealVoice:
    """Recordings of a real person, by their file's name without ending."""

    def __call__(self, name: str) -> bytes:
        """PCM of a recording."""
        return read_wav((REAL_VOICE / f"{name}.wav").read_bytes(), "voice")


@pytest.fixture(scope="session")
def voice() -> RealVoice:
    """A real person's voice. Fails, not skips, where Debian's package is missing: `make test` installs it."""
    assert REAL_VOICE.is_dir(), "install asterisk-core-sounds-en-wav (apt-get install asterisk-core-sounds-en-wav)"
    return RealVoice()


@pytest.fixture(scope="session", autouse=True)
def spoken_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Engines of all workers speak a prompt once."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    Engine.spoken, Engine.models = shared / "spoken", shared / "models"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A file system of 1 MiB of the test's own."""
    with mounted(tmp_path / "small") as disk:
        yield disk
