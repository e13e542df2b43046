"""`ivr models` and `ivr voiceprint`, as an operator uses them without the internet."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ivr.adapters.files.keys.passphrase import create_passphrase, read_passphrase
from ivr.adapters.files.keys.store import FileKeyStore
from ivr.adapters.files.models import ModelFiles
from ivr.apps.cli.main import cli
from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.voices import voiceprints
from ivr.core.identity.voiceprint import Template, Voiceprint
from ivr.core.vault.keys import PassphraseCost
from ivr.errors import ModelError, OperatorError
from tests.conftest import REAL_VOICE


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model's directory."""
    path = tmp_path / "vosk-model-own"
    (path / "am").mkdir(parents=True)
    (path / "am" / "final.mdl").write_bytes(os.urandom(100))
    (path / "README").write_text("ours")
    return path


@pytest.fixture
def archive(model: Path, tmp_path: Path) -> Path:
    """The same as a zip file, as models are published: one directory at the top."""
    path = tmp_path / "model.zip"
    with zipfile.ZipFile(path, "w") as file:
        for content in model.rglob("*"):
            file.write(content, Path(model.name) / content.relative_to(model))
    return path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Settings with everything below the test's directory, and a key store."""
    path = tmp_path / "ivr.yaml"
    path.write_text(json.dumps({"data_dir": str(tmp_path / "var"), "voiceprints_dir": str(tmp_path / "voiceprints")}))
    secret = tmp_path / "var" / "keys" / "passphrase"
    secret.parent.mkdir(parents=True)
    create_passphrase(secret)
    cheap = PassphraseCost(memory_kib=64, iterations=1, lanes=1)
    FileKeyStore.create(tmp_path / "var" / "keys" / "store.json", read_passphrase(secret), cost=cheap)
    return path


def ivr(config: Path, *arguments: object) -> Result:
    return CliRunner().invoke(cli, [*map(str, arguments), "--config", str(config)])


@pytest.mark.parametrize("kind", ["directory", "zip"])
def test_a_model_is_brought_in_and_checked(config: Path, model: Path, archive: Path, kind: str) -> None:
    source = model if kind == "directory" else archive
    assert ivr(config, "models", "get", "own", "--from", source).exit_code == 0
    assert "own: 2 files as they came" in ivr(config, "models", "check", "own").output
    listed = ivr(config, "models", "list").output
    assert "own" in listed
    assert "vosk-model-small-cn-0.22" in listed


def test_what_comes_with_the_engine_is_checked_too(config: Path) -> None:
    result = ivr(config, "models", "check", "built-in")
    assert result.exit_code == 0
    assert "whisper-tiny.en: as pinned" in result.output


def test_a_model_that_was_changed_or_added_to_is_found_out(tmp_path: Path, model: Path) -> None:
    files = ModelFiles(tmp_path / "models")
    files.add("own", model)
    weights = tmp_path / "models" / "own" / "am" / "final.mdl"
    original = weights.read_bytes()
    weights.write_bytes(original[:-1] + b"?")
    with pytest.raises(ModelError, match=r"am/final\.mdl"):
        files.check("own")
    weights.write_bytes(original)
    (tmp_path / "models" / "own" / "extra").write_text("hello")
    with pytest.raises(ModelError, match="extra"):
        files.check("own")


def test_an_installed_model_is_never_overwritten(tmp_path: Path, model: Path) -> None:
    files = ModelFiles(tmp_path / "models")
    files.add("own", model)
    with pytest.raises(OperatorError, match="exists already"):
        files.add("own", model)


def test_a_zip_file_cannot_write_outside(tmp_path: Path) -> None:
    hostile = tmp_path / "hostile.zip"
    with zipfile.ZipFile(hostile, "w") as file:
        file.writestr("../../escaped", "x")
        file.writestr("am/final.mdl", "x")
    ModelFiles(tmp_path / "models" / "deep").add("own", hostile)
    assert not list(tmp_path.parent.glob("escaped"))
    assert not (tmp_path / "escaped").exists()
    assert not (tmp_path / "models" / "escaped").exists()


@pytest.mark.parametrize("content", [b"", b"not a zip file"])
def test_what_is_no_zip_file_is_refused_and_leaves_nothing(tmp_path: Path, content: bytes) -> None:
    broken = tmp_path / "broken.zip"
    broken.write_bytes(content)
    with pytest.raises(OperatorError, match="neither a directory nor a zip"):
        ModelFiles(tmp_path / "models").add("own", broken)
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.parametrize("name", ["../own", "a/b", ".hidden"])
def test_a_models_name_is_no_path(config: Path, model: Path, name: str) -> None:
    result = ivr(config, "models", "get", name, "--from", model)
    assert isinstance(result.exception, OperatorError)


def test_a_model_that_cannot_be_fetched_says_how_to_give_it(config: Path) -> None:
    result = ivr(config, "models", "get", "ecapa")
    assert "--from" in str(result.exception)


def test_a_customer_is_enrolled_listed_and_removed(config: Path, tmp_path: Path) -> None:
    recordings = [REAL_VOICE / f"{name}.wav" for name in ("agent-incorrect", "agent-alreadyon", "demo-congrats")]
    enrolled = ivr(config, "voiceprint", "enroll", "10012345", *recordings, "--consent", "form 7", "--keep-audio")
    assert enrolled.exit_code == 0, enrolled.exception
    assert "Enrolled with 3 recordings" in enrolled.output
    listed = ivr(config, "voiceprint", "list").output
    assert "10012345" in listed
    assert "another model" not in listed
    assert "form 7" in listed
    assert len(list((tmp_path / "voiceprints").iterdir())) == 4, "templates, recordings, what was heard, and the lock"
    revoked = ivr(config, "voiceprint", "revoke", "10012345")
    assert revoked.exit_code == 0
    assert all(f"Erased: {kind}" in revoked.output for kind in ("voiceprint", "enrolment", "heard"))
    assert "Nobody is enrolled" in ivr(config, "voiceprint", "list").output
    assert [path.name for path in (tmp_path / "voiceprints").iterdir()] == [".lock"]


def test_who_was_enrolled_with_another_model_is_named_with_what_to_do(config: Path) -> None:
    settings = load_settings(config)
    voiceprints(settings).put(Voiceprint("10012345", "resemblyzer-0.1.4", (Template((1.0, 0.0), 5.0, 1.0),)))
    listed = ivr(config, "voiceprint", "list")
    assert listed.exit_code == 0, listed.exception
    assert "1 of 1 were enrolled with another model" in listed.output
    assert "ivr voiceprint renew" in listed.output


def test_a_recording_with_too_little_speech_enrols_nobody(config: Path, tmp_path: Path) -> None:
    result = ivr(config, "voiceprint", "enroll", "10012345", REAL_VOICE / "goodbye.wav", "--consent", "form 7")
    assert isinstance(result.exception, OperatorError)
    assert "Recording 1 holds" in str(result.exception)
    assert list(tmp_path.glob("voiceprints/*")) == []
