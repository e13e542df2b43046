"""An agent as the directory keeps them: never a password or PIN, only what checks one."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ivr.core.audit.roles import PERSON
from ivr.core.queueing.facts import AgentProfile
from ivr.core.queueing.rules import RING_MAX, RING_MIN, SKILL_LEVELS
from ivr.errors import OperatorError

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
SKILL = re.compile(r"[a-z][a-z0-9_-]{0,31}(:[A-Za-z0-9-]{1,16})?")
PIN = re.compile(r"[0-9]{4,12}")
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
    skills: Mapping[str, int] = field(default_factory=dict)
    """Skill -> level, 1 to 9; a language is the skill `lang:CODE`."""
    tier: int = 1
    """For queues of the strategy top_down: 1 is asked first."""
    weight: int = 1
    """For queues of the strategy weighted_random."""
    extension: str = ""
    """Digits by which colleagues call them, and by which they say who they are; empty: neither."""
    pin: str = field(default="", repr=False)
    """What checks the PIN that proves them on a telephone, `pin_check`; empty: they have none."""
    ring_seconds: float | None = None
    """Their phone rings for so long; None: as the queue says."""
    user: str = ""
    """The person who they are, as the log names them: whose desk it is; empty: nobody's."""

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
        for skill, level in self.skills.items():
            if not SKILL.fullmatch(skill) or level not in SKILL_LEVELS:
                raise OperatorError(f"{skill}={level} is no skill such as loans=3 or lang:zh=9: a level is 1 to 9")
        if self.tier < 1 or self.weight < 1:
            raise OperatorError("a tier and a weight are 1 or more")
        if self.ring_seconds is not None and not RING_MIN <= self.ring_seconds <= RING_MAX:
            raise OperatorError(f"a phone rings {RING_MIN:g} to {RING_MAX:g} seconds")
        if self.user and not PERSON.fullmatch(self.user):
            raise OperatorError(f"{self.user!r} is no person such as user:alice, as the console's users are named")
        if self.extension and not re.fullmatch(r"[0-9]{1,12}", self.extension):
            raise OperatorError("an extension is 1 to 12 digits")
        if self.pin and not (self.extension and _PIN_CHECK.fullmatch(self.pin)):
            raise OperatorError(f"{self.name} has a PIN and no extension, or it is not what 'ivr agents pin' writes")
        if (self.ha1 is None) == (self.uri is None):
            raise OperatorError(f"{self.name} needs either a password, to register a phone, or a fixed URI")

    def profile(self, uri: str) -> AgentProfile:
        """As the queues see them, rung at `uri`."""
        return AgentProfile(
            self.name, uri, self.queues, dict(self.skills), self.tier, self.weight, self.extension, self.ring_seconds
        )

    @property
    def target(self) -> str:
        """What the edge rings: `phone` for whatever is registered, or the fixed URI."""
        return self.uri or "phone"


def password_hash(name: str, realm: str, password: str) -> str:
    """The hash that digest authentication needs (RFC 2617 3.2.2.2); phones of today know only MD5."""
    return hashlib.md5(f"{name}:{realm}:{password}".encode(), usedforsecurity=False).hexdigest()


def pin_check(pin: str, salt: bytes) -> str:
    """What is kept of a PIN (scrypt, RFC 7914): whoever reads the file must try each one, at 16 MB and some 50 ms.

    Raises OperatorError when it is no PIN.
    """
    if not PIN.fullmatch(pin):
        raise OperatorError("a PIN is 4 to 12 digits")
    return f"{salt.hex()}${_scrypt(pin, salt).hex()}"


def proved(entries: Iterable[AgentEntry], extension: str, pin: str) -> str:
    """Whose extension and PIN these are; empty: nobody's. As slow for an extension that nobody has."""
    found = next((entry for entry in entries if entry.pin and entry.extension == extension), None)
    salt, _, kept = (found.pin if found is not None else f"{NOBODYS_SALT.hex()}$").partition("$")
    right = hmac.compare_digest(_scrypt(pin, bytes.fromhex(salt)).hex(), kept)
    return found.name if found is not None and right else ""


NOBODYS_SALT = bytes(16)
_PIN_CHECK = re.compile(r"[0-9a-f]{32}\$[0-9a-f]{64}")


def _scrypt(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)
