"""A marker in every form in which it could lie on a disk in clear, and where it is found."""

from __future__ import annotations

import base64
import json
import mmap
import os
import stat
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ivr.core.media.g711 import encode_alaw, encode_ulaw

_MAX_BYTES = 300 << 20
"""Larger files than any that a call makes are not looked into."""


def audio_forms(pcm: bytes) -> dict[str, bytes]:
    """A stretch of 16-bit PCM (64 samples or so) as a file might hold it, by name."""
    samples = np.frombuffer(pcm, "<i2")
    forms = {
        "PCM": pcm,
        "PCM, big-endian": samples.astype(">i2").tobytes(),
        "mu-law": encode_ulaw(pcm),
        "A-law": encode_alaw(pcm),
        "floats": (samples.astype("<f4") / 32768).tobytes(),
        "floats, unscaled": samples.astype("<f4").tobytes(),
    }
    return forms | _as_text(forms, "PCM", "mu-law", "A-law")


def text_forms(text: str) -> dict[str, bytes]:
    """A text as a file might hold it, by name."""
    forms = {
        "UTF-8": text.encode(),
        "UTF-16, little-endian": text.encode("utf-16-le"),
        "UTF-16, big-endian": text.encode("utf-16-be"),
        "JSON": json.dumps(text)[1:-1].encode(),
        "JSON, escaped throughout": "".join(f"\\u{ord(char):04x}" for char in text).encode(),
    }
    return forms | _as_text(forms, "UTF-8")


def _as_text(forms: dict[str, bytes], *names: str) -> dict[str, bytes]:
    """Hexadecimal, and base64 at each of its three alignments."""
    found = {}
    for name in names:
        data = forms[name]
        found[f"{name}, hex"] = data.hex().encode()
        for shift in range(3):
            found[f"{name}, base64 at {shift}"] = base64.b64encode(data[shift : len(data) - (len(data) - shift) % 3])
    return found


def files_below(*roots: Path, since: float = 0.0) -> list[Path]:
    """Every readable file that was written after a time. What another process removes meanwhile is passed over."""
    found = []
    # os.walk, unlike rglob, goes on where a directory has gone.
    for path in (Path(at, name) for root in roots for at, _, names in os.walk(root) for name in names):
        try:
            status = path.lstat()
        except OSError:
            continue
        if stat.S_ISREG(status.st_mode) and status.st_mtime >= since and 0 < status.st_size < _MAX_BYTES:
            found.append(path)
    return found


def sightings(files: Iterable[Path], forms: dict[str, bytes]) -> dict[tuple[Path, str], int]:
    """Where which form lies, and how often."""
    found: dict[tuple[Path, str], int] = {}
    for path in files:
        try:
            with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                for name, form in forms.items():
                    at, count = data.find(form), 0
                    while at >= 0:
                        count, at = count + 1, data.find(form, at + 1)
                    if count:
                        found[path, name] = count
        except (OSError, ValueError):
            continue  # gone, or emptied, meanwhile
    return found
