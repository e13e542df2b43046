"""An agent as the directory keeps them: never a password, only its digest hash."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from ivr.core.queueing.facts import AgentProfile
from ivr.errors import OperatorError

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
SIP_URI = re.compile(r"sip:[A-Za-z0-9._~+*-]+@[A-Za-z0-9.-]+(:\d{1,5})?(;transport=(udp|tcp))?")


@dataclass(frozen=True, slots=True)
class AgentEntry:
    """An agent in the directory."""

    name: str
    """Also the user part of their SIP address."""
    ha1: str | None = field(default=None, repr=False)
    """MD5(name:realm:password), the only form in which their password is kept (RFC 2617 3.2.2.2)."""
    uri: str | None = None
    """Fixed SIP URI of their phone; none: it registers."""
    queues: tuple[str, ...] = ()
    """Queues they serve; none named: all."""

    def __post_init__(self) -> None:
        """Refuse what the edge could not use. Raises OperatorError."""
        if not NAME.fullmatch(self.name):
            raise OperatorError(
                f"{self.name!r} is no agent's name: at most 32 of a-z, 0-9 and . _ - with a letter or digit first"
            )
        if self.uri is not None and not SIP_URI.fullmatch(self.uri):
            raise OperatorError(f"{self.uri!r} is no SIP URI such as sip:desk1@192.168.1.20:5060")
        if self.ha1 is not None and not re.fullmatch(r"[0-9a-f]{32}", self.ha1):
            raise OperatorError(f"the password hash of {self.name} is not 32 hexadecimal digits")
        if (self.ha1 is None) == (self.uri is None):
            raise OperatorError(f"{self.name} needs either a password, to register a phone, or a fixed URI")

    def profile(self, uri: str) -> AgentProfile:
        """As the queues see them, rung at `uri`."""
        return AgentProfile(self.name, uri, self.queues)

    @property
    def target(self) -> str:
        """What the edge rings: `phone` for whatever is registered, or the fixed URI."""
        return self.uri or "phone"


def password_hash(name: str, realm: str, password: str) -> str:
    """The hash that digest authentication needs (RFC 2617 3.2.2.2); phones of today know only MD5."""
    return hashlib.md5(f"{name}:{realm}:{password}".encode(), usedforsecurity=False).hexdigest()
