"""Signatures of who calls: what is not signed by whom we believe, about this call and of now, proves no number."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.adapters.stir_certificates import StirCertificates
from ivr.core.sip.calling_party import calling_party
from ivr.core.sip.passport import Passport
from ivr.errors import OperatorError, PeerError
from ivr.testing.certificates import DAY, Authority
from ivr.testing.passports import X5U, Signer

NOW = 1_800_000_000.0
ROOT, OTHER = Authority("numbers"), Authority("strange")
CARRIER, MALLORY = Signer(), Signer()
CALLER, CALLED = "85291234567", "85230001000"


def attested(
    tmp_path: Path,
    identity: str,
    *,
    at: float = NOW,
    trunk: bool = True,
    more: tuple[str, ...] = (),
    held: Path | None = None,
) -> str:
    """What stands in the record of a call with this header."""
    certificates = {X5U: held or CARRIER.certificate(tmp_path, ROOT, since=-9000 * DAY, until=9000 * DAY)}
    store = StirCertificates(ROOT.written(tmp_path), certificates)

    def judge(one: Passport) -> bool | None:
        return store.verifies(one.x5u, one.signed, one.signature, at=at)

    said = f"<sip:+{CALLER}@carrier.example>"
    lines = ["INVITE sip:30001000@line.example SIP/2.0", f"From: {said};tag=1", f"To: <sip:+{CALLED}@line.example>"]
    lines += [f"Identity: {identity}", *more, "Content-Length: 0"]
    invite = "\r\n".join(lines) + "\r\n\r\n"
    return calling_party(invite, said, from_trunk=trunk, country="HK", now=at, judge=judge).network.attested


def signed(by: Signer = CARRIER, **how: object) -> str:
    return by.identity(**{"orig": CALLER, "dest": CALLED, "at": NOW, **how})  # type: ignore[arg-type]


@pytest.mark.parametrize("letter", ["A", "B", "C"])
def test_what_a_carrier_signed_of_this_call_is_believed(tmp_path: Path, letter: str) -> None:
    assert attested(tmp_path, signed(attest=letter)) == letter


def test_a_diverted_call_is_about_the_number_that_was_dialled_first(tmp_path: Path) -> None:
    identity = signed(dest="85221110000")
    assert attested(tmp_path, identity) == "failed"
    assert attested(tmp_path, identity, more=("Diversion: <tel:+85221110000>;reason=no-answer",)) == "A"


FALSE: dict[str, Callable[[], str]] = {
    "signed by another": lambda: signed(MALLORY),
    "of another caller": lambda: signed(orig="85299999999"),
    "to another line": lambda: signed(dest="85221110000"),
    "of two minutes ago": lambda: signed(at=NOW - 120),
    "of tomorrow": lambda: signed(at=NOW + 86400),
    "of no time": lambda: signed(at=10**400),
    "with a letter of its own": lambda: signed(attest="A+"),
    "with other claims": lambda: _spliced(),
    "without a signature": lambda: signed().partition(";")[0].rpartition(".")[0] + ".",
    "by no algorithm": lambda: signed(alg="none"),
    "by a shared key": lambda: signed(alg="HS256"),
    "of another kind": lambda: signed(ppt="div"),
    "no token": lambda: "hello",
    "nothing": lambda: "",
    "deep JSON": lambda: "W1tb" * 500 + ".e30.e30",
}


def _spliced() -> str:
    """The claims of one under the signature of another."""
    first, second = signed().split("."), signed(orig="85299999999").split(".")
    return ".".join((second[0], second[1], first[2]))


@pytest.mark.parametrize("kind", FALSE)
def test_what_is_false_fails_and_a_trunks_own_word_does_not_mend_it(tmp_path: Path, kind: str) -> None:
    assert attested(tmp_path, FALSE[kind](), more=("Attestation-Info: A",)) == "failed"


def test_a_certificate_that_we_do_not_hold_proves_nothing_and_is_not_fetched(tmp_path: Path) -> None:
    elsewhere = signed(MALLORY, x5u="http://127.0.0.1:9/mine.pem")
    assert attested(tmp_path, elsewhere) == ""
    assert attested(tmp_path, elsewhere, more=("Attestation-Info: B",)) == "B", "the trunk's word, as before"


def test_who_is_no_trunk_is_not_read(tmp_path: Path) -> None:
    assert attested(tmp_path, signed(), trunk=False) == ""


@pytest.mark.parametrize("kind", ["expired", "not yet", "of another authority"])
def test_a_certificate_that_is_not_believed_makes_it_fail(tmp_path: Path, kind: str) -> None:
    now = time.time()
    how = {"expired": (ROOT, -3, -1), "not yet": (ROOT, 1, 3), "of another authority": (OTHER, -1, 1)}
    by, since, until = how[kind]
    held = CARRIER.certificate(tmp_path, by, since=since * DAY, until=until * DAY)
    assert attested(tmp_path, signed(at=now), at=now, held=held) == "failed"


def test_a_certificate_for_no_numbers_is_refused_when_it_is_read(tmp_path: Path) -> None:
    held = CARRIER.certificate(tmp_path, ROOT, numbers=False)
    with pytest.raises(OperatorError, match="no certificate for telephone numbers"):
        StirCertificates(ROOT.written(tmp_path), {X5U: held})


@given(st.text(max_size=200) | st.binary(max_size=100).map(lambda some: some.decode("latin-1")))
def test_whatever_stands_there_is_read_or_refused(identity: str) -> None:
    with contextlib.suppress(PeerError):
        Passport.parse(identity)
