"""What would have to be looked up, wherever it stands."""

from __future__ import annotations

import pytest

from ivr.core.sip.address import answers_elsewhere, has_contact, names_a_host


@pytest.mark.parametrize(
    ("field", "named"),
    [
        ("Contact: <sip:a@192.0.2.7:5060;transport=tcp>;expires=60", False),
        ('Contact: "A, B <c>" <sip:a@192.0.2.7>', False),
        ("m:sip:192.0.2.7", False),
        ("Contact: *", False),
        ("Record-Route: <sip:192.0.2.7;lr>, <sip:192.0.2.8;lr>", False),
        ("Contact: <sip:a@phone>", True),
        ("Contact:\r\n <sip:a@phone.invalid>", True),
        ("m: sip:a@phone.invalid", True),
        ("Contact: <sip:a@192.0.2.7>, <sip:a@phone.invalid>", True),
        ("Contact: <sip:a@192.0.2.7;maddr=phone.invalid>", True),
        ("Contact: <sip:a@192.0.2.7;MADDR = phone>", True),
        ("Contact: <sip:a@192.0.2.999>", True),
        ("Contact: <sip:a@[2001:db8::7]>", True),
        ("Contact: <tel:+85221230000>", True),
        ('Contact: "<sip:a@192.0.2.7>" <sip:a@phone.invalid>', True),
        ("Record-Route: <sip:192.0.2.7;lr>,<sip:proxy.invalid;lr>", True),
        ("X-A: b\rContact: <sip:a@phone.invalid>", True),
        ("X-Contact: <sip:a@phone.invalid>", False),
        ("Route: <sip:proxy.invalid>", False),
    ],
)
def test_an_address_is_in_figures_or_a_name(field: str, *, named: bool) -> None:
    message = f"INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP x\r\n{field}\r\nCSeq: 1 INVITE\r\n\r\nContact: <sip:a@b>"
    assert names_a_host(message.encode()) is named


def test_who_wants_answers_elsewhere_is_known_by_any_via() -> None:
    for via in (
        "Via: SIP/2.0/UDP a;maddr=b",
        "v:SIP/2.0/UDP a ;\r\n MADDR=b",
        "Via: SIP/2.0/UDP a, SIP/2.0/UDP b;maddr=c",
    ):
        assert answers_elsewhere(f"OPTIONS sip:a@b SIP/2.0\r\n{via}\r\n\r\n".encode())
    assert not answers_elsewhere(b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a;rport\r\nX: ;maddr=b\r\n\r\n;maddr=b")


def test_a_contact_is_there_in_either_form() -> None:
    assert has_contact(b"INVITE x SIP/2.0\r\nm: <sip:a@b>\r\n\r\n")
    assert not has_contact(b"INVITE x SIP/2.0\r\nX: y\r\n\r\nContact: z")
