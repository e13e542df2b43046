"""An agent's desk: what they do now, the call that they are in, and what they ask for in it. Nobody else's."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from pydantic import BaseModel, Field
from starlette.responses import Response

from ivr.apps.web.board import JITTER_SECONDS
from ivr.apps.web.console import Done
from ivr.apps.web.live import Feed, stream
from ivr.apps.web.operation import operation
from ivr.apps.web.pages.live import CallNow, Words, call_now, words_of
from ivr.apps.web.tickets import OPENED, Recent
from ivr.apps.web.visit import Visit
from ivr.core.queueing.figures import AgentFigures
from ivr.engine.office import own_desk, own_phone
from ivr.engine.office.own_desk import AtDesk, Contact, InCall, OwnCall
from ivr.errors import NotSetUpError, OperatorError


class Mine(BaseModel):
    """Whose desk the page was opened for."""

    agent: str = Field(default="", max_length=64)


class Away(Mine):
    """Why they take no calls."""

    reason: str = Field(min_length=1, max_length=60)


class Here(Mine):
    """Which call the page showed."""

    call: str = Field(default="", max_length=128)


class Known(Here):
    """By what they know the caller."""

    reason: str = Field(min_length=1, max_length=500)


class Whom(Here):
    """Whom to ring."""

    digits: str = Field(min_length=1, max_length=12, pattern="^[0-9]+$")


class Where(Here):
    """At which place the line takes over."""

    place: str = Field(min_length=1, max_length=6, pattern="^[0-9]+$")


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning that the caller heard in this call, or part of it."""

    name: str
    whole: bool


@dataclass(frozen=True, slots=True)
class DeskNow:
    """One's own desk."""

    agent: str
    state: str
    since: float
    """Seconds since the epoch."""
    reason: str
    """Of a pause."""
    by: str
    """Who said so, where it was somebody else."""
    today: AgentFigures
    queue: str
    """Through which the call came."""
    call: CallNow | None
    scene: str
    """What goes on in it: hold, consult, …"""
    ways: tuple[str, ...]
    """What may be asked for in it now."""
    words: Words | None
    warnings: tuple[Warned, ...]
    places: tuple[str, ...]
    """Keys of the places where the line can take over."""
    contacts: tuple[Contact, ...]
    """Earlier calls of the same caller, the newest first."""
    script: str = field(repr=False)
    script_language: str
    colleagues: tuple[tuple[str, str], ...]
    """(Name, digits) of whom can be rung."""
    reasons: tuple[str, ...]
    owes: str
    """The call of which they must say what came of it before they get the next; empty: none."""
    dispositions: tuple[str, ...]
    browser: bool = False
    """Whether this browser may be their phone."""


@dataclass(frozen=True, slots=True)
class PhoneHere:
    """By what this browser registers as one's phone."""

    url: str
    """Of the edge's WebSocket."""
    agent: str
    realm: str
    password: str = field(repr=False)
    """Good for two minutes."""


@operation("GET", "/desk", scope="desk.show", page="desk.html")
def desk_show(visit: Visit) -> DeskNow:
    """How it stands, with what was said in the call, which the audit log says once."""
    return _shown(visit, None)


@operation("POST", "/desk/phone", scope="desk.phone")
def desk_phone(visit: Visit, asked: Mine) -> PhoneHere:
    """A password for minutes, by which the browser is one's phone."""
    browsers = visit.console.browsers
    if browsers is None:
        raise NotSetUpError("no browser is a phone here: sip.websocket in the settings")
    key = own_phone.phone_key(visit.office, AtDesk(asked.agent))
    return PhoneHere(browsers.url, key.agent, key.realm, key.password)


@operation("GET", "/desk/stream", scope="desk.show")
def desk_stream(visit: Visit) -> Response:
    """The same as it changes: server-sent events."""
    before: list[DeskNow] = []

    def read(reader: Visit) -> DeskNow:
        before[:] = [_shown(reader, before[0] if before else None)]
        return before[0]

    return stream(visit, f"desk {visit.office.actor.name}", lambda: Feed("desk.html", read))


@operation("POST", "/desk/pause", scope="desk.pause")
def desk_pause(visit: Visit, asked: Away) -> Done:
    """Take no calls, for a reason; one that goes on does."""
    return _does(visit, own_desk.pause(visit.office, AtDesk(asked.agent, reason=asked.reason)))


@operation("POST", "/desk/resume", scope="desk.resume")
def desk_resume(visit: Visit, asked: Mine) -> Done:
    """End a pause or a wrap-up."""
    return _does(visit, own_desk.resume(visit.office, AtDesk(asked.agent)))


@operation("POST", "/desk/login", scope="desk.login")
def desk_login(visit: Visit, asked: Mine) -> Done:
    """Take calls from now on."""
    return _does(visit, own_desk.login(visit.office, AtDesk(asked.agent)))


@operation("POST", "/desk/logout", scope="desk.logout")
def desk_logout(visit: Visit, asked: Mine) -> Done:
    """Take no more calls; one that goes on does."""
    return _does(visit, own_desk.logout(visit.office, AtDesk(asked.agent)))


