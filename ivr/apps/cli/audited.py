"""Every access by the command line goes into the audit log, also one that failed: who, what, why."""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import audit_log, open_key_store
from ivr.core.audit.entry import AuditEntry
from ivr.errors import DeniedError, IvrError
from ivr.ports import KeyStore

NO_LOGIN = 4294967295
"""What /proc/self/loginuid holds for a process that no login began."""


def actor() -> str:
    """Who runs this command: os:NAME by the kernel's word; uid:NAME where it does not say who logged in.

    The second is nobody's name: no role is held by it and nothing is approved by it. Without a login uid (a container,
    cron, su from a service) whoever may become another user could claim theirs.
    """
    return f"{'os' if logged_in() else 'uid'}:{real_user()}"


def logged_in() -> bool:
    """Whether the kernel says who logged in."""
    return _login_uid() != NO_LOGIN


def demand_a_person() -> None:
    """Raises DeniedError where the kernel does not say who acts: two persons must be told apart."""
    if not logged_in():
        raise DeniedError(NOBODY)


def _login_uid() -> int:
    try:
        return int(Path("/proc/self/loginuid").read_text())
    except (OSError, ValueError):
        return NO_LOGIN


def real_user() -> str:
    """The user by the kernel's word, not the environment's: who logged in (also behind sudo), else who runs this."""
    login = _login_uid()
    number = os.getuid() if login == NO_LOGIN else login
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


NOBODY = (
    "the kernel does not say who logged in here (no login uid: a container, cron or a service), so this may be "
    "anybody: log in to the machine (ssh, console), where pam_loginuid is in force"
)


@contextmanager
def audited_if_keys(settings: Settings, action: str, subject: str, *, queues: Sequence[str] = ()) -> Iterator[None]:
    """The same for what may be done before there is a key store, and so a log. The hub then enters what it finds."""
    if not settings.keystore_path.exists():
        yield
        return
    with audited(settings, open_key_store(settings), action, subject, queues=list(queues)):
        yield


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
