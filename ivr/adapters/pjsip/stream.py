"""A leg's audio, taken straight from its pjmedia stream, 20 ms at a time, without the conference bridge.

pjsua's bridge needs a clock thread, and Python ports in it are called back from that thread: both cost more than the
audio itself. A pjmedia stream is an ordinary port whose `get_frame` decodes the next frame of the jitter buffer and
whose `put_frame` encodes and sends one packet at once, so the cell's one thread calls the two itself when its clock
says so. `pjmedia_frame` and the two functions are public, stable API of pjmedia (pjmedia/port.h, pjmedia/frame.h);
what is read of `pjmedia_port_info` is checked before it is believed.

pjmedia's jitter buffer would leave out frames of speech when packets come late and all at once (up to 35 of 10 ms after
a stop of 0.3 s). Here it holds all, and `Delay` says which quiet frames are left out.
"""

from __future__ import annotations

import ctypes
from typing import Any, Final

from pjsua2 import _pjsua2

from ivr.core.media.delay import KEPT_FRAMES, Delay
from ivr.core.media.frame import FRAME_BYTES, SAMPLE_BYTES, SAMPLE_RATE, SILENT_FRAME
from ivr.errors import PeerError

_PJ: Final = ctypes.CDLL(_pjsua2.__file__)
_POINTER: Final = ctypes.c_void_p
_SUCCESS: Final = 0
_FRAME_AUDIO: Final = 1  # PJMEDIA_FRAME_TYPE_AUDIO
_DISCARD_NONE: Final = 0  # PJMEDIA_JB_DISCARD_NONE
_HELD_MS: Final = 2000
"""Of sound that the jitter buffer holds: a longer stop of the line, or of this process, costs what came first."""
_HELD_FRAME_BYTES: Final = 80
"""10 ms of G.711 and of G.722 alike: 64 kbit/s."""
HELD_SAMPLES: Final = SAMPLE_RATE // 100
"""In each of the jitter buffer's own frames."""
_LARGEST_FRAME_BYTES: Final = 16000 * 60 // 1000 * SAMPLE_BYTES  # 60 ms of wideband

for _function, _arguments in (
    ("pjmedia_port_get_frame", [_POINTER, _POINTER]),
    ("pjmedia_port_put_frame", [_POINTER, _POINTER]),
    ("pjmedia_stream_get_port", [_POINTER, _POINTER]),
    ("pjmedia_stream_get_stat_jbuf", [_POINTER, _POINTER]),
    ("pjmedia_resample_run", [_POINTER, _POINTER, _POINTER]),
):
    getattr(_PJ, _function).argtypes = _arguments
_PJ.pjsua_pool_create.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_size_t]
_PJ.pjsua_pool_create.restype = _POINTER
_PJ.pj_pool_release.argtypes = [_POINTER]
_PJ.pj_pool_release.restype = None
_PJ.pjmedia_resample_run.restype = None
_PJ.pjmedia_resample_create.argtypes = [_POINTER, *[ctypes.c_int] * 2, *[ctypes.c_uint] * 4, _POINTER]

_get_frame: Final = _PJ.pjmedia_port_get_frame
_get_held: Final = _PJ.pjmedia_stream_get_stat_jbuf
_put_frame: Final = _PJ.pjmedia_port_put_frame


class _Frame(ctypes.Structure):
    """`pjmedia_frame`."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("buf", ctypes.c_void_p),
        ("size", ctypes.c_size_t),
        ("timestamp", ctypes.c_uint64),
        ("bit_info", ctypes.c_uint32),
    )


class _PortInfo(ctypes.Structure):
    """The head of `pjmedia_port_info`, as far as the audio format goes."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("name_length", ctypes.c_long),
        ("signature", ctypes.c_uint32),
        ("direction", ctypes.c_int),
        ("format", ctypes.c_uint32),
        ("media_type", ctypes.c_int),
        ("detail_type", ctypes.c_int),
        ("clock_rate", ctypes.c_uint),
        ("channels", ctypes.c_uint),
        ("frame_time_us", ctypes.c_uint),
    )


class _Held(ctypes.Structure):
    """`pjmedia_jb_state`: what the jitter buffer holds, in its own frames."""

    _fields_ = (
        *((name, ctypes.c_uint) for name in ("frame_bytes", "least", "most", "room", "burst", "prefetch", "held")),
        ("statistics", ctypes.c_uint * 8),
    )