@operation("POST", "/desk/hold", scope="desk.hold")
def desk_hold(visit: Visit, asked: Here) -> Done:
    """The caller hears music; again: they talk on."""
    return _passed_on(visit, own_desk.hold(visit.office, _in_call(asked)))


@operation("POST", "/desk/back", scope="desk.back")
def desk_back(visit: Visit, asked: Here) -> Done:
    """Be with the caller alone."""
    return _passed_on(visit, own_desk.back(visit.office, _in_call(asked)))


@operation("POST", "/desk/consult", scope="desk.consult")
def desk_consult(visit: Visit, asked: Whom) -> Done:
    """Ring a colleague while the caller hears music."""
    return _passed_on(visit, own_desk.consult(visit.office, _in_call(asked, asked.digits)))


@operation("POST", "/desk/conference", scope="desk.conference")
def desk_conference(visit: Visit, asked: Here) -> Done:
    """All three talk."""
    return _passed_on(visit, own_desk.conference(visit.office, _in_call(asked)))


@operation("POST", "/desk/transfer", scope="desk.transfer")
def desk_transfer(visit: Visit, asked: Here) -> Done:
    """Leave the caller with the colleague."""
    return _passed_on(visit, own_desk.transfer(visit.office, _in_call(asked)))


@operation("POST", "/desk/pass-on", scope="desk.pass_on")
def desk_pass_on(visit: Visit, asked: Whom) -> Done:
    """Let a colleague be rung for the caller, and leave at once."""
    return _passed_on(visit, own_desk.pass_on(visit.office, _in_call(asked, asked.digits)))


@operation("POST", "/desk/assist", scope="desk.assist")
def desk_assist(visit: Visit, asked: Where) -> Done:
    """Let the line take over at a place of its dialplan, to play a warning say, while you stay and listen."""
    return _passed_on(visit, own_desk.assist(visit.office, _in_call(asked, asked.place)))


@operation("POST", "/desk/confirm", scope="desk.confirm")
def desk_confirm(visit: Visit, asked: Known) -> Done:
    """Say that you know who the caller of your call is, and why."""
    return _passed_on(visit, own_desk.confirm(visit.office, replace(_in_call(asked), reason=asked.reason)))


@operation("POST", "/desk/pause-recording", scope="desk.pause_recording")
def desk_pause_recording(visit: Visit, asked: Here) -> Done:
    """Record nothing for a while, for a card number say."""
    return _passed_on(visit, own_desk.pause_recording(visit.office, _in_call(asked)))


@operation("POST", "/desk/resume-recording", scope="desk.resume_recording")
def desk_resume_recording(visit: Visit, asked: Here) -> Done:
    """Let the recording go on."""
    return _passed_on(visit, own_desk.resume_recording(visit.office, _in_call(asked)))


def _in_call(asked: Here, digits: str = "") -> InCall:
    return InCall(asked.agent, asked.call, digits)


def _does(visit: Visit, state: str) -> Done:
    t = visit.language.text
    return Done(t("You are now: {state}.", state=t(state.replace("_", " "))), "/desk")


def _passed_on(visit: Visit, _call: str) -> Done:
    told = visit.language.text("Passed on to your call. Two low tones on your phone: it cannot be done now.")
    return Done(told, "/desk")


def _shown(visit: Visit, before: DeskNow | None) -> DeskNow:
    """`before`: the reading before this one; a moment that is the same stays."""
    stands = own_desk.show(visit.office, AtDesk())
    since = time.time() - stands.seconds
    if before is not None and before.state == stands.state and abs(before.since - since) < JITTER_SECONDS:
        since = before.since
    opened = _opened(visit, stands.call.call_id) if stands.call is not None else None
    told = opened.read(0) if opened is not None else None
    warnings = {} if told is None else {one.disclosure: one.whole for one in told.lines if one.disclosure}
    stood = None if stands.call is None else stands.call.stands
    by_other = stands.by not in (visit.office.actor.name, stands.agent)
    return DeskNow(
        stands.agent,
        stands.state,
        since,
        stands.reason if stands.state == "paused" else "",
        stands.by if by_other else "",
        stands.today,
        stands.queue,
        None if stands.call is None else call_now(stands.call),
        "" if stood is None else str(stood.scene),
        tuple(map(str, stands.ways)),
        None if told is None else words_of(told, ""),
        tuple(Warned(name, whole) for name, whole in warnings.items()),
        () if stood is None else stood.assists,
        opened.contacts if opened is not None else (),
        *stands.script,
        stands.colleagues,
        stands.reasons,
        stands.owes,
        stands.dispositions,
        stands.registers and visit.console.browsers is not None,
    )


def _opened(visit: Visit, call: str) -> OwnCall | None:
    """What this agent opened of their call: once, however often it is read. None: it is over meanwhile."""
    kept = visit.console.state.setdefault("desk", Recent[OwnCall](OPENED))
    assert isinstance(kept, Recent)
    person = visit.office.actor.name
    opened = kept.get(person)
    if opened is None or opened.call != call:
        try:
            opened = kept[person] = own_desk.follow(visit.office, InCall(call=call))
        except OperatorError:
            return None
    assert isinstance(opened, OwnCall)
    return opened
