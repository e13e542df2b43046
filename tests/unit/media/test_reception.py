"""What a far end reports counts only as far as it can be true."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from ivr.core.media.reception import LATE_PACKETS, Reception
from ivr.testing.rtp import Report, ReportBlock, description

OURS = 0xCAFE


def said(lost: int, newest: int, ssrc: int = OURS) -> bytes:
    """A compound packet with one block."""
    return bytes(Report(1, (ReportBlock(ssrc, 0.0, lost, newest, 0, 0, 0),))) + description(1, "x")


def heard(*packets: tuple[bytes, int]) -> Reception:
    """Reports, each with the packets sent by then; the first of them had the number 1."""
    reception = Reception()
    for packet, sent in packets:
        reception.take(packet, ssrc=OURS, sequence=sent & 0xFFFF, sent=sent)
    return reception


def test_losses_add_up() -> None:
    reception = heard((said(2, 100), 100), (said(5, 200), 201))
    assert (reception.reports, reception.lost) == (2, 5)


def test_packets_that_came_twice_are_no_loss_and_make_up_for_none() -> None:
    assert heard((said(-3, 100), 100)).lost == 0
    assert heard((said(-3, 100), 100), (said(7, 200), 200)).lost == 10


def test_reports_on_other_streams_and_on_packets_that_were_never_sent_do_not_count() -> None:
    for packet in (said(0, 50, ssrc=1), said(0, 0), said(0, 101), said(0, 60000), bytes(Report(1))):
        assert heard((packet, 100)).reports == 0


def test_who_received_nothing_for_seconds_lost_it_whatever_they_say() -> None:
    newest = 50
    late = newest + LATE_PACKETS + 1
    assert heard((said(0, newest), late - 1)).lost == 0
    assert heard((said(0, newest), late)).lost == late - newest
    assert heard((said(0, newest), late), (said(0, newest), late + 50)).lost == late + 50 - newest


def test_sequence_numbers_go_round() -> None:
    assert heard((said(1, 0xFFFF), 0x10002)).lost == 1
    assert heard((said(1, 0x2FFFF), 0x10002)).reports == 1


@given(st.binary(max_size=120), st.integers(0, 1 << 32))
def test_nothing_that_a_far_end_sends_raises_or_takes_a_loss_back(noise: bytes, sent: int) -> None:
    reception = heard((said(4, 100), 100), (noise, sent), (struct.pack("!BBH", 0x81, 201, 7) + noise, sent))
    assert reception.lost >= 4
