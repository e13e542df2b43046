"""Frames that need no decision, moved by C (`_clock.c`, ADR 28): Python wakes for a stretch of them, not for each.

The C is built where a compiler is when ivr is installed. Where there is none, or what was built is of another version,
`MediaClock.find` gives None, and each frame is moved by Python: the same calls in the same order.
"""

from __future__ import annotations

import ctypes
import select
from collections.abc import Sequence
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Final, Self

from pjsua2 import _pjsua2

from ivr.adapters.pjsip.stream import Stream
from ivr.core.media.frame import BLOCK_FRAMES, FRAME_BYTES
from ivr.core.media.stretch import LONGEST_FRAMES, Moved, Passed, Stretch

_PJ: Final = ctypes.CDLL(_pjsua2.__file__)
_POINTER: Final = ctypes.c_void_p
VERSION: Final = 3
"""Of the interface that is spoken here."""
MAX_FRAMES: Final = LONGEST_FRAMES
"""Of one call of C."""
_WAYS, _TAPS = 4, 16
_WHOLE, _WOKEN, _LOUD = 0, 1, 3
_NANOSECONDS: Final = 1_000_000_000

_PJ.pjsua_get_pjsip_endpt.restype = _POINTER
_PJ.pjsip_endpt_get_ioqueue.argtypes = [_POINTER]
_PJ.pjsip_endpt_get_ioqueue.restype = _POINTER
_PJ.pjsip_endpt_get_timer_heap.argtypes = [_POINTER]
_PJ.pjsip_endpt_get_timer_heap.restype = _POINTER
_FUNCTIONS: Final = (
    "pj_ioqueue_poll", "pjmedia_port_get_frame", "pjmedia_port_put_frame", "pjmedia_resample_run", "pj_timer_heap_poll"
)  # fmt: skip


class _Library(ctypes.Structure):
    """`struct library`."""

    _fields_ = tuple(
        (name, _POINTER) for name in ("poll", "get_frame", "put_frame", "resample", "run_timers", "ioqueue", "timers")
    )


class _Way(ctypes.Structure):
    """`struct way`."""

    _fields_ = (
        *((name, _POINTER) for name in ("port", "down", "up")),
        ("timestamp", ctypes.c_uint64),
        ("pcm", ctypes.c_char_p),
        ("heard", _POINTER),
        ("native_bytes", ctypes.c_uint32),
        ("pcm_bytes", ctypes.c_uint32),
        ("of", ctypes.c_int32),
        ("sends", ctypes.c_int32),
    )


class _Stretch(ctypes.Structure):
    """`struct stretch`."""

    _fields_ = (
        ("ways", _POINTER),
        ("due", ctypes.c_int64),
        ("news", _POINTER),
        ("wakes", ctypes.c_int32),
        ("ways_count", ctypes.c_int32),
        ("frames", ctypes.c_int32),
        ("loud", ctypes.c_int32),
        ("passed", ctypes.c_int32),
        ("ending", ctypes.c_int32),
        ("keep", _POINTER),
        ("journal", _POINTER),
        ("sample", ctypes.c_uint64),
    )


class PacketTap(ctypes.Structure):
    """`struct tap`: a stream whose packets are looked at in C, as long as they say nothing new."""

    _fields_ = (
        ("user_data", _POINTER),
        ("go_on", _POINTER),
        ("source", ctypes.c_uint32),
        ("event_type", ctypes.c_int32),
        ("next", ctypes.c_int32),
    )


