"""Voice verification, made from the settings: embedder, sealed templates, key store."""

from __future__ import annotations

import logging

from ivr.adapters.campplus_embedder import CampplusEmbedder
from ivr.adapters.files.voiceprints import VoiceprintFiles
from ivr.adapters.webrtc_vad import WebrtcFrameVad
from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import open_key_store
from ivr.core.identity.verifier import CAMPPLUS
from ivr.engine.speech.voices import VoiceScorer
from ivr.errors import IvrError
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


def voiceprints(settings: Settings) -> VoiceprintFiles:
    """The sealed templates. Raises OperatorError or SealError when the key store does not open."""
    return VoiceprintFiles(settings.voiceprints_dir, open_key_store(settings))


def voice_scorer(settings: Settings) -> VoiceScorer | None:
    """Embedder and templates together; None, with the reason in the log, when either is not to be had.

    Then every voice goes unscored, which is never an acceptance, and recognition goes on.
    """
    try:
        return VoiceScorer(embedder(settings), voiceprints(settings), WebrtcFrameVad)
    except IvrError as error:
        log.error("voices are not scored: %s", error)
        return None
