"""A certificate and its key are found sound before anybody serves with them; what is wrong is said with its remedy."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ivr.adapters.files.tls_pair import dates_fault, ends_at, read_pair
from ivr.errors import OperatorError
from ivr.testing.certificates import Authority, Files

AUTHORITY = Authority()
Spoil = Callable[[Files, Path], None]


def test_a_sound_pair_is_read_with_its_names(tmp_path: Path) -> None:
    files = AUTHORITY.issue(tmp_path, hosts=("line.bank.example", "192.0.2.7"))
    pair = read_pair(files.certificate, files.key)
    assert pair.names == ("line.bank.example", "192.0.2.7")
    assert pair.pem.count(b"BEGIN CERTIFICATE") == 1
    assert b"PRIVATE KEY" in pair.pem
    assert "PRIVATE" not in repr(pair)


def test_the_chain_goes_with_it(tmp_path: Path) -> None:
    files = AUTHORITY.issue(tmp_path)
    issuer = AUTHORITY.certificate().public_bytes(Encoding.PEM)
    files.certificate.write_bytes(files.certificate.read_bytes() + issuer)
    assert read_pair(files.certificate, files.key).pem.count(b"BEGIN CERTIFICATE") == 2
    files.certificate.write_bytes(issuer + files.certificate.read_bytes().replace(issuer, b""))
    with pytest.raises(OperatorError, match="put it first, its issuers behind it"):
        read_pair(files.certificate, files.key)


def _written(path: Path, key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> None:
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _locked(files: Files, folder: Path) -> None:
    key = load_pem_private_key(files.key.read_bytes(), None)
    files.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")))


def _folder(files: Files, _: Path) -> None:
    files.key.unlink()
    files.key.mkdir()


SPOILT: dict[str, tuple[Spoil, str]] = {
    "no certificate": (lambda files, _: files.certificate.unlink(), "there is no certificate file"),
    "no key": (lambda files, _: files.key.unlink(), "there is no key file"),
    "a folder for a key": (
        _folder,
        "cannot be read: Is a directory",
    ),
    "a key that others read": (lambda files, _: files.key.chmod(0o640), "others may read the key .* chmod 600"),
    "a key under a password": (_locked, "is under a password"),
    "rubbish for a certificate": (
        lambda files, _: _void(files.certificate.write_text("x")),
        "holds no certificate in PEM",
    ),
    "rubbish for a key": (lambda files, _: _void(files.key.write_text("x")), "holds no private key in PEM"),
    "both in one": (
        lambda files, _: _void(files.certificate.write_bytes(files.certificate.read_bytes() + files.key.read_bytes())),
        "keep the two in two files",
    ),
    "another's key": (
        lambda files, folder: _void(files.key.write_bytes(AUTHORITY.issue(folder, "other").key.read_bytes())),
        "is not the one of the key",
    ),
    "a short key": (
        lambda files, _: _written(files.key, rsa.generate_private_key(65537, 1024)),
        "has 1024 bits; RSA needs 2048",
    ),
    "a key of another kind": (
        lambda files, _: _written(files.key, ed25519.Ed25519PrivateKey.generate()),
        "neither RSA nor ECDSA",
    ),
}


def _void(_: object) -> None:
    """For what a lambda does on the way."""


@pytest.mark.parametrize("how", SPOILT)
def test_what_is_wrong_is_said_with_its_file(tmp_path: Path, how: str) -> None:
    files = AUTHORITY.issue(tmp_path)
    spoil, told = SPOILT[how]
    spoil(files, tmp_path)
    with pytest.raises(OperatorError, match=told) as refusal:
        read_pair(files.certificate, files.key)
    assert str(tmp_path) in str(refusal.value)
    assert "BEGIN" not in str(refusal.value) or "begins with" in str(refusal.value)


@pytest.mark.parametrize(
    ("since", "until", "server", "hosts", "told"),
    [
        (-1, 1, False, ("127.0.0.1",), "not for a TLS server"),
        (-1, 1, True, (), "names no host"),
    ],
)
def test_a_certificate_that_no_phone_would_take_is_refused(
    tmp_path: Path, since: int, until: int, server: bool, hosts: tuple[str, ...], told: str
) -> None:
    files = AUTHORITY.issue(
        tmp_path, since=timedelta(days=since), until=timedelta(days=until), server=server, hosts=hosts
    )
    with pytest.raises(OperatorError, match=told):
        read_pair(files.certificate, files.key)


@pytest.mark.parametrize(
    ("days", "told"), [(-1.5, "is not valid before .* clock"), (-0.5, ""), (0.5, ""), (1.5, "expired at .* renew it")]
)
def test_its_dates_are_judged_apart_as_a_line_starts_with_an_expired_one_too(
    tmp_path: Path, days: float, told: str
) -> None:
    files = AUTHORITY.issue(tmp_path, since=timedelta(days=-1), until=timedelta(days=1))
    pair = read_pair(files.certificate, files.key)
    fault = dates_fault(pair, now=time.time() + timedelta(days=days).total_seconds())
    assert re.search(told, fault) if told else not fault
    assert ends_at(pair.pem) == pair.not_after.timestamp()
