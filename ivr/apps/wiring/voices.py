"""Voice verification, made from the settings: embedder, sealed templates, key store."""

from __future__ import annotations

import logging
import time

from ivr.adapters.campplus_embedder import CampplusEmbedder
from ivr.adapters.files.calibration import read_calibration
from ivr.adapters.files.voiceprints import VoiceprintFiles
from ivr.adapters.webrtc_vad import WebrtcFrameVad
from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import open_key_store
from ivr.core.identity.calibration import CALIBRATIONS, Calibration
from ivr.core.identity.verifier import CAMPPLUS
from ivr.engine.speech.voices import VoiceModel, VoiceScorer
from ivr.errors import IvrError, OperatorError
from ivr.ports.speech import Embedder

log = logging.getLogger(__name__)


def embedder(settings: Settings) -> Embedder:
    """The model that `speech.embedder` names. Raises ModelError."""
    if settings.speech.embedder == "speechbrain":
        from ivr.adapters.speechbrain_embedder import SpeechbrainEmbedder

        return SpeechbrainEmbedder(settings.models_dir / "ecapa")
    return CampplusEmbedder()


def model_name(settings: Settings) -> str:
    """The name of that model, which is not loaded for it. Raises ModelError."""
    if settings.speech.embedder == "speechbrain":
        from ivr.adapters.speechbrain_embedder import name_of

        return name_of(settings.models_dir / "ecapa")
    return CAMPPLUS


def voice_model(settings: Settings, made: Embedder | None = None) -> VoiceModel:
    """That model, loaded (`made`: it is already), with what is known of it. Raises ModelError; OperatorError for a
    calibration of another."""
    made = made or embedder(settings)
    return VoiceModel(made, WebrtcFrameVad, calibration(settings, made.name))


def calibration(settings: Settings, model: str) -> Calibration | None:
    """The operator's own, else that which comes with the embedder; None: there is none. Raises OperatorError."""
    path = settings.voice.calibration
    if path is None:
        return CALIBRATIONS.get(model)
    found = read_calibration(path)
    if found.model != model:
        raise OperatorError(f"{path} is of another embedder than {model}: make one with `ivr voiceprint calibrate`.")
    return found


def voiceprints(settings: Settings) -> VoiceprintFiles:
    """The sealed templates. Raises OperatorError or SealError when the key store does not open."""
    return VoiceprintFiles(settings.voiceprints_dir, open_key_store(settings))


def voice_scorer(settings: Settings, made: Embedder | None = None) -> VoiceScorer | None:
    """Embedder and templates together; None, with the reason in the log, when either is not to be had. `made`: the
    embedder, where it is loaded already.

    Then every voice goes unscored, which is never an acceptance, and recognition goes on.
    """
    try:
        voice = settings.voice
        return VoiceScorer(
            voice_model(settings, made), voiceprints(settings), voice.costs(), time.time, voice.agent_costs.costs()
        )
    except IvrError as error:
        log.error("voices are not scored: %s", error)
        return None
