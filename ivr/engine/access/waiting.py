"""Who failed too often waits: counted by keyed hashes, so that the database shows neither names nor addresses."""

from __future__ import annotations

from ivr.core.access.waits import Counted, Tries, came_in, counting
from ivr.errors import TooSoonError
from ivr.ports.access import TryStore
from ivr.ports.clock import Clock
from ivr.ports.keys import KeyStore

_PURPOSE = "sign-in"


class Waiting:
    """Failures of signing in, counted for everybody who serves the console."""

    def __init__(self, tries: TryStore, keys: KeyStore, *, wall: Clock) -> None:
        self._tries, self._keys, self._wall = tries, keys, wall

    def counted(self, name: str, address: str) -> None:
        """Count a try before it is judged. Raises TooSoonError while its time has not come; then it is not counted.

        `name`: as it was typed, also of nobody.
        """
        now = self._wall()

        def change(tries: dict[Counted, Tries]) -> dict[Counted, Tries]:
            after, wait = counting(tries, now=now)
            if wait > 0:
                raise TooSoonError(wait)
            return after

        self._tries.change(self._keyed(name, address), change, now=now)

    def came_in(self, name: str, address: str) -> None:
        """They proved who they are: what was counted for them is over."""
        now = self._wall()
        self._tries.change(self._keyed(name, address), lambda tries: came_in(tries, now=now), now=now)

    def _keyed(self, name: str, address: str) -> dict[Counted, bytes]:
        texts = {Counted.PAIR: f"{name}\0{address}", Counted.ADDRESS: address, Counted.ACCOUNT: name}
        return {
            kind: self._keys.fingerprint(_PURPOSE, f"{kind}\0{text}".encode("utf-8", "surrogatepass"))
            for kind, text in texts.items()
        }
