"""Tokens of SoftHSM (Debian's softhsm2) in a directory of the tests' own."""

from __future__ import annotations

import os
import subprocess
import tempfile
import uuid
from pathlib import Path

from ivr.adapters.hsm.token import Token

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = b"481516"


class SoftHsm:
    """One directory of tokens. A process has one: the library reads its configuration once."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="softhsm-")
        self.tokens = Path(self._directory.name) / "tokens"
        self.tokens.mkdir()
        self.conf = Path(self._directory.name) / "softhsm2.conf"
        self.conf.write_text(f"directories.tokendir = {self.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
        os.environ["SOFTHSM2_CONF"] = str(self.conf)

    def make(self) -> str:
        """A new, empty token; returns its label."""
        label = uuid.uuid4().hex[:12]
        pins = ["--so-pin", "12345678", "--pin", PIN.decode()]
        command = ["softhsm2-util", "--init-token", "--free", "--label", label, *pins]
        subprocess.run(command, check=True, capture_output=True, timeout=20)
        return label

    def pull_out(self) -> None:
        """As if somebody had pulled the module's cable."""
        self.tokens.rename(self.tokens.with_name("away"))

    def put_back(self) -> None:
        """As if they had put it back."""
        self.tokens.with_name("away").rename(self.tokens)


_hsm: SoftHsm | None = None


def softhsm() -> SoftHsm:
    """This process's."""
    global _hsm
    if _hsm is None:
        _hsm = SoftHsm()
    return _hsm


def new_token() -> Token:
    """Logged in to."""
    return Token(MODULE, softhsm().make(), PIN)
