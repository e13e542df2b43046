"""Every SIP request, read by us before pjsip hands it to a dialog (ADR 23).

pjsua reads the body of an INFO itself: a key by its first figure, one type only, and not every body safely. So a module
of ours stands above its transaction layer: it answers each INFO, and pjsua never sees one. Of other requests it only
reads the number, to know which INFO is missing.

`pjsip_module` is public and stable (pjsip/sip_module.h); where `pjsip_rx_data` has the message's text is that of the
pinned pjsua2, and each pointer is checked before it is followed.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Final

from pjsua2 import _pjsua2

from ivr.adapters.pjsip.rtp_tap import require_version
from ivr.core.media.key_info import BAD_REQUEST, NO_CALL, SERVED, UNSUPPORTED_TYPE, KeyInfo, SipRequest, read_request
from ivr.errors import EnvironmentFault

_PJ: Final = ctypes.CDLL(_pjsua2.__file__)
_POINTER: Final = ctypes.c_void_p
_PRIORITY: Final = 4
"""Before the transaction layer (8) and the dialogs (16)."""
_GO_ON, _DONE = 0, 1
_TEXT_AT: Final = 4424
"""Of `pjsip_rx_data`: pointer to the text (msg_info.msg_buf), after it its length."""
_PACKET_AT: Final = 320
"""The text's own place in it (pkt_info.packet)."""
_LARGEST: Final = 4000


class _Text(ctypes.Structure):
    """`pj_str_t`."""

    _fields_ = (("ptr", ctypes.c_char_p), ("slen", ctypes.c_ssize_t))


_RECEIVED: Final = ctypes.CFUNCTYPE(ctypes.c_int, _POINTER)


class _Module(ctypes.Structure):
    """`pjsip_module`."""

    _fields_ = (
        ("prev", _POINTER),
        ("next", _POINTER),
        ("name", _Text),
        ("id", ctypes.c_int),
        ("priority", ctypes.c_int),
        *((name, _POINTER) for name in ("load", "start", "stop", "unload")),
        ("on_rx_request", _RECEIVED),
        *((name, _POINTER) for name in ("on_rx_response", "on_tx_request", "on_tx_response", "on_tsx_state")),
    )


_PJ.pjsua_get_pjsip_endpt.restype = _POINTER
_PJ.pjsip_endpt_register_module.argtypes = [_POINTER, _POINTER]
_PJ.pjsip_endpt_respond_stateless.argtypes = [_POINTER, _POINTER, ctypes.c_int, _POINTER, _POINTER, _POINTER]
_PJ.pjsip_ua_find_dialog.argtypes = [_POINTER, _POINTER, _POINTER, ctypes.c_int]
_PJ.pjsip_ua_find_dialog.restype = _POINTER
_PJ.pjsip_generic_string_hdr_create.argtypes = [_POINTER, _POINTER, _POINTER]
_PJ.pjsip_generic_string_hdr_create.restype = _POINTER
_PJ.pjsua_pool_create.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_size_t]
_PJ.pjsua_pool_create.restype = _POINTER

Served = Callable[[SipRequest], KeyInfo | None]
"""A request within one of our dialogs; returns what is answered at once, None for what pjsip is to serve."""


class SipGuard:
    """The module. Made once, after pjsip was started."""

    def __init__(self, served: Served) -> None:
        require_version()
        self._served = served
        self._endpoint = _PJ.pjsua_get_pjsip_endpt()
        self._accept, self._accept_kept = _header("Accept", ", ".join(SERVED))
        self._received = _RECEIVED(self._request)
        self._module = _Module(name=_text(b"mod-ivr-keys"), id=-1, priority=_PRIORITY, on_rx_request=self._received)
        if _PJ.pjsip_endpt_register_module(self._endpoint, ctypes.byref(self._module)) != 0:
            raise EnvironmentFault("pjsip takes no module of ours; is this still the pinned pjsua2?")

    def _request(self, received: int) -> int:
        """Called by pjsip. What fails here is answered as malformed: it must not reach what we guard."""
        request = None
        try:
            request = read_request(_message(received))
            answer = self._answer(request)
        except Exception:
            answer = KeyInfo(BAD_REQUEST)
        if answer is None or (request is not None and request.method == "ACK"):
            return _GO_ON
        headers = ctypes.byref(self._accept) if answer.status == UNSUPPORTED_TYPE else None
        _PJ.pjsip_endpt_respond_stateless(self._endpoint, received, answer.status, None, headers, None)
        return _DONE

    def _answer(self, request: SipRequest | None) -> KeyInfo | None:
        if request is None:
            return KeyInfo(BAD_REQUEST)
        if not request.to_tag or not _in_dialog(request):
            return KeyInfo(NO_CALL) if request.method == "INFO" else None
        return self._served(request)


def _message(received: int) -> bytes:
    """The text of a request; empty when it is not where it should be."""
    at = ctypes.c_uint64.from_address(received + _TEXT_AT).value
    size = ctypes.c_int.from_address(received + _TEXT_AT + 8).value
    begin = received + _PACKET_AT  # over TCP several messages may stand in it
    if not begin <= at < begin + _LARGEST or not 0 < size <= begin + _LARGEST - at:
        return b""
    return ctypes.string_at(at, size)


def _in_dialog(request: SipRequest) -> bool:
    """Whether it belongs to a dialog of ours (RFC 3261 12.2.2)."""
    words = [_text(part.encode()) for part in (request.call_id, request.to_tag, request.from_tag)]
    return bool(_PJ.pjsip_ua_find_dialog(*(ctypes.byref(word) for word in words), 0))


def _text(value: bytes) -> _Text:
    return _Text(value, len(value))


def _header(name: str, value: str) -> tuple[ctypes.Array[ctypes.c_uint64], object]:
    """A list of one header, as pjsip links them: it is copied into each answer. And what it stands in."""
    pool = _PJ.pjsua_pool_create(b"guard", 512, 512)
    words = _text(name.encode()), _text(value.encode())
    header = _PJ.pjsip_generic_string_hdr_create(pool, ctypes.byref(words[0]), ctypes.byref(words[1]))
    head = (ctypes.c_uint64 * 16)(header, header)
    link = (ctypes.c_uint64 * 2).from_address(header)
    link[0] = link[1] = ctypes.addressof(head)
    return head, words
