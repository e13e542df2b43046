"""Text files that people wrote: UTF-8, or an error that says what they are and how to save them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ivr.errors import OperatorError

LONGEST_BYTES = 16_000_000
"""Of a text that somebody wrote."""


def read_plain_file(path: Path, longest: int) -> bytes:
    """What a file holds. A pipe or a device, which may never end, is none. Raises OperatorError, OSError."""
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OperatorError(f"{path} is no file: put one there.")
        raw = file.read(longest + 1)
    if len(raw) > longest:
        raise OperatorError(f"{path} is longer than {longest} bytes: make it shorter.")
    return raw


def read_text(path: Path) -> str:
    """The text, without a byte order mark. Raises OperatorError."""
    try:
        raw = read_plain_file(path, LONGEST_BYTES)
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror}. Is the path right?") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise OperatorError(f"{path} {_seems(raw)}: save it as UTF-8 in your editor.") from error
    if "\0" in text:
        raise OperatorError(f"{path} {_seems(raw)}: save it as UTF-8 in your editor.")
    return text


def _seems(raw: bytes) -> str:
    """Which encoding it seems to be in."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in raw[:200]:
        return "is saved as UTF-16" if len(raw) % 2 == 0 else "is no text"
    for name, encoding in (("GBK (GB 18030)", "gb18030"), ("Big5", "big5hkscs")):
        try:
            found = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if sum("\u4e00" <= sign <= "\u9fff" for sign in found) > 1:
            return f"seems to be saved as {name}"
    return "is not UTF-8 text (Latin-1, or Windows-1252?)"
