"""Users of the console. A user is a person of the audit log, `user:NAME`; roles are granted to that name."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace

from ivr.core.access.secret import digest
from ivr.core.identity.totp import Totp
from ivr.errors import OperatorError, SealError

KIND = "user:"
"""Before the name of a user of the console, where a user of the machine has `os:`."""
FIRST = KIND + "admin"
"""Made at the first start, for whoever owns the machine."""
NAME = re.compile(r"[a-z][a-z0-9_.@-]{0,63}")
"""Also the address that a provider of OpenID Connect knows somebody by."""
INVITATION_SECONDS = 24 * 3600.0
FIRST_INVITATION_SECONDS = 3600.0
"""The first administrator stands before the screen that shows the link."""


@dataclass(frozen=True, slots=True)
class Passkey:
    """A key that somebody's device holds (WebAuthn)."""

    credential_id: bytes
    public_key: bytes
    """COSE."""
    count: int
    """How often it was used, by its own word: one that went back was copied."""
    made_at: float


@dataclass(frozen=True, slots=True)
class Credentials:
    """By what somebody proves who they are. Sealed wherever it is kept."""

    password: str = field(default="", repr=False)
    """Its Argon2id hash in the PHC format; empty: there is none."""
    totp: Totp | None = None
    offered: bytes = field(default=b"", repr=False)
    """Seed of a TOTP that was shown and not yet confirmed."""
    passkeys: tuple[Passkey, ...] = ()

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return bool(self.password or self.passkeys)

    def encode(self) -> bytes:
        """As JSON."""
        totp = {"seed": self.totp.seed.hex(), "step": self.totp.step} if self.totp else None
        keys = [
            {"id": one.credential_id.hex(), "key": one.public_key.hex(), "count": one.count, "made_at": one.made_at}
            for one in self.passkeys
        ]
        data = {"password": self.password, "totp": totp, "offered": self.offered.hex(), "passkeys": keys}
        return json.dumps(data, separators=(",", ":")).encode()

    @staticmethod
    def decode(raw: bytes) -> Credentials:
        """Back from `encode`. Raises SealError when it is not one of ours."""
        try:
            data = json.loads(raw)
            totp = data["totp"]
            return Credentials(
                str(data["password"]),
                Totp(bytes.fromhex(totp["seed"]), int(totp["step"])) if totp else None,
                bytes.fromhex(data["offered"]),
                tuple(
                    Passkey(bytes.fromhex(one["id"]), bytes.fromhex(one["key"]), int(one["count"]), one["made_at"])
                    for one in data["passkeys"]
                ),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise SealError("a user's credentials are not ours") from error


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that lets somebody choose a password, once."""

    digest: str
    until: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class User:
    """One of them, without their credentials."""

    name: str
    """As the audit log names them: user:alice."""
    handle: bytes
    """16 random bytes by which devices know them: it says nothing of who they are."""
    made_at: float
    first: bool = False
    """May act while no role was granted yet: the first administrator."""
    disabled: bool = False
    invitation: Invitation | None = None
    signed_in_at: float | None = None
    """When they came in last; None: never."""
    version: int = 0
    """Grows with each change: of two who change what they read at once, one is refused."""

    def invited(self, secret: str, *, now: float, seconds: float = INVITATION_SECONDS) -> User:
        """With a new invitation; one of before is worth nothing."""
        return replace(self, invitation=Invitation(digest(secret), now + seconds))


def user_name(typed: str) -> str:
    """A user's name as the log names them, also for what they type to sign in. Raises OperatorError."""
    name = typed.strip().removeprefix(KIND)
    if not NAME.fullmatch(name):
        raise OperatorError("a user's name is a small letter, then up to 63 of small letters, digits, and . _ @ -")
    return KIND + name
