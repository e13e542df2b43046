"""Accounts whose PINs and codes the engine keeps: counted, then judged, and answered alike whatever was wrong.

Rule: an answer tells by itself whether the secret was right, and nothing else. What is wrong, unknown or locked takes
the same work, and no answer comes before its time.
"""

from __future__ import annotations

import asyncio

from ivr.core.alarms import AlarmKind
from ivr.core.audit.entry import AuditEntry
from ivr.core.identity.account import AccountSecrets, FactorKind, claim, is_pin
from ivr.engine.bus.attempts import AccountProofTaken, AccountProofWanted
from ivr.engine.hub.alarms import Alarms
from ivr.engine.hub.config import HubPorts
from ivr.errors import IvrError

ANSWER_SECONDS = 0.5
"""From question to answer, at the least: longer than the slowest hash that is taken, and than a write to the disk."""
AT_ONCE = 2
"""PINs hashed at once: each takes a core for a while, and strangers ask for it."""


class Accounts:
    """Judges what cells ask. What cannot be counted or read is not judged."""

    def __init__(self, ports: HubPorts, alarms: Alarms) -> None:
        self._ports, self._alarms = ports, alarms
        self._hashing = asyncio.Semaphore(AT_ONCE)

    async def take(self, wanted: AccountProofWanted) -> AccountProofTaken:
        """Whether the secret is the account's."""
        began = self._ports.monotonic()
        async with self._hashing:
            try:
                taken = AccountProofTaken(await asyncio.to_thread(self._right, wanted))
            except IvrError as error:
                self._alarms.raise_alarm(
                    AlarmKind.IDENTITY, f"no proof of identity can be taken: {error}", wanted.call_id
                )
                taken = AccountProofTaken(right=False, judged=False)
        await asyncio.sleep(max(0.0, began + ANSWER_SECONDS - self._ports.monotonic()))
        return taken

    def _right(self, wanted: AccountProofWanted) -> bool:
        counter, tried = self._ports.attempts, (claim(wanted.account), str(wanted.kind))
        allowed = counter.ask(*tried)
        try:
            right = self._judged(wanted, self._ports.accounts.find(wanted.account), allowed=allowed)
        except IvrError:
            if allowed:
                counter.give_back(*tried)  # nobody learnt anything by it
            raise
        if right:
            counter.clear(*tried)
        elif not allowed:
            self._enter(wanted)
        return right

    def _judged(self, wanted: AccountProofWanted, held: AccountSecrets | None, *, allowed: bool) -> bool:
        """Judged also where nothing may come of it, for as long."""
        if wanted.kind is FactorKind.PIN:
            return is_pin(wanted.secret, (held or AccountSecrets()).pin) and allowed
        after = (held or AccountSecrets()).coded(wanted.secret, now=self._ports.wall())
        if after is None or held is None or not allowed:
            return False
        # A code that two calls send at once is kept as taken by one of them; the other's change is refused.
        return self._ports.accounts.put(wanted.account, after, instead_of=held)

    def _enter(self, wanted: AccountProofWanted) -> None:
        mark = self._ports.accounts.mark(wanted.account)
        details: dict[str, object] = {"call": wanted.call_id, "factor": str(wanted.kind)}
        self._ports.audit.append([AuditEntry(self._ports.wall(), "hub", "identity.locked", mark, details=details)])
