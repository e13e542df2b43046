"""A journal in the process that holds pjsua2: what C keeps there by itself, asked for from another process."""

from __future__ import annotations

from dataclasses import replace

from ivr.adapters.openssl.journals import find_journals
from ivr.core.media.stretch import Keep, Stretch
from ivr.core.vault.journal import SALT_BYTES, JournalHeader, JournalOpener
from ivr.core.vault.journal_frame import AudioBlock
from ivr.ports.journals import Journal

KEY = bytes(32)
HERE = Keep(0, 0, 0)
"""Asks for it: the addresses are filled in there."""


class KeptBlocks:
    """One process's."""

    def __init__(self) -> None:
        self._journal: Journal | None = None

    def told(self, stretch: Stretch) -> Stretch:
        """The stretch with the addresses of this process, if it asks for it."""
        keeping = None if stretch.keep is None else self._made().keeping
        if stretch.keep is None or keeping is None:
            return stretch
        return replace(stretch, keep=Keep(keeping.function, keeping.journal, stretch.keep.sample))

    def kept_blocks(self) -> list[AudioBlock]:
        """What was kept, opened."""
        journal, sealed = self._made(), b""
        while part := bytes(journal.take(0.0)):
            sealed += part
        return [
            frame
            for frame in JournalOpener(journal.preamble, data_key=KEY).feed(sealed)
            if isinstance(frame, AudioBlock)
        ]

    def refuse_blocks(self) -> None:
        """Nothing more is wanted."""
        self._made().refuse()

    def _made(self) -> Journal:
        if self._journal is None:
            journals = find_journals()
            assert journals is not None, "the test looks first whether there is C"
            self._journal = journals(
                JournalHeader("call", "call", 0.0, "kek", b""), data_key=KEY, salt=bytes(SALT_BYTES)
            )
        return self._journal
