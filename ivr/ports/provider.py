"""A provider of OpenID Connect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Provider(Protocol):
    """Says who somebody is."""

    @property
    def claim(self) -> str:
        """Which claim is the user's name."""
        ...

    @property
    def issuer(self) -> str:
        """Its name, as its tokens and answers have it."""
        ...

    def where(self, *, redirect: str, state: str, nonce: str, challenge: str) -> str:
        """The address that people are sent to. `challenge`: S256 (RFC 7636). `redirect`: where they come back to."""
        ...

    def claims(self, code: str, *, redirect: str, verifier: str, now: float) -> Mapping[str, object]:
        """What its token says, signature, issuer, audience and times verified. Raises PeerError, DeniedError."""
        ...
