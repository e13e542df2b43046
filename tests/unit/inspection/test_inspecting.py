"""Ended calls are read once each, whatever happens: who spoke, what rules find, what a fault costs."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from ivr.core.call.transcript import CALLER, Span
from ivr.core.call.transcription import AGENT
from ivr.core.compliance.inspector import Inspector, _Inspection
from ivr.core.media.frame import SAMPLE_RATE as SECOND
from ivr.core.speech.believable import believable
from ivr.engine.office.inspection import ShowFindings, show_findings
from ivr.engine.office.rules import ListRules, rules
from ivr.errors import EnvironmentFault, OperatorError
from tests.unit.inspection.calls import PROMISE, TALK, Centre, Rubbish


def test_each_party_is_read_on_its_own_channel_and_rules_find_the_agents_words_in_theirs() -> None:
    centre = Centre()
    centre.publish()
    centre.call("c1", TALK)
    assert centre.round() == ["c1"]
    read = centre.store.transcription("c1")
    assert read is not None
    assert [(one.who, one.text) for one in read.utterances] == [(CALLER, "is it safe"), (AGENT, "it is risk free")]
    (found,) = centre.store.findings(["c1"])["c1"].found
    assert (found.rule, found.speaker, found.words) == ("made/promise", "agent", "risk free")
    assert 2.8 * SECOND <= found.first_sample < found.last_sample < 4 * SECOND
    assert centre.calls.words["c1"] == (("is it safe", ""), (), ("it is risk free",))
    assert centre.round() == [], "none is read twice"


def test_what_the_caller_said_to_the_machine_is_not_read_again() -> None:
    centre = Centre()
    known = Span(CALLER, SECOND * 4 // 5, SECOND * 11 // 10, "en", "is it save", 0.9, "safe")
    centre.call("c1", TALK, spans=[known])
    centre.round()
    read = centre.store.transcription("c1")
    assert read is not None
    assert [one.who for one in read.utterances] == [AGENT]


def test_a_call_waits_until_its_recording_is_sealed_for_good() -> None:
    centre = Centre()
    centre.call("c1", TALK, sealed=False)
    assert centre.round() == []
    assert centre.inspecting.backlog == (1, 50.0)
    journal = centre.house.recordings.find("c1")
    centre.house.recordings.seal(journal, centre.house.recordings.outline(journal))
    centre.house.recordings.remove_journal(journal)
    assert centre.round() == ["c1"]
    assert centre.inspecting.backlog == (0, 0.0)


@pytest.mark.parametrize("where", ["put_transcription", "index_words", "put_findings"])
def test_an_inspector_that_dies_anywhere_leaves_no_call_out_and_keeps_none_twice(where: str) -> None:
    class Killed(BaseException):
        """The process ended here."""

    centre = Centre()
    centre.publish()
    for name in ("c1", "c2", "c3"):
        centre.call(name, TALK)
    owner = centre.calls if where == "index_words" else centre.store
    real, seen = getattr(owner, where), list[object]()

    def dying(*given: object) -> None:
        seen.append(given)
        if len(seen) == 2:
            raise Killed
        real(*given)

    with patch.object(owner, where, dying), pytest.raises(Killed):
        centre.round()
    assert centre.round(centre.anew()) == ["c2", "c3"]
    assert sorted(centre.store.calls()) == ["c1", "c2", "c3"]
    assert all(len(one.found) == 1 for one in centre.store.findings(["c1", "c2", "c3"]).values())


@pytest.mark.parametrize("rubbish", ["risk free " * 50, "\x00\x01\x02", "ha" * 20])
def test_an_utterance_that_nobody_can_have_said_is_lost_alone_and_counted(rubbish: str) -> None:
    centre = Centre(Rubbish("safe", lambda: rubbish))
    centre.publish()
    centre.call("c1", TALK)
    centre.round()
    read = centre.store.transcription("c1")
    assert read is not None
    assert [one.who for one in read.utterances] == [AGENT]
    assert centre.inspecting.tally.lost == 1
    assert len(centre.store.findings(["c1"])["c1"].found) == 1


def test_a_recognizer_that_fails_costs_the_utterance_and_one_that_is_away_costs_time_only() -> None:
    def broken() -> str:
        raise RuntimeError

    def away() -> str:
        raise EnvironmentFault("it is away")

    centre = Centre(Rubbish("safe", broken))
    centre.call("c1", TALK)
    assert centre.round() == ["c1"]
    assert centre.inspecting.tally.lost == 1

    centre = Centre(Rubbish("safe", away))
    for name in ("c1", "c2"):
        centre.call(name, TALK)
    assert centre.round() == []
    assert centre.damaged == [("c1", "it is away"), ("c2", "it is away")]
    centre.recognizer = Rubbish("nothing", away)
    assert centre.round() == [], "not at once"
    centre.monotonic += 7 * 3600
    assert centre.round() == ["c1", "c2"]


def test_a_rule_that_fails_or_finds_what_cannot_be_loses_its_own_findings_only() -> None:
    centre = Centre()
    centre.publish(f"{PROMISE}\nother:\n  forbid: {{en: [risk free]}}\nthird:\n  forbid: {{en: [risk free]}}")
    real = _Inspection._rule

    def bad(self: _Inspection, number: int, rule: object):  # type: ignore[no-untyped-def]
        for found in real(self, number, rule):  # type: ignore[arg-type]
            if number == 0:
                raise RuntimeError
            yield (
                found
                if number == 1
                else type(found)(
                    found.rule, found.severity, found.source, found.what, found.words, 10**12, 10**12, float("nan")
                )
            )

    centre.call("c1", TALK)
    with patch.object(_Inspection, "_rule", bad):
        centre.round()
    kept = centre.store.findings(["c1"])["c1"]
    assert [one.rule for one in kept.found] == ["made/other"]
    assert kept.failed == ("made/promise", "made/third")
    assert centre.inspecting.tally.failed == 2


def test_a_damaged_call_is_told_once_and_keeps_no_other_waiting() -> None:
    centre = Centre()
    for name in ("c1", "c2"):
        centre.call(name, TALK)
    stored = centre.house.recordings.find("c1")
    centre.house.recordings.alter(stored, b"not a recording")
    assert centre.round() == ["c2"]
    assert centre.round() == []
    assert [call for call, _ in centre.damaged] == ["c1"]
    assert centre.inspecting.backlog == (0, 0.0), "who cannot be read is told, and does not count as late"


def test_a_call_that_was_erased_while_it_was_read_leaves_nothing() -> None:
    centre = Centre()
    centre.call("c1", TALK)
    centre.inspecting.look()
    del centre.store.ended["c1"]
    assert list(centre.inspecting.some(lambda call, why: None)) == []
    assert list(centre.store.calls()) == []


def test_a_supervisor_sees_what_was_found_and_how_often_and_the_log_says_that_they_did() -> None:
    centre = Centre()
    centre.publish()
    centre.call("c1", TALK)
    office = centre.house.office("os:supervisor")
    with pytest.raises(OperatorError, match="c1 was not inspected yet"):
        show_findings(office, ShowFindings("c1"))
    centre.round()
    kept = show_findings(office, ShowFindings("c1", reason="a complaint"))
    assert [one.rule for one in kept.findings.found] == ["made/promise"]
    assert {one.sha256 for one in kept.findings.rules} == kept.live
    *_, entry = centre.house.entries("findings.shown")
    assert (entry.subject, entry.outcome, entry.details["findings"]) == ("c1", "done", 1)
    assert "risk" not in repr(entry)
    live = rules(office, ListRules())
    assert (live.calls, dict(live.found)) == (1, {"made/promise": 1})


def test_what_was_found_comes_out_the_same_when_it_is_computed_again() -> None:
    centre = Centre()
    centre.publish()
    centre.call("c1", TALK)
    centre.round()
    first = centre.store.findings(["c1"])["c1"]
    centre.store._findings.clear()
    assert centre.round(centre.anew()) == ["c1"]
    assert centre.store.findings(["c1"])["c1"] == first


@pytest.mark.parametrize(
    ("text", "confidence", "seconds", "fine"),
    [
        ("thank you for calling", 0.9, 1.2, True),
        ("yes", 1.0, 0.3, True),
        ("我们这个产品有风险", 0.5, 2.0, True),
        ("no no no no no no", 0.5, 2.0, True),
        ("thank you " * 40, 0.9, 20.0, False),
        ("a very long sentence that takes a while to say", 0.9, 0.3, False),
        ("yes", float("nan"), 1.0, False),
        ("yes", 1.1, 1.0, False),
    ],
)
def test_what_may_have_been_said_is_believed(text: str, confidence: float, seconds: float, fine: bool) -> None:
    assert believable(text, confidence, seconds) is fine


def test_an_inspector_has_a_ruleset_ready_but_once() -> None:
    centre = Centre()
    centre.publish()
    for name in ("c1", "c2"):
        centre.call(name, TALK)
    with patch.object(Inspector, "__init__", autospec=True, side_effect=Inspector.__init__) as made:
        centre.round()
    assert made.call_count == 1
