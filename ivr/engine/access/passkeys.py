"""Coming in by a passkey: no name is typed, nothing is guessed, and a page of somebody else's gets nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

from ivr.core.access.secret import digest
from ivr.core.access.session import Factor, Stage
from ivr.core.access.user import KIND
from ivr.engine.access.codes import SET, SIGN_IN
from ivr.engine.access.visits import Arrived, Standing, Visits
from ivr.engine.access.waiting import Waiting
from ivr.errors import DeniedError
from ivr.ports.passkeys import PasskeyParty

CHALLENGE_BYTES = 32
CHALLENGE_SECONDS = 300.0
"""For so long an answer is taken, once."""
MOST = 10
"""Passkeys of one person."""
WRONG = "that passkey does not open anything here, or it took too long: try again"


class Passkeys:
    """The passkey's way in, and how somebody gets one."""

    def __init__(self, visits: Visits, waiting: Waiting, party: PasskeyParty) -> None:
        self._visits, self._waiting, self._party = visits, waiting, party

    def ask(self) -> str:
        """JSON for `navigator.credentials.get`."""
        return self._party.ask(self._challenge("enter"))

    def enter(self, answer: str, *, address: str) -> Arrived:
        """Come in. Raises DeniedError, TooSoonError. `answer`: JSON of the browser."""
        visits, users = self._visits, self._visits.stores.users
        try:
            claimed = self._party.claimed(answer)
        except DeniedError as error:
            self._refuse(None, str(error), address)
        user = users.by_handle(claimed.handle)
        if not self._taken("enter", claimed.challenge):
            self._refuse(user.name if user else None, "no such challenge", address)
        if user is None or user.disabled:
            self._refuse(user.name if user else None, "disabled" if user else "nobody's passkey", address)
        kept = users.credentials(user)
        passkey = next((one for one in kept.passkeys if one.credential_id == claimed.credential_id), None)
        if passkey is None:
            self._refuse(user.name, "not a passkey of theirs", address)
        try:
            used = self._party.used(answer, challenge=claimed.challenge, passkey=passkey)
        except DeniedError as error:
            self._refuse(user.name, str(error), address)
        after = tuple(used if one is passkey else one for one in kept.passkeys)
        seen = replace(user, signed_in_at=visits.wall())
        if not users.change(seen, replace(kept, passkeys=after)):
            self._refuse(user.name, "changed meanwhile", address)
        self._waiting.came_in(user.name, address)
        return visits.begin(replace(seen, version=user.version + 1), frozenset({Factor.PASSKEY}), address=address)

    def ask_for_new(self, secret: str) -> str:
        """JSON for `navigator.credentials.create`, for who is in. Raises DeniedError."""
        user = self._standing(secret).user
        known = [one.credential_id for one in self._visits.stores.users.credentials(user).passkeys]
        if len(known) >= MOST:
            raise DeniedError(f"you have {MOST} passkeys already: ask for your account to be reset")
        challenge = self._challenge(f"new {user.name}")
        name = user.name.removeprefix(KIND)
        return self._party.ask_for_new(name=name, handle=user.handle, challenge=challenge, known=known)

    def add(self, secret: str, answer: str, *, address: str) -> Arrived:
        """Take a new passkey as theirs; their other sessions end. Raises DeniedError, TooSoonError."""
        visits, users = self._visits, self._visits.stores.users
        standing = self._standing(secret)
        user = standing.user
        try:
            claimed = self._party.claimed(answer)
            if not self._taken(f"new {user.name}", claimed.challenge):
                raise DeniedError("no such challenge")
            passkey = self._party.new(answer, challenge=claimed.challenge, at=visits.wall())
        except DeniedError as error:
            self._refuse(user.name, f"{error}, to add it", address)
        kept = users.credentials(user)
        if any(one.credential_id == passkey.credential_id for one in kept.passkeys):
            self._refuse(user.name, "theirs already, to add it", address)
        if not users.change(user, replace(kept, passkeys=(*kept.passkeys, passkey))):
            self._refuse(user.name, "changed meanwhile", address)
        visits.enter(SET, user.name, user.name, by=str(Factor.PASSKEY), address=address)
        visits.end_others(user)
        factors = standing.session.factors | {Factor.PASSKEY}
        return visits.begin(replace(user, version=user.version + 1), factors, address=address)

    def _challenge(self, purpose: str) -> bytes:
        challenge = self._visits.random(CHALLENGE_BYTES)
        until = self._visits.wall() + CHALLENGE_SECONDS
        self._visits.stores.once.keep(_kept(purpose, challenge), until=until)
        return challenge

    def _taken(self, purpose: str, challenge: bytes) -> bool:
        return self._visits.stores.once.take(_kept(purpose, challenge), now=self._visits.wall())

    def _standing(self, secret: str) -> Standing:
        found = self._visits.standing(secret)
        if found is None or found.stage is Stage.SECOND:
            raise DeniedError(SIGN_IN)
        return found

    def _refuse(self, person: str | None, why: str, address: str) -> NoReturn:
        self._waiting.counted("", address)  # nobody guesses one; but each refusal is an entry of the log
        self._visits.refuse(person, why, address=address, told=WRONG)


def _kept(purpose: str, challenge: bytes) -> str:
    return digest(f"passkey {purpose} {challenge.hex()}")
