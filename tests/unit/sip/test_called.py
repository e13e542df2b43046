"""One number in all the forms in which it is written is one line, and two numbers are two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.sip.called import called_number, plain_form, same_line


@pytest.mark.parametrize(
    ("uri", "number"),
    [
        ("sip:2000@bank.example", "2000"),
        ("SIP:2000@bank.example", "2000"),
        ("sips:2000@bank.example:5061;transport=tcp", "2000"),
        ("sip:%32000@bank.example", "2000"),
        ("sip:2000:secret@bank.example", "2000"),
        ("sip:2000;phone-context=+852@bank.example;user=phone", "2000"),
        ("sip:2000;phone-context=bank.example@bank.example;user=phone", "2000"),
        ("sip:+85221230000@bank.example;user=phone", "+85221230000"),
        ("sip:+85221230000;npdi@bank.example;user=phone", "+85221230000"),
        ("sip:+85221230000;rn=+85290000001;npdi@bank.example", "+85221230000"),
        ("sip:%2B85221230000@bank.example", "+85221230000"),
        ("sip:+852-2123-0000@bank.example;user=phone", "+85221230000"),
        ("tel:+85221230000", "+85221230000"),
        ("TEL:+852-2123-0000;npdi", "+85221230000"),
        ("tel:+852(21)23.0000", "+85221230000"),
        ("sip:card@bank.example", "card"),
        ("sip:Card@bank.example", "Card"),
        ("sip:first.last@bank.example", "first.last"),
        ("sip:bad@bank.example", "bad"),
        ("sip:*21#@bank.example", "*21#"),
        ("sip:bank.example", ""),
        ("mailto:2000@bank.example", ""),
        ("sip:caf%E9@bank.example", "café"),
        ("sip:caf%C3%A9@bank.example", "café"),
    ],
)
def test_what_a_request_uri_dials(uri: str, number: str) -> None:
    assert called_number(uri) == number


@given(st.from_regex(r"\+?[0-9]{1,15}", fullmatch=True), st.data())
def test_escapes_separators_and_parameters_change_nothing(number: str, data: st.DataObject) -> None:
    written = ""
    for sign in number:
        written += data.draw(st.sampled_from((sign, f"%{ord(sign):02X}", f"%{ord(sign):02x}")))
        written += data.draw(st.sampled_from(("", "-", ".", "(", ")")))
    tail = data.draw(st.sampled_from(("", ";npdi", ";rn=+1;npdi", ";phone-context=+1", ":secret")))
    assert called_number(f"sip:{written}{tail}@bank.example;user=phone") == number
    assert same_line(number, written)


@given(st.from_regex(r"\+?[0-9]{1,15}", fullmatch=True), st.from_regex(r"\+?[0-9]{1,15}", fullmatch=True))
def test_other_figures_are_another_line(one: str, other: str) -> None:
    assert same_line(one, other) is (one == other)


@given(st.text())
def test_any_text_has_a_plain_form_and_it_is_its_own(text: str) -> None:
    once = plain_form(text.replace("%", "").replace(":", ""))
    assert plain_form(once.replace("%", "").replace(":", "")) == once or ";" in once or once != once.strip()
    called_number("sip:" + text)
    once.encode()
