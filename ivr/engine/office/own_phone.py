"""An agent's browser as their phone: a password for minutes, that nobody chose and nothing keeps.

Rule: it is made for the agent whose desk it is, of chance. The bus, the hub and the edge see its hash only; the page
has it in memory, and asks for another before it registers again.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Final

from ivr.core.queueing.directory import password_hash
from ivr.engine.bus.desk import PhoneKeyMade, PhoneKeyTaken
from ivr.engine.office.office import Desk, does
from ivr.engine.office.own_desk import AtDesk, own_agent
from ivr.errors import EnvironmentFault, NotSetUpError

PASSWORD_BYTES: Final = 24


@dataclass(frozen=True, slots=True)
class PhoneKey:
    """By which a browser registers now."""

    agent: str
    realm: str
    password: str = field(repr=False)


@does("desk.phone")
def phone_key(desk: Desk, asked: AtDesk) -> PhoneKey:
    """Make one. Raises NotSetUpError of an agent whose phone is elsewhere, EnvironmentFault when no edge takes it,
    PeerError."""
    own = own_agent(desk, asked)
    if own.uri is not None:
        raise NotSetUpError(
            "your phone has a fixed address, so your browser cannot be it: operations can enter you without one"
        )
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    made = PhoneKeyMade(own.name, password_hash(own.name, desk.ports.realm, password))
    if desk.ports.hub.ask(made, PhoneKeyTaken).agent != own.name:
        raise EnvironmentFault("the edge does not take phones now: try again in a moment")
    return PhoneKey(own.name, desk.ports.realm, password)
