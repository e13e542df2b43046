"""One request to the console: who asks, what they may do, in which language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ivr.apps.web.console import Console
from ivr.apps.web.language import Language
from ivr.apps.web.operation import PUBLIC, Method, find
from ivr.engine.access.visits import Visitor
from ivr.engine.office.actor import Actor
from ivr.engine.office.acts import ACTS
from ivr.engine.office.office import Office
from ivr.errors import BugError


@dataclass(slots=True)
class Visit:
    """What an operation works with."""

    console: Console
    visitor: Visitor | None
    """None: nobody signed in, and only what is PUBLIC is done."""
    at_office: Office | None
    may: frozenset[str]
    """Acts that this visitor may do now."""
    language: Language
    nonce: str
    """Of this answer's style sheets: the one way in which a script of ours may add one."""
    theme: str = ""
    """light or dark; empty: the browser's."""
    flash: str = ""
    """Said once, of what the last request did."""
    path: str = "/"
    secret: str = ""
    """Of the session, as the cookie has it."""
    begun: str = ""
    """What a sign-in at the provider was begun with, as its cookie has it."""
    address: str = ""
    """Where the request came from."""
    status: int = 200
    """Of the answer; an operation may say another."""
    again: Callable[[], Visitor | None] = lambda: None
    """Who asks, looked up anew: of a stream, whose visitor may lose what they had."""
    range: str = ""
    """Which part of the answer is asked for (RFC 9110 14.2)."""

    @property
    def office(self) -> Office:
        """The office for this visitor."""
        if self.at_office is None:
            raise BugError("an operation that is PUBLIC asked for the office")
        return self.at_office

    @property
    def public_office(self) -> Office:
        """The office for somebody who did not sign in: only what needs no role is done there."""
        return self.console.office(Actor("public", "", "nobody signed in", before_roles=False))

    @property
    def token(self) -> str:
        """What each form of a page must bring along; empty while nobody is signed in."""
        return self.visitor.csrf if self.visitor is not None else ""

    @property
    def may_work(self) -> bool:
        """Whether a role of theirs opens anything: alarms name calls and are not for everybody."""
        return any(ACTS[act].roles for act in self.may)

    def leads(self, method: Method, path: str) -> bool:
        """Whether this visitor may follow a link or send a form: what they may not is not shown."""
        found = find(method, path.partition("?")[0])
        if found is None:
            raise BugError(f"a page leads to {method} {path}, which there is not")
        return found.scope == PUBLIC or found.scope in self.may

    def own_page(self, path: str) -> str:
        """A page of ours to go on to; the first one, for what may lead elsewhere."""
        return path if path.startswith("/") and find("GET", path.partition("?")[0]) is not None else "/"
