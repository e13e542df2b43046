"""Coming in by the bank's own provider (OpenID Connect, code flow with PKCE). Nobody is added by it.

Rule: the browser that comes back is the one that was sent: it holds a secret from which state, nonce and PKCE's
verifier follow, and an answer is taken once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field, replace
from typing import NoReturn

from ivr.core.access.secret import SECRET_BYTES, Kind, derived, digest, made
from ivr.core.access.session import Factor
from ivr.core.access.user import user_name
from ivr.engine.access.visits import Arrived, Visits
from ivr.engine.access.waiting import Waiting
from ivr.errors import DeniedError, OperatorError, PeerError
from ivr.ports.provider import Provider

ANSWER_SECONDS = 600.0
"""For so long people type at the provider's page."""
STRONG = "mfa"
"""What `amr` says of who showed more than one proof (RFC 8176, 2)."""
WRONG = "the provider did not say who you are, or says a name that is no user's here"


@dataclass(frozen=True, slots=True)
class Sent:
    """A browser that is sent to the provider."""

    url: str
    secret: str = field(repr=False)
    """For a cookie of its own, which comes back from another site: SameSite=Lax."""


class ProviderWay:
    """The provider's way in."""

    def __init__(self, visits: Visits, waiting: Waiting, provider: Provider) -> None:
        self._visits, self._waiting, self._provider = visits, waiting, provider

    def start(self, redirect: str) -> Sent:
        """Where to send a browser. `redirect`: the address that it comes back to, as the provider knows it."""
        secret = made(Kind.STATE, self._visits.random(SECRET_BYTES))
        self._visits.stores.once.keep(digest(secret), until=self._visits.wall() + ANSWER_SECONDS)
        hashed = hashlib.sha256(derived(secret, "pkce").encode()).digest()
        url = self._provider.where(
            redirect=redirect,
            state=derived(secret, "state"),
            nonce=derived(secret, "nonce"),
            challenge=base64.urlsafe_b64encode(hashed).rstrip(b"=").decode(),
        )
        return Sent(url, secret)

    def finish(self, secret: str, *, state: str, code: str, redirect: str, address: str, issuer: str = "") -> Arrived:
        """Come in by what the provider answered. Raises DeniedError, TooSoonError, PeerError: it does not answer.

        `secret`: of the cookie; `state`, `code` and `issuer`: of the address that the browser came back to, the last
        where the provider tells it (RFC 9207).
        """
        visits = self._visits
        mine = hmac.compare_digest(derived(secret, "state").encode(), state.encode("utf-8", "surrogatepass"))
        if not mine or not visits.stores.once.take(digest(secret), now=visits.wall()):
            self._refuse(None, "no such sign-in at the provider", address)
        if issuer and issuer != self._provider.issuer:
            self._refuse(None, "another provider answered", address)
        try:
            claims = self._provider.claims(code, redirect=redirect, verifier=derived(secret, "pkce"), now=visits.wall())
        except (DeniedError, PeerError) as error:
            self._refuse(None, str(error), address)
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), derived(secret, "nonce").encode()):
            self._refuse(None, "the provider's token is for another sign-in", address)
        try:
            user = visits.stores.users.find(user_name(str(claims.get(self._provider.claim, ""))))
        except OperatorError:
            user = None
        if user is None or user.disabled:
            self._refuse(user.name if user else None, "disabled" if user else "the provider names no user", address)
        shown = claims.get("amr")
        strong = isinstance(shown, list) and STRONG in shown
        seen = visits.touch(user)
        self._waiting.came_in(user.name, address)
        factor = Factor.PROVIDER_STRONG if strong else Factor.PROVIDER
        return visits.begin(replace(seen), frozenset({factor}), address=address)

    def _refuse(self, person: str | None, why: str, address: str) -> NoReturn:
        self._waiting.counted("", address)  # each refusal is an entry of the log
        self._visits.refuse(person, why, address=address, told=WRONG)
