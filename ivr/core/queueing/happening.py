"""What became of calls and agents, one line each: figures, reports and "why" come from these and nothing else.

A line names no caller. Times are seconds of the clock that the dispatcher was given.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from ivr.core.queueing.agent_state import AgentState
from ivr.core.queueing.facts import AgentProfile
from ivr.core.queueing.waiting import Need

ONE_MOMENT = 1e-6
"""Seconds: times that are closer are one. What began is reckoned by a difference, which is a little beside."""


class What(StrEnum):
    """Kinds of lines."""

    CAME = "came"
    """A call wants an agent of this queue. One that moved here from another queue, which the reason names, came so many
    `seconds` ago."""
    REFUSED = "refused"
    """It could not join; the reason says why."""
    RUNG = "rung"
    """An agent's phone is rung for it; `need` is what it asked for then."""
    MISSED = "missed"
    """That came to nothing; the reason says how."""
    TAKEN = "taken"
    """The agent answered, after the call had waited `seconds`."""
    MOVED = "moved"
    """On in another queue, which the reason names, after `seconds`."""
    GAVE_UP = "gave_up"
    """The caller hung up, after `seconds`."""
    WENT = "went"
    """The call went elsewhere by its dialplan or by a key, after `seconds`; or, having waited too long, by the way that
    the reason names."""
    WAS = "was"
    """An agent was in `state` for `seconds`, up to now. Each second of an agent is in one such line."""
    MESSAGE = "message"
    """A caller left a message of so many `seconds` in the mailbox that `queue` names."""
    HEARD = "heard"
    """Somebody listened to what was left there in this call."""
    LISTED = "listed"
    """The directory says this of an agent."""


MESSAGES = frozenset({What.MESSAGE, What.HEARD})
"""Kinds that tell of mailboxes, which need not be queues."""


class Happening(NamedTuple):
    """One line. A tuple: four are made for each call that is taken, and a frozen dataclass takes four times as long."""

    what: What
    at: float
    seconds: float = 0.0
    queue: str = ""
    call_id: str = ""
    agent: str = ""
    reason: str = ""
    """Of a refusal, a missed offer, a pause; the queue that a call moved to."""
    state: AgentState | None = None
    need: Need | None = None
    profile: AgentProfile | None = None

    @property
    def began(self) -> float:
        """Start of what lasted `seconds`. By it a line belongs to its interval."""
        return self.at - self.seconds


Teller = Callable[[Happening], None]
"""Who is told each line, in order."""


def unheard(happening: Happening) -> None:
    """For a dispatcher whose happenings nobody keeps."""
