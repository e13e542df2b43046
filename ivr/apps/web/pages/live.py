"""Calls that go on: where each is, what is said in one, and a supervisor's way into it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from pydantic import BaseModel, Field
from starlette.responses import Response

from ivr.apps.web import tickets
from ivr.apps.web.call_view import Flag, Line
from ivr.apps.web.call_view import line as spoken
from ivr.apps.web.console import Done
from ivr.apps.web.live import Feed, stream
from ivr.apps.web.operation import operation
from ivr.apps.web.risk_view import RiskShown, risk_shown
from ivr.apps.web.visit import Visit
from ivr.core.call.flags import FLAGS
from ivr.core.call.transcript import Span
from ivr.core.dialplan.runtime.readings import ReadingStands
from ivr.core.orders.evidence import Alerted
from ivr.engine.bus.live import LiveCall, WordsReport
from ivr.engine.office import agents, calls, line
from ivr.engine.office.calls import Followed

GONE_SECONDS: Final = 5.0
"""A call that the hub does not know for so long is over: one that was started anew is told of it by the call's cell."""


class Opened(BaseModel):
    """By which opening of a call's words a stream goes on."""

    ticket: str = Field(default="", max_length=64)


class OnTheLine(BaseModel):
    """Whose call to be in, and on which phone."""

    agent: str = Field(min_length=1, max_length=64)
    phone: str = Field(min_length=1, max_length=64)


@dataclass(frozen=True, slots=True)
class CallNow:
    """One call that goes on."""

    call: str
    caller: str
    """Masked."""
    called: str
    dialplan: str
    started_at: float
    """Seconds since the epoch, as the next."""
    state: str
    since: float
    """When it entered that state."""
    states: tuple[str, ...]
    """The last ones, in order."""
    language: str
    identity: str
    identity_by: str
    """The dialplan's state in which it was reached."""
    consent: str
    flags: tuple[Flag, ...]
    agents: tuple[tuple[str, str], ...]
    """(Name, what they do) of each who is in it, or rung for it."""
    queue: str
    place: int
    called_back: bool
    missing: tuple[str, ...] = ()
    """Warnings that the agent can have played and that the caller has not heard yet."""
    risk: RiskShown | None = None
    """None: the dialplan has no table of it."""
    readings: tuple[ReadingStands, ...] = ()
    """Those of them that the agent may read, and how far they are."""
    alerts: tuple[Alerted, ...] = ()
    """What rules found in the agent's talk, and what the line did not say for a rule; the latest ones."""


