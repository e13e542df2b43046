"""Settings of the web console: where it is, and how people sign in."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlencode, urlsplit

from pydantic import Field, field_validator, model_validator

from ivr.apps.settings_sections import Endpoint, Section, split_endpoint
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
    passkeys_at: str | None = None
    """The console's address as browsers name it, for passkeys: https://console.bank.example. They hold for this address
    alone, and an IP address is none; without it there are none."""
    oidc: OidcSettings | None = None

    @field_validator("passkeys_at")
    @classmethod
    def _is_origin(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname == "localhost")
        named = re.search(r"[a-z]", parts.hostname or "") is not None and ":" not in (parts.hostname or "")
        if not (secure and named) or parts.path or parts.query or parts.username:
            raise ValueError(f"{value!r} is not https://NAME or https://NAME:PORT (http://localhost:PORT to try it)")
        return value

    @model_validator(mode="after")
    def _some_way_in(self) -> Self:
        if self.idle_minutes > self.session_hours * 60:
            raise ValueError("idle_minutes is longer than session_hours: it would end nothing")
        return self


class ConsoleSettings(Section):
    """The web console: browsers reach it at `listen`, or at `origin` by a proxy that stands before it."""

    enabled: bool = True
    listen: Endpoint = "127.0.0.1:8080"
    """IPv4 address:port. Other machines may reach it only with a certificate."""
    certificate: Path | None = None
    """PEM file of the certificate and those above it."""
    key: Path | None = None
    """PEM file of its key, mode 0600."""
    origin: str | None = None
    """What people type, where that is not `listen`: https://console.bank.example. A proxy before it passes Host on."""
    proxy: str | None = None
    """The proxy's address: the last one that it names in X-Forwarded-For is taken for the visitor's."""

    sign_in: SignInSettings = SignInSettings()

    @field_validator("origin")
    @classmethod
    def _is_origin(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError(f"{value!r} is not an address without a path, such as https://console.bank.example")
        return f"{parts.scheme}://{parts.netloc.lower()}"

    @field_validator("proxy")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ipaddress.ip_address(value)
            except ValueError:
                raise ValueError(f"{value!r} is not an IP address") from None
        return value

    @model_validator(mode="after")
    def _encrypted(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("a certificate and its key belong together: name both files")
        host, _ = split_endpoint(self.listen)
        if self.certificate is None and not ipaddress.IPv4Address(host).is_loopback:
            raise ValueError("other machines reach it: name a `certificate` and its `key`, or listen on 127.0.0.1")
        if self.origin is None and ipaddress.IPv4Address(host).is_unspecified:
            raise ValueError(
                "other machines reach it by a name that it must know, requests under any other are refused: "
                "write `origin`, what people type, such as https://console.bank.example:8443"
            )
        return self

    @property
    def origins(self) -> tuple[str, ...]:
        """Where browsers find it; the first is told to people."""
        host, port = split_endpoint(self.listen)
        scheme = "https" if self.certificate else "http"
        names = ("127.0.0.1", "localhost") if host == "127.0.0.1" else (host,)
        usual = {"https": 443, "http": 80}[scheme]
        here = tuple(f"{scheme}://{name}" + (f":{port}" if port != usual else "") for name in names)
        return (self.origin,) if self.origin else here

    def invitation_url(self, secret: str) -> str:
        """The link by which somebody chooses a password."""
        return f"{self.origins[0]}/invitation?{urlencode({'secret': secret})}"
