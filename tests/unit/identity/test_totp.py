"""One-time codes: by the vectors of the RFC, and never twice."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from ivr.core.identity.totp import STEP_SECONDS, Totp, code, taken, uri

SEED = b"12345678901234567890"


@pytest.mark.parametrize(
    ("at", "right"),
    [(59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"), (1234567890, "89005924"),
     (2000000000, "69279037"), (20000000000, "65353130")],
)  # fmt: skip
def test_codes_are_those_of_rfc_6238_appendix_b(at: int, right: str) -> None:
    assert code(SEED, at // STEP_SECONDS) == right[-6:]


def test_a_code_is_taken_a_step_early_or_late_and_never_twice_nor_after_a_later_one() -> None:
    now, totp = 1_800_000_000.0, Totp(SEED)
    at = int(now // STEP_SECONDS)
    assert [step for step in range(at - 4, at + 5) if taken(totp, code(SEED, step), now=now)] == [at - 1, at, at + 1]
    after = taken(totp, f" {code(SEED, at)[:3]} {code(SEED, at)[3:]}", now=now)
    assert after == Totp(SEED, at)
    assert [step for step in range(at - 1, at + 2) if taken(after, code(SEED, step), now=now)] == [at + 1]
    for wrong in ("", "12345", "1234567", "abcdef", "\udcff"):
        assert taken(totp, wrong, now=now) is None


def test_an_application_reads_the_seed_from_the_address() -> None:
    parts = urlsplit(uri(SEED, name="anna@bank.example", issuer="ivr console"))
    assert (parts.scheme, parts.netloc, parts.path) == ("otpauth", "totp", "/ivr%20console:anna%40bank.example")
    assert parse_qs(parts.query) == {"secret": ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"], "issuer": ["ivr console"]}
