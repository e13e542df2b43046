"""Which names a shared library asks the C library to look up: its calls go through us, and get no address.

What a DNS server of the test's would see, without one: the two functions in the library's jump table are bound to ours
(ELF, System V ABI 5).
"""

from __future__ import annotations

import ctypes
import struct
from pathlib import Path

_GETADDRINFO = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p)
_GETHOSTBYNAME = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_char_p)
_NO_NAME = -2
"""EAI_NONAME."""
_STRINGS, _SYMBOLS, _SIZE, _SLOTS = 5, 6, 2, 23
"""DT_STRTAB, DT_SYMTAB, DT_PLTRELSZ, DT_JMPREL."""
_LOADED, _DYNAMIC = 1, 2


class LookedUp:
    """Watches one library that this process has loaded."""

    def __init__(self, library: str) -> None:
        self.names: list[str] = []
        self._library = Path(library)
        self._bind = [("getaddrinfo", _GETADDRINFO(self._asked)), ("gethostbyname", _GETHOSTBYNAME(self._asked_old))]
        slots = dict(self._slots())
        for name, ours in self._bind:
            place = ctypes.c_uint64.from_address(slots[name])
            place.value = ctypes.cast(ours, ctypes.c_void_p).value or 0

    def _asked(self, name: bytes | None, *_: object) -> int:
        self.names.append((name or b"").decode())
        return _NO_NAME

    def _asked_old(self, name: bytes | None) -> int:
        self.names.append((name or b"").decode())
        return 0

    def _slots(self) -> list[tuple[str, int]]:
        """Names in the jump table, and where in memory their addresses stand."""
        maps = Path("/proc/self/maps").read_text().splitlines()
        base = min(int(line.split("-")[0], 16) for line in maps if line.endswith(f"/{self._library.name}"))
        data = self._library.read_bytes()
        (heads,) = struct.unpack_from("<Q", data, 32)
        size, count = struct.unpack_from("<HH", data, 54)
        parts = [struct.unpack_from("<IIQQQQ", data, heads + number * size) for number in range(count)]
        loaded = [part for part in parts if part[0] == _LOADED]

        def at(address: int) -> int:
            """Where in the file stands what is loaded there."""
            part = next(part for part in loaded if part[3] <= address < part[3] + part[5])
            return address - int(part[3]) + int(part[2])

        dynamic = next(part for part in parts if part[0] == _DYNAMIC)
        tags = dict(struct.unpack_from("<QQ", data, dynamic[2] + step) for step in range(0, dynamic[5], 16))
        found = []
        for slot in range(at(tags[_SLOTS]), at(tags[_SLOTS]) + tags[_SIZE], 24):
            place, info = struct.unpack_from("<QQ", data, slot)
            (name,) = struct.unpack_from("<I", data, at(tags[_SYMBOLS] + (info >> 32) * 24))
            begin = at(tags[_STRINGS] + name)
            found.append((data[begin : data.index(b"\0", begin)].decode(), base + place))
        return found
