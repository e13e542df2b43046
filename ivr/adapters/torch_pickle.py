"""Reads the tensors of a file that torch.save wrote (its old, unzipped form), without torch and without trust.

A pickle can run anything; this reader resolves three names only, all to constructors of ours, and refuses any other.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import numpy as np
from numpy.typing import NDArray

from ivr.errors import ModelError

MAGIC = 0x1950A86A20F9469CFC6C
"""First pickle of the old form."""
PROTOCOL = 1001


class _Storage:
    """Raw numbers, filled in after the pickle was read."""

    def __init__(self) -> None:
        self.data: NDArray[np.float32] = np.zeros(0, np.float32)


class _Tensor:
    """A view on a storage."""

    def __init__(self, storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
        self.storage, self.offset, self.shape, self.strides = storage, offset, shape, strides

    def array(self) -> NDArray[np.float32]:
        """As numpy, checked to lie within its storage."""
        last = self.offset + sum((size - 1) * step for size, step in zip(self.shape, self.strides, strict=True))
        if min((0, *self.strides, *self.shape)) < 0 or last >= len(self.storage.data):
            raise ModelError("A tensor of this weights file lies outside of its data.")
        view = np.lib.stride_tricks.as_strided(
            self.storage.data[self.offset :], self.shape, tuple(4 * step for step in self.strides)
        )
        return view.copy()


def _rebuild(storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object) -> _Tensor:
    return _Tensor(storage, offset, shape, strides)


class _Reader(pickle.Unpickler):
    """Resolves what a state of float tensors needs, and nothing else."""

    _ALLOWED: ClassVar[dict[tuple[str, str], Callable[..., Any]]] = {
        ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
        ("collections", "OrderedDict"): OrderedDict,
        ("torch", "FloatStorage"): _Storage,
    }

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        """Our constructor for a permitted name. Raises ModelError."""
        if (module, name) not in self._ALLOWED:
            raise ModelError("This weights file asks for code to be run; it was not loaded.")
        return self._ALLOWED[module, name]

    def persistent_load(self, pid: Any) -> _Storage:
        """A storage, by its key."""
        if not isinstance(pid, tuple) or len(pid) < 3 or pid[0] != "storage" or pid[1] is not _Storage:
            raise ModelError("This weights file holds something else than float tensors.")
        return self.storages.setdefault(str(pid[2]), _Storage())


def read_tensors(path: Path, section: str) -> dict[str, NDArray[np.float32]]:
    """The tensors of one section (`model_state`) of the file, by name. Raises ModelError."""
    try:
        with path.open("rb") as file:
            if _Reader(file).load() != MAGIC or _Reader(file).load() != PROTOCOL:
                raise ModelError("This weights file is not of the form that is known here.")
            _Reader(file).load()  # sizes of C types, the same on every machine we run on
            reader = _Reader(file)
            content = reader.load()
            for key in _Reader(file).load():
                _fill(file, reader.storages[str(key)])
        return {str(name): tensor.array() for name, tensor in content[section].items() if isinstance(tensor, _Tensor)}
    except (pickle.UnpicklingError, EOFError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(f"This weights file cannot be read ({type(error).__name__}).") from error


def _fill(file: BinaryIO, storage: _Storage) -> None:
    """Each storage: eight bytes of count, then so many floats."""
    count = int.from_bytes(file.read(8), "little", signed=True)
    raw = file.read(4 * count) if 0 <= count < 1 << 28 else b""
    if len(raw) != 4 * count:
        raise ModelError("This weights file ends too early.")
    storage.data = np.frombuffer(raw, "<f4")
