"""Whether sound was heard before: what is played from a recording matches what was heard, what is said anew does not.

A fingerprint is the loudness of sixteen bands in time, less its neighbours in band and time: what a line, a codec or
another loudness changes little, and nobody says twice alike. A stretch of new sound is laid beside every stretch of the
old; so it is as if it were played faster or slower, with the pitch or without. Found is what is alike in the mean over
as long as a voice is judged by, in stretches of a second, or of 0.4 s (digits cut out of recordings and put together);
and any one stretch that is very closely alike.

Never detected: what this line has not heard (a recording made elsewhere), and a cloned voice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ivr.core.identity.verifier import LEAST_SPEECH
from ivr.core.media.frame import SAMPLE_RATE
from ivr.core.media.resample import from_pcm

Floats = NDArray[np.float32]

HOP: Final = 160
"""Samples between two columns: 20 ms."""
WINDOW: Final = 512
BANDS: Final = 17
LOWEST_HZ, HIGHEST_HZ = 300.0, 3200.0
"""What every telephone carries."""
QUIET: Final = 1e4
"""Energy that is added to each band: below it nothing is told of the line's own noise."""
STEPS: Final = 31
"""A value is kept as one of 2 * 31 + 1, from -1 to 1 (natural logarithm of energies)."""
LEAST_COLUMNS: Final = round(LEAST_SPEECH * SAMPLE_RATE / HOP)
MOST_SECONDS: Final = 600.0
"""Of answers that are kept: a hundred or so, and half a second of work to compare with."""
LEAST_CHANGE: Final = 0.4
"""Of a stretch, root mean square: less is silence, hum or a tone, which is alike for everybody."""
SPEEDS: Final = tuple((rate, rate) for rate in (0.88, 0.92, 0.96, 1.04, 1.08, 1.12))
"""(tempo, pitch) of what is played faster or slower. Further off, no embedder takes it for the same voice."""
TEMPI: Final = tuple((round(1.04**power, 3), 1.0) for power in range(-9, 10))
"""The same with the pitch kept: 0.7 to 1.42."""


@dataclass(frozen=True, slots=True)
class Alike:
    """How alike new sound is to what was heard, -1..1: each of its stretches by what it is most alike to."""

    most: float = -1.0
    """Of the stretch that is most alike."""
    mean: float = -1.0
    """Of as many in a row as a voice is judged by at the least, those at one pace that are most alike: whatever noise
    or talk is put around a recording, it is in its midst."""


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on sound is a recording, by stretches of one length."""

    size: int
    """Columns of a stretch."""
    surely: float
    """One stretch so alike was never said twice: a word cut out, and put among others."""
    most: float
    """One less alike is none, however alike its surroundings; -1: these alone say."""
    mean: float
    """So alike in the mean: a phrase that is said again, word for word, is not, as other words stand around it."""

    def exceeded(self, found: Alike) -> bool:
        """Whether it is a recording."""
        return found.most >= self.surely or (found.most >= self.most and found.mean >= self.mean)


LIMITS: Final = (Limits(50, 0.66, -1.0, 0.40), Limits(20, 0.80, 0.70, 0.45))
"""Measured: docs/speech.md."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Of one stretch of sound."""

    data: bytes = field(repr=False)
    """(time, band), each a signed byte, -31..31; 50 columns a second."""

    @property
    def columns(self) -> Floats:
        """(time, band), each -1..1."""
        bands = np.frombuffer(self.data, np.int8).reshape(-1, BANDS - 1)
        return np.asarray(bands.astype(np.float32) / np.float32(STEPS), np.float32)

    @property
    def seconds(self) -> float:
        """How much sound it stands for."""
        return len(self.data) // (BANDS - 1) * HOP / SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of one customer's voice: the recordings of their enrolment, and answers that spoke for them."""

    enrolment: tuple[Fingerprint, ...] = ()
    answers: tuple[tuple[float, Fingerprint], ...] = ()
    """Wall clock and sound, oldest first."""

    @property
    def sounds(self) -> tuple[Fingerprint, ...]:
        """All of it."""
        return (*self.enrolment, *(sound for _, sound in self.answers))

    def answered(self, at: float, sound: Fingerprint) -> Heard:
        """One answer more; the oldest go where there would be more than is kept."""
        answers = [*self.answers, (at, sound)]
        while len(answers) > 1 and sum(one.seconds for _, one in answers) > MOST_SECONDS:
            del answers[0]
        return Heard(self.enrolment, tuple(answers))

    def enrolled(self, at: float, sounds: tuple[Fingerprint, ...]) -> Heard:
        """Enrolled anew: the recordings of before are answers of that time."""
        heard = self
        for sound in self.enrolment:
            heard = heard.answered(at, sound)
        return Heard(sounds, heard.answers)

    def since(self, time: float) -> Heard:
        """Without the answers from before."""
        return Heard(self.enrolment, tuple(one for one in self.answers if one[0] >= time))


