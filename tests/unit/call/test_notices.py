"""What systems outside are told: nothing of a caller's, signed as Standard Webhooks has it, where it was to go."""

from __future__ import annotations

import base64
import json

import pytest

from ivr.core.audit.entry import AuditEntry
from ivr.core.call.notices import PAUSES, Notice, Target, checked, headers, may_be_spoken_to, of_alarm, of_entry
from ivr.errors import OperatorError
from tests.contract.sql.records import CALLER, RECORD

SECRET = base64.b64encode(bytes(range(32))).decode()


def test_the_example_of_standard_webhooks_has_its_signature() -> None:
    """Vector of the specification's own libraries (standard-webhooks, tests)."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    notice = Notice("msg_p5jXN8AQM9LWM0D4loKWxJek", "test", 0.0, {})
    told = headers(notice, secret, b'{"test": 2432232314}', now=1614265330.0)
    assert told["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert (told["webhook-id"], told["webhook-timestamp"]) == (notice.id, "1614265330")


def test_a_notice_holds_no_number_no_word_and_nothing_that_was_looked_up() -> None:
    entry = AuditEntry(1767312099.0, "cell 1", "call.ended", "call-1", details={"step": 9})
    notice = of_entry(17, entry, RECORD)
    body = notice.body()
    told = json.loads(body)
    assert (told["type"], told["data"]["call"], told["data"]["outcome"]) == ("call.ended", "call-1", "completed")
    assert told["timestamp"] == "2026-01-02T00:01:39.000Z"
    assert of_entry(17, entry, None).id == notice.id
    for personal in (CALLER, "13912345678", RECORD.called, "alice", *(value for _, value in RECORD.looked_up)):
        assert personal.encode() not in body
    alarm = of_alarm(5.25, "cell_died", "call-1").body()
    assert json.loads(alarm)["data"] == {"kind": "cell_died", "call": "call-1"}


@pytest.mark.parametrize(
    "url",
    ["http://crm.bank.example/", "http://localhost:8000/", "http://192.168.1.2/", "ftp://crm.bank.example/", "https://",
     "https://name:word@crm.bank.example/", "https://crm.bank.example/#a", "https://crm.bank.example/a b", "//x", "",
     "https://crm.bank.example:99999/", "https://crm.bank.example/\r\nHost: other", "https://" + "a" * 600]
)  # fmt: skip
def test_an_address_that_is_not_over_tls_or_hides_something_is_refused(url: str) -> None:
    with pytest.raises(OperatorError):
        checked("crm", url, ["call.ended"], SECRET, inside=False)


def test_a_secret_that_is_short_or_no_base64_is_refused_and_not_repeated() -> None:
    for secret in ("", "c2hvcnQ=", "not base64 at all !!", base64.b64encode(bytes(65)).decode()):
        with pytest.raises(OperatorError) as refused:
            checked("crm", "https://crm.bank.example/", ["call.ended"], secret, inside=False)
        assert not secret or secret not in str(refused.value)
    assert checked("crm", "https://crm.bank.example/", ["call.ended"], f"whsec_{SECRET}", inside=False).secret == bytes(
        range(32)
    )


def test_a_name_that_is_made_to_stand_for_something_inside_is_not_spoken_to() -> None:
    url = "https://crm.bank.example/"
    for address in ("127.0.0.1", "::1", "169.254.169.254", "fe80::1", "0.0.0.0", "::ffff:127.0.0.1", "224.0.0.1"):
        assert not may_be_spoken_to(address, url, inside=False), address
        assert not may_be_spoken_to(address, url, inside=True), address
    for address in ("10.1.2.3", "192.168.1.2", "fd00::1", "::ffff:10.0.0.1"):
        assert not may_be_spoken_to(address, url, inside=False), address
        assert may_be_spoken_to(address, url, inside=True), address
    assert may_be_spoken_to("93.184.216.34", url, inside=False)
    assert may_be_spoken_to("127.0.0.1", "http://127.0.0.1:8000/", inside=False)
    assert not may_be_spoken_to("93.184.216.34", "http://127.0.0.1:8000/", inside=True)


def test_pauses_grow_and_end_with_the_first_that_is_taken() -> None:
    target, waits = Target("crm", "https://x.example", ("call.ended",), b""), []
    for _ in range(8):
        target = target.failed("HTTP status 500", now=100.0)
        waits.append(target.next_at - 100.0)
    assert waits[: len(PAUSES)] == list(PAUSES)
    assert set(waits[len(PAUSES) :]) == {PAUSES[-1]}
    assert target.took("HTTP status 200").next_at == 0.0
