"""What every sealer must do: whoever holds a recipient's secret opens it, nobody else, and no input is repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.adapters.files.keys.age_seal import AgeSealer, decrypt_with, new_identity
from ivr.errors import OperatorError, SealError
from ivr.ports.sealing import Sealer

PLAIN = b"what leaves the house" * 5000


@pytest.fixture
def sealer() -> Sealer:
    return AgeSealer()


class Holder:
    """Somebody with a key of their own."""

    def __init__(self, directory: Path, name: str) -> None:
        secret, self.public = new_identity()
        self._file = directory / name
        self._file.write_text(f"{secret}\n")

    def open(self, sealed: bytes) -> bytes:
        """Raises SealError."""
        return decrypt_with(self._file, sealed)


def test_each_recipient_opens_it_alone_and_a_stranger_does_not(sealer: Sealer, tmp_path: Path) -> None:
    ann, ben, eve = (Holder(tmp_path, name) for name in ("ann", "ben", "eve"))
    sealed = sealer.seal([ann.public, ben.public], PLAIN)
    assert PLAIN[:21] not in sealed
    assert ann.open(sealed) == ben.open(sealed) == PLAIN
    with pytest.raises(SealError):
        eve.open(sealed)


def test_what_was_altered_is_not_opened(sealer: Sealer, tmp_path: Path) -> None:
    ann = Holder(tmp_path, "ann")
    sealed = bytearray(sealer.seal([ann.public], PLAIN))
    sealed[-1] ^= 1
    with pytest.raises(SealError):
        ann.open(bytes(sealed))


def test_two_sealings_of_the_same_tell_nobody_that_it_is(sealer: Sealer, tmp_path: Path) -> None:
    ann = Holder(tmp_path, "ann")
    assert sealer.seal([ann.public], PLAIN) != sealer.seal([ann.public], PLAIN)


def test_a_recipient_is_taken_with_spaces_around_it(sealer: Sealer, tmp_path: Path) -> None:
    public = Holder(tmp_path, "ann").public
    assert sealer.recipient(f" {public}\n") == public


@pytest.mark.parametrize("wrong", ["", "nonsense", "age1", "ssh-ed25519 AAAA", "secret"])
def test_what_is_no_recipient_is_refused_and_never_repeated(sealer: Sealer, wrong: str) -> None:
    typed = new_identity()[0] if wrong == "secret" else wrong
    with pytest.raises(OperatorError) as refused:
        sealer.recipient(typed)
    assert len(typed) < 8 or typed not in str(refused.value)
    with pytest.raises(OperatorError):
        sealer.seal([typed], PLAIN)


def test_nothing_is_sealed_to_nobody(sealer: Sealer) -> None:
    with pytest.raises(SealError):
        sealer.seal([], PLAIN)