def fingerprint(pcm: bytes) -> Fingerprint:
    """Of 8 kHz sound, pauses and all."""
    return Fingerprint(np.rint(_changes(from_pcm(pcm), 1.0, 1.0) * STEPS).astype(np.int8).tobytes())


def was_heard(pcm: bytes, before: Sequence[Fingerprint]) -> bool:
    """Whether a stretch of this sound is a stretch of what was heard before."""
    played, known = _played(pcm), [one.columns for one in before]
    return any(limits.exceeded(_alike(played, known, limits.size, enough=limits.surely)) for limits in LIMITS)


def alike(pcm: bytes, before: Sequence[Fingerprint], size: int) -> Alike:
    """How alike it is to what was heard before, by stretches of so many columns."""
    return _alike(_played(pcm), [one.columns for one in before], size)


def _played(pcm: bytes) -> list[Floats]:
    """As it might be the old sound, at each pace."""
    sound = from_pcm(pcm)
    return [_changes(sound, *how) for how in (*TEMPI, *SPEEDS)]


def _alike(played: Sequence[Floats], known: Sequence[Floats], size: int, enough: float = 2.0) -> Alike:
    """`enough`: from where on nothing more is compared."""
    paces = [stretches for one in played if len(stretches := _asked(one, size))]
    if not paces:
        return Alike()
    asked = np.concatenate(paces)
    nearest = np.full(len(asked), -1.0, np.float32)
    for one in known:
        for part in _stretches(one, size):
            np.maximum(nearest, (part @ asked.T).max(axis=0), out=nearest)
        if nearest.max() >= enough:
            break
    of_pace = np.split(nearest, np.cumsum([len(stretches) for stretches in paces])[:-1])
    return Alike(float(nearest.max()), max(_most_in_a_row(one, size) for one in of_pace))


def _most_in_a_row(likeness: Floats, size: int) -> float:
    count = min(len(likeness), (LEAST_COLUMNS - size) // (size // 2) + 1)
    return float(sliding_window_view(likeness, count).mean(axis=1).max())


def _asked(played: Floats, size: int) -> Floats:
    """Stretches of the new sound, each half over the next one, that tell anything."""
    found = list(_stretches(played, size, step=size // 2))
    return np.concatenate(found) if found else np.zeros((0, size * (BANDS - 1)), np.float32)


_AT_ONCE: Final = 2000
"""Stretches that are laid out in memory at the same time: 6 MB."""


def _stretches(columns: Floats, size: int, step: int = 1) -> Iterator[Floats]:
    """(stretches, size * bands), each of length 1 and mean 0, of those that tell anything."""
    if len(columns) < size:
        return
    windows = sliding_window_view(columns, size, axis=0)[::step]
    for at in range(0, len(windows), _AT_ONCE):
        rows = windows[at : at + _AT_ONCE].reshape(-1, size * columns.shape[1])
        rows = rows - rows.mean(axis=1, keepdims=True)
        lengths = np.linalg.norm(rows, axis=1)
        tells = lengths >= LEAST_CHANGE * np.sqrt(rows.shape[1])
        if tells.any():
            yield rows[tells] / lengths[tells, None]


def _changes(sound: Floats, tempo: float, pitch: float) -> Floats:
    """(time, band): what it would be had the sound been played back `tempo` times slower, and `pitch` times lower."""
    hop = round(HOP / tempo)
    if len(sound) < WINDOW + 4 * hop:
        return np.zeros((0, BANDS - 1), np.float32)
    frames = sliding_window_view(sound, WINDOW)[::hop] * np.hanning(WINDOW).astype(np.float32)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    total = np.concatenate([np.zeros((len(power), 1)), np.cumsum(power, axis=1)], axis=1)
    edges = LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ) ** (np.arange(BANDS + 1) / BANDS) * pitch * WINDOW / SAMPLE_RATE + 0.5
    below = np.clip(np.floor(edges).astype(int), 0, total.shape[1] - 2)
    part = edges - below
    at_edges = total[:, below] * (1.0 - part) + total[:, below + 1] * part
    loud = np.log(np.diff(at_edges, axis=1) + QUIET)
    across = loud[:, 1:] - loud[:, :-1]
    return np.asarray(np.clip(across[2:] - across[:-2], -1.0, 1.0), np.float32)
