"""Ways round an obligation that an author may leave open: `prove` tells each as a story, and the story, played on the
real interpreter, is stopped by the guard."""

from __future__ import annotations

import pytest

from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.proof.prove import prove
from ivr.testing.dialplan_fuzz import Fuzzer
from ivr.testing.dialplan_maker import made_dialplan
from tests.unit.dialplan.desk import SHIPPED, shipped
from tests.unit.dialplan.story_player import stopped
from tests.unit.dialplan.ways_round import BYPASSES, SOUND, deals


@pytest.mark.parametrize("name", BYPASSES)
def test_a_way_round_is_told_as_a_story_and_stopped_by_the_guard(name: str) -> None:
    dialplan, lacking = BYPASSES[name]
    proof = prove(dialplan)
    assert proof.certificate is None
    (story,) = [item for item in proof.counterexamples if item.lacking == lacking]
    assert lacking in str(story)
    if not story.leaning:
        assert stopped(dialplan, story)


def test_there_are_enough_of_them() -> None:
    assert len(BYPASSES) >= 25


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_dialplan_is_certified(name: str) -> None:
    proof = prove(SOUND[name])
    assert proof.certificate is not None, "\n".join(map(str, proof.counterexamples))
    assert proof.certificate.sha256 == SOUND[name].sha256


@pytest.mark.parametrize("name", sorted(path.name for path in SHIPPED.glob("*.yaml") if ".test." not in path.name))
def test_the_shipped_dialplans_are_certified(name: str) -> None:
    certificate = prove(shipped(name)).certificate
    assert certificate is not None
    assert len(certificate.rules) == len(shipped(name).protect) + len(shipped(name).line)
    assert len(certificate.id) == 16


@pytest.mark.parametrize("seed", range(24))
def test_prover_and_random_calls_agree_on_random_dialplans(seed: int) -> None:
    dialplan = load_dialplan(made_dialplan(seed, careful=seed % 4 == 0), source="made.yaml")
    proof = prove(dialplan)
    if proof.certificate is None:
        for story in proof.counterexamples:
            assert not story.exact or stopped(dialplan, story), str(story)
        return
    for call in range(100):
        fuzzer = Fuzzer(dialplan, call)
        fuzzer.run(100)
        assert "obligation" not in fuzzer.auditor.alarms


def test_a_certificate_is_of_one_version_and_says_so() -> None:
    first = prove(SOUND["the plain way"]).certificate
    again = prove(deals("  first: {disclose: risk, go: deal}\n")).certificate
    other = prove(deals("  first: {disclose: risk, go: deal}\n# changed\n")).certificate
    assert first is not None
    assert again is not None
    assert other is not None
    assert first.id == again.id
    assert other.id != first.id
