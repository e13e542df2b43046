"""Every access by the command line goes into the audit log, also one that failed: who, what, why.

Rule: the log is for ever, and what a person typed may be a customer's number or a secret. So what was typed is entered
only once it is known to be the name of something that there is; else the entry says `unknown`. A reason is the person's
own words, but never holds a secret key.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from ivr.adapters import login
from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import audit_log, call_store, recording_files
from ivr.core.audit.entry import AuditEntry
from ivr.engine.office.office import REASON_CHARACTERS, UNKNOWN, refuse_secret_keys
from ivr.errors import DeniedError, IvrError, OperatorError
from ivr.ports.keys import KeyStore


def actor() -> str:
    """Who runs this command."""
    return login.actor_name()


def demand_a_person() -> None:
    """Raises DeniedError where the kernel does not say who acts: two persons must be told apart."""
    if not login.logged_in():
        raise DeniedError(login.NOBODY)


def call_named(settings: Settings, keys: KeyStore, typed: str) -> str:
    """The id of the call that was named, by it or by its recording's id; UNKNOWN when there is none."""
    try:
        return recording_files(settings, keys).find(typed).call_id
    except IvrError:
        pass
    try:
        return call_store(settings, keys).get(typed).call_id
    except IvrError:
        return UNKNOWN


def person_named(typed: str) -> str:
    """A person as the log names them: os:alice, also for alice. Raises OperatorError when it is no such name."""
    return login.SystemUsers().named(typed)


@contextmanager
def audited(
    settings: Settings, keys: KeyStore, action: str, subject: str, *, reason: str = "", **details: object
) -> Iterator[dict[str, object]]:
    """Enter what happens inside into the log, with its outcome. The block may add to the yielded details.

    The entry is durable before the command says that it succeeded. `subject` and what is added are names of things that
    there are, never what was typed.
    """
    reason = reason.strip()
    refuse_secret_keys([reason])
    if len(reason) > REASON_CHARACTERS or not reason.isprintable():
        raise OperatorError(f"a reason is one line of at most {REASON_CHARACTERS} characters")
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
