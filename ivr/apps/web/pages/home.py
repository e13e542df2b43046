"""The first page, and how the console looks for one browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse, Response

from ivr.apps.web.language import LANGUAGES
from ivr.apps.web.navigation import NAVIGATION
from ivr.apps.web.operation import PUBLIC, operation
from ivr.apps.web.visit import Visit

YEAR_SECONDS = 365 * 86400


class Preferences(BaseModel):
    """How it looks."""

    language: str = "en"
    theme: Literal["", "light", "dark"] = ""
    back: str = Field(default="/", max_length=500)
    """The page that they were set on."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """Of somebody who holds no role yet."""

    person: str
    without_desk: bool
    """They are an agent by their role, and by the directory nobody is they."""


@operation("GET", "/", scope="status.show", page="home.html", api=False)
def home(visit: Visit) -> Welcome | Response:
    """The first page that this person may open."""
    for entry in NAVIGATION if visit.may_work else ():
        if visit.leads("GET", entry.path):
            return RedirectResponse(entry.path, status_code=303)
    return Welcome(visit.office.actor.name, visit.office.may("desk.show") and "desk.show" not in visit.may)


@operation("POST", "/preferences", scope=PUBLIC, api=False)
def preferences(visit: Visit, asked: Preferences) -> Response:
    """Keep them in this browser."""
    answer = RedirectResponse(visit.own_page(asked.back), status_code=303)
    for name, value in (("language", asked.language if asked.language in LANGUAGES else "en"), ("theme", asked.theme)):
        answer.set_cookie(
            name, value, max_age=YEAR_SECONDS, httponly=True, samesite="strict", secure=visit.console.encrypted
        )
    return answer
