"""What is wrong with a dialplan, and where: one frozen finding each, printed as file:line:column."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One located error."""

    file: str
    line: int
    """From 1."""
    column: int
    """From 1."""
    code: str
    """Stable: D101 is always the same mistake. docs/dialplan.md lists them."""
    message: str
    """What is wrong."""
    hint: str = ""
    """What to write instead."""

    def __str__(self) -> str:
        tail = f" {self.hint}" if self.hint else ""
        return f"{self.file}:{self.line}:{self.column}: {self.code} {self.message}{tail}"


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a source file."""

    file: str
    line: int
    """From 1."""
    column: int
    """From 1."""
    within: str = ""
    """Use site of the dialog in which this is written: its author knows names without it."""

    def finding(self, code: str, message: str, hint: str = "") -> Finding:
        """A finding at this place."""
        return Finding(self.file, self.line, self.column, code, self._told(message), self._told(hint))

    def _told(self, text: str) -> str:
        return re.sub(rf"(?<![\w/]){re.escape(self.within)}/", "", text) if self.within else text
