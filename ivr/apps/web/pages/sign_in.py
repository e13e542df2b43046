"""Coming in by a password or an invitation, and leaving. Who may enter is the door's word."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

import segno
from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse, Response

from ivr.apps.web.operation import PUBLIC, operation
from ivr.apps.web.visit import Visit
from ivr.core.access.session import Stage
from ivr.engine.access.visits import Arrived
from ivr.errors import DeniedError, OperatorError, TooSoonError

LONGEST = 1000
"""Characters of a name or a password that are read."""
WAIT_STATUS = 429
QUIET_SQUARES = 4
"""Light ones around a QR code (ISO/IEC 18004, 6.3.8)."""


class Onward(BaseModel):
    """Where to go on to."""

    next: str = Field(default="/", max_length=LONGEST)


class Password(Onward):
    """By name and password."""

    name: str = Field(max_length=LONGEST)
    password: str = Field(max_length=LONGEST, repr=False)


class Invitation(BaseModel):
    """The secret of a one-time link."""

    secret: str = Field(max_length=LONGEST, repr=False)


class Chosen(Invitation):
    """A password that was chosen by it."""

    password: str = Field(max_length=LONGEST, repr=False)


@dataclass(frozen=True, slots=True)
class SignIn:
    """The page where somebody comes in."""

    next: str
    wrong: str = ""
    """Why they did not."""


class Code(Onward):
    """A one-time code."""

    code: str = Field(max_length=LONGEST, repr=False)
    uri: str = Field(default="", max_length=LONGEST, repr=False, pattern="^(otpauth://totp/[!-~]*)?$")
    """Of the seed that was offered, shown again if the code is wrong."""


@dataclass(frozen=True, slots=True)
class Second:
    """The page where the second proof is given, or set up."""

    next: str
    uri: str = ""
    """otpauth://…, of somebody who sets it up."""
    wrong: str = ""

    @property
    def seed(self) -> str:
        """What is typed into an authenticator, in fours."""
        seed = parse_qs(urlsplit(self.uri).query).get("secret", [""])[0]
        return " ".join(seed[at : at + 4] for at in range(0, len(seed), 4))

    @property
    def picture(self) -> tuple[int, str]:
        """The same as a QR code: how many squares wide, and the path of the dark ones (SVG)."""
        rows = list(segno.make(self.uri, error="m", micro=False).matrix_iter(border=QUIET_SQUARES))
        dark = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark)
        return len(rows), "".join(dark)


@dataclass(frozen=True, slots=True)
class Choose:
    """The page where an invited person chooses a password."""

    secret: str
    person: str
    wrong: str = ""


@operation("GET", "/sign-in", scope=PUBLIC, page="sign_in.html", api=False)
def sign_in(visit: Visit, asked: Onward) -> SignIn | Response:
    """Where somebody comes in."""
    if visit.visitor is not None:
        return RedirectResponse(visit.own_page(asked.next), status_code=303)
    return SignIn(asked.next)


@operation("POST", "/sign-in", scope=PUBLIC, page="sign_in.html", api=False)
def sign_in_by_password(visit: Visit, asked: Password) -> SignIn | Response:
    """Come in by name and password."""
    try:
        arrived = visit.console.door.passwords.enter(asked.name, asked.password, address=visit.address)
    except DeniedError as error:
        visit.status = WAIT_STATUS if isinstance(error, TooSoonError) else 403
        return SignIn(asked.next, str(error))
    return came_in(visit, arrived, asked.next)


@operation("GET", "/sign-in/second", scope=PUBLIC, page="second.html", api=False)
def sign_in_second(visit: Visit, asked: Onward) -> Second | Response:
    """Where the second proof is given, or set up by who needs one and has none."""
    door = visit.console.door
    standing = door.visits.standing(visit.secret)
    if standing is None or standing.stage is Stage.IN:
        return RedirectResponse("/sign-in?" + urlencode({"next": visit.own_page(asked.next)}), status_code=303)
    return Second(asked.next, door.codes.offer(visit.secret).uri if standing.stage is Stage.ENROL else "")


@operation("POST", "/sign-in/second", scope=PUBLIC, page="second.html", api=False)
def sign_in_by_code(visit: Visit, asked: Code) -> Second | Response:
    """Give it."""
    codes = visit.console.door.codes
    give = codes.confirm if asked.uri else codes.show
    try:
        return came_in(visit, give(visit.secret, asked.code, address=visit.address), asked.next)
    except DeniedError as error:
        visit.status = WAIT_STATUS if isinstance(error, TooSoonError) else 403
        return Second(asked.next, asked.uri, str(error))


@operation("GET", "/invitation", scope=PUBLIC, page="invitation.html", api=False)
def invitation(visit: Visit, asked: Invitation) -> Choose:
    """Where an invited person chooses a password."""
    found = visit.console.door.passwords.invited(asked.secret)
    if found is None:
        visit.status = 403
        return Choose("", "", "this link was used, or its time is over: ask for a new one")
    return Choose(asked.secret, found.person)


@operation("POST", "/invitation", scope=PUBLIC, page="invitation.html", api=False)
def invitation_accept(visit: Visit, asked: Chosen) -> Choose | Response:
    """Choose a password, and come in."""
    passwords = visit.console.door.passwords
    try:
        arrived = passwords.accept(asked.secret, asked.password, address=visit.address)
    except DeniedError as error:
        visit.status = WAIT_STATUS if isinstance(error, TooSoonError) else 403
        return Choose("", "", str(error))
    except OperatorError as error:
        visit.status = 422
        found = passwords.invited(asked.secret)
        return Choose(asked.secret, found.person if found else "", str(error))
    return came_in(visit, arrived, "/")


@operation("POST", "/sign-out", scope=PUBLIC, api=False)
def sign_out(visit: Visit) -> Response:
    """End this session."""
    visit.console.door.visits.leave(visit.secret)
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(visit.console.cookie, secure=visit.console.encrypted, httponly=True, samesite="strict")
    return answer


def came_in(visit: Visit, arrived: Arrived, onward: str) -> Response:
    """Hand the browser its session, and send it on."""
    answer = RedirectResponse(next_page(visit, arrived, onward), status_code=303)
    hand_session(visit, arrived, answer)
    return answer


def next_page(visit: Visit, arrived: Arrived, onward: str) -> str:
    """Where they go on; to the next proof, where one is owed."""
    page = visit.own_page(onward)
    return page if arrived.stage is Stage.IN else "/sign-in/second?" + urlencode({"next": page})


def hand_session(visit: Visit, arrived: Arrived, answer: Response) -> None:
    """Give the browser its session with an answer."""
    answer.set_cookie(
        visit.console.cookie, arrived.secret, httponly=True, samesite="strict", secure=visit.console.encrypted
    )
