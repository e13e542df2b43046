"""What a far end's SDP says that must not reach pjmedia is overwritten in the message's text, before it is read.

A wish for packets of more than 60 ms, which would be followed until none can be sent at all; a stream that is not ours
beside the audio, which is refused alone; an answer with a name for an address, which would be looked up. Whoever sends
it and in which message: an offer, a re-INVITE, the answer of an agent's phone.
"""

from __future__ import annotations

from typing import Final

from ivr.adapters.pjsip.sip_module import GO_ON, RECEIVED, Module, message, overwrite, register, text
from ivr.core.sip.offer import is_served, long_packet_times, no_answer, refused_streams

_PRIORITY: Final = 5
"""After the guard (4), which refuses offers as they came; before whatever reads a body (8 and more)."""
_OFFERS: Final = (b"INVITE ", b"UPDATE ")
"""What may be refused; whatever else has SDP holds an answer."""


class Rewriting:
    """The module. Made once, after pjsip was started."""

    def __init__(self) -> None:
        self._seen = RECEIVED(self._message)
        self._module = Module(
            name=text(b"mod-ivr-sdp"), id=-1, priority=_PRIORITY, on_rx_request=self._seen, on_rx_response=self._seen
        )
        register(self._module)

    def _message(self, received: int) -> int:
        said = message(received)
        if b"\nm=" not in said and b"\rm=" not in said:
            return GO_ON
        for place, words in long_packet_times(said):
            overwrite(received, place, words)
        changes = refused_streams(said)
        if not said.startswith(_OFFERS) and not is_served(said):
            changes = no_answer(said)
        for place, words in changes:
            overwrite(received, place, words)
        return GO_ON
