"""A record comes back from JSON as it was, or not at all."""

from __future__ import annotations

import dataclasses
import json

import pytest

from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_from_json, record_to_json
from ivr.core.identity.risk import Gave, Risk, Signal
from ivr.core.orders.evidence import Alerted, DisclosureHeard, FigureWithheld, Rated, ReadByAgent, RiskScored
from ivr.core.sip.calling_party import NOTHING_SAID, NetworkWord
from ivr.errors import SealError

EVIDENCE = DisclosureHeard("risk", "en", "ab" * 32, 0, 8000, 50, None, 1, "key", "1", None, 2.0)
RECORD = CallRecord(
    "c-1",
    1.5,
    2.5,
    None,
    "+4420",
    agents=("alice",),
    states=("menu",),
    begun=("risk", "fees"),
    disclosures=(EVIDENCE,),
    looked_up=(("reference", "4711"),),
    hangup_by_caller=True,
    callback_id="1f3a9c02",
    ratings=(Rated("csat", 1, 5, 4),),
    alerts=(Alerted("eu/promise", "critical", "a forbidden phrase", "It may fall.", "agent", 800, 9600, 0.9),),
    network=NetworkWord(asserted=True, diverted=("+85221110000",), attested="A"),
    risk=(RiskScored(25, Risk.UNKNOWN, (Gave(Signal.UNVOUCHED, 25, 0.0), Gave(Signal.MANY_CALLS, None, 0.3))),),
    voices=("fake/en",),
    withheld=(FigureWithheld("rules/balance", "another figure", "read", 3.5, "A colleague will tell you."),),
)


def over_the_wire(record: CallRecord) -> dict[str, object]:
    data = json.loads(json.dumps(record_to_json(record)))
    assert isinstance(data, dict)
    return data


@pytest.mark.parametrize("record", [RECORD, CallRecord("c-2", 0.0, None, None, "")])
def test_it_comes_back(record: CallRecord) -> None:
    assert record_from_json(over_the_wire(record)) == record


def test_a_whole_number_may_stand_for_a_time() -> None:
    assert record_from_json({**over_the_wire(RECORD), "started_at": 1}).started_at == 1.0


MAY_BE_MISSING = ("looked_up", "callback_id", "begun", "network", "ratings", "alerts", "risk", "voices", "withheld")


@pytest.mark.parametrize(
    "name", [field.name for field in dataclasses.fields(CallRecord) if field.name not in MAY_BE_MISSING]
)
def test_a_missing_field_is_an_error(name: str) -> None:
    data = over_the_wire(RECORD)
    del data[name]
    with pytest.raises(SealError):
        record_from_json(data)


def test_what_was_written_before_agents_read_warnings_is_read_and_written_as_it_was() -> None:
    data = over_the_wire(RECORD)
    assert "read" not in str(data["disclosures"])
    read = dataclasses.replace(EVIDENCE, read=ReadByAgent("ab" * 32, 6, 1.0, 0.9))
    record = dataclasses.replace(RECORD, disclosures=(read,))
    assert record_from_json(over_the_wire(record)) == record
    damaged = over_the_wire(record)
    del damaged["disclosures"][0]["read"]["share"]  # type: ignore[index]
    with pytest.raises(SealError):
        record_from_json(damaged)


def test_a_record_of_before_knows_nothing_of_what_was_added_since() -> None:
    data = over_the_wire(RECORD)
    for name in MAY_BE_MISSING:
        del data[name]
    assert record_from_json(data) == dataclasses.replace(
        RECORD,
        looked_up=(),
        callback_id="",
        begun=(),
        network=NOTHING_SAID,
        ratings=(),
        alerts=(),
        risk=(),
        voices=(),
        withheld=(),
    )


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "fine"},
        {"started_at": "1.5"},
        {"started_at": True},
        {"call_id": None},
        {"agents": "alice"},
        {"agents": [1]},
        {"looked_up": [["reference"]]},
        {"looked_up": [["reference", 4711]]},
        {"disclosures": [{}]},
        {"disclosures": [None]},
        {"disclosures": {}},
        {"hangup_code": 1.5},
        {"hangup_by_caller": 1},
    ],
)
def test_an_unknown_field_or_another_type_is_an_error(change: dict[str, object]) -> None:
    with pytest.raises(SealError):
        record_from_json({**over_the_wire(RECORD), **change})


def test_the_networks_word_of_before_knows_no_attestation() -> None:
    data = over_the_wire(RECORD)
    network = data["network"]
    assert isinstance(network, dict)
    del network["attested"]
    assert record_from_json(data).network.attested == ""
