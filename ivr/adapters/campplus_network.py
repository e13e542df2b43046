"""CAM++ (Wang et al. 2023), a network that knows speakers, computed with numpy: torch would be gigabytes.

A small convolution over bands and time, then a densely connected time-delay network: each layer sees what all before
it found, and weighs its own answer by the context of its second and of the whole. Statistics over time end it. Names
are those of the weights as 3D-Speaker publishes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
BANDS = 80
BLOCKS = ((12, 1), (24, 2), (16, 2))
"""(layers, dilation) of each dense block."""
GROWTH = 32
"""Channels that a layer adds."""
SEGMENT = 100
"""Steps of 20 ms whose mean is a layer's near context."""
_EPSILON = 1e-5
"""What batch normalization adds to a variance."""


class CamPlusPlus:
    """The network with its weights. Thread-safe."""

    def __init__(self, tensors: Mapping[str, Array]) -> None:
        """Raises KeyError for a tensor that is missing."""
        self._first = _Filter.of(tensors, "head.conv1", "head.bn1")
        self._residual = [
            _Residual.of(tensors, f"head.layer{layer}.{block}", stride=2 if block == 0 else 1)
            for layer in (1, 2)
            for block in (0, 1)
        ]
        self._last = _Filter.of(tensors, "head.conv2", "head.bn2", stride=2)
        scale, shift = _folded(tensors, "xvector.tdnn.nonlinear.batchnorm")
        self._delay = _flat(tensors["xvector.tdnn.linear.weight"] * scale[:, None, None]), shift[:, None]
        self._blocks = [_Block.of(tensors, number, *shape) for number, shape in enumerate(BLOCKS, start=1)]
        self._out = _folded(tensors, "xvector.out_nonlinear.batchnorm")
        scale, self._shift = _folded(tensors, "xvector.dense.nonlinear.batchnorm")
        self._dense = tensors["xvector.dense.linear.weight"][:, :, 0] * scale[:, None]

    def __call__(self, bands: Array) -> Array:
        """(frames, 80), their mean taken off -> 192 numbers."""
        signal = self._first(np.ascontiguousarray(bands.T[:, None, :]))
        for part in self._residual:
            signal = part(signal)
        rows, channels, steps = (signal := self._last(signal)).shape
        flat = signal.transpose(1, 0, 2).reshape(channels * rows, steps)
        weight, shift = self._delay
        signal = _relu(weight @ _taps(flat, 5)[:, ::2] + shift)
        for block in self._blocks:
            signal = block(signal)
        signal = _normalized(signal, self._out)
        spread = signal.std(axis=1, ddof=1) if signal.shape[1] > 1 else np.zeros(len(signal), np.float32)
        return np.asarray(self._dense @ np.concatenate((signal.mean(axis=1), spread)) + self._shift, np.float32)


