"""Files of weights: what is read of them, and what is refused, whatever stands in them."""

from __future__ import annotations

import io
import pickle
import random
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ivr.adapters.torch_pickle import MAX_PICKLE, read_tensors
from ivr.errors import ModelError

NUMBERS = np.arange(6, dtype="<f4")


class Named:
    """Something that a pickle names by module and name, with arguments: what torch's classes look like in a file."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


class Stored:
    """A storage in a file."""

    def __init__(self, kind: str, key: Any, count: Any) -> None:
        self.kind, self.key, self.count = kind, key, count


def pickled(content: Any) -> bytes:
    """As torch writes it: protocol 2, storages by persistent ids, constructors by name only."""
    out = io.BytesIO()
    writer = _Writer(out, protocol=2)
    writer.dump(content)
    return out.getvalue()


_Written: Any = vars(pickle)["_Pickler"]
"""The one in Python: it lets names be written that do not exist here."""


class _Writer(_Written):  # type: ignore[misc]
    def persistent_id(self, obj: Any) -> Any:
        return ("storage", Named("torch", obj.kind), obj.key, "cpu", obj.count) if isinstance(obj, Stored) else None

    def save(self, obj: Any, save_persistent_id: bool = True) -> Any:
        if isinstance(obj, Named):
            self.write(b"c" + obj.module.encode() + b"\n" + obj.name.encode() + b"\n")
            return None
        if isinstance(obj, Call):
            self.save(obj.called)
            self.save(obj.arguments)
            self.write(pickle.REDUCE)
            return None
        return super().save(obj, save_persistent_id)


class Call:
    """Something that is called when the file is read."""

    def __init__(self, called: Named, *arguments: Any) -> None:
        self.called, self.arguments = called, arguments


REBUILD = Named("torch._utils", "_rebuild_tensor_v2")


def tensor(
    shape: Any = (2, 3),
    strides: Any = (3, 1),
    offset: Any = 0,
    *,
    kind: str = "FloatStorage",
    key: Any = "0",
    count: Any = 6,
) -> Call:
    return Call(REBUILD, Stored(kind, key, count), offset, shape, strides, False, OrderedDict())


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def made(content: Any, data: bytes = NUMBERS.tobytes(), how: int = zipfile.ZIP_STORED) -> Path:
        path = tmp_path / "weights.pt"
        with zipfile.ZipFile(path, "w", how) as archive:
            archive.writestr("archive/data.pkl", content if isinstance(content, bytes) else pickled(content))
            archive.writestr("archive/data/0", data)
            archive.writestr("archive/version", "3\n")
        return path

    return made


def test_tensors_are_read_by_name_and_integers_are_left_out(file: Callable[..., Path]) -> None:
    counter = tensor((), (), kind="LongStorage", key="0", count=3)
    turned = tensor((3, 2), (1, 3))
    read = read_tensors(file({"weight": tensor(), "turned": turned, "last": tensor((2,), (1,), 4)}))
    assert read["weight"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert read["turned"].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert read["last"].tolist() == [4, 5]
    assert read_tensors(file({"batches": counter})) == {}


@pytest.mark.parametrize(
    "name", [("builtins", "print"), ("os", "getcwd"), ("torch", "load"), ("collections", "Counter")]
)
def test_a_file_that_would_run_code_is_refused(file: Callable[..., Path], name: tuple[str, str]) -> None:
    for content in ({"weight": Call(Named(*name))}, {"weight": Named(*name)}):
        with pytest.raises(ModelError, match="asks for code"):
            read_tensors(file(content))


HOSTILE: dict[str, Any] = {
    "beyond its data": tensor((2, 4), (4, 1)),
    "offset beyond": tensor(offset=1),
    "offset before": tensor(offset=-1),
    "backwards": tensor((2, 3), (-3, 1)),
    "below nothing": tensor((-2, 3), (3, 1)),
    "many of few": tensor((1 << 40,), (0,)),
    "too many to count": tensor((1 << 62, 1 << 62), (0, 0)),
    "of nothing": tensor((0, 3), (3, 1)),
    "no numbers": tensor((2.0, 3.0), (3, 1)),
    "no shape": tensor("23", (3, 1)),
    "other lengths": tensor((6,), (3, 1)),
    "another size": tensor(count=7),
    "another kind": tensor(kind="LongStorage"),
    "no storage": Call(REBUILD, [1.0, 2.0], 0, (2,), (1,)),
    "missing storage": tensor(key="1"),
    "a storage elsewhere": tensor(key="../data.pkl"),
    "a key that is none": tensor(key=["0"]),
    "too little": Call(REBUILD),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_tensor_that_is_not_what_it_states_is_refused(file: Callable[..., Path], content: Call) -> None:
    with pytest.raises(ModelError):
        read_tensors(file({"weight": content}))


@pytest.mark.parametrize("content", [[], "text", {"weight": [1.0]}, {"weight": OrderedDict()}, {"weight": None}])
def test_what_is_no_table_of_tensors_is_refused(file: Callable[..., Path], content: Any) -> None:
    with pytest.raises(ModelError, match="something else"):
        read_tensors(file(content))


def test_what_unpacks_to_more_than_it_is_is_refused(file: Callable[..., Path]) -> None:
    with pytest.raises(ModelError, match="compressed"):
        read_tensors(file({"weight": tensor()}, how=zipfile.ZIP_DEFLATED))
    with pytest.raises(ModelError, match="more tensors"):
        read_tensors(file(b"." * (MAX_PICKLE + 1)))


@pytest.mark.parametrize("content", [b"", b"\x80", b"c", b"hello", pickled({"weight": tensor()})[:-20]])
def test_a_damaged_description_is_refused(file: Callable[..., Path], content: bytes) -> None:
    with pytest.raises(ModelError):
        read_tensors(file(content))


def test_a_file_that_was_cut_or_is_no_zip_is_refused(file: Callable[..., Path], tmp_path: Path) -> None:
    whole = file({"weight": tensor()}).read_bytes()
    for content in (b"", b"PK", whole[:-30], whole[: len(whole) // 2]):
        cut = tmp_path / "cut.pt"
        cut.write_bytes(content)
        with pytest.raises(ModelError, match="cannot be read"):
            read_tensors(cut)


def test_no_change_of_a_file_does_anything_but_raise_a_model_error(file: Callable[..., Path]) -> None:
    sound = pickled({"weight": tensor(), "bias": tensor((3,), (1,))})
    chance = random.Random(1)
    for _ in range(1000):
        content = bytearray(sound)
        for _ in range(chance.randint(1, 4)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        try:
            read = read_tensors(file(bytes(content)))
        except ModelError:
            continue
        assert all(array.size <= len(NUMBERS) for array in read.values())
