"""Nobody's wish for long packets reaches pjmedia, which would follow it until it can send none at all.

A wish above 60 ms is overwritten in the message's text, whoever sends it and in which message: an offer, a re-INVITE,
the answer of an agent's phone. A module of pjsip's does it, before the SDP is read.
"""

from __future__ import annotations

from typing import Final

from ivr.adapters.pjsip.sip_module import GO_ON, RECEIVED, Module, message, overwrite, register, text
from ivr.core.sip.offer import long_packet_times

_PRIORITY: Final = 3
"""Before whatever reads a body."""


class PacketTimes:
    """The module. Made once, after pjsip was started."""

    def __init__(self) -> None:
        seen = RECEIVED(self._seen)
        self._module = Module(
            name=text(b"mod-ivr-ptime"), id=-1, priority=_PRIORITY, on_rx_request=seen, on_rx_response=seen
        )
        self._kept = seen
        register(self._module)

    def _seen(self, received: int) -> int:
        for place, words in long_packet_times(message(received)):
            overwrite(received, place, words)
        return GO_ON