class _Resampler:
    """pjmedia's own sample-rate converter for frames of one size, with its memory pool."""

    def __init__(self, rate_in: int, rate_out: int, samples_in: int) -> None:
        self._pool = _PJ.pjsua_pool_create(b"leg", 4096, 4096)
        self._out = (ctypes.c_int16 * (samples_in * rate_out // rate_in))()
        handle = _POINTER()
        high_quality, large_filter, channels = 1, 0, 1
        status = _PJ.pjmedia_resample_create(
            self._pool, high_quality, large_filter, channels, rate_in, rate_out, samples_in, ctypes.byref(handle)
        )
        if status != _SUCCESS:
            raise PeerError(f"pjmedia cannot resample {rate_in} to {rate_out} Hz (status {status})")
        self.handle = handle.value

    def run(self, pcm: bytes) -> bytes:
        """One frame in, one frame out."""
        _PJ.pjmedia_resample_run(self.handle, pcm, self._out)
        return bytes(self._out)

    def close(self) -> None:
        """Give the memory back."""
        _PJ.pj_pool_release(self._pool)


class Stream:
    """One live pjmedia audio stream: `read` and `write` 20 ms of 8 kHz PCM, whatever the codec's own frames are."""

    def __init__(self, stream: int) -> None:
        port = _POINTER()
        if _PJ.pjmedia_stream_get_port(stream, ctypes.byref(port)) != _SUCCESS or not port.value:
            raise PeerError("pjmedia gave no port for a stream")
        self._port, self._stream = port.value, stream
        info = _PortInfo.from_address(self._port)
        if info.clock_rate not in (8000, 16000) or info.channels != 1 or info.frame_time_us not in range(10000, 60001):
            raise PeerError(
                f"unexpected audio format of a stream: {info.clock_rate} Hz, {info.channels} channels, "
                f"{info.frame_time_us} us; is this still the pinned pjsua2?"
            )
        rate: int = info.clock_rate
        samples = rate * info.frame_time_us // 1_000_000
        self._native_bytes = samples * SAMPLE_BYTES
        self._narrow_bytes = self._native_bytes * SAMPLE_RATE // rate
        # Two buffers whose addresses stay: a frame is copied in and out of them by slices, which is cheapest.
        self._buffer, self._outgoing = bytearray(_LARGEST_FRAME_BYTES), bytearray(_LARGEST_FRAME_BYTES)
        self._array = (ctypes.c_char * _LARGEST_FRAME_BYTES).from_buffer(self._buffer)
        self._out_array = (ctypes.c_char * _LARGEST_FRAME_BYTES).from_buffer(self._outgoing)
        self._in, self._out = _Frame(), _Frame()
        self._in_at, self._out_at = ctypes.addressof(self._in), ctypes.addressof(self._out)
        self._in.buf = ctypes.addressof(self._array)
        self._out.buf = ctypes.addressof(self._out_array)
        self._timestamp = 0
        self._samples = samples
        self._delay, self._held = Delay(), _Held()
        self._held_at = ctypes.addressof(self._held)
        if self._look().frame_bytes != _HELD_FRAME_BYTES:
            raise PeerError(f"a jitter buffer with frames of {self._held.frame_bytes} bytes; is this another codec?")
        wide = rate != SAMPLE_RATE
        self._down = _Resampler(rate, SAMPLE_RATE, samples) if wide else None
        self._up = _Resampler(SAMPLE_RATE, rate, samples * SAMPLE_RATE // rate) if wide else None
        # A codec frame of 20 ms, which is nearly every call, needs no gathering.
        self._direct: bool = self._narrow_bytes == FRAME_BYTES
        self._heard, self._to_say = bytearray(), bytearray()
        self.packet_samples: int = self._narrow_bytes // SAMPLE_BYTES
        """Samples of ours in each packet."""

    @property
    def left_out(self) -> int:
        """Samples, all of them quiet, that were left out to make up for a delay."""
        return self._delay.left_out * self.packet_samples

    @property
    def is_behind(self) -> bool:
        """Whether its frames are to be read one by one: more of them wait than need be."""
        return self._delay.is_watched or self._frames_waiting() > KEPT_FRAMES

    @property
    def waiting(self) -> int:
        """Samples of ours that came and are not read yet."""
        held: int = self._look().held
        return held * HELD_SAMPLES

    @property
    def gathered(self) -> int:
        """Samples written that wait for their packet to be full."""
        return len(self._to_say) // SAMPLE_BYTES

    def read(self) -> bytes:
        """The next 20 ms that the far end said; silence while nothing came."""
        if self._direct:
            return self._get()
        while len(self._heard) < FRAME_BYTES:
            self._heard += self._get()
        frame = bytes(self._heard[:FRAME_BYTES])
        del self._heard[:FRAME_BYTES]
        return frame

    def let_go(self) -> None:
        """What came so far was before anybody listened."""
        self.rest()
        self._heard.clear()

    def rest(self) -> bytes:
        """All that came and is not read yet, in whole frames: the stream ends."""
        rest = bytearray(self._heard)
        for _ in range(_HELD_MS * SAMPLE_RATE // 1000 // HELD_SAMPLES):
            if self.waiting == 0:
                break
            rest += self._take()
        return bytes(rest.ljust(-(-len(rest) // FRAME_BYTES) * FRAME_BYTES, b"\0"))

    def write(self, frame: bytes) -> None:
        """Send 20 ms now."""
        if self._direct:
            self._put(frame)
            return
        self._to_say += frame
        size = self._narrow_bytes
        while len(self._to_say) >= size:
            self._put(bytes(self._to_say[:size]))
            del self._to_say[:size]

    @property
    def is_lendable(self) -> bool:
        """Whether each of its frames is one of ours: C can move them."""
        return self._direct

    def lend(self, way: Any) -> None:
        """Let C move its frames for a while (`media_clock`)."""
        way.port, way.native_bytes, way.timestamp = self._port, self._native_bytes, self._timestamp
        way.down = None if self._down is None else self._down.handle
        way.up = None if self._up is None else self._up.handle

    def take_back(self, way: Any) -> None:
        """C has moved them."""
        self._timestamp = way.timestamp

    def close(self) -> None:
        """The stream is gone: release what was made beside it."""
        for resampler in (self._down, self._up):
            if resampler is not None:
                resampler.close()
        self._down = self._up = None

    def _get(self) -> bytes:
        pcm = self._take()
        if self._delay.leaves_out(pcm):
            pcm = self._take()
        self._delay.waits(self._frames_waiting())
        return pcm

    def _frames_waiting(self) -> int:
        """Whole frames of the stream's."""
        return self.waiting // self.packet_samples

    def _look(self) -> _Held:
        _get_held(self._stream, self._held_at)
        return self._held

    def _take(self) -> bytes:
        self._in.size = self._native_bytes
        status = _get_frame(self._port, self._in_at)
        if status != _SUCCESS or self._in.type != _FRAME_AUDIO:
            pcm = bytes(self._native_bytes)
        else:
            pcm = bytes(self._buffer[: self._native_bytes])
        return pcm if self._down is None else self._down.run(pcm)

    def _put(self, pcm: bytes) -> None:
        if self._up is not None:
            pcm = self._up.run(pcm)
        out = self._out
        out.type = _FRAME_AUDIO
        self._outgoing[: len(pcm)] = pcm
        out.size = len(pcm)
        out.timestamp = self._timestamp
        self._timestamp += self._samples
        _put_frame(self._port, self._out_at)


def silence_log() -> None:
    """pjlib writes to standard output from its first call on; its log would hold callers' numbers."""
    _PJ.pj_log_set_level(0)


def hold_all(media: Any) -> None:
    """Let jitter buffers leave nothing out, and have room. `media`: pjsua2's settings of media."""
    media.jbMax = _HELD_MS
    algorithm = media.jbDiscardAlgo  # SWIG knows no values of this enumeration: the one in its object is changed
    ctypes.c_int.from_address(int(algorithm)).value = _DISCARD_NONE
    media.jbDiscardAlgo = algorithm
    algorithm.disown()  # it would complain on standard error that it does not know how to free it


class IdleBridge:
    """pjsua's conference bridge, which we do not use but must let do its house-keeping.

    pjsua adds every stream to its bridge, and the bridge frees a slot only when it is clocked; it has 254. So it is
    clocked once whenever no stream is alive, when one tick touches nobody's audio.
    """

    def __init__(self, master_port: int) -> None:
        self._port = master_port
        info = _PortInfo.from_address(master_port)
        if info.clock_rate != SAMPLE_RATE or info.channels != 1:
            raise PeerError("pjsua's bridge is not in the form of the pinned pjsua2")
        self._buffer = bytearray(_LARGEST_FRAME_BYTES)
        self._array = (ctypes.c_char * len(self._buffer)).from_buffer(self._buffer)
        self._frame = _Frame()

    def tick(self) -> None:
        """One frame of nothing."""
        self._frame.type = _FRAME_AUDIO
        self._frame.buf = ctypes.addressof(self._array)
        self._frame.size = len(SILENT_FRAME)
        _get_frame(self._port, ctypes.addressof(self._frame))
