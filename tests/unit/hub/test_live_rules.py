"""The hub runs the published rules over what is said in talks, and tells the call what they found."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable

import pytest

from ivr.core.call.transcript import Span
from ivr.core.compliance.live import LiveInspector
from ivr.core.compliance.rule import Ruleset
from ivr.core.compliance.rules_file import load_rules
from ivr.engine.bus.codec import decode, encode
from ivr.engine.bus.live import RulesFound, TalkSaid
from ivr.engine.bus.messages import Message
from ivr.engine.hub.live_rules import LOOK_SECONDS, LiveRules
from ivr.errors import EnvironmentFault
from tests.unit.compliance.talks import written

ONE = load_rules(written("one:\n  forbid: {en: [risk free], zh: [零风险]}"), source="one.yaml")
TWO = load_rules(written("one:\n  forbid: {en: [cannot lose], zh: [稳赚不赔]}"), source="two.yaml")


class Desk:
    """What a hub has of it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.published: list[Ruleset] = [ONE]
        self.trouble: Exception | None = None
        self.counted: Counter[str] = Counter()
        self.answers: list[Message] = []
        self.rules = LiveRules(self._live, count=self._count, monotonic=lambda: self.now, wall=lambda: 1.7e9)

    def _live(self) -> Iterable[Ruleset]:
        if self.trouble is not None:
            raise self.trouble
        return self.published

    def _count(self, what: str, number: int) -> None:
        self.counted[what] += number

    def said(self, text: str, who: str = "agent", sure: float = 0.9) -> list[str]:
        """Rules that found something."""
        before = len(self.answers)
        span = Span(who, 800, 16_000, "en", text, sure)
        told = TalkSaid("call-1", "wealth", "EU", "en", "queue", (), {"bank.fund.rate": "2"}, (span,))
        sent = decode(encode(told))
        assert isinstance(sent, TalkSaid)
        asyncio.run(self.rules.said(sent, self.answers.append))
        found = [one for one in self.answers[before:] if isinstance(one, RulesFound)]
        assert [decode(encode(one)) for one in found] == found
        return [each.rule for one in found for each in one.found]


def test_what_is_published_is_run_from_a_few_seconds_later_on() -> None:
    desk = Desk()
    assert desk.said("it is risk free") == ["made/one"]
    assert desk.said("good morning") == []
    assert desk.said("is it risk free", who="caller") == []
    desk.published = [TWO]
    desk.now += LOOK_SECONDS
    assert desk.said("you cannot lose") == ["made/one"]
    assert desk.said("it is risk free") == []
    assert desk.counted["found"] == 2


def test_a_log_that_cannot_be_read_leaves_the_rules_that_are_known() -> None:
    desk = Desk()
    assert desk.said("it is risk free") == ["made/one"]
    desk.trouble, desk.now = EnvironmentFault("the log is away"), LOOK_SECONDS
    assert desk.said("it is risk free") == ["made/one"]
    assert desk.counted["failed"] == 1


def test_a_ruleset_that_fails_costs_its_own_findings_and_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    desk.published = [ONE, TWO]
    sound = LiveInspector.said

    def broken(self: LiveInspector, *args: object, **more: object) -> object:
        if "made/one" in self._rules and self._inspector.ruleset.sha256 == ONE.sha256:
            raise RuntimeError("rubbish")
        return sound(self, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(LiveInspector, "said", broken)
    assert desk.said("it is risk free, you cannot lose") == ["made/one"]
    assert desk.counted == {"failed": 1, "found": 1}
