"""Proofs of the dialplans being served, kept beside the engine's data: a version is proved once, not at every start.

The file is a convenience, not an authority: the guard of every running call checks each obligation anyway.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from ivr import __version__
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.proof.prove import FORMAT, Certificate, prove
from ivr.core.dialplan.proof.telling import tell
from ivr.durable import write_durably
from ivr.errors import DialplanError


def certificate_of(dialplan: Dialplan, directory: Path) -> Certificate:
    """The dialplan's certificate, from `directory` or proved now. Raises DialplanError when a rule can be broken."""
    path = directory / f"{dialplan.sha256}-{__version__}-{FORMAT}.json"
    kept = _read(path)
    if kept is not None and (kept.dialplan, kept.sha256) == (dialplan.id, dialplan.sha256):
        return kept
    proof = prove(dialplan)
    if proof.certificate is None:
        stories = tell(dialplan, proof.counterexamples)
        raise DialplanError(f"{dialplan.source} is not served, as its rules can be broken:\n{stories}")
    _write(path, proof.certificate)
    return proof.certificate


def _read(path: Path) -> Certificate | None:
    """A kept certificate; None when there is none, or not one of ours: then it is proved again."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        id = data.pop("id")
        certificate = Certificate(**{**data, "rules": tuple(data["rules"])})
        return certificate if certificate.id == id else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _write(path: Path, certificate: Certificate) -> None:
    """Durable before it is named in a record. Several processes may write the same."""
    facts = {"id": certificate.id, **asdict(certificate)}
    write_durably(path, (json.dumps(facts, indent=1) + "\n").encode())
