"""Settings of the line to the world: where SIP is taken, by which transport, and how much of it."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator

from ivr.apps.settings_sections import Endpoint, Network, Section, split_endpoint
from ivr.core.sip.e164 import COUNTRIES


class FloodSettings(Section):
    """How much one source may ask before it is ignored for a while."""

    requests: int = Field(default=60, ge=1)
    """SIP requests of one stranger's address in `seconds`."""
    seconds: int = Field(default=2, ge=1)
    """Over which requests are counted."""
    trunk_requests_per_second: int = Field(default=500, ge=1)
    """The same for an address in `sip.trunks`."""


class TcpSettings(Section):
    """TCP, and what TLS has in common with it: connections."""

    listen: Endpoint | None = None
    """Where TCP is taken; without it where `sip.listen` says."""
    connections: int = Field(default=2048, ge=16, le=16384)
    """In all, TLS included."""
    per_source: int = Field(default=50, ge=1)
    """That one address which is in no trunk's network may speak on."""
    silent_seconds: int = Field(default=30, ge=5, le=600)
    """A connection on which nobody has registered or called is closed when nothing came for so long."""
    idle_seconds: int = Field(default=3600, ge=60, le=86400)
    """The same for all others. A phone that sends CRLF now and then (RFC 5626 4.4.1) stays."""


class TlsSettings(Section):
    """TLS, 1.2 and 1.3. The package kamailio-tls-modules is needed for it."""

    listen: Endpoint = "0.0.0.0:5061"
    certificate: Path
    """PEM: the certificate first, its issuers behind it."""
    key: Path
    """PEM, without a password; readable by the engine's user only."""


class StirSettings(Section):
    """Signatures of carriers of who calls (STIR/SHAKEN: RFC 8224, RFC 8588). What an INVITE names is never fetched."""

    authorities: Path
    """PEM: whose certificates are believed for telephone numbers."""
    certificates: dict[str, Path] = Field(min_length=1)
    """Address that a signer names (x5u) -> file of its certificate in PEM, its issuers behind it."""


class WebSocketSettings(Section):
    """SIP over WebSocket, for browsers: callers on the page /call, and agents' browser phones on their desk. Only pages
    of the console may use it. It needs the packages kamailio-websocket-modules, and rtpengine-daemon for the sound."""

    listen: Endpoint = "127.0.0.1:0"
    """IPv4 address:port; 0 picks a free one. On loopback browsers of this machine reach it (ws); anywhere else it takes
    TLS only (wss), with the certificate of `sip.tls`."""
    url: str | None = None
    """What browsers open, where that is not `listen`: wss://line.bank.example:5062."""

    @field_validator("url")
    @classmethod
    def _is_websocket(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"wss?://[A-Za-z0-9.-]+(:[0-9]{1,5})?", value):
            raise ValueError(f"{value!r} is not wss://NAME or wss://NAME:PORT")
        return value

    @model_validator(mode="after")
    def _has_a_name(self) -> Self:
        if self.secure and (self.url is None or not self.url.startswith("wss://")):
            raise ValueError(
                "browsers of other machines reach it by a name that its certificate has: write `url`, such as "
                "wss://line.bank.example:5062"
            )
        return self

    @property
    def secure(self) -> bool:
        """Whether it takes TLS only."""
        return not ipaddress.IPv4Address(split_endpoint(self.listen)[0]).is_loopback

    @property
    def address(self) -> str:
        """What browsers open; the port must have been chosen."""
        return self.url or f"ws://{self.listen}"


class SipSettings(Section):
    """The line to the world."""

    listen: Endpoint = "0.0.0.0:5060"
    """UDP and TCP. 0.0.0.0 stands for every address of the machine."""
    tcp: TcpSettings = TcpSettings()
    tls: TlsSettings | None = None
    """Without this section no TLS is taken."""
    websocket: WebSocketSettings | None = None
    """Without this section no browser is served, but by the example dialplans on this machine (`browser_calls`)."""
    public_address: str | None = None
    """What phones outside reach us by, where a NAT stands between."""
    local_networks: tuple[Network, ...] = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
    """Peers here are told the machine's own address, never the public one."""
    trunks: tuple[Network, ...] = ("127.0.0.0/8",)
    """Carriers and PBXs, which bring many callers from one address; those of `trunks` besides."""
    options_seconds: int = Field(default=30, ge=0, le=3600)
    """Between two OPTIONS to each address of `trunks`, by which it is known whether it is there; 0: none are sent."""
    country: str = ""
    """Where the line is (ISO 3166-1: HK, GB): numbers of its numbering plan are read as +852…, however a carrier writes
    them, for callers, diversions and the numbers in `dialplans`. Without it numbers stay as they are written."""
    stir: StirSettings | None = None
    """Without this section signatures of who calls are not read."""
    realm: str = Field(default="ivr", pattern=r"^[A-Za-z0-9.-]{1,64}$")
    """Of the agents' digest passwords (RFC 3261 22). Changing it makes every stored password void."""
    retry_after_seconds: int = Field(default=10, ge=1)
    """Retry-After of the 503 that callers get while every cell is busy."""
    max_message_bytes: int = Field(default=16384, ge=1500, le=64000)
    """Longest SIP message that the edge reads; longer ones are refused."""
    flood: FloodSettings = FloodSettings()
    calls_per_source: int | None = Field(default=None, ge=1)
    """Calls at once of one address that is in no trunk's network; without it half of the cells, at least one."""

    @field_validator("country")
    @classmethod
    def _is_country(cls, value: str) -> str:
        if value and value not in COUNTRIES:
            raise ValueError(f"{value!r} is no country's code (ISO 3166-1, two capitals, such as HK or GB)")
        return value

    @field_validator("public_address")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ipaddress.IPv4Address(value)
            except ValueError:
                raise ValueError(f"{value!r} is not an IPv4 address") from None
        return value
