"""Reads the tensors of a file that torch.save wrote (a zip: a pickle and raw numbers), without torch, without trust.

A pickle can run anything: this reader resolves four names only, all to constructors of ours, and refuses any other. A
zip can unpack to more than there is: what is compressed is refused, and no tensor is larger than the numbers it views.
"""

from __future__ import annotations

import io
import math
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import numpy as np
from numpy.typing import NDArray

from ivr.errors import ModelError

PICKLE = "/data.pkl"
"""The entry that describes the tensors; its folder has any name."""
MAX_PICKLE = 4_000_000
"""Bytes of it: the largest that we read has 133,035."""


class _Storage:
    """Raw numbers of one kind."""

    kind = "<f4"

    def __init__(self, data: bytes) -> None:
        self.data = np.frombuffer(data, self.kind)


class _Integers(_Storage):
    """Counters of the training beside the weights."""

    kind = "<i8"


class _Tensor:
    """A view on a storage."""

    __slots__ = ("_offset", "_shape", "_storage", "_strides")

    def __init__(self, storage: Any, offset: Any, shape: Any, strides: Any) -> None:
        self._storage, self._offset, self._shape, self._strides = storage, offset, shape, strides

    def array(self) -> NDArray[np.float32] | None:
        """As numpy, checked to lie within its storage; None: no weights, but integers."""
        storage, offset, shape, strides = self._storage, self._offset, self._shape, self._strides
        if type(storage) not in (_Storage, _Integers) or not all(type(one) is tuple for one in (shape, strides)):
            raise ModelError("A tensor of this weights file is none.")
        if not all(type(one) is int and one >= 0 for one in (offset, *shape, *strides)) or len(shape) != len(strides):
            raise ModelError("A tensor of this weights file has an impossible shape.")
        last = offset + sum((size - 1) * step for size, step in zip(shape, strides, strict=True))
        # A stride of zero would let a few numbers view as many as one likes.
        if last >= len(storage.data) or not 0 < math.prod(shape) <= len(storage.data):
            raise ModelError("A tensor of this weights file lies outside of its data.")
        if type(storage) is _Integers:
            return None
        width = storage.data.itemsize
        view = np.lib.stride_tricks.as_strided(storage.data[offset:], shape, tuple(width * step for step in strides))
        return np.array(view, np.float32)


def _rebuild(storage: object, offset: object, shape: object, strides: object, *_: object) -> _Tensor:
    return _Tensor(storage, offset, shape, strides)


class _Reader(pickle.Unpickler):
    """Resolves what a state of tensors needs, and nothing else."""

    _ALLOWED: ClassVar[dict[tuple[str, str], Callable[..., Any]]] = {
        ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
        ("collections", "OrderedDict"): OrderedDict,
        ("torch", "FloatStorage"): _Storage,
        ("torch", "LongStorage"): _Integers,
    }

    def __init__(self, file: BinaryIO, raw: Callable[[str], bytes]) -> None:
        super().__init__(file)
        self._raw = raw
        self._storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        """Our constructor for a permitted name. Raises ModelError."""
        if (module, name) not in self._ALLOWED:
            raise ModelError("This weights file asks for code to be run; it was not loaded.")
        return self._ALLOWED[module, name]

    def persistent_load(self, pid: Any) -> _Storage:
        """A storage, by its key; each is read once."""
        if type(pid) is not tuple or len(pid) != 5 or pid[0] != "storage" or pid[1] not in (_Storage, _Integers):
            raise ModelError("This weights file holds something else than tensors of floats and integers.")
        _, kind, key, _, count = pid
        if type(key) is not str or key not in self._storages:
            self._storages[str(key)] = kind(self._raw(str(key)))
        found = self._storages[str(key)]
        if type(found) is not kind or len(found.data) != count:
            raise ModelError("A tensor of this weights file is not of the size that it states.")
        return found


def read_tensors(path: Path) -> dict[str, NDArray[np.float32]]:
    """The float tensors of the file, by name. Raises ModelError."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _tensors(archive)
    except ModelError:
        raise
    except Exception as error:  # a damaged pickle or zip raises whatever its bytes lead to
        raise ModelError(f"This weights file cannot be read ({type(error).__name__}).") from error


def _tensors(archive: zipfile.ZipFile) -> dict[str, NDArray[np.float32]]:
    entries = {one.filename: one for one in archive.infolist()}
    described = [name for name in entries if name.endswith(PICKLE) and name.count("/") == 1]
    if len(described) != 1:
        raise ModelError("This weights file is not of the form that is known here.")
    if any(one.compress_type != zipfile.ZIP_STORED for one in entries.values()):
        raise ModelError("This weights file is compressed, which torch does not do; it was not loaded.")
    if entries[described[0]].file_size > MAX_PICKLE:
        raise ModelError("This weights file describes more tensors than one of a model does.")
    folder = described[0].removesuffix(PICKLE)
    content = _Reader(io.BytesIO(archive.read(described[0])), lambda key: archive.read(f"{folder}/data/{key}")).load()
    if type(content) not in (dict, OrderedDict) or not all(type(one) is _Tensor for one in content.values()):
        raise ModelError("This weights file holds something else than tensors by name.")
    read = ((str(name), tensor.array()) for name, tensor in content.items())
    return {name: array for name, array in read if array is not None}
