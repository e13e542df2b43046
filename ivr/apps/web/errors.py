"""What goes wrong, as a page that says what to do, or as JSON. Never what a caller said, nor where our code failed."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.errors import DeniedError, EnvironmentFault, IvrError, NotSetUpError, OperatorError, PeerError, SealError

STATUS: tuple[tuple[type[IvrError], int], ...] = (
    (DeniedError, 403),
    (OperatorError, 422),
    (EnvironmentFault, 503),
    (PeerError, 502),
    (SealError, 409),
)
"""Kind of error, by whose fault it is -> HTTP status (RFC 9110 15)."""
TITLES = {
    400: "This request was not understood",
    401: "Please sign in",
    403: "You may not do this",
    404: "There is no such page",
    405: "There is no such page",
    409: "What is kept is not as it was sealed",
    422: "Something in this request is wrong",
    429: "Please wait a little",
    500: "Something failed",
    502: "Another system does not answer as it should",
    503: "The engine cannot do this now",
}
NOT_SET_UP = "This is not set up for you yet"
"""In the place of the title of 422: nothing in the request is wrong."""


class SignInError(Exception):
    """Nobody is signed in, or not any more."""


class ForgedError(Exception):
    """What changes something came from no page of ours."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What people and programs are told."""

    status: int
    title: str
    """English; translated on the page."""
    message: str


def fault_of(error: Exception) -> Fault:
    """What is told of an error."""
    if isinstance(error, SignInError):
        return Fault(401, TITLES[401], "Your session has ended, or you have not signed in yet.")
    if isinstance(error, ForgedError):
        return Fault(403, TITLES[403], "This form was not sent from a page of this console: open the page again.")
    if isinstance(error, NotSetUpError):
        return Fault(422, NOT_SET_UP, str(error))
    if isinstance(error, IvrError):
        status = next((status for kind, status in STATUS if isinstance(error, kind)), 500)
        return Fault(status, TITLES[status], str(error))
    return Fault(
        500, TITLES[500], "It was entered into the engine's log. Please try again; if it fails again, tell operations."
    )
