"""All ways in, put together."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.engine.access.codes import Codes
from ivr.engine.access.passkeys import Passkeys
from ivr.engine.access.passwords import Passwords
from ivr.engine.access.provider import ProviderWay
from ivr.engine.access.visits import Visits


@dataclass(frozen=True, slots=True)
class Door:
    """What a page needs. Usable from several threads; there may be one in each of several processes.

    At each request: `visits.person_of(cookie)`, or `visits.machine(bearer)`; who is nobody may only sign in.
    """

    visits: Visits
    passwords: Passwords
    codes: Codes
    passkeys: Passkeys | None = None
    """None: the settings name no address that they hold for."""
    provider: ProviderWay | None = None
    """None: the settings name none."""
