"""Proofs of dialplans on disk: a version is proved once, not at every start."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from ivr import __version__
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.proof.prove import FORMAT, Certificate
from ivr.durable import write_durably


class CertificateFiles:
    """Certificates below one directory. Several processes may write the same."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def find(self, dialplan: Dialplan) -> Certificate | None:
        """A kept certificate; None when there is none of this dialplan by this prover, or it is not one of ours."""
        try:
            data = json.loads(self._path(dialplan.sha256).read_text(encoding="utf-8"))
            id = data.pop("id")
            kept = Certificate(**{**data, "rules": tuple(data["rules"])})
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        return kept if (kept.id, kept.dialplan, kept.sha256) == (id, dialplan.id, dialplan.sha256) else None

    def keep(self, certificate: Certificate) -> None:
        """Write it, durable. Raises EnvironmentFault."""
        facts = {"id": certificate.id, **asdict(certificate)}
        write_durably(self._path(certificate.sha256), (json.dumps(facts, indent=1) + "\n").encode())

    def _path(self, sha256: str) -> Path:
        return self._directory / f"{sha256}-{__version__}-{FORMAT}.json"
