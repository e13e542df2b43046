"""Reviews in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ivr.core.review.review import Decided, Review, Said, may_judge, refused
from ivr.errors import OperatorError
from ivr.ports.reviews import OnDamage


class MemoryReviewStore:
    """Reviews in a dictionary. It passes the contract suite of the real one."""

    def __init__(self) -> None:
        self._reviews: dict[str, Review] = {}

    def add(self, review: Review) -> None:
        """Keep one."""
        others = self.of_calls([review.call_id]).get(review.call_id, ())
        if not may_judge(others, review.by):
            raise OperatorError(refused(others, review.by))
        self._reviews[review.review_id] = review

    def get(self, review_id: str) -> Review:
        """One."""
        try:
            return self._reviews[review_id]
        except KeyError:
            raise OperatorError("there is no such review; 'ivr review queue' shows the latest") from None

    def of_calls(self, calls: Iterable[str], *, on_damage: OnDamage | None = None) -> dict[str, tuple[Review, ...]]:
        """By their call."""
        asked, found = set(calls), dict[str, tuple[Review, ...]]()
        for one in self._reviews.values():
            if one.call_id in asked:
                found[one.call_id] = (*found.get(one.call_id, ()), one)
        return found

    def of_agent(self, agent: str, *, limit: int, on_damage: OnDamage | None = None) -> list[Review]:
        """The newest first."""
        return [one for one in self._newest() if one.agent == agent][:limit]

    def since(self, at: float, *, limit: int, on_damage: OnDamage | None = None) -> dict[str, tuple[Review, ...]]:
        """By their call, the one judged last first."""
        calls = list(dict.fromkeys(one.call_id for one in self._newest() if one.at >= at))[:limit]
        found = self.of_calls(calls)
        return {call: found[call] for call in calls}

    def appealed(self, *, on_damage: OnDamage | None = None) -> list[Review]:
        """The oldest first."""
        return [one for one in reversed(self._newest()) if one.state == "appealed"]

    def appeal(self, review_id: str, said: Said) -> None:
        """Its agent appeals."""
        one = self._in(review_id, "submitted", "it was appealed against before")
        self._reviews[review_id] = replace(one, appeal=said)

    def decide(self, review_id: str, decided: Decided) -> None:
        """Somebody decided."""
        one = self._in(review_id, "appealed", "no appeal against it waits for anybody")
        self._reviews[review_id] = replace(one, decided=decided)

    def calls(self) -> list[str]:
        """Of which one is kept."""
        return list({one.call_id for one in self._reviews.values()})

    def keys_of_call(self, call_id: str) -> list[bytes]:
        """Nothing is sealed here."""
        return []

    def forget_call(self, call_id: str) -> None:
        """Remove."""
        self._reviews = {name: one for name, one in self._reviews.items() if one.call_id != call_id}

    def _in(self, review_id: str, state: str, refusal: str) -> Review:
        one = self.get(review_id)
        if one.state != state:
            raise OperatorError(f"this review is {one.state}: {refusal}")
        return one

    def _newest(self) -> list[Review]:
        return sorted(self._reviews.values(), key=lambda one: (-one.at, one.review_id))
