"""One number is one row of figures, however a carrier writes it; what is no number of the plan stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.sip.called import same_line
from ivr.core.sip.calling_party import calling_party
from ivr.core.sip.e164 import e164, e164_address


@pytest.mark.parametrize(
    ("country", "one", "forms"),
    [
        ("HK", "+85223456789", ["23456789", "85223456789", "+852 2345 6789", "00185223456789", "2345-6789"]),
        ("GB", "+442079460000", ["020 7946 0000", "442079460000", "00442079460000", "(020) 7946-0000"]),
        ("CN", "+8613800138000", ["13800138000", "8613800138000"]),
        ("CN", "+862164712345", ["021-64712345", "02164712345"]),
        ("US", "+16502530000", ["6502530000", "16502530000"]),
    ],
)
def test_every_form_of_a_number_of_the_country_is_one_form(country: str, one: str, forms: list[str]) -> None:
    assert {e164(form, country) for form in [one, *forms]} == {one}


@pytest.mark.parametrize("number", ["207", "999", "2000", "10000001", "+1", "anonymous", "0800FLOWERS", "", "+" * 40])
def test_extensions_and_what_nobody_can_have_stay_as_they_are(number: str) -> None:
    assert e164(number, "HK") == number


@pytest.mark.parametrize("number", ["23456789", "85223456789", "020 7946 0000"])
def test_without_a_country_only_what_names_its_own_is_read(number: str) -> None:
    assert e164(number, "") == number
    assert e164("+852 2345 6789", "") == "+85223456789"


@pytest.mark.parametrize(
    ("address", "read"),
    [
        (
            '"A. <1@b>" <sip:23456789@c;user=phone>;x=1',
            '"A. <1@b>" <sip:+85223456789@c;user=phone>;x=1',
        ),
        ("tel:2345-6789", "tel:+85223456789"),
        ("tel:2345-6789;phone-context=+852", "tel:+85223456789;phone-context=+852"),
        ("sip:ann@bank.example", "sip:ann@bank.example"),
        ("sip:23456789.example", "sip:23456789.example"),
        ("nothing of SIP's", "nothing of SIP's"),
    ],
)
def test_an_address_keeps_all_but_its_number(address: str, read: str) -> None:
    assert e164_address(address, "HK") == read


@given(st.text(max_size=60), st.sampled_from(["", "HK", "GB"]))
def test_nothing_that_a_stranger_writes_breaks_it_and_what_was_read_is_read_alike(text: str, country: str) -> None:
    once = e164(text, country)
    assert e164(once, country) == once
    assert e164_address(e164_address(text, country), country) == e164_address(text, country)


def test_a_line_is_found_by_every_form_of_its_number() -> None:
    assert same_line("21230000", "+85221230000", "HK")
    assert same_line("tel:+852-2123-0000", "21230000", "HK")
    assert not same_line("21230000", "+85221230000")
    assert not same_line("2000", "+8522000", "HK")


def test_callers_and_diversions_are_told_in_one_form() -> None:
    invite = (
        "INVITE sip:2000@bank.example SIP/2.0\r\nP-Asserted-Identity: <tel:23456789>\r\n"
        "Diversion: <sip:21110000@c.example>;reason=no-answer, <tel:+852-2111-0000>;reason=user-busy\r\n\r\n"
    )
    party = calling_party(invite, "sip:1@c.example", from_trunk=True, country="HK")
    assert party.address == "tel:+85223456789"
    assert party.network.diverted == ("+85221110000",)
