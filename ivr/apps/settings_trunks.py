"""Settings of trunks: carriers and PBXs by which the line calls numbers outside, and whose calls it takes."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from ivr.apps.settings_sections import Network, Section, SipAddress
from ivr.core.queueing.callees import NUMBER
from ivr.core.queueing.directory import SIP_URI

TrunkName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
Peer = Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+(:[0-9]{1,5})?$")]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,253}$")]
Prefix = Annotated[str, Field(pattern=r"^\+?[0-9]{1,15}$")]
Login = Annotated[str, Field(pattern=r"^[A-Za-z0-9._+@-]{1,128}$")]


def _destination(value: str) -> str:
    if not NUMBER.fullmatch(value) and not SIP_URI.fullmatch(value):
        raise ValueError(f"{value!r} is no number such as +85212345678 and no SIP URI such as sip:desk@pbx.example")
    return value


Destination = Annotated[str, AfterValidator(_destination)]
"""A number, which goes by a trunk, or a SIP URI, which is dialled as it is."""
Fault = tuple[tuple[str, ...], str]


class TrunkTlsSettings(Section):
    """TLS with a trunk, in both directions."""

    authority: Path
    """PEM: certificates of whoever may sign the trunk's."""
    names: tuple[Host, ...] = ()
    """One of these must be in its certificate; without it the host names of `addresses`."""
    revoked: Path | None = None
    """PEM: its authority's list of what it revoked (CRL)."""
    certificate: Path | None = None
    """PEM: ours, its issuers behind it, for a trunk that wants to see one."""
    key: Path | None = None
    """PEM, without a password; readable by the engine's user only."""
    shows_certificate: bool = False
    """Its calls must come with a certificate, too: of one of `networks` nothing else is taken."""

    @model_validator(mode="after")
    def _both(self) -> TrunkTlsSettings:
        if (self.certificate is None) is not (self.key is None):
            raise ValueError("name both, certificate and key, or neither")
        return self


class TrunkSettings(Section):
    """One trunk."""

    addresses: tuple[Peer, ...] = Field(min_length=1)
    """Host, or host:port, such as sip.carrier.example; the next one is tried where one does not answer."""
    transport: Literal["udp", "tcp", "tls"] = "udp"
    domain: Host | None = None
    """What stands in the addresses that it is written, and the realm of its password; without it the first host."""
    networks: tuple[Network, ...] = ()
    """Where its calls come from; without it from `addresses` that are written in figures."""
    prefixes: tuple[Prefix, ...] = ()
    """Numbers that it may be asked for begin so. Without any it is never asked: it brings calls only."""
    never: tuple[Prefix, ...] = ()
    """Numbers that it is not asked for all the same, such as premium ones."""
    caller: SipAddress | None = None
    """The number that it is told we call from: a SIP URI such as sip:+85230001000@bank.example."""
    username: Login | None = None
    password_file: Path | None = None
    """Holds its password, mode 0600."""
    register_seconds: int = Field(default=0, ge=0, le=86400)
    """We register with it, for so long each time; 0: it needs none."""
    srtp: bool = False
    """Sound is encrypted on the way to it; its keys need `transport: tls`."""
    tls: TrunkTlsSettings | None = None

    @property
    def hosts(self) -> tuple[str, ...]:
        """Without their ports."""
        return tuple(address.partition(":")[0] for address in self.addresses)

    @property
    def sources(self) -> tuple[str, ...]:
        """Networks that its calls come from."""
        return self.networks or tuple(f"{host}/32" for host in self.hosts if _is_ipv4(host))

    def may_ask_for(self, number: str) -> bool:
        """Whether it may be asked for a number."""
        return number.startswith(self.prefixes) and not number.startswith(self.never)

    @model_validator(mode="after")
    def _makes_sense(self) -> TrunkSettings:
        if (self.username is None) is not (self.password_file is None):
            raise ValueError("name both, username and password_file, or neither")
        if self.register_seconds and self.username is None:
            raise ValueError("register_seconds: who registers needs username and password_file")
        if (self.transport == "tls") is not (self.tls is not None):
            raise ValueError("transport: tls and a section tls with its authority belong together")
        if self.srtp and self.transport != "tls":
            raise ValueError("srtp: its keys would be read by everybody on the way: it needs transport: tls")
        return self


