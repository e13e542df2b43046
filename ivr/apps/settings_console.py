"""Settings of the console: how people sign in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from ivr.apps.settings_sections import Section
from ivr.core.audit.roles import Role


class OidcSettings(Section):
    """A provider of OpenID Connect that says who somebody is. Nothing is looked up at run time but a person's token."""

    issuer: str
    """As its tokens name it: https://login.bank.example."""
    authorize_url: str
    """Where people are sent to."""
    token_url: str
    """Where the engine asks for the token."""
    client_id: str
    secret_file: Path
    """Holds the client's secret, mode 0600."""
    keys_file: Path
    """Its public keys (a JSON Web Key Set), as it gave them to you: no other signs."""
    claim: str = "preferred_username"
    """Which of the token's claims is the user's name. Nobody is added by signing in: `ivr users add` first."""
    algorithms: tuple[Literal["RS256", "PS256", "ES256", "EdDSA"], ...] = ("RS256", "ES256")
    """Signatures that are taken."""

    @field_validator("issuer", "authorize_url", "token_url")
    @classmethod
    def _is_https(cls, value: str) -> str:
        parts = urlsplit(value)
        local = parts.scheme == "http" and re.fullmatch(r"127\.0\.0\.\d+|localhost", parts.hostname or "")
        if not parts.hostname or not (parts.scheme == "https" or local) or parts.username or parts.fragment:
            raise ValueError(f"{value!r} is not https://HOST/… (http on this machine alone)")
        return value


class SignInSettings(Section):
    """How people come in, and for how long."""

    password: bool = True
    """By name and password. Without it, invitations go on working."""
    second_factor_for: tuple[Role, ...] = tuple(Role)
    """Whoever holds one of these roles shows two proofs: a code beside the password, or a passkey."""
    session_hours: float = Field(default=12.0, gt=0, le=24 * 7)
    """A session ends after so long, whatever is done in it."""
    idle_minutes: float = Field(default=30.0, gt=0, le=24 * 60)
    """A session ends after so long without a request."""
    oidc: OidcSettings | None = None

    @model_validator(mode="after")
    def _some_way_in(self) -> Self:
        if self.idle_minutes > self.session_hours * 60:
            raise ValueError("idle_minutes is longer than session_hours: it would end nothing")
        return self


class ConsoleSettings(Section):
    """The web console."""

    sign_in: SignInSettings = SignInSettings()
