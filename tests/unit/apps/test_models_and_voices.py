"""`ivr models` and `ivr voiceprint`, as an operator uses them without the internet."""

from __future__ import annotations

import json
import os
import random
import re
import wave
import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from ivr.adapters.files.calibration import calibration_text
from ivr.adapters.files.keys.passphrase import create_passphrase, read_passphrase
from ivr.adapters.files.keys.store import FileKeyStore
from ivr.adapters.files.models import ModelFiles
from ivr.apps.cli.main import cli
from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.voices import calibration, voiceprints
from ivr.core.identity.calibration import Calibration
from ivr.core.identity.verifier import CAMPPLUS
from ivr.core.identity.voiceprint import Template, Voiceprint
from ivr.core.media.resample import from_pcm, to_pcm
from ivr.core.media.wav import read_wav
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


# --- how well voices are told apart ---------------------------------------------------------------------------------


def compared(path: Path, others: int = 4000) -> Path:
    """Comparisons that were made before, of normal spread: right voices about 0.8, others about 0.4."""
    chance = random.Random(5)
    rows = [
        (chance.gauss(0.8 if same else 0.4, 0.07), same)
        for same, count in ((1, 400), (0, others))
        for _ in range(count)
    ]
    lines = [f"{score:.4f}\t{chance.choice((3, 5, 10))}\t{same}" for score, same in rows]
    path.write_text("\n".join(["score\tseconds\tsame", *lines]) + "\n")
    return path


def test_an_operator_calibrates_on_their_own_trials_and_measures_what_it_decides(config: Path, tmp_path: Path) -> None:
    trials, target = compared(tmp_path / "trials.tsv"), tmp_path / "own.json"
    made = ivr(config, "voiceprint", "calibrate", trials, "--to", target, "--det", tmp_path / "det.png")
    assert made.exit_code == 0, made.exception
    assert (tmp_path / "det.png").read_bytes().startswith(b"\x89PNG\r\n")
    assert "400 trials of the same voice and 4000 of others" in made.output
    config.write_text(json.dumps(json.loads(config.read_text()) | {"voice": {"calibration": str(target)}}))
    told = ivr(config, "voiceprint", "eval", trials, "--det", tmp_path / "det.svg").output
    assert re.search(r"^EER 0\.[0-9]+%$", told, re.MULTILINE)
    assert re.search(r"^Cllr 0\.0[0-9]+ bits", told, re.MULTILINE)
    assert re.search(r"^others: accepted 0\.0[0-9]%", told, re.MULTILINE)
    assert (tmp_path / "det.svg").read_text().startswith("<svg")
    refused = ivr(config, "voiceprint", "eval", trials, "--det", tmp_path / "det.jpg")
    assert "written as .svg or .png" in str(refused.exception)
    again = ivr(config, "voiceprint", "calibrate", trials, "--to", target)
    assert again.exit_code != 0, "what is there is not written over"


def test_so_few_trials_that_nobody_would_be_accepted_are_told(config: Path, tmp_path: Path) -> None:
    trials = compared(tmp_path / "few.tsv", others=200)
    made = ivr(config, "voiceprint", "calibrate", trials, "--to", tmp_path / "own.json")
    assert "no voice would be accepted" in made.output
    assert "3,000 are the least" in ivr(config, "voiceprint", "eval", trials).output


def test_recordings_are_compared_by_the_model_itself(config: Path, tmp_path: Path) -> None:
    names = ("agent-incorrect", "demo-congrats", "demo-instruct")
    sounds = {one: read_wav((REAL_VOICE / f"{one}.wav").read_bytes(), one)[: 16000 * 5] for one in names}
    hers = from_pcm(sounds["demo-congrats"])
    sounds["other"] = to_pcm(np.interp(np.arange(0, len(hers) - 1, 0.7), np.arange(len(hers)), hers).astype(np.float32))
    for name, pcm in sounds.items():
        with wave.open(str(tmp_path / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(pcm)
    her = "agent-incorrect.wav;demo-instruct.wav"
    (tmp_path / "list.tsv").write_text(f"enrolled\ttest\tsame\n{her}\tdemo-congrats.wav\t1\n{her}\tother.wav\t0\n")
    told = ivr(config, "voiceprint", "eval", tmp_path / "list.tsv").output
    assert "EER 0.00%" in told
    assert "same voice: accepted 100.00%" in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\tb\n1\t2\n", "needs the columns"),
        ("score\tseconds\tsame\nhigh\t5\t1\n", "must be numbers"),
        ("score\tseconds\tsame\n0.5\t5\tyes\n", "must be 1 or 0"),
        ("", "needs the columns"),
    ],
)
def test_what_is_no_list_of_trials_is_refused_with_its_line(config: Path, tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "bad.tsv").write_text(text)
    result = ivr(config, "voiceprint", "eval", tmp_path / "bad.tsv")
    assert isinstance(result.exception, OperatorError)
    assert told in str(result.exception)


def test_a_calibration_of_another_embedder_is_refused(config: Path, tmp_path: Path) -> None:
    (tmp_path / "own.json").write_text(calibration_text(Calibration("other/1", 0.0, 1.0, 0.0, 0.0, 40, 40)))
    config.write_text(
        json.dumps(json.loads(config.read_text()) | {"voice": {"calibration": str(tmp_path / "own.json")}})
    )
    with pytest.raises(OperatorError, match="another embedder"):
        calibration(load_settings(config), CAMPPLUS)
