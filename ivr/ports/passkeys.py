"""Passkeys (WebAuthn) at one address of the console."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ivr.core.access.user import Passkey


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a browser's answer says, before anything of it is proved."""

    credential_id: bytes
    challenge: bytes
    handle: bytes
    """Whose it is; empty where the device does not say."""


class PasskeyParty(Protocol):
    """Makes what browsers are asked, and judges what they answer: JSON texts. Two proofs are demanded: the device, and
    what unlocks it. What is wrong with an answer raises DeniedError."""

    def ask_for_new(self, *, name: str, handle: bytes, challenge: bytes, known: Sequence[bytes]) -> str:
        """What `navigator.credentials.create` is given. `known`: ids of keys that they have."""
        ...

    def ask(self, challenge: bytes) -> str:
        """What `navigator.credentials.get` is given. It names nobody: the device knows who they are."""
        ...

    def claimed(self, answer: str) -> Claimed:
        """Read an answer of either kind."""
        ...

    def new(self, answer: str, *, challenge: bytes, at: float) -> Passkey:
        """The key that was made."""
        ...

    def used(self, answer: str, *, challenge: bytes, passkey: Passkey) -> Passkey:
        """The same key after this use. Also denied where its count went back: it was copied."""
        ...
