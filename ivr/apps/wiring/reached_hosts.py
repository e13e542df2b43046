"""Hosts whose cells the edge reaches now, as files of their names: who asks looks, and nobody need be there."""

from __future__ import annotations

from pathlib import Path

WITHOUT_RELAY = "no relay"


class ReachedHosts:
    """The process that carries their SIP writes them; the hub and the supervisor look."""

    def __init__(self, runtime_dir: Path) -> None:
        self._folder = runtime_dir / "reached"

    def clear(self) -> None:
        """None is."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        for file in self._folder.iterdir():
            file.unlink()

    def note(self, host: str, there: bool, relay: bool) -> None:
        """One is, and whether it has a relay; or is not any more."""
        file = self._folder / host
        if there:
            file.write_text("" if relay else WITHOUT_RELAY)
        else:
            file.unlink(missing_ok=True)

    def reaches(self, host: str) -> bool:
        """Whether one is."""
        return (self._folder / host).exists()

    def has_no_relay(self, host: str) -> bool:
        """Whether one is that has no relay, and so no call whose media goes through one."""
        try:
            return (self._folder / host).read_text() == WITHOUT_RELAY
        except OSError:
            return False
