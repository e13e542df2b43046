"""A receipt of a long call in a log of a billion entries: genuine, and small enough to be sent as text."""

from __future__ import annotations

import base64
import os

import pytest

from ivr.apps.verify_receipt import NotGenuine, check
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.merkle import leaf_hash, node_hash
from ivr.core.audit.note import Checkpoint, Signer
from ivr.core.audit.receipt import MAX_RECEIPT_BYTES, commitment, make_receipt
from ivr.core.call.record import CallRecord
from ivr.core.call.statement import statement
from ivr.core.identity.level import Level
from ivr.core.orders.evidence import CallOutcome, DisclosureHeard
from ivr.errors import OperatorError

SIGNER = Signer("bank.example/ivr", bytes(32))
HEIGHT = 30
"""Of a log with a billion entries."""
INDEX = 712_345_678
LANGUAGES = ("en", "zh")


def warned(number: int) -> DisclosureHeard:
    return DisclosureHeard(
        disclosure=f"market_risk_of_structured_products_{number}", language=LANGUAGES[number % 2],
        audio_sha256=os.urandom(32).hex(), first_sample=80_000 * number, last_sample=80_000 * number + 71_234,
        packets_sent=445, loss=0.0123, plays=1, acknowledged_by="speech", answer="accepted", confidence=0.873,
        at=12.34 * number,
    )  # fmt: skip


def receipt_of(disclosures: int) -> str:
    """With everything that varies at random, so that nothing compresses which would not in life."""
    record = CallRecord(
        call_id="093012-" + os.urandom(8).hex(), started_at=1.7e9 + 0.123,
        answered_at=1.7e9 + 0.323, ended_at=1.7e9 + 999.9,
        caller="+85212345678", called="2000", dialplan="wealth@2026-11-21", dialplan_sha256=os.urandom(32).hex(),
        certificate=os.urandom(32).hex(), language="zh", outcome=CallOutcome.COMPLETED,
        recording_id="20261121-" + os.urandom(8).hex(),
        identity=Level.STRONG, disclosures=tuple(map(warned, range(disclosures))),
    )  # fmt: skip
    said, salt = statement(record, samples=7_999_000, pauses=()), os.urandom(32)
    details: dict[str, object] = {"sha256": os.urandom(32).hex(), "statement": commitment(said, salt)}
    raw = AuditEntry(1.7e9 + 1100.1, "keeper", "recording.sealed", record.recording_id or "", details=details).encode()
    proof = [os.urandom(32) for _ in range(HEIGHT)]
    root = leaf_hash(raw)
    for level, sibling in enumerate(proof):
        root = node_hash(sibling, root) if INDEX >> level & 1 else node_hash(root, sibling)
    signed = SIGNER.sign(str(Checkpoint(SIGNER.name, 1 << HEIGHT, root)))
    return make_receipt(raw, INDEX, proof, signed, statement=said, salt=salt)


@pytest.mark.parametrize("disclosures", [0, 1, 4, 10])
def test_it_is_genuine_and_at_most_4_kb(disclosures: int) -> None:
    receipt = receipt_of(disclosures)
    assert len(receipt.encode()) <= MAX_RECEIPT_BYTES
    proved = check(receipt, str(SIGNER.verifier))["statement"]
    assert isinstance(proved, dict)
    assert len(proved["disclosures"]) == disclosures


def test_any_other_place_in_the_log_or_any_other_step_of_its_proof_is_refused() -> None:
    receipt = receipt_of(1)
    lines = receipt.split("\n")
    with pytest.raises(NotGenuine):
        check(receipt.replace(f"index {INDEX}", f"index {INDEX + 1}"), str(SIGNER.verifier))
    for step in range(3, 3 + HEIGHT):
        forged = [*lines[:step], base64.b64encode(os.urandom(32)).decode(), *lines[step + 1 :]]
        with pytest.raises(NotGenuine):
            check("\n".join(forged), str(SIGNER.verifier))


def test_more_disclosures_than_fit_are_refused_with_the_reason() -> None:
    with pytest.raises(OperatorError, match="too many disclosures"):
        receipt_of(60)