@dataclass(frozen=True, slots=True)
class _Filter:
    """3 x 3 over bands and time with its normalization; the stride is the bands' alone."""

    weight: Array
    """(out, 3 bands x 3 steps x in)"""
    shift: Array
    stride: int

    @classmethod
    def of(cls, tensors: Mapping[str, Array], name: str, normalization: str, *, stride: int = 1) -> _Filter:
        scale, shift = _folded(tensors, normalization)
        weight = tensors[f"{name}.weight"] * scale[:, None, None, None]
        return cls(_flat(weight.transpose(0, 2, 3, 1)), shift[:, None], stride)

    def __call__(self, signal: Array, add: Array | None = None) -> Array:
        """(bands, in, steps) -> (bands / stride, out, steps). `add`: before what is below zero is cut off."""
        bands, channels, steps = signal.shape
        padded = np.zeros((bands + 2, channels, steps + 2), np.float32)
        padded[1:-1, :, 1:-1] = signal
        found = np.empty((-(-bands // self.stride), len(self.weight), steps), np.float32)
        near = np.empty((3, 3, channels, steps), np.float32)
        for band in range(len(found)):  # a band at a time: all at once would be nine times the memory
            rows = padded[band * self.stride : band * self.stride + 3]
            for step in range(3):
                near[:, step] = rows[:, :, step : step + steps]
            np.matmul(self.weight, near.reshape(9 * channels, steps), out=found[band])
        found += self.shift
        if add is not None:
            found += add
        return _relu(found)


@dataclass(frozen=True, slots=True)
class _Residual:
    """Two filters, and a way past them."""

    first: _Filter
    second: _Filter
    past: tuple[Array, Array] | None

    @classmethod
    def of(cls, tensors: Mapping[str, Array], name: str, *, stride: int) -> _Residual:
        past = None
        if stride != 1:
            scale, shift = _folded(tensors, f"{name}.shortcut.1")
            past = tensors[f"{name}.shortcut.0.weight"][:, :, 0, 0] * scale[:, None], shift[:, None]
        first, second = (
            _Filter.of(tensors, f"{name}.conv{n}", f"{name}.bn{n}", stride=stride if n == 1 else 1) for n in (1, 2)
        )
        return cls(first, second, past)

    def __call__(self, signal: Array) -> Array:
        past = signal if self.past is None else self.past[0] @ signal[:: self.first.stride] + self.past[1]
        return self.second(self.first(signal), past)


@dataclass(frozen=True, slots=True)
class _Layer:
    """One of a dense block: narrows what it sees, filters it in time, and weighs the answer by the context."""

    before: tuple[Array, Array]
    narrow: Array
    shift: Array
    filter: Array
    squeeze: tuple[Array, Array]
    weigh: tuple[Array, Array]

    @classmethod
    def of(cls, tensors: Mapping[str, Array], name: str) -> _Layer:
        scale, shift = _folded(tensors, f"{name}.nonlinear2.batchnorm")
        cam = f"{name}.cam_layer"
        squeeze, weigh = (
            (tensors[f"{cam}.linear{n}.weight"][:, :, 0], tensors[f"{cam}.linear{n}.bias"][:, None]) for n in (1, 2)
        )
        return cls(
            _folded(tensors, f"{name}.nonlinear1.batchnorm"),
            tensors[f"{name}.linear1.weight"][:, :, 0] * scale[:, None],
            shift[:, None],
            _flat(tensors[f"{cam}.linear_local.weight"]),
            squeeze,
            weigh,
        )

    def __call__(self, seen: Array, dilation: int) -> Array:
        """(channels so far, steps) -> (GROWTH, steps)"""
        signal = _relu(self.narrow @ _normalized(seen, self.before) + self.shift)
        context = _segments(signal) + signal.mean(axis=1, keepdims=True)
        context = _relu(self.squeeze[0] @ context + self.squeeze[1])
        weights = 0.5 * (np.tanh(0.5 * (self.weigh[0] @ context + self.weigh[1])) + 1.0)
        found = self.filter @ _taps(signal, 3, dilation)
        return np.asarray(found * np.repeat(weights, SEGMENT, axis=1)[:, : found.shape[1]], np.float32)


@dataclass(frozen=True, slots=True)
class _Block:
    """Layers that each see all before them; then half as many channels."""

    layers: tuple[_Layer, ...]
    dilation: int
    after: tuple[Array, Array]
    halve: Array

    @classmethod
    def of(cls, tensors: Mapping[str, Array], number: int, layers: int, dilation: int) -> _Block:
        made = tuple(_Layer.of(tensors, f"xvector.block{number}.tdnnd{layer}") for layer in range(1, layers + 1))
        after = _folded(tensors, f"xvector.transit{number}.nonlinear.batchnorm")
        return cls(made, dilation, after, tensors[f"xvector.transit{number}.linear.weight"][:, :, 0])

    def __call__(self, signal: Array) -> Array:
        known, steps = signal.shape
        seen = np.empty((known + GROWTH * len(self.layers), steps), np.float32)
        seen[:known] = signal
        for layer in self.layers:
            seen[known : known + GROWTH] = layer(seen[:known], self.dilation)
            known += GROWTH
        return np.asarray(self.halve @ _normalized(seen, self.after), np.float32)


def _folded(tensors: Mapping[str, Array], name: str) -> tuple[Array, Array]:
    """Batch normalization as a factor and a summand of each channel. (The last one has no weights of its own.)"""
    scale = 1.0 / np.sqrt(tensors[f"{name}.running_var"] + np.float32(_EPSILON))
    scale = scale * tensors.get(f"{name}.weight", np.float32(1.0))
    shift = tensors.get(f"{name}.bias", np.float32(0.0)) - tensors[f"{name}.running_mean"] * scale
    return np.asarray(scale, np.float32), np.asarray(shift, np.float32)


def _flat(weight: Array) -> Array:
    return np.ascontiguousarray(weight.reshape(len(weight), -1))


def _normalized(signal: Array, folded: tuple[Array, Array]) -> Array:
    """(channels, steps), normalized; nothing below zero."""
    return _relu(signal * folded[0][:, None] + folded[1][:, None])


def _relu(signal: Array) -> Array:
    np.maximum(signal, 0.0, out=signal)
    return signal


def _taps(signal: Array, size: int, dilation: int = 1) -> Array:
    """(channels x size, steps): each step with its neighbours, zeros beyond the ends; the weights' own order."""
    channels, steps = signal.shape
    reach = (size - 1) // 2 * dilation
    padded = np.pad(signal, ((0, 0), (reach, reach)))
    shifted = [padded[:, tap * dilation : tap * dilation + steps] for tap in range(size)]
    return np.stack(shifted, axis=1).reshape(channels * size, steps)


def _segments(signal: Array) -> Array:
    """(channels, segments): the mean of each; the last one may be shorter."""
    starts = np.arange(0, signal.shape[1], SEGMENT)
    sizes = np.diff(np.append(starts, signal.shape[1]))
    return np.asarray(np.add.reduceat(signal, starts, axis=1) / sizes, np.float32)
