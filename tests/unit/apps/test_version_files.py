"""Versions on disk: a crash while one is kept, and names that would lead out of the directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.adapters.files.dialplans.versions import VersionFiles
from ivr.errors import EnvironmentFault
from tests.unit.apps.publishes import SHA


def test_a_crash_before_the_last_file_leaves_no_version_and_the_next_start_keeps_it(tmp_path: Path) -> None:
    versions = VersionFiles(tmp_path)
    (tmp_path / SHA).mkdir()
    (tmp_path / SHA / "small.yaml").write_text("half")
    assert versions.all() == []
    kept = versions.keep("small@1", SHA, {"small.yaml": "whole"}, {}, now=1.0)
    assert Path(kept.path).read_text() == "whole"
    assert versions.all() == [kept]


def test_no_name_leads_out_of_the_directory(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="outside"):
        VersionFiles(tmp_path / "kept").keep("small@1", SHA, {"../../out.yaml": "text"}, {}, now=1.0)
    assert list(tmp_path.iterdir()) == []
