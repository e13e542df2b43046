"""Who calls: a trunk's word counts, a stranger's does not, and a number that is withheld is not taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.sip.calling_party import ANONYMOUS, MOST_DIVERSIONS, CallingParty, NetworkWord, calling_party

SAID = '"A. Wong" <sip:+85223456789@carrier.example>'
VOUCHED = NetworkWord(asserted=True)
NOBODY = '"Anonymous" <sip:anonymous@anonymous.invalid>'


def _party(*headers: str, said: str = SAID, from_trunk: bool = True) -> CallingParty:
    lines = ["INVITE sip:2000@bank.example SIP/2.0", f"From: {said};tag=1", *headers, "Content-Length: 0"]
    return calling_party("\r\n".join(lines) + "\r\n\r\n", said, from_trunk=from_trunk)


def test_without_a_word_of_the_network_the_caller_is_who_they_say() -> None:
    assert _party() == CallingParty(SAID)


@pytest.mark.parametrize(
    ("header", "address"),
    [
        (
            "P-Asserted-Identity: <sip:+85299990000@carrier.example;user=phone>",
            "sip:+85299990000@carrier.example;user=phone",
        ),
        ('P-Asserted-Identity: "Li, Wei" <tel:+85299990000>', "tel:+85299990000"),
        ("P-Asserted-Identity: tel:+85299990000", "tel:+85299990000"),
        ("p-asserted-identity : <sips:+85299990000@c.example>", "sips:+85299990000@c.example"),
        ("P-Asserted-Identity: <sip:+852@c.example>, <tel:+85299990000>", "sip:+852@c.example"),
        ("P-Asserted-Identity:\r\n <tel:+85299990000>", "tel:+85299990000"),
        ("P-Asserted-Identity: <mailto:li@c.example>, <tel:+85299990000>", "tel:+85299990000"),
    ],
)
def test_a_trunks_word_stands_before_the_callers_own(header: str, address: str) -> None:
    assert _party(header) == CallingParty(address, VOUCHED)


def test_a_strangers_assertion_is_only_one_more_thing_that_a_stranger_wrote() -> None:
    asserted = "P-Asserted-Identity: <tel:+85299990000>"
    diverted = "Diversion: <tel:+85211110000>;reason=unconditional"
    assert _party(asserted, diverted, from_trunk=False) == CallingParty(SAID)


@pytest.mark.parametrize("privacy", ["id", "user", "ID", "header;id;critical", "user; id"])
@pytest.mark.parametrize("from_trunk", [True, False])
def test_who_asks_for_privacy_has_no_number_whatever_stands_there(privacy: str, from_trunk: bool) -> None:
    party = _party("P-Asserted-Identity: <tel:+85299990000>", f"Privacy: {privacy}", from_trunk=from_trunk)
    assert party == CallingParty(ANONYMOUS, NetworkWord(withheld=True))
    assert "8529" not in repr(party)


@pytest.mark.parametrize("privacy", ["none", "header", "session", ""])
def test_privacy_of_other_things_does_not_withhold_who_calls(privacy: str) -> None:
    assert _party("P-Asserted-Identity: <tel:+85299990000>", f"Privacy: {privacy}").network.asserted


@pytest.mark.parametrize(
    "said", [NOBODY, "sip:anonymous@carrier.example", "<sip:anonymous.invalid>", "sip:x@anonymous.invalid;a=1"]
)
def test_a_caller_without_a_name_is_withheld_unless_the_network_tells_who_they_are(said: str) -> None:
    assert _party(said=said).network.withheld
    assert _party("P-Asserted-Identity: <sip:anonymous@anonymous.invalid>", said=said).network.withheld
    assert _party("P-Asserted-Identity: <tel:+85299990000>", said=said).network == VOUCHED


def test_the_number_dialled_first_stands_first_by_either_header() -> None:
    by_diversion = _party(
        "Diversion: <sip:+85222220000@c.example>;reason=no-answer;counter=1",
        "Diversion: <tel:+852-1111-0000>;reason=user-busy",
    )
    by_history = _party(
        "History-Info: <sip:+85211110000@c.example>;index=1, "
        "<sip:+85222220000@c.example?Reason=SIP%3Bcause%3D486>;index=1.1, <sip:2000@bank.example>;index=1.1.1"
    )
    assert by_diversion.network.diverted == by_history.network.diverted == ("+85211110000", "+85222220000")


@pytest.mark.parametrize(
    ("headers", "attested"),
    [
        (["P-Asserted-Identity: <tel:+85299990000;verstat=TN-Validation-Passed>", "Attestation-Info: A"], "A"),
        (["P-Asserted-Identity: <tel:+85299990000>", "P-Attestation-Indicator: c"], "C"),
        (["P-Asserted-Identity: <sip:+85299990000;verstat=TN-Validation-Passed-B@c.example>"], "B"),
        (["P-Asserted-Identity: <tel:+85299990000;verstat=TN-Validation-Failed>", "Attestation-Info: A"], "failed"),
        (["P-Asserted-Identity: <tel:+85299990000;verstat=No-TN-Validation>"], ""),
        (["P-Asserted-Identity: <tel:+85299990000>", "Attestation-Info: D"], ""),
    ],
)
def test_how_surely_the_caller_may_use_the_number_is_for_a_trunk_to_say(headers: list[str], attested: str) -> None:
    assert _party(*headers).network.attested == attested
    assert _party(*headers, from_trunk=False).network.attested == ""


def test_who_hid_themselves_on_the_way_stays_hidden() -> None:
    hidden = "History-Info: <sip:+85211110000@c.example?Privacy=history>;index=1, <sip:2000@bank.example>;index=1.1"
    assert _party(hidden).network.diverted == ()


def test_a_loop_of_diversions_is_cut() -> None:
    loop = [f"Diversion: <tel:+8521111{at:04}>" for at in range(40)]
    assert len(_party(*loop).network.diverted) == MOST_DIVERSIONS


@given(st.text(max_size=200), st.booleans())
def test_anything_may_stand_there(noise: str, from_trunk: bool) -> None:
    headers = [
        f"{name}: {noise}"
        for name in ("P-Asserted-Identity", "Privacy", "Diversion", "History-Info", "Attestation-Info")
    ]
    party = _party(*headers, said=noise, from_trunk=from_trunk)
    assert party.address.isprintable()
    assert all(number.isprintable() for number in party.network.diverted)
