"""In-band DTMF: which key a caller presses, from the audio alone (ITU-T Q.23 and Q.24).

Windows of 20 ms, one each 10 ms. A window is a key when one low and one high tone carry nearly all its energy, within
the permitted twist; two windows in a row must agree, and between them each tone's phase must have advanced as its exact
frequency demands. Speech passes neither test (talk-off), and silence is dismissed before any of it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ivr.core.media.frame import SAMPLE_RATE

LOW_HZ = (697.0, 770.0, 852.0, 941.0)
HIGH_HZ = (1209.0, 1336.0, 1477.0, 1633.0)
KEYS = ("123A", "456B", "789C", "*0#D")
"""KEYS[low][high] (Q.23)."""
WINDOW = 160
"""Samples analysed at once: 20 ms, a third of the shortest tone plus pause (Q.24: 40 ms + 40 ms) at any offset."""
HOP = 80
"""Samples between windows."""
MIN_RMS = 120.0
"""Weakest tone looked at: about -45 dBm0, below Q.24's -25 dBm0 operate level with the loss of a bad line."""
MIN_SHARE = 0.80
"""Of a window's energy that must lie in the two tones."""
MAX_NORMAL_TWIST_DB = 10.0
"""High tone weaker than the low one by at most this (Q.24 asks for 4..8 dB by country; margin for the line)."""
MAX_REVERSE_TWIST_DB = 6.0
"""High tone stronger than the low one by at most this."""
MAX_DEVIATION = 0.0175
"""Of a tone's frequency: must accept 1.5 %, must refuse 3.5 % (Q.24). The phase tells it so finely that G5 and E6, a
third of most melodies, are told from the 770 and 1336 Hz of a 5."""
RELEASE_WINDOWS = 5
"""Windows without the key before it counts as released: a packet of 20 ms that is missing or late spoils four, a pause
of 40 ms five."""

_FREQUENCIES = np.array(LOW_HZ + HIGH_HZ)
_ADVANCE = 2 * math.pi * _FREQUENCIES * HOP / SAMPLE_RATE
_PROBE: NDArray[np.complex64] = np.exp(-2j * math.pi * np.outer(_FREQUENCIES, np.arange(WINDOW)) / SAMPLE_RATE).astype(
    np.complex64
)


class DtmfDetector:
    """One caller's audio. `push` any amount of PCM; each key is returned once, when it is sure."""

    __slots__ = ("_bins", "_candidate", "_pressed", "_quiet_windows", "_rest")

    def __init__(self) -> None:
        self._rest: NDArray[np.float32] = np.zeros(0, np.float32)
        self._bins: NDArray[np.complex64] | None = None
        self._candidate = ""
        self._pressed = ""
        self._quiet_windows = 0

    def push(self, pcm: bytes) -> list[str]:
        """8 kHz 16-bit PCM; returns keys whose press became certain in it."""
        audio = np.concatenate((self._rest, np.frombuffer(pcm, "<i2").astype(np.float32)))
        digits: list[str] = []
        start = 0
        while start + WINDOW <= len(audio):
            digit = self._window(audio[start : start + WINDOW])
            if digit:
                digits.append(digit)
            start += HOP
        self._rest = audio[start:]
        return digits

    def _window(self, window: NDArray[np.float32]) -> str:
        """The key that became certain with this window, or ''."""
        energy = float(window @ window)
        if energy < MIN_RMS * MIN_RMS * WINDOW:
            self._bins = None
            self._candidate = ""
            self._release()
            return ""
        bins = _PROBE @ window
        key = self._key(bins, self._bins, energy)
        self._bins = bins
        certain = key and key == self._candidate
        self._candidate = key
        if certain and key != self._pressed:
            self._pressed = key
            self._quiet_windows = 0
            return key
        if key == self._pressed:
            self._quiet_windows = 0
        else:
            self._release()
        return ""

    def _release(self) -> None:
        self._quiet_windows += 1
        if self._quiet_windows >= RELEASE_WINDOWS:
            self._pressed = ""

    @staticmethod
    def _key(bins: NDArray[np.complex64], before: NDArray[np.complex64] | None, energy: float) -> str:
        """The key these bins spell, or ''."""
        if before is None:
            return ""
        size = np.abs(bins)
        low, high = int(size[:4].argmax()), 4 + int(size[4:].argmax())
        if min(size[low], size[high]) < 1.0:
            return ""
        share = 0.0
        levels: list[float] = []
        for tone in (low, high):
            turn = float(np.angle(bins[tone] * np.conj(before[tone]))) - _ADVANCE[tone]
            deviation_hz = math.remainder(turn, 2 * math.pi) * SAMPLE_RATE / HOP / (2 * math.pi)
            if abs(deviation_hz) > MAX_DEVIATION * _FREQUENCIES[tone]:
                return ""
            # A tone off its nominal frequency by d loses sinc(d * T) in its bin: give it back.
            level = float(size[tone]) / float(np.sinc(deviation_hz * WINDOW / SAMPLE_RATE))
            levels.append(level)
            share += 2 * level * level / WINDOW / energy
        twist_db = 20 * math.log10(levels[0] / levels[1])
        if share < MIN_SHARE or not -MAX_REVERSE_TWIST_DB <= twist_db <= MAX_NORMAL_TWIST_DB:
            return ""
        return KEYS[low][high - 4]
