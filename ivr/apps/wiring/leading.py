"""Of two machines with one line: what a process of either may write, and by what it is known.

The number of the term that an engine leads in stands in its run directory, and each of its processes reads it once,
when it begins. A command has none: it writes where its machine leads.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ivr.adapters.files.terms import TermFiles
from ivr.apps.settings import Settings
from ivr.core.leading import Term, may_write
from ivr.durable import write_durably
from ivr.errors import EnvironmentFault
from ivr.ports.leading import Fence, unfenced


def term_files(settings: Settings) -> TermFiles:
    """Where it stands which machine leads."""
    return TermFiles(settings.leading_dir, settings.data_dir / "audit" / "lock")


def note_term(settings: Settings, term: Term) -> None:
    """What this machine's engine leads in from now on. Raises EnvironmentFault."""
    write_durably(_note(settings), json.dumps({"number": term.number}).encode())


def forget_term(settings: Settings) -> None:
    """No engine leads here."""
    _note(settings).unlink(missing_ok=True)


def fence(settings: Settings) -> Fence:
    """What refuses to write once another machine leads. Raises EnvironmentFault when it is not known who leads here."""
    if settings.standby is None:
        return unfenced
    terms, machine, number = term_files(settings), settings.standby.machine, _number(settings)

    def check() -> None:
        seen = terms.seen()
        if not may_write(seen, machine, number):
            other = seen.term.machine if seen.term is not None else "no machine"
            raise EnvironmentFault(f"{other} leads, and this machine, {machine}, writes nothing: do it there")

    return check


def session(settings: Settings) -> Mapping[str, object]:
    """How this process is known to the database."""
    if settings.standby is None:
        return {}
    from ivr.adapters.sql.witness import session_name

    return {"application_name": session_name(settings.standby.machine, _number(settings))}


def _note(settings: Settings) -> Path:
    return settings.runtime_dir / "term.json"


def _number(settings: Settings) -> int | None:
    try:
        return int(json.loads(_note(settings).read_bytes())["number"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EnvironmentFault(f"{_note(settings)} cannot be read: start the engine of this machine again") from error
