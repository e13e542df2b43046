"""Targets of notices in one file, sealed under a key of the key store; and the alarms that the hub wrote down."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from ivr.core.call.notices import Target
from ivr.core.vault.sealed import NONCE_BYTES, seal, unseal
from ivr.durable import locked, translated, write_durably
from ivr.errors import OperatorError, SealError
from ivr.ports.keys import KeyStore

MOST = 20
"""Targets."""
_PURPOSE = "webhooks"


class TargetFile:
    """`Targets`. What stands in the file is authentic as a whole: an address that somebody changed does not open."""

    def __init__(self, path: Path, keys: KeyStore) -> None:
        self._path, self._keys = path, keys

    def all(self) -> Sequence[Target]:
        """By name."""
        with translated(f"the webhooks in {self._path}"):
            if not self._path.exists():
                return []
            sealed = self._path.read_bytes()
        plain = unseal(sealed, key=self._key(), context=b"ivr-webhooks/1")
        try:
            found = [
                Target(**{**one, "events": tuple(one["events"]), "secret": bytes.fromhex(one["secret"])})
                for one in json.loads(plain)
            ]
        except (ValueError, TypeError, KeyError) as error:
            raise SealError(f"{self._path} is not a file of webhooks of this version") from error
        return sorted(found, key=lambda one: one.name)

    def add(self, target: Target) -> None:
        """A new one."""
        with self._changing() as there:
            if target.name in there:
                raise OperatorError(f"there is a target {target.name} already: remove it first, or take another name")
            if len(there) >= MOST:
                raise OperatorError(f"there are {MOST} targets already: remove one that is not needed")
            there[target.name] = target

    def remove(self, name: str) -> None:
        """Forget one."""
        with self._changing() as there:
            if there.pop(name, None) is None:
                raise OperatorError("there is no target of that name; 'ivr webhooks list' shows them")

    def change(self, name: str, change: Callable[[Target], Target]) -> None:
        """Keep what became of it."""
        with self._changing() as there:
            if name in there:
                there[name] = change(there[name])

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Target]]:
        with locked(self._path.with_suffix(".lock"), f"the lock of {self._path}"):
            there = {one.name: one for one in self.all()}
            yield there
            plain = json.dumps([{**asdict(one), "secret": one.secret.hex()} for one in there.values()])
            nonce = os.urandom(NONCE_BYTES)
            write_durably(self._path, seal(plain.encode(), key=self._key(), context=b"ivr-webhooks/1", nonce=nonce))

    def _key(self) -> bytes:
        return self._keys.fingerprint(_PURPOSE, b"")


class AlarmFile:
    """`AlarmsRaised`, from the hub's file. Lines that say who looks after one are passed over."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def since(self, at: float) -> Iterator[tuple[float, str, str | None]]:
        """Those that were raised later."""
        try:
            lines = self._path.read_bytes().splitlines()
        except OSError:
            return
        for line in lines:
            try:
                one = json.loads(line)
                when, kind, call = float(one["at"]), str(one["kind"]), one.get("call_id")
            except (ValueError, TypeError, KeyError, AttributeError):
                continue
            if when > at:
                yield when, kind, None if call is None else str(call)
