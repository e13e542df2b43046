"""A dialog as its ACK tells it, and the BYE that ends it in a dead cell's name."""

from __future__ import annotations

import pytest

from ivr.core.sip.dialog import Dialog, confirmed, farewell, record_route

ACK = (
    "ACK sip:bank@127.0.0.1:5070 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1\r\n"
    'f: "Ann" <sip:ann@192.0.2.7>;tag=theirs\r\nTo: <sip:bank@192.0.2.1>;tag=ours\r\ni: call-1\r\nCSeq: 1 ACK\r\n\r\n'
)
INVITE = (
    "INVITE sip:bank@127.0.0.1 SIP/2.0\r\n"
    "Record-Route: <sip:127.0.0.1:5060;lr;r2=on>,\r\n <sip:192.0.2.1:5060;lr;r2=on>\r\n"
    "Record-Route: <sip:192.0.2.9;lr>\r\n\r\nRecord-Route: <sip:body.example>\r\n"
)
EDGE = "<sip:127.0.0.1:5060;lr>"


def test_who_is_who_stands_in_the_ack() -> None:
    received = confirmed(ACK, incoming=True, contact="<sip:ann@192.0.2.7:5090>", routes=(EDGE,))
    assert received == Dialog(
        "call-1",
        "<sip:bank@192.0.2.1>;tag=ours",
        "<sip:ann@192.0.2.7>;tag=theirs",
        "sip:ann@192.0.2.7:5090",
        (EDGE,),
    )
    sent = confirmed(
        ACK.replace("\r\ni:", "\r\nRoute: " + EDGE + "\r\ni:"), incoming=False, contact="<sip:b@192.0.2.8>"
    )
    assert sent is not None
    assert received is not None
    assert (received.inviter_tag, sent.inviter_tag) == ("theirs", "theirs")
    assert (Dialog.of(received.words()), Dialog.of(sent.words())) == (received, sent)
    assert (sent.local, sent.routes) == ("<sip:ann@192.0.2.7>;tag=theirs", (EDGE,))


def test_a_display_name_is_left_out_whatever_octets_it_is_made_of() -> None:
    latin = ACK.replace('"Ann"', '"Ren\udce9 <x>"')
    found = confirmed(latin, incoming=True, contact="<sip:ann@192.0.2.7>")
    assert found is not None
    assert found.remote == "<sip:ann@192.0.2.7>;tag=theirs"
    assert confirmed(ACK.replace("sip:ann@", "sip:\udce9@"), incoming=True, contact="<sip:ann@192.0.2.7>") is None


def test_an_end_without_brackets_gets_them_so_that_its_tag_is_not_the_uris() -> None:
    bare = ACK.replace('"Ann" <sip:ann@192.0.2.7>;tag=theirs', "sip:ann@192.0.2.7;tag=theirs")
    assert bare != ACK
    found = confirmed(bare, incoming=True, contact="<sip:ann@192.0.2.7>")
    assert found is not None
    assert found.remote == "<sip:ann@192.0.2.7>;tag=theirs"


@pytest.mark.parametrize("text", ["", "ACK", "ACK sip:x SIP/2.0\r\nFrom: a\r\n\r\n", "\r\n\r\n"])
def test_what_is_not_readable_is_no_dialog(text: str) -> None:
    assert confirmed(text, incoming=True, contact="<sip:ann@192.0.2.7>") is None


def test_the_route_set_is_the_invites_in_its_order() -> None:
    assert record_route(INVITE) == (
        "<sip:127.0.0.1:5060;lr;r2=on>", "<sip:192.0.2.1:5060;lr;r2=on>", "<sip:192.0.2.9;lr>",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("target", "routes", "hop", "uri"),
    [
        ("sip:ann@192.0.2.7:5090", (EDGE,), "sip:192.0.2.7:5090;transport=udp", "sip:ann@192.0.2.7:5090"),
        ("sip:a@192.0.2.7;transport=TCP", (EDGE,), "sip:192.0.2.7:5060;transport=tcp", "sip:a@192.0.2.7;transport=TCP"),
        ("sip:ann@10.0.0.2;alias=192.0.2.7~1024~2", (EDGE,), "sip:192.0.2.7:1024;transport=tcp", "sip:ann@10.0.0.2"),
        ("sip:a@phone.example;alias=192.0.2.7~1024~1", (), "sip:192.0.2.7:1024;transport=udp", "sip:a@phone.example"),
        ("sip:ann@10.0.0.2", record_route(INVITE), "sip:192.0.2.9:5060;transport=udp", "sip:ann@10.0.0.2"),
    ],
)  # fmt: skip
def test_a_bye_goes_where_the_far_ends_messages_came_from(
    target: str, routes: tuple[str, ...], hop: str, uri: str
) -> None:
    bye = farewell(Dialog("call-1", "<sip:us>;tag=a", "<sip:them>;tag=b", target, routes))
    assert bye is not None
    assert (bye.next_hop, bye.uri) == (hop, uri)
    assert bye.headers.startswith("From: <sip:us>;tag=a\r\nTo: <sip:them>;tag=b\r\nCall-ID: call-1\r\nCSeq: ")
    assert ("Route: <sip:192.0.2.9;lr>\r\n" in bye.headers) is (len(routes) == 3)
    assert "127.0.0.1" not in bye.headers


@pytest.mark.parametrize("target", ["sip:ann@phone.example", "sip:ann@999.1.1.1", "tel:+85212345678", "", "sip:[::1]"])
def test_no_name_is_resolved_for_it(target: str) -> None:
    assert farewell(Dialog("call-1", "a", "b", target, (EDGE,))) is None


def test_where_a_far_end_was_seen_is_the_edges_note_and_nothing_that_it_said_itself() -> None:
    noted = Dialog("c", "<sip:us>;tag=1", "<sip:you>;tag=2", "sip:ann@10.0.0.2;alias=192.0.2.7~1024~1")
    assert noted.seen_at == "sip:192.0.2.7:1024;transport=udp"
    assert Dialog("c", "<sip:us>;tag=1", "<sip:you>;tag=2", "sip:ann@10.0.0.2:5062").seen_at is None
