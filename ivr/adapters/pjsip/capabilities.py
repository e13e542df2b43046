"""What the library says that it takes (Allow and Supported, RFC 3261 20.5, 20.37): not what is refused.

The library's modules for transfers, subscriptions and messages add their words to two headers, which are copied into
every message; pjsua2 has no way to take them out again. `pjsip_endpt_get_capability` (pjsip/sip_endpoint.h) hands those
headers out; what is read of them is checked before it is changed.
"""

from __future__ import annotations

import ctypes
from typing import Final

from pjsua2 import _pjsua2

from ivr.errors import EnvironmentFault

_PJ: Final = ctypes.CDLL(_pjsua2.__file__)
_HEADERS: Final = {
    "Allow": (4, frozenset({"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "UPDATE", "PRACK"})),
    "Supported": (36, frozenset({"100rel", "timer"})),
}
"""Number of each header (pjsip_hdr_e, pjsip/sip_msg.h), and what is served."""
_VALUES_MAX: Final = 32  # PJSIP_GENERIC_ARRAY_MAX_COUNT


class _Text(ctypes.Structure):
    """`pj_str_t`."""

    _fields_ = (("ptr", ctypes.c_void_p), ("length", ctypes.c_ssize_t))

    def read(self) -> str:
        """What it holds; only a length that a method's name may have is believed."""
        if not self.ptr or not 0 < self.length <= 64:
            return ""
        return ctypes.string_at(self.ptr, self.length).decode("ascii", "replace")


class _ArrayHeader(ctypes.Structure):
    """`pjsip_generic_array_hdr`."""

    _fields_ = (
        ("previous", ctypes.c_void_p),
        ("next", ctypes.c_void_p),
        ("type", ctypes.c_int),
        ("name", _Text),
        ("short_name", _Text),
        ("functions", ctypes.c_void_p),
        ("count", ctypes.c_uint),
        ("values", _Text * _VALUES_MAX),
    )


_PJ.pjsua_get_pjsip_endpt.argtypes = []
_PJ.pjsua_get_pjsip_endpt.restype = ctypes.c_void_p
_PJ.pjsip_endpt_get_capability.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
_PJ.pjsip_endpt_get_capability.restype = ctypes.c_void_p


def withdraw() -> None:
    """Leave in both headers what is served. Raises EnvironmentFault when a header is not what it should be."""
    for name, (number, served) in _HEADERS.items():
        header = _header(name, number)
        kept = [_Text(one.ptr, one.length) for one in header.values[: header.count] if one.read() in served]
        for place, text in enumerate(kept):
            header.values[place] = text
        header.count = len(kept)


def _header(name: str, number: int) -> _ArrayHeader:
    found = _PJ.pjsip_endpt_get_capability(_PJ.pjsua_get_pjsip_endpt(), number, None)
    header = _ArrayHeader.from_address(found) if found else None
    if header is None or header.name.read() != name or header.count > _VALUES_MAX:
        raise EnvironmentFault(f"the SIP library's header {name} is not where it was; is this still the pinned pjsua2?")
    return header