@dataclass(frozen=True, slots=True)
class CallsNow:
    """All of them, the oldest first."""

    calls: tuple[CallNow, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """What was said so far."""

    lines: tuple[Line, ...]
    hearing: str
    """What is believed of what the caller is saying."""
    agent: str
    """The same of the agent."""
    saying: str
    withheld: str
    ticket: str
    """Of this opening."""


@dataclass(frozen=True, slots=True)
class CallLive:
    """One call, as somebody watches it."""

    id: str
    call: CallNow | None
    """None: it is over, or there never was one."""
    words: Words | None
    """None: they were not opened."""
    phones: tuple[str, ...]
    """That a supervisor can be rung on; their own first."""


@operation("GET", "/live", scope="calls.list", page="live.html")
def live_list(visit: Visit) -> CallsNow:
    """The calls that go on."""
    return CallsNow(tuple(map(call_now, calls.list_calls(visit.office, calls.ListCalls()))))


@operation("GET", "/live/stream", scope="calls.list")
def live_stream(visit: Visit) -> Response:
    """The same as it changes: server-sent events."""
    return stream(visit, "live", lambda: Feed("live.html", live_list))


@operation("GET", "/live/{call}", scope="calls.list", page="live_call.html")
def live_show(visit: Visit, call: str) -> CallLive:
    """Where one call is."""
    return _shown(visit, call)


@operation("GET", "/live/{call}/stream", scope="calls.list")
def live_call_stream(visit: Visit, call: str) -> Response:
    """The same as it changes: server-sent events."""
    return stream(visit, f"live {call}", lambda: _feed(lambda reader: _shown(reader, call, phones=False)))


@operation("GET", "/live/{call}/words", scope="calls.follow", page="live_call.html")
def live_words(visit: Visit, call: str) -> CallLive:
    """The same with what is said in it, which the audit log says."""
    followed = calls.follow(visit.office, calls.Follow(call))
    return _shown(visit, call, words_of(followed.read(0), tickets.give(visit, "words", followed)))


@operation("GET", "/live/{call}/words/stream", scope="calls.follow")
def live_words_stream(visit: Visit, call: str, asked: Opened) -> Response:
    """The same as it changes: server-sent events. Without the ticket of an opening, it is one."""
    followed = tickets.find(visit, "words", asked.ticket)
    if not isinstance(followed, Followed) or followed.call != call:
        followed = calls.follow(visit.office, calls.Follow(call))
    said: list[Span] = []

    def read(reader: Visit) -> CallLive:
        report = followed.read(len(said))
        said.extend(report.lines)
        return _shown(reader, call, words_of(report, "", said), phones=False)

    return stream(visit, f"words {call}", lambda: _feed(read))


def _feed(read: Callable[[Visit], CallLive]) -> Feed:
    """Of one call, until it is over."""
    before: list[tuple[float, CallLive]] = []

    def reading(visit: Visit) -> CallLive:
        now, shown = time.monotonic(), read(visit)
        if shown.call is None and before and now - before[0][0] < GONE_SECONDS:
            return before[0][1]
        before[:] = [(now, shown)]
        return shown

    return Feed("live_call.html", reading, last=lambda shown: shown.call is None)


@operation("POST", "/live/{call}/listen", scope="agents.listen")
def agents_listen(visit: Visit, call: str, asked: OnTheLine) -> Done:
    """Be rung, and hear the call: nobody hears you."""
    agents.listen(visit.office, agents.Supervise(asked.agent, asked.phone))
    return _rung(visit, call, asked)


@operation("POST", "/live/{call}/whisper", scope="agents.whisper")
def agents_whisper(visit: Visit, call: str, asked: OnTheLine) -> Done:
    """Be rung, and speak to the agent: the caller does not hear you."""
    agents.whisper(visit.office, agents.Supervise(asked.agent, asked.phone))
    return _rung(visit, call, asked)


@operation("POST", "/live/{call}/join", scope="agents.join")
def agents_join(visit: Visit, call: str, asked: OnTheLine) -> Done:
    """Be rung, and be heard by everybody in the call."""
    agents.join(visit.office, agents.Supervise(asked.agent, asked.phone))
    return _rung(visit, call, asked)


def _rung(visit: Visit, call: str, asked: OnTheLine) -> Done:
    return Done(visit.language.text("The phone of {name} is rung.", name=asked.phone), f"/live/{quote(call)}")


def call_now(one: LiveCall) -> CallNow:
    """As pages show it."""
    stands = one.stands
    return CallNow(
        one.call_id,
        one.caller,
        one.called,
        one.dialplan,
        one.started_at,
        stands.states[-1] if stands and stands.states else "",
        stands.since if stands else one.started_at,
        stands.states if stands else (),
        stands.language if stands else "",
        str(stands.identity) if stands else "none",
        stands.identity_by if stands else "",
        str(stands.consent) if stands else "unasked",
        tuple(Flag(name, FLAGS.get(name, "")) for name in (stands.flags if stands else ())),
        one.agents,
        one.queue,
        one.place,
        one.called_back,
        stands.missing if stands else (),
        risk_shown(stands.risk, one.answered_at) if stands else None,
        stands.readings if stands else (),
        stands.alerts if stands else (),
    )


def _shown(visit: Visit, call: str, words: Words | None = None, *, phones: bool = True) -> CallLive:
    found = next((one for one in calls.list_calls(visit.office, calls.ListCalls()) if one.call_id == call), None)
    if found is None:
        visit.status = 404
    return CallLive(call, None if found is None else call_now(found), words, _phones(visit) if phones and found else ())


def _phones(visit: Visit) -> tuple[str, ...]:
    """Of agents who take no part in a call now."""
    if "agents.state" not in visit.may:
        return ()
    own = visit.office.actor.name.partition(":")[2]
    names = [one["name"] for one in line.agents_now(visit.office, line.Now())["agents"] if not one["call_id"]]
    return tuple(sorted(names, key=lambda name: (name != own, name)))


def words_of(report: WordsReport, ticket: str, said: list[Span] | None = None) -> Words:
    """As pages show them. `said`: lines before these, with them."""
    return Words(
        tuple(map(spoken, report.lines if said is None else said)),
        report.hearing,
        report.agent,
        report.saying,
        report.withheld,
        ticket,
    )
