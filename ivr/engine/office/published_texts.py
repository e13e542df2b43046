"""Texts that are published as they are (scorecards, rules): publishing one, and another person's approval of that."""

from __future__ import annotations

from ivr.engine.office.office import Desk
from ivr.engine.office.two_persons import approved, approving
from ivr.engine.publishing.texts import T, TextBook, Titled
from ivr.errors import OperatorError


def approve_text(desk: Desk, what: Titled, publisher: str, own: str) -> None:
    """Let somebody publish this text, once, within a day. `own`: what nobody approves alone. Raises DeniedError."""
    named = desk.ports.people.named(publisher)
    with desk.entering(what.title, sha256=what.sha256, **{"for": named}):
        approving(desk, named, own)


def publish_text(desk: Desk, book: TextBook[T], what: T, text: str, *, by_action: str, command: str) -> None:
    """Make it live. `by_action` of the approval, which `command` gives. Raises OperatorError when this version was
    published; DeniedError when another person must approve it first."""
    if any(one.what.title == what.title for one in book.all()):
        raise OperatorError(f"{what.title} was published before: give what you changed a new version")
    with desk.entering(what.title, sha256=what.sha256, text=text) as details:
        details |= approved(
            desk,
            what.title,
            by_action=by_action,
            how=f"{command} FILE --for {desk.actor.name}, of the same text",
            fits=lambda entry: entry.details.get("sha256") == what.sha256,
        )
