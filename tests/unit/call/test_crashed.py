"""What the steps of a call whose cell died tell of it."""

from __future__ import annotations

import pytest

from ivr.core.audit.step import CallStep
from ivr.core.call.crashed import told_by
from ivr.core.call.record import CallRecord
from ivr.errors import SealError

BEGUN = CallRecord("call-1", 0.0, 1.0, None, caller="sip:ann@example.org", dialplan="line@1", states=("menu",))
HEARD = {
    "disclosure": "risk", "language": "en", "audio_sha256": "ab" * 32, "first_sample": 1, "last_sample": 9,
    "packets_sent": 4, "loss": None, "plays": 1, "acknowledged_by": "key", "answer": "1", "confidence": None, "at": 3.0,
}  # fmt: skip


def steps(*told: tuple[str, dict[str, object]]) -> list[CallStep]:
    return [CallStep(number, 0.0, action, details) for number, (action, details) in enumerate(told, 1)]


def test_the_record_keeps_what_was_told_until_the_crash() -> None:
    record = told_by(
        BEGUN,
        steps(
            ("state.entered", {"state": "menu"}), ("language.chosen", {"language": "zh"}),
            ("state.entered", {"state": "warned"}), ("disclosure.acknowledged", HEARD),
            ("identity.reached", {"level": "basic"}), ("agent.connected", {"agent": "anna"}),
            ("agent.connected", {"agent": "anna"}), ("transfer.connected", {"destination": "office"}),
            ("consent.noted", {"consent": "granted", "at": 1.0}), ("state.entered", {"state": "deal"}),
            ("message.left", {"mailbox": "desk", "first_sample": 1, "last_sample": 2}),
        ),
    )  # fmt: skip
    assert record.states == ("menu", "warned", "deal")
    assert (record.language, record.identity, record.consent) == ("zh", "basic", "granted")
    assert (record.agents, record.transfers) == (("anna",), ("office",))
    assert [one.acknowledged_by for one in record.disclosures] == ["key"]
    assert record.voicemails[0].mailbox == "desk"
    assert not record.hangup_by_caller
    assert record.hangup_code == 0


def test_without_steps_the_record_stays() -> None:
    assert told_by(BEGUN, []) == BEGUN


@pytest.mark.parametrize("details", [{}, {"disclosure": "risk"}, {**HEARD, "more": 1}])
def test_a_step_that_is_not_ours_is_an_error(details: dict[str, object]) -> None:
    with pytest.raises(SealError):
        told_by(BEGUN, steps(("disclosure.acknowledged", details)))
