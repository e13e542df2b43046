"""With whom callers talked last, for calls that are to go to the same agent again.

Who a caller is, is said by a mark, as in `returning`. A forged number brings somebody to an agent, as any call does.
"""

from __future__ import annotations

from collections import OrderedDict

REMEMBERED_MAX = 50_000


class LastTalks:
    """Caller -> agent, those who talked last."""

    def __init__(self) -> None:
        self._agents: OrderedDict[bytes, str] = OrderedDict()

    def talked(self, mark: bytes, agent: str) -> None:
        """An agent took this caller's call."""
        self._agents.pop(mark, None)
        self._agents[mark] = agent
        if len(self._agents) > REMEMBERED_MAX:
            self._agents.popitem(last=False)

    def of(self, mark: bytes) -> str:
        """The agent's name; empty: none is remembered."""
        return self._agents.get(mark, "")
