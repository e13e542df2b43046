"""Every SIP request, read by us before pjsip hands it to a dialog (ADR 23).

pjsua reads the body of an INFO itself: a key by its first figure, one type only, and not every body safely. So a module
of ours stands above its transaction layer: it answers each INFO, and pjsua never sees one. Of other requests it reads
the number, to know which INFO is missing, and whether their offer and, without an edge, their addresses are such that
the library may see them: it looks every name up, on the thread that carries a call.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Final

from pjsua2 import _pjsua2

from ivr.adapters.pjsip.sip_module import DONE, GO_ON, RECEIVED, Module, message, register, take_out, text
from ivr.core.media.key_info import (
    BAD_REQUEST,
    NO_CALL,
    OK,
    SERVED,
    UNSUPPORTED_TYPE,
    KeyInfo,
    SipRequest,
    read_request,
)
from ivr.core.sip.address import WHERE_TO, answers_elsewhere, has_contact, names_a_host
from ivr.core.sip.offer import is_served
from ivr.core.sip.text import reads_one_way

_PJ: Final = ctypes.CDLL(_pjsua2.__file__)
_POINTER: Final = ctypes.c_void_p
_PRIORITY: Final = 4
"""Before the transaction layer (8) and the dialogs (16)."""

_PJ.pjsua_get_pjsip_endpt.restype = _POINTER
_PJ.pjsip_endpt_respond_stateless.argtypes = [_POINTER, _POINTER, ctypes.c_int, _POINTER, _POINTER, _POINTER]
_PJ.pjsip_ua_find_dialog.argtypes = [_POINTER, _POINTER, _POINTER, ctypes.c_int]
_PJ.pjsip_ua_find_dialog.restype = _POINTER
_PJ.pjsip_generic_string_hdr_create.argtypes = [_POINTER, _POINTER, _POINTER]
_PJ.pjsip_generic_string_hdr_create.restype = _POINTER
_PJ.pjsua_pool_create.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_size_t]
_PJ.pjsua_pool_create.restype = _POINTER

_NOT_ACCEPTABLE: Final = 488

Served = Callable[[SipRequest, bool], KeyInfo | None]
"""A request within one of our dialogs, and whether its offer may be served; returns what is answered at once, None for
what pjsip is to serve."""


class SipGuard:
    """The module. Made once, after pjsip was started."""

    def __init__(self, served: Served, *, edge: bool) -> None:
        """`edge`: whether one stands before us, whose addresses are in what we get."""
        self._served, self._edge = served, edge
        self._endpoint = _PJ.pjsua_get_pjsip_endpt()
        self._accept, self._accept_kept = _header("Accept", ", ".join(SERVED))
        self._received = RECEIVED(self._request)
        self._replied = RECEIVED(self._response)
        self._module = Module(
            name=text(b"mod-ivr-guard"), id=-1, priority=_PRIORITY, on_rx_request=self._received,
            on_rx_response=self._replied,
        )  # fmt: skip
        register(self._module)

    def _request(self, received: int) -> int:
        """Called by pjsip. What cannot be read here goes no further: it must not reach what we guard.

        It gets no answer, since it may be an ACK, and pjsip ends the process of whoever answers one. Behind an edge its
        sender was told there.
        """
        try:
            said = message(received)
            request = read_request(said)
            if request is None or not reads_one_way(said) or (not self._edge and answers_elsewhere(said)):
                return DONE
            answer = self._answer(request, said)
        except Exception:
            return DONE
        if answer is None or request.method == "ACK":
            return GO_ON
        headers = ctypes.byref(self._accept) if answer.status == UNSUPPORTED_TYPE else None
        _PJ.pjsip_endpt_respond_stateless(self._endpoint, received, answer.status, None, headers, None)
        return DONE

    def _answer(self, request: SipRequest, said: bytes) -> KeyInfo | None:
        invites = request.method == "INVITE" and not request.to_tag
        if not self._edge and request.method != "ACK" and (names_a_host(said) or (invites and not has_contact(said))):
            return KeyInfo(BAD_REQUEST)
        # Whatever stands behind the headers counts: of two lengths the library may believe the other one.
        served = request.method not in ("INVITE", "UPDATE") or is_served(said)
        if not request.to_tag or not _in_dialog(request):
            if invites and not served:
                return KeyInfo(_NOT_ACCEPTABLE)
            return KeyInfo(NO_CALL) if request.method == "INFO" else None
        if request.method == "OPTIONS":
            return KeyInfo(OK)  # a keep-alive (RFC 3261 11.2); the library would say 500, and the far end hang up
        return self._served(request, served)

    def _response(self, received: int) -> int:
        """Called by pjsip. A name in an answer is not where our next request goes: what was known before stays so.

        The answer itself is served: a 2xx wants its ACK (RFC 3261 13.2.2.4), and a change of the session its end.
        """
        try:
            said = message(received)
            if not reads_one_way(said):
                return DONE
            if not self._edge and names_a_host(said):
                for name in WHERE_TO:
                    take_out(received, name)
        except Exception:
            return DONE
        return GO_ON


def _in_dialog(request: SipRequest) -> bool:
    """Whether it belongs to a dialog of ours (RFC 3261 12.2.2)."""
    words = [text(part.encode()) for part in (request.call_id, request.to_tag, request.from_tag)]
    return bool(_PJ.pjsip_ua_find_dialog(*(ctypes.byref(word) for word in words), 0))


def _header(name: str, value: str) -> tuple[ctypes.Array[ctypes.c_uint64], object]:
    """A list of one header, as pjsip links them: it is copied into each answer. And what it stands in."""
    pool = _PJ.pjsua_pool_create(b"guard", 512, 512)
    words = text(name.encode()), text(value.encode())
    header = _PJ.pjsip_generic_string_hdr_create(pool, ctypes.byref(words[0]), ctypes.byref(words[1]))
    head = (ctypes.c_uint64 * 16)(header, header)
    link = (ctypes.c_uint64 * 2).from_address(header)
    link[0] = link[1] = ctypes.addressof(head)
    return head, words
