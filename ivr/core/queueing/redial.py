"""What follows from a call back that the engine dialled: done, dialled again later, or a person's.

Rule: only who was certainly not reached is dialled again. Whoever answered is not, nor is anybody of whom that is not
known.
"""

from __future__ import annotations

from dataclasses import dataclass

from ivr.core.queueing.callback import CallbackResult

BUSY = frozenset({486, 600})
"""SIP statuses (RFC 3261 21)."""
NO_ANSWER = frozenset({408, 480, 487})
"""487: we gave up after the ringing time."""
DECLINED = frozenset({603, 607})
"""607: they do not want such calls (RFC 8197)."""
NO_SUCH_NUMBER = frozenset({404, 410, 484, 604})
TRUNK_FAULT = frozenset({401, 403, 407, *range(500, 600)})
"""The trunk did not take the call: nobody's phone rang."""


@dataclass(frozen=True, slots=True)
class Redial:
    """How often, and after how long."""

    attempts: int = 3
    """In all."""
    busy_seconds: float = 300.0
    no_answer_seconds: float = 1800.0


@dataclass(frozen=True, slots=True)
class CalleeLeft:
    """A call by which somebody was called back has ended."""

    call_id: str
    answered: bool
    spoke: bool
    """With an agent."""
    code: int
    """SIP status of its end."""
    crashed: bool = False
    """Its cell died."""


@dataclass(frozen=True, slots=True)
class DialAgain:
    """Not reached; not dialled before `at`, by the wall clock."""

    at: float


@dataclass(frozen=True, slots=True)
class DialledEnough:
    """The request is closed."""

    result: CallbackResult


@dataclass(frozen=True, slots=True)
class ForAPerson:
    """The engine does nothing more with this request by itself."""

    why: str


Next = DialAgain | DialledEnough | ForAPerson


def what_next(call: CalleeLeft, *, attempts: int, policy: Redial, now: float) -> Next:
    """After the call of a request that was dialled so often by now; `now` by the wall clock."""
    if call.crashed:
        return ForAPerson("the call was cut off by a fault of ours")
    if call.spoke:
        return DialledEnough(CallbackResult.REACHED)
    if call.answered:
        return ForAPerson("answered, but spoke with no agent")
    code = call.code
    if code in DECLINED:
        return DialledEnough(CallbackResult.DECLINED)
    if code in NO_SUCH_NUMBER:
        return DialledEnough(CallbackResult.WRONG_NUMBER)
    again = attempts < policy.attempts
    if code in BUSY:
        return DialAgain(now + policy.busy_seconds) if again else DialledEnough(CallbackResult.BUSY)
    if code in NO_ANSWER:
        return DialAgain(now + policy.no_answer_seconds) if again else DialledEnough(CallbackResult.NO_ANSWER)
    if code in TRUNK_FAULT and again:
        return DialAgain(now + policy.no_answer_seconds)
    return ForAPerson(f"the call could not be made: SIP {code}")
