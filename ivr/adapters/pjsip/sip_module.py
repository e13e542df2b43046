"""Modules of ours in pjsip: they see each SIP message before its transactions and dialogs do.

`pjsip_module` is public and stable (pjsip/sip_module.h); where `pjsip_rx_data` has the message's text is that of the
pinned pjsua2, and each pointer is checked before it is followed.
"""

from __future__ import annotations

import ctypes
from typing import Final

from pjsua2 import _pjsua2

from ivr.adapters.pjsip.rtp_tap import require_version
from ivr.errors import EnvironmentFault

_PJ: Final = ctypes.CDLL(_pjsua2.__file__)
_POINTER: Final = ctypes.c_void_p
_TEXT_AT: Final = 4424
"""Of `pjsip_rx_data`: pointer to the text (msg_info.msg_buf), after it its length."""
_MESSAGE_AT: Final = 4440
"""Pointer to what was read of it (msg_info.msg)."""
_PACKET_AT: Final = 320
"""The text's own place in it (pkt_info.packet)."""
_LARGEST: Final = 4000
RECEIVED: Final = ctypes.CFUNCTYPE(ctypes.c_int, _POINTER)
"""What is called with a `pjsip_rx_data`; returns whether nobody else is to see the message."""
GO_ON, DONE = 0, 1


class Text(ctypes.Structure):
    """`pj_str_t`."""

    _fields_ = (("ptr", ctypes.c_char_p), ("slen", ctypes.c_ssize_t))


class Module(ctypes.Structure):
    """`pjsip_module`."""

    _fields_ = (
        ("prev", _POINTER),
        ("next", _POINTER),
        ("name", Text),
        ("id", ctypes.c_int),
        ("priority", ctypes.c_int),
        *((name, _POINTER) for name in ("load", "start", "stop", "unload")),
        ("on_rx_request", RECEIVED),
        ("on_rx_response", RECEIVED),
        *((name, _POINTER) for name in ("on_tx_request", "on_tx_response", "on_tsx_state")),
    )


_PJ.pjsua_get_pjsip_endpt.restype = _POINTER
_PJ.pjsip_endpt_register_module.argtypes = [_POINTER, _POINTER]
_PJ.pjsip_msg_find_hdr_by_name.argtypes = [_POINTER, _POINTER, _POINTER]
_PJ.pjsip_msg_find_hdr_by_name.restype = _POINTER


def text(value: bytes) -> Text:
    """Bytes as pjlib's strings."""
    return Text(value, len(value))


def register(module: Module) -> None:
    """Have pjsip call it; it must be kept. Raises EnvironmentFault."""
    require_version()
    if _PJ.pjsip_endpt_register_module(_PJ.pjsua_get_pjsip_endpt(), ctypes.byref(module)) != 0:
        raise EnvironmentFault("pjsip takes no module of ours; is this still the pinned pjsua2?")


def message(received: int) -> bytes:
    """The text of a message; empty when it is not where it should be."""
    at, size = _place(received)
    return ctypes.string_at(at, size) if size else b""


def overwrite(received: int, place: int, words: bytes) -> None:
    """Change a message's text in place, before anybody else reads it. Its length stays."""
    at, size = _place(received)
    if 0 <= place <= size - len(words):
        ctypes.memmove(at + place, words, len(words))


def take_out(received: int, name: bytes) -> None:
    """Take a header, by its long name and wherever it occurs, out of a message that pjsip has read."""
    read = ctypes.c_uint64.from_address(received + _MESSAGE_AT).value
    if not read or not message(received):
        return
    words = text(name)
    while header := _PJ.pjsip_msg_find_hdr_by_name(read, ctypes.byref(words), None):
        before, after = (ctypes.c_uint64 * 2).from_address(header)  # a ring, as pj_list links it
        ctypes.c_uint64.from_address(before + 8).value = after
        ctypes.c_uint64.from_address(after).value = before


def _place(received: int) -> tuple[int, int]:
    at = ctypes.c_uint64.from_address(received + _TEXT_AT).value
    size = ctypes.c_int.from_address(received + _TEXT_AT + 8).value
    begin = received + _PACKET_AT  # over TCP several messages may stand in it
    if not begin <= at < begin + _LARGEST or not 0 < size <= begin + _LARGEST - at:
        return 0, 0
    return at, size