def trunk_faults(
    trunks: Mapping[str, TrunkSettings],
    *,
    transfers: Mapping[str, str],
    callees: Collection[str],
    takes_tls: bool,
    plain_from: Collection[str] | None,
    asks_options: bool,
) -> list[Fault]:
    """What would keep numbers from being dialled: where it is written, and what to do.

    `callees`: prefixes of those who may be called back. `plain_from`: networks that are exempt where media must be
    encrypted; None: it need not be. `asks_options`: trunks are asked OPTIONS.
    """
    return [
        *(
            fault
            for name, trunk in trunks.items()
            for fault in _of_trunk(name, trunk, takes_tls, plain_from, asks_options)
        ),
        *_of_lists(trunks),
        *_of_numbers(trunks, transfers, callees),
    ]


def _of_trunk(
    name: str, trunk: TrunkSettings, takes_tls: bool, plain_from: Collection[str] | None, asks_options: bool
) -> Iterator[Fault]:
    if trunk.transport == "tls" and not takes_tls:
        yield ("trunks", name, "transport"), "TLS needs a certificate of the line's own: name it in sip.tls"
    if trunk.transport == "tls" and not asks_options:
        yield ("trunks", name, "transport"), "who is reached by TLS proves its name by OPTIONS: set sip.options_seconds"
    if plain_from is None or trunk.srtp or not trunk.prefixes:
        return
    exempt = [ipaddress.IPv4Network(one) for one in plain_from]
    hosts = [ipaddress.IPv4Address(host) if _is_ipv4(host) else None for host in trunk.hosts]
    if not all(host is not None and any(host in one for one in exempt) for host in hosts):
        yield (
            ("trunks", name, "addresses"),
            "media.srtp is required, and media to these would be in clear: write srtp: true, or exempt their addresses "
            "in media.plain_from",
        )


def _of_lists(trunks: Mapping[str, TrunkSettings]) -> Iterator[Fault]:
    """OpenSSL, once it looks for revoked certificates, refuses whatever an authority signed that has no list."""
    shown = {name: one.tls for name, one in trunks.items() if one.tls is not None and one.tls.shows_certificate}
    listed = {one.authority for one in shown.values() if one.revoked is not None}
    for name, one in shown.items():
        if listed and one.authority not in listed:
            yield (
                ("trunks", name, "tls", "authority"),
                "another trunk that shows a certificate names `revoked`, and without its authority's list nothing of "
                "this one would be taken: name `revoked` here too, or nowhere",
            )


def _of_numbers(
    trunks: Mapping[str, TrunkSettings], transfers: Mapping[str, str], callees: Collection[str]
) -> Iterator[Fault]:
    for name, target in transfers.items():
        if ":" in target:
            continue
        if not any(trunk.may_ask_for(target) for trunk in trunks.values()):
            yield (
                ("transfers", name),
                f"no trunk may be asked for {target}: name its prefix in prefixes of one of `trunks`",
            )
    prefixes = tuple(prefix for trunk in trunks.values() for prefix in trunk.prefixes)
    for callee in callees:
        if not any(callee.startswith(prefix) or prefix.startswith(callee) for prefix in prefixes):
            yield (
                ("callbacks", "dial", "callees", callee),
                "no trunk may be asked for such numbers: name the prefix in prefixes of one of `trunks`",
            )


def is_number(value: str) -> bool:
    """Whether a destination is a number, which goes by a trunk."""
    return NUMBER.fullmatch(value) is not None


def _is_ipv4(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True
