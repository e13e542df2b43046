"""The files by which trunks' certificates are judged, as the settings name them: sound, valid, and told apart."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from ivr.adapters.files.tls_pair import read_pair
from ivr.adapters.trunk_papers import (
    authority_name,
    certificates_fault,
    is_root,
    read_authorities,
    read_revoked,
    revoked_fault,
)
from ivr.apps.settings import Settings
from ivr.apps.settings_trunks import TrunkTlsSettings
from ivr.errors import IvrError, SettingsError


def check_papers(name: str, tls: TrunkTlsSettings, *, today: bool = False, ahead: float = 0.0) -> None:
    """A trunk's certificates and lists are there and sound. Raises SettingsError.

    `today`: they are valid now, too; certificates in so many seconds (`ahead`) as well.
    """
    now = time.time()
    looks: list[tuple[str, Path, Callable[[], str]]] = [
        ("authority", tls.authority, lambda: certificates_fault(read_authorities(tls.authority), now=now + ahead))
    ]
    if (revoked := tls.revoked) is not None:
        looks.append(("revoked", revoked, lambda: revoked_fault(read_revoked(revoked), now=now)))
    if (ours := tls.certificate) is not None and (key := tls.key) is not None:
        looks.append(("certificate", ours, lambda: _our_fault(ours, key, now=now + ahead)))
    for setting, file, fault_of in looks:
        try:
            fault = fault_of()
        except IvrError as error:
            raise SettingsError(f"trunks.{name}.tls.{setting}: {error}") from error
        if today and fault:
            raise SettingsError(f"trunks.{name}.tls.{setting}: {file}: {fault}")


def _our_fault(certificate: Path, key: Path, *, now: float) -> str:
    read_pair(certificate, key, client=True)
    return certificates_fault(read_authorities(certificate)[:1], now=now)


def papers_fault(settings: Settings, *, ahead: float) -> str:
    """What by its date keeps a trunk from being served, now or in so many seconds; empty: nothing does.

    Of lists of revoked certificates that is told once they are too old: many authorities make one for a week.
    """
    try:
        for name, trunk in settings.trunks.items():
            if trunk.tls is not None:
                check_papers(name, trunk.tls, today=True, ahead=ahead)
    except SettingsError as error:
        return str(error)
    return ""


def check_apart(settings: Settings) -> None:
    """Where trunks that show a certificate have different authorities, it can be seen which one signed.

    Raises SettingsError.
    """
    shown = [(name, one.tls) for name, one in settings.trunks.items() if one.tls and one.tls.shows_certificate]
    if len({tls.authority for _, tls in shown}) < 2:
        return
    whose: dict[str, tuple[str, bytes]] = {}
    for trunk, tls in shown:
        place = f"trunks.{trunk}.tls.authority"
        for called, one in _named(place, tls):
            print_of = one.fingerprint(hashes.SHA256())
            other, known = whose.setdefault(called, (trunk, print_of))
            if known != print_of and other != trunk:
                raise SettingsError(
                    f"{place}: {tls.authority}: its authority has the common name of another one, of trunk {other}, "
                    "and nobody could tell which of the two signed: ask one of them for certificates by another"
                )


def _named(place: str, tls: TrunkTlsSettings) -> Iterator[tuple[str, x509.Certificate]]:
    try:
        found = read_authorities(tls.authority)
    except IvrError as error:
        raise SettingsError(f"{place}: {error}") from error
    for one in found:
        name = authority_name(one)
        if name is None:
            raise SettingsError(
                f"{place}: {tls.authority}: an authority in it has no common name, by which it is told from those of "
                "other trunks"
            )
        if tls.revoked is not None and not is_root(one):
            raise SettingsError(
                f"{place}: {tls.authority}: a certificate in it is no root, and what such a one revoked cannot be "
                "looked up beside other trunks' authorities: name the root alone, or leave `revoked` out"
            )
        # As OpenSSL compares names of issuers (RFC 5280 7.1), or stricter.
        yield " ".join(name.split()).casefold(), one
