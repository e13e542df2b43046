"""Every access by the command line goes into the audit log, also one that failed: who, what, why."""

from __future__ import annotations

import getpass
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import audit_log
from ivr.core.audit.entry import AuditEntry
from ivr.errors import DeniedError, IvrError
from ivr.ports import KeyStore


def actor() -> str:
    """Who runs this command, as the system knows them."""
    return f"os:{getpass.getuser()}"


@contextmanager
def audited(
    settings: Settings, keys: KeyStore, action: str, subject: str, *, reason: str = "", **details: object
) -> Iterator[dict[str, object]]:
    """Enter what happens inside into the log, with its outcome. The block may add to the yielded details.

    The entry is durable before the command says that it succeeded.
    """
    log = audit_log(settings, keys)
    outcome = "failed"
    try:
        yield details
        outcome = "done"
    except DeniedError:
        outcome = "denied"
        raise
    except IvrError as error:
        details["error"] = type(error).__name__
        raise
    finally:
        log.append([AuditEntry(time.time(), actor(), action, subject, outcome, reason, details)])
        log.close()
