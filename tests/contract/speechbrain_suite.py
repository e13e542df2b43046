"""The ECAPA embedder on SpeechBrain, against a model directory made on the spot: `make test-speechbrain`.

Not named test_…: it needs torch, which the ordinary tests do without. The weights are random, so nothing is said of
voices here; what is checked is that a local directory is loaded, offline, and behaves as every embedder must.
"""

from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import pytest

from ivr.adapters.speechbrain_embedder import SpeechbrainEmbedder
from ivr.errors import ModelError, OperatorError
from tests.conftest import RealVoice

HYPERPARAMETERS = """
pretrained_path: .
sample_rate: 16000
n_mels: 80
compute_features: !new:speechbrain.lobes.features.Fbank
    n_mels: !ref <n_mels>
mean_var_norm: !new:speechbrain.processing.features.InputNormalization
    norm_type: sentence
    std_norm: False
embedding_model: !new:speechbrain.lobes.models.ECAPA_TDNN.ECAPA_TDNN
    input_size: !ref <n_mels>
    channels: [64, 64, 64, 64, 192]
    kernel_sizes: [5, 3, 3, 3, 1]
    dilations: [1, 2, 3, 4, 1]
    attention_channels: 32
    lin_neurons: 192
classifier: !new:speechbrain.lobes.models.ECAPA_TDNN.Classifier
    input_size: 192
    out_neurons: 4
modules:
    compute_features: !ref <compute_features>
    mean_var_norm: !ref <mean_var_norm>
    embedding_model: !ref <embedding_model>
    classifier: !ref <classifier>
label_encoder: !new:speechbrain.dataio.encoder.CategoricalEncoder
pretrainer: !new:speechbrain.utils.parameter_transfer.Pretrainer
    loadables:
        embedding_model: !ref <embedding_model>
    paths:
        embedding_model: !ref <pretrained_path>/embedding_model.ckpt
"""


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model directory as SpeechBrain publishes them, small and with random weights."""
    from ivr.adapters import speechbrain_embedder

    speechbrain_embedder._without_torchaudio_extension()
    import torch
    from speechbrain.lobes.models.ECAPA_TDNN import ECAPA_TDNN

    torch.manual_seed(1)
    path = tmp_path_factory.mktemp("ecapa")
    (path / "hyperparams.yaml").write_text(HYPERPARAMETERS)
    model = ECAPA_TDNN(
        80,
        channels=[64, 64, 64, 64, 192],
        kernel_sizes=[5, 3, 3, 3, 1],
        dilations=[1, 2, 3, 4, 1],
        attention_channels=32,
        lin_neurons=192,
    )
    torch.save(model.state_dict(), path / "embedding_model.ckpt")
    return path


@pytest.fixture(scope="module")
def embedder(directory: Path) -> SpeechbrainEmbedder:
    def refuse(*_: object) -> None:
        raise AssertionError("a model that is here must not be looked for on the network")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        return SpeechbrainEmbedder(directory)


def test_a_local_directory_is_loaded_without_the_network(embedder: SpeechbrainEmbedder) -> None:
    assert embedder.name.startswith("ecapa/")


def test_a_voice_is_a_unit_vector_and_always_the_same_one(embedder: SpeechbrainEmbedder, voice: RealVoice) -> None:
    pcm = voice("agent-pass")
    vector = embedder.embed(pcm)
    assert vector.shape == (192,)
    assert float(np.linalg.norm(vector)) == pytest.approx(1.0, abs=1e-5)
    assert np.allclose(vector, embedder.embed(pcm), atol=1e-5)


def test_different_sounds_have_different_vectors(embedder: SpeechbrainEmbedder, voice: RealVoice) -> None:
    assert float(embedder.embed(voice("agent-pass")) @ embedder.embed(voice("demo-congrats"))) < 0.9999


def test_too_little_speech_is_an_error_and_not_a_vector(embedder: SpeechbrainEmbedder) -> None:
    with pytest.raises(OperatorError):
        embedder.embed(bytes(2 * 7000))


def test_another_file_of_weights_is_another_model(
    directory: Path, embedder: SpeechbrainEmbedder, tmp_path: Path
) -> None:
    import torch

    for path in directory.iterdir():
        if path.suffix in (".yaml", ".ckpt"):
            (tmp_path / path.name).write_bytes(path.read_bytes())
    state = torch.load(tmp_path / "embedding_model.ckpt")
    torch.save({name: tensor * 2 for name, tensor in state.items()}, tmp_path / "embedding_model.ckpt")
    assert SpeechbrainEmbedder(tmp_path).name != embedder.name


def test_a_directory_that_is_no_model_says_so(tmp_path: Path) -> None:
    (tmp_path / "hyperparams.yaml").write_text("nonsense: true\n")
    (tmp_path / "embedding_model.ckpt").write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="cannot load"):
        SpeechbrainEmbedder(tmp_path)
