"""The published rules over talks that go on. Words come in, and what was found goes back to the call; nothing is kept.

Rule: a book that cannot be read, or a rule that fails, costs what it would have found while the call goes on; that is
counted, and the call is read after its end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final

from ivr.core.call.transcript import CALLER
from ivr.core.compliance.live import Context, LiveFound, LiveInspector
from ivr.core.compliance.rule import Ruleset
from ivr.core.compliance.talk import BankSaid, CallerSaid, Speaker
from ivr.core.orders.alerts import RuleFound
from ivr.engine.bus.live import RulesFound, TalkSaid
from ivr.engine.bus.messages import Message
from ivr.errors import IvrError
from ivr.ports.clock import Clock

LOOK_SECONDS: Final = 5.0
"""Between two looks at what is published."""


class LiveRules:
    """Runs what is live."""

    def __init__(
        self,
        rules: Callable[[], Iterable[Ruleset]],
        *,
        count: Callable[[str, int], None],
        monotonic: Clock,
        wall: Clock,
    ) -> None:
        """`rules()`: those that are live; asked in a thread, as it may take a while. `count`: `found` or `failed`."""
        self._rules, self._count, self._monotonic, self._wall = rules, count, monotonic, wall
        self._inspectors: dict[str, LiveInspector] = {}
        """By their text's hash, those that are live."""
        self._looked_at: float | None = None

    async def said(self, told: TalkSaid, answer: Callable[[Message], None]) -> None:
        """Somebody said something in a talk."""
        try:
            await self._look()
        except IvrError:
            self._count("failed", 1)
        found = self._found(told)
        if found:
            self._count("found", len(found))
            answer(RulesFound(told.call_id, tuple(map(_fact, found))))

    async def _look(self) -> None:
        now = self._monotonic()
        if self._looked_at is not None and now - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = now
        live = await asyncio.get_running_loop().run_in_executor(None, self._made)
        self._inspectors = live

    def _made(self) -> dict[str, LiveInspector]:
        known = self._inspectors
        return {one.sha256: known.get(one.sha256) or LiveInspector(one) for one in self._rules()}

    def _found(self, told: TalkSaid) -> list[LiveFound]:
        said = [_said(one.who, one.first_sample, one.last_sample, one.language, one.text, one.confidence)
                for one in told.said]  # fmt: skip
        if not said:
            return []
        context = Context(
            told.dialplan, told.jurisdiction, told.language, told.state, told.disclosures, dict(told.answers)
        )
        today = datetime.fromtimestamp(self._wall(), UTC).date()
        found: list[LiveFound] = []
        for inspector in self._inspectors.values():
            try:
                new, failed = inspector.said(said, context, today=today)
            except Exception:  # whatever it is, it costs this ruleset's findings in this utterance; it is counted
                self._count("failed", 1)
                continue
            found += new
            self._count("failed", len(failed))
        return found


def _said(who: str, first: int, last: int, language: str, text: str, sure: float | None) -> BankSaid | CallerSaid:
    certain = 1.0 if sure is None else sure
    if who == CALLER:
        return CallerSaid(first, last, language, text, certain)
    return BankSaid(first, last, language, text, certain, Speaker.AGENT)


def _fact(one: LiveFound) -> RuleFound:
    found = one.found
    return RuleFound(
        found.rule, str(found.severity), found.what, found.words, found.first_sample, found.last_sample,
        found.confidence, found.speaker, one.say,
    )  # fmt: skip