class MediaClock:
    """The C of this process. Made once, after pjsip was started."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._carry = library.ivr_carry
        self._carry.argtypes = [_POINTER, _POINTER]
        pointers = [ctypes.cast(getattr(_PJ, name), _POINTER).value for name in _FUNCTIONS]
        endpoint = _PJ.pjsua_get_pjsip_endpt()
        queues = _PJ.pjsip_endpt_get_ioqueue(endpoint), _PJ.pjsip_endpt_get_timer_heap(endpoint)
        self._library = _Library(*pointers, *queues)
        self._ways = (_Way * _WAYS)()
        self._rooms = [bytearray(MAX_FRAMES * FRAME_BYTES) for _ in range(_WAYS)]
        self._arrays = [(ctypes.c_char * len(room)).from_buffer(room) for room in self._rooms]
        for way, array in zip(self._ways, self._arrays, strict=True):
            way.heard = ctypes.addressof(array)
        self.news = ctypes.c_int32()
        """1 while there is something to tell: a stretch ends before its next frame."""
        self._stretch = _Stretch(ways=ctypes.addressof(self._ways), news=ctypes.addressof(self.news))
        self._at = ctypes.addressof(self._library), ctypes.addressof(self._stretch)
        self.taps = (PacketTap * _TAPS).in_dll(library, "ivr_taps")
        self.look = ctypes.c_void_p.in_dll(library, "ivr_look")
        """Who is called with every packet that says something."""
        self.tap_at = ctypes.cast(library.ivr_tap, _POINTER).value or 0
        """The callback to put before a stream's own."""

    @classmethod
    def find(cls) -> Self | None:
        """What was built beside this file; None where nothing was, or something else."""
        library = _built()
        return None if library is None else cls(library)

    @staticmethod
    def is_built() -> bool:
        """Whether there is something to find."""
        return _built() is not None

    def carry(self, stretch: Stretch, streams: Sequence[Stream | None], wakes: Sequence[int], passed: Passed) -> Moved:
        """Move it, block by block. `streams`: of its ways; `wakes`: its own and the telephone's descriptors."""
        order = self._stretch
        self._lend(stretch, streams)
        block, goes_on = stretch.block, True
        # Its own for each stretch: what is closed meanwhile would stay, where pjmedia has another descriptor of it.
        watch = select.epoll()
        try:
            order.wakes = watch.fileno()
            for wake in wakes:
                watch.register(wake, select.EPOLLIN)
            while goes_on:
                goes_on = self._moves(stretch, block, passed)
                block = BLOCK_FRAMES
        finally:
            watch.close()
            for slot, stream in zip(self._ways, streams, strict=False):
                if stream is not None:
                    stream.take_back(slot)
        return Moved(order.passed, woken=order.ending == _WOKEN, loud=order.ending == _LOUD)

    def _moves(self, stretch: Stretch, block: int, passed: Passed) -> bool:
        """One block; or, where C keeps them, as many whole ones as there are. Whether it goes on."""
        order, keep = self._stretch, stretch.keep
        left = stretch.frames - order.passed
        whole = left // BLOCK_FRAMES * BLOCK_FRAMES if block == BLOCK_FRAMES and keep is not None else 0
        order.keep = keep.function if whole and keep is not None else None
        order.frames = whole or min(left, block)
        frames = self._carry(*self._at)
        order.passed += frames
        goes_on: bool = order.ending == _WHOLE and order.passed < stretch.frames
        kept = frames // BLOCK_FRAMES * BLOCK_FRAMES if whole else 0
        for begin, end in ((0, kept), (kept, frames)):
            if begin < end:
                heard = {way.leg: self._heard(place, begin, end) for place, way in enumerate(stretch.ways)}
                goes_on = passed(end - begin, heard, kept=end == kept) and goes_on
        return goes_on

    def _heard(self, place: int, begin: int, end: int) -> bytes:
        return bytes(self._rooms[place][begin * FRAME_BYTES : end * FRAME_BYTES])

    def _lend(self, stretch: Stretch, streams: Sequence[Stream | None]) -> None:
        """Fill in what C is to know of it."""
        order = self._stretch
        places = {way.leg: place for place, way in enumerate(stretch.ways)}
        for way, slot, stream in zip(stretch.ways, self._ways, streams, strict=False):
            slot.pcm, slot.pcm_bytes = way.pcm, len(way.pcm)
            slot.of = -1 if way.of is None else places[way.of]
            slot.sends = way.sends
            if stream is None:
                slot.port = slot.down = slot.up = None
                slot.native_bytes = FRAME_BYTES
            else:
                stream.lend(slot)
        order.due = round(stretch.due * _NANOSECONDS)
        order.ways_count = len(stretch.ways)
        order.passed = 0
        order.journal, order.sample = (None, 0) if stretch.keep is None else (stretch.keep.journal, stretch.keep.sample)
        order.loud = -1 if stretch.loud is None else stretch.loud


def _built() -> ctypes.CDLL | None:
    for suffix in EXTENSION_SUFFIXES:
        path = Path(__file__).with_name(f"_clock{suffix}")
        if path.exists():
            try:
                library = ctypes.CDLL(str(path))
                return library if library.ivr_clock_version() == VERSION else None
            except (OSError, AttributeError):  # of another machine, or not what we know
                return None
    return None
