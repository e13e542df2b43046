"""Every rehearsal twice: frame by frame, and with frames in a row, as where C moves them. Both must go alike."""

from pathlib import Path

import pytest

from tests.unit.cell.rehearsal import Rehearsal


@pytest.fixture(autouse=True, params=[False, True], ids=["frame by frame", "in stretches"])
def carries(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How audio is moved."""
    monkeypatch.setattr(Rehearsal, "carries", request.param)


@pytest.fixture
def call(tmp_path: Path) -> Rehearsal:
    return Rehearsal(tmp_path)
