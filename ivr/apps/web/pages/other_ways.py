"""Coming in by the bank's own provider or by a passkey, and getting a passkey. Who may enter is the door's word."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from markupsafe import escape
from pydantic import BaseModel, Field
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ivr.apps.web.operation import PUBLIC, operation
from ivr.apps.web.pages.sign_in import LONGEST, WAIT_STATUS, Onward, SignIn, came_in, hand_session, next_page
from ivr.apps.web.visit import Visit
from ivr.engine.access.passkeys import Passkeys
from ivr.engine.access.provider import ANSWER_SECONDS, ProviderWay
from ivr.errors import DeniedError, OperatorError, TooSoonError

LONGEST_ANSWER = 20_000
"""Characters of a browser's answer for a passkey."""
BACK = "/sign-in/provider/back"
"""Where the provider sends the browser back to."""
GO_ON = '<!doctype html><meta http-equiv="refresh" content="0; url={}"><title>ivr</title>'


class FromProvider(BaseModel):
    """What the provider sends a browser back with (RFC 6749, 4.1.2; RFC 9207)."""

    state: str = Field(default="", max_length=LONGEST, repr=False)
    code: str = Field(default="", max_length=LONGEST, repr=False)
    iss: str = Field(default="", max_length=LONGEST)


class PasskeyAnswer(Onward):
    """What the browser says about a passkey."""

    answer: str = Field(max_length=LONGEST_ANSWER, repr=False)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the browser's own dialog is asked."""

    options: str
    """JSON of WebAuthn."""


@dataclass(frozen=True, slots=True)
class Account:
    """The page of one's own sign-in."""

    passkeys: list[str]
    """When each was made."""
    codes: bool
    """Whether one-time codes are set up."""
    codes_needed: bool
    """Whether a role of theirs asks for two proofs."""
    may_add: bool
    wrong: str = ""


@operation("GET", "/sign-in/provider", scope=PUBLIC, api=False)
def sign_in_provider(visit: Visit, asked: Onward) -> Response:
    """Send the browser to the provider."""
    sent = _provider(visit).start(_back(visit))
    answer = RedirectResponse(sent.url, status_code=303)
    begun = urlencode({"secret": sent.secret, "next": visit.own_page(asked.next)})
    answer.set_cookie(
        visit.console.begun_cookie, begun, max_age=int(ANSWER_SECONDS), httponly=True, samesite="lax",
        secure=visit.console.encrypted,
    )  # fmt: skip
    return answer


@operation("GET", BACK, scope=PUBLIC, page="sign_in.html", api=False)
def sign_in_by_provider(visit: Visit, asked: FromProvider) -> SignIn | Response:
    """Come in by what it answered."""
    begun = parse_qs(visit.begun)
    secret, onward = begun.get("secret", [""])[0], begun.get("next", ["/"])[0]
    try:
        arrived = _provider(visit).finish(
            secret,
            state=asked.state,
            code=asked.code,
            redirect=_back(visit),
            address=visit.address,
            issuer=asked.iss,
        )
    except DeniedError as error:
        return _not_in(visit, error, onward)
    # The browser comes from another site: only a page of ours makes it bring the session's cookie (SameSite=Strict).
    answer = HTMLResponse(GO_ON.format(escape(next_page(visit, arrived, onward))))
    hand_session(visit, arrived, answer)
    answer.delete_cookie(visit.console.begun_cookie, secure=visit.console.encrypted, httponly=True, samesite="lax")
    return answer


@operation("POST", "/sign-in/passkey/ask", scope=PUBLIC)
def sign_in_passkey_ask(visit: Visit) -> Challenge:
    """What a browser asks its passkeys."""
    return Challenge(_passkeys(visit).ask())


@operation("POST", "/sign-in/passkey", scope=PUBLIC, page="sign_in.html", api=False)
def sign_in_by_passkey(visit: Visit, asked: PasskeyAnswer) -> SignIn | Response:
    """Come in by a passkey."""
    try:
        return came_in(visit, _passkeys(visit).enter(asked.answer, address=visit.address), asked.next)
    except DeniedError as error:
        return _not_in(visit, error, asked.next)


@operation("GET", "/account", scope="status.show", page="account.html", api=False)
def account(visit: Visit) -> Account | Response:
    """How one comes in oneself."""
    return _account(visit)


@operation("POST", "/account/passkey/ask", scope="status.show")
def account_passkey_ask(visit: Visit) -> Challenge:
    """What a browser is asked to make a new passkey for oneself."""
    return Challenge(_passkeys(visit).ask_for_new(visit.secret))


@operation("POST", "/account/passkey", scope="status.show", page="account.html", api=False)
def account_passkey_add(visit: Visit, asked: PasskeyAnswer) -> Account | Response:
    """Take it as one's own. Other sessions of one's own end."""
    try:
        return came_in(visit, _passkeys(visit).add(visit.secret, asked.answer, address=visit.address), "/account")
    except DeniedError as error:
        visit.status = WAIT_STATUS if isinstance(error, TooSoonError) else 403
        return _account(visit, str(error))


def _account(visit: Visit, wrong: str = "") -> Account:
    visits = visit.console.door.visits
    standing = visits.standing(visit.secret)
    if standing is None:  # a machine's token has none
        raise DeniedError("a machine has no sign-in of its own")
    kept = visits.stores.users.credentials(standing.user)
    made = [visit.language.when(one.made_at) for one in kept.passkeys]
    codes, demanded = kept.totp is not None, visits.demands_two(standing.user.name)
    return Account(made, codes, demanded, visit.console.door.passkeys is not None, wrong)


def _not_in(visit: Visit, error: DeniedError, onward: str) -> SignIn:
    visit.status = WAIT_STATUS if isinstance(error, TooSoonError) else 403
    return SignIn(visit.own_page(onward), str(error))


def _back(visit: Visit) -> str:
    return visit.console.origins[0].url + BACK


def _provider(visit: Visit) -> ProviderWay:
    if visit.console.door.provider is None:
        raise OperatorError("the settings name no provider (console.sign_in.oidc)")
    return visit.console.door.provider


def _passkeys(visit: Visit) -> Passkeys:
    if visit.console.door.passkeys is None:
        raise OperatorError("the settings name no address for passkeys (console.sign_in.passkeys_at)")
    return visit.console.door.passkeys
