"""One SIP dialog as pjsua2 shows it: its callbacks become facts, in the order in which they came.

Callbacks only note what happened. Nothing is answered, rejected or hung up inside one: an INVITE without SDP that is
rejected inside `onIncomingCall` aborts the process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import pjsua2 as pj

from ivr.adapters.pjsip.counters import Counters
from ivr.adapters.pjsip.key_watch import InfoWatch, KeyWatch
from ivr.adapters.pjsip.rtp_source import MediaSource, SipSource, SourceRule, parse_address
from ivr.adapters.pjsip.rtp_tap import RtpTap
from ivr.adapters.pjsip.stream import HELD_SAMPLES, Stream
from ivr.core.call.life import proves_life
from ivr.core.media.frame import FRAME_SAMPLES
from ivr.core.media.key_info import KeyInfo, SipRequest
from ivr.core.media.reception import Reception
from ivr.core.sip.dialog import confirmed
from ivr.core.sip.offer import has_common_audio
from ivr.ports.telephony import LegDown, LegFact, LegMedia, LegRang, LegStats, LegUp

_DECLINE = 603
_NOT_ACCEPTABLE = 488


class Owner(Protocol):
    """What a leg needs of the telephony it belongs to."""

    source_rule: SourceRule
    codecs: tuple[str, ...]
    tap: RtpTap

    def source_of(self, message: str, peer: str) -> SipSource | None:
        """Where a SIP message came from."""
        ...

    def note(self, fact: LegFact) -> None:
        """Keep a fact for the next poll."""
        ...

    def forget(self, leg: Leg) -> None:
        """The dialog is over."""
        ...

    def give_up(self, leg: Leg) -> None:
        """The leg cannot be followed any more: end its dialog as soon as no callback is running."""
        ...

    def streams_changed(self, change: int) -> None:
        """A stream came (+1) or went (-1)."""
        ...


class Leg(pj.Call):  # type: ignore[misc]
    """A call object of pjsua2 with a number of our own."""

    def __init__(self, number: int, owner: Owner, account: pj.Account, call_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(account, call_id)
        self.number = number
        self.owner = owner
        self.incoming = call_id != pj.PJSUA_INVALID_ID
        self.stream: Stream | None = None
        self.up = False
        self.down = False
        self.closing = False
        self.routes: tuple[str, ...] = ()
        """Route set of the INVITE that made it."""
        self._media: tuple[bool, bool, bool] | None = None
        self._keys = KeyWatch(number, owner.note)
        self._infos = InfoWatch(number, owner.note)
        self._refused = False
        """The offer that is coming is not to be served."""
        self._rest = b""
        """Of the last stream: what had come and was not read."""
        self._tapped = 0
        self._reception = Reception()
        self.source = MediaSource(owner.source_rule)
        self._counters = Counters()
        self._transcoded = False
        self._answers = 0
        """To questions whether it is there."""
        self._index = 0
        """Of the audio among the media of the SDP (RFC 3264 5.1)."""

    # --- pjsua2's callbacks; the names are its own --------------------------------------------------------------------

    def onCallState(self, prm: Any) -> None:
        """The dialog moved on (RFC 3261 12, 13, 15)."""
        self._safely(lambda: self._source_told(prm.e))
        self._safely(lambda: self._state_changed(prm))

    def onCallRxReinvite(self, prm: Any) -> None:
        """A re-INVITE: the far end may have moved."""
        self._safely(lambda: self.comes_from(prm.rdata))
        self._judge(prm)

    def onCallRxOffer(self, prm: Any) -> None:
        """An offer in an UPDATE (RFC 3311)."""
        self._judge(prm)

    def _judge(self, prm: Any) -> None:
        """Refuse an offer without audio or a codec of ours: the session goes on as it was (RFC 3261 14.2)."""
        offer = prm.offer  # kept by a name while its text is read
        if offer.wholeSdp and (self._refused or not has_common_audio(str(offer.wholeSdp), self.owner.codecs)):
            prm.statusCode = _NOT_ACCEPTABLE

    def onStreamCreated(self, prm: Any) -> None:
        """Media was negotiated: hold of the stream."""
        self._safely(lambda: self._stream_created(int(prm.stream), int(prm.streamIdx)))

    def onStreamDestroyed(self, prm: Any) -> None:
        """Media ended or is being replaced (hold, re-INVITE)."""
        self._safely(self._stream_destroyed)

    def onCallMediaState(self, prm: Any) -> None:
        """Direction of the media changed."""
        self._safely(self._media_changed)

    def onCallTsxState(self, prm: Any) -> None:
        """A transaction within the dialog moved on: ours may have been answered."""
        self._safely(lambda: self._transaction_changed(prm.e))

    # --- keys, from before the library --------------------------------------------------------------------------------

    def requested(self, request: SipRequest, *, served: bool) -> KeyInfo | None:
        """A request within this dialog; returns our answer to an INFO, None for what pjsip is to serve.

        `served`: whether its offer, if it has one, is of what we serve.
        """
        self._refused = not served
        return self._infos.requested(request)

    def onCallTransferRequest(self, prm: Any) -> None:
        """REFER (RFC 3515): nobody makes us dial. The library's own answer would be 202, and an INVITE to there."""
        prm.statusCode = _DECLINE

    def onCallReplaceRequest(self, prm: Any) -> None:
        """INVITE with Replaces (RFC 3891): nobody takes over another's call."""
        prm.statusCode = _DECLINE

    # --- what we make of them -----------------------------------------------------------------------------------------

    def _safely(self, step: Callable[[], None]) -> None:
        # An exception inside a callback is printed and swallowed by SWIG; a leg that cannot be followed must end.
        try:
            step()
        except Exception:
            self.closing = True
            self.owner.give_up(self)

    def _state_changed(self, prm: Any) -> None:
        info = self.getInfo()
        state = info.state
        if state == pj.PJSIP_INV_STATE_EARLY and not self.incoming:
            self.owner.note(LegRang(self.number))
        elif state == pj.PJSIP_INV_STATE_CONFIRMED and not self.up:
            self.up = True
            if not self.incoming and self.stream is not None:
                self.stream.let_go()  # early media: nobody read it, and the talk would be late by it
            event = prm.e
            ack = str((event.body.rxMsg.rdata if self.incoming else event.body.txMsg.tdata).wholeMsg)
            contact = str(info.remoteContact)
            dialog = confirmed(ack, incoming=self.incoming, contact=contact, routes=self.routes)
            self.owner.note(LegUp(self.number, dialog))
        elif state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self._stream_destroyed()
            self.source.close()
            self.down = True
            self.owner.note(LegDown(self.number, int(info.lastStatusCode), not self.closing, self._rest))
            self.owner.forget(self)

    def comes_from(self, received: Any) -> None:
        """A message of the far end's: where it came from says whose media we may hear."""
        source = self.owner.source_of(str(received.wholeMsg), str(received.srcAddress))
        if source is not None:
            self.source.comes_from(source)
            self._transcoded |= source.transcoded

    def _source_told(self, event: Any) -> None:
        """The answer of one whom we dialled."""
        if self.incoming or event.type != pj.PJSIP_EVENT_TSX_STATE:
            return
        change = event.body.tsxState
        if change.type == pj.PJSIP_EVENT_RX_MSG:
            self.comes_from(change.src.rdata)

    def ask(self) -> None:
        """OPTIONS within the dialog; its answer is counted in `stats`."""
        parameters = pj.CallSendRequestParam()
        parameters.method = "OPTIONS"
        self.sendRequest(parameters)

    def _transaction_changed(self, event: Any) -> None:
        change = event.body.tsxState
        ours = change.tsx.role == pj.PJSIP_ROLE_UAC and change.tsx.method == "OPTIONS"
        if ours and change.type == pj.PJSIP_EVENT_RX_MSG and change.tsx.state == pj.PJSIP_TSX_STATE_COMPLETED:
            self._answers += proves_life(change.tsx.statusCode)

    def _stream_created(self, stream: int, index: int) -> None:
        self._stream_destroyed()
        self.stream, self._index = Stream(stream), index
        self._counters.stream_began()
        self._tapped = stream
        self._reception = self.owner.tap.watch(stream, self._keys)
        self.owner.streams_changed(+1)

    def _stream_destroyed(self) -> None:
        if self.stream is not None:
            self._count()
            self._counters.stream_ended()
            self._rest = self.stream.rest()
            self.stream.close()
            self.stream = None
            self.owner.tap.forget(self._tapped)
            self.owner.streams_changed(-1)

    def _media_changed(self) -> None:
        sends = receives = False
        # The parts of a SWIG struct die with it: every struct below is kept by a name while its parts are read.
        info = self.getInfo()
        for media in info.media:
            if media.type != pj.PJMEDIA_TYPE_AUDIO or media.status == pj.PJSUA_CALL_MEDIA_NONE:
                continue
            sends = bool(media.dir & pj.PJMEDIA_DIR_ENCODING)
            receives = bool(media.dir & pj.PJMEDIA_DIR_DECODING)
            if self.stream is not None:
                self._learn_stream(media.index)
            break
        if self._media != (sends, receives, self._keys.telephone_event):
            self._media = (sends, receives, self._keys.telephone_event)
            self.owner.note(LegMedia(self.number, sends, receives, self._keys.telephone_event))

    def _learn_stream(self, index: int) -> None:
        info = self.getStreamInfo(index)
        self._keys.telephone_event = info.audRxEventPt > 0
        self.owner.tap.events(self._tapped, info.audRxEventPt)
        transport = self.getMedTransportInfo(index)
        local = parse_address(transport.localRtpName)
        if local is not None:
            rtp, rtcp = parse_address(info.remoteRtpAddress), parse_address(info.remoteRtcpAddress)
            self.source.describe(local[1], rtp, rtcp)

    def stats(self) -> LegStats:
        """RTCP counters (RFC 3550 6.4) over all streams; the last known where there is none."""
        self._count()
        total, stream = self._counters.total, self.stream
        signs = total.packets_received + total.reports if self.source.signs is None else self.source.signs
        if self._transcoded:  # a report of loss becomes one of none on its way: as from a far end that makes none
            total = replace(total, reports=0, packets_lost_there=0)
        return replace(
            total,
            signs=signs,
            astray=self.source.astray,
            packet_samples=FRAME_SAMPLES if stream is None else stream.packet_samples,
            gathered=0 if stream is None else stream.gathered,
            waiting=0 if stream is None else stream.waiting,
            answers=self._answers,
        )

    def _count(self) -> None:
        if self.stream is None:
            return
        try:
            statistics = self.getStreamStat(self._index)
        except pj.Error:
            return
        rtcp = statistics.rtcp
        sent, received = rtcp.txStat, rtcp.rxStat
        self._counters.counted(
            LegStats(
                packets_sent=int(sent.pkt),
                packets_received=int(received.pkt),
                packets_lost_here=int(received.loss),
                packets_lost_there=self._reception.lost,
                reports=self._reception.reports,
                left_out=self.stream.left_out,
                discarded=int(statistics.jbuf.discard) * HELD_SAMPLES,
            )
        )
