"""One-time codes of an authenticator's application, as the second factor beside a password."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ivr.core.access.session import Factor, Stage
from ivr.core.access.user import KIND
from ivr.core.identity.totp import SEED_BYTES, Totp, taken, uri
from ivr.engine.access.visits import Arrived, Standing, Visits
from ivr.engine.access.waiting import Waiting
from ivr.errors import DeniedError

SET = "second_factor.set"
"""Action of the log."""
ISSUER = "ivr console"
"""How the application names us."""
WRONG = "the code is wrong, was used already, or its time is over"
SIGN_IN = "sign in first"


@dataclass(frozen=True, slots=True)
class TotpOffer:
    """A seed that the application is to take in. It is shown until a code of it was typed."""

    uri: str = field(repr=False)
    """otpauth://…, also as a QR code; its `secret` is what people type who have no camera."""


class Codes:
    """The second factor's way in, and how somebody gets one."""

    def __init__(self, visits: Visits, waiting: Waiting) -> None:
        self._visits, self._waiting = visits, waiting

    def show(self, secret: str, typed: str, *, address: str) -> Arrived:
        """Give the code that is owed. Raises DeniedError, TooSoonError. `secret`: of the session at SECOND."""
        visits, users = self._visits, self._visits.stores.users
        standing = self._standing(secret, Stage.SECOND)
        user = standing.user
        self._waiting.counted(user.name, address)
        kept = users.credentials(user)
        totp = taken(kept.totp, typed, now=visits.wall()) if kept.totp else None
        seen = replace(user, signed_in_at=visits.wall())
        # A code that two send at once is kept as taken by one of them; the other's change is refused.
        if totp is None or not users.change(seen, replace(kept, totp=totp)):
            visits.refuse(user.name, "wrong code", address=address, told=WRONG)
        self._waiting.came_in(user.name, address)
        factors = standing.session.factors | {Factor.TOTP}
        return visits.begin(replace(seen, version=user.version + 1), factors, address=address, before=standing.session)

    def offer(self, secret: str) -> TotpOffer:
        """A fresh seed. Raises DeniedError: they are not in, or still owe the code of one that they have."""
        visits, users = self._visits, self._visits.stores.users
        user = self._standing(secret, Stage.IN, Stage.ENROL).user
        seed = visits.random(SEED_BYTES)
        if not users.change(user, replace(users.credentials(user), offered=seed)):
            raise DeniedError("your account was changed at the same moment: try again")
        return TotpOffer(uri(seed, name=user.name.removeprefix(KIND), issuer=ISSUER))

    def confirm(self, secret: str, typed: str, *, address: str) -> Arrived:
        """Take the offered seed as theirs, by a code of it; their other sessions end. Raises DeniedError, TooSoonError.

        It takes the place of a seed of before.
        """
        visits, users = self._visits, self._visits.stores.users
        standing = self._standing(secret, Stage.IN, Stage.ENROL)
        user = standing.user
        self._waiting.counted(user.name, address)
        kept = users.credentials(user)
        totp = taken(Totp(kept.offered), typed, now=visits.wall()) if kept.offered else None
        if totp is None or not users.change(user, replace(kept, totp=totp, offered=b"")):
            visits.refuse(user.name, "wrong code, to set it", address=address, told=WRONG)
        self._waiting.came_in(user.name, address)
        visits.enter(SET, user.name, user.name, by=str(Factor.TOTP), address=address)
        visits.end_others(user)
        factors = standing.session.factors | {Factor.TOTP}
        return visits.begin(replace(user, version=user.version + 1), factors, address=address)

    def _standing(self, secret: str, *stages: Stage) -> Standing:
        found = self._visits.standing(secret)
        if found is None or found.stage not in stages:
            raise DeniedError(SIGN_IN)
        return found
