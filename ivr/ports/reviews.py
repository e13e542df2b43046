"""Reviews of calls, and what else belongs to a call and goes with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from ivr.core.review.review import Decided, Review, Said

OnDamage = Callable[[str, str], None]
"""(Call, why something of it does not open)."""


class KeptWithCall(Protocol):
    """Something sealed that is kept of a call for as long as its record. Every method raises EnvironmentFault."""

    def calls(self) -> Sequence[str]:
        """Every call that something is kept of."""
        ...

    def keys_of_call(self, call_id: str) -> Sequence[bytes]:
        """Wrapped keys of all that is kept of a call."""
        ...

    def forget_call(self, call_id: str) -> None:
        """Remove it, whose keys were shredded before."""
        ...


class ReviewStore(KeptWithCall, Protocol):
    """Reviews. Every method is durable when it returns, and raises SealError, EnvironmentFault.

    One that does not open hides no other where `on_damage` is given: it is told its call and why.
    """

    def add(self, review: Review) -> None:
        """Keep a judgement. Raises OperatorError when its call takes none of this person any more."""
        ...

    def get(self, review_id: str) -> Review:
        """One. Raises OperatorError when there is none."""
        ...

    def of_calls(self, calls: Iterable[str], *, on_damage: OnDamage | None = None) -> dict[str, tuple[Review, ...]]:
        """Reviews by their call, the first one first; calls without one are left out."""
        ...

    def of_agent(self, agent: str, *, limit: int, on_damage: OnDamage | None = None) -> list[Review]:
        """What was said of an agent, the newest first."""
        ...

    def since(self, at: float, *, limit: int, on_damage: OnDamage | None = None) -> dict[str, tuple[Review, ...]]:
        """Reviews by their call, of the calls that were judged last since a time, the newest call first."""
        ...

    def appealed(self, *, on_damage: OnDamage | None = None) -> list[Review]:
        """Reviews that were appealed against, and of which nobody decided, the oldest first."""
        ...

    def appeal(self, review_id: str, said: Said) -> None:
        """Its agent appeals. Raises OperatorError where that was done, or there is no such review."""
        ...

    def decide(self, review_id: str, decided: Decided) -> None:
        """Somebody decided. Raises OperatorError where no appeal waits, or there is no such review."""
        ...
