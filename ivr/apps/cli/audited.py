"""Every access by the command line goes into the audit log, also one that failed: who, what, why.

Rule: the log is for ever, and what a person typed may be a customer's number or a secret. So what was typed is entered
only once it is known to be the name of something that there is; else the entry says `unknown`. A reason is the person's
own words, but never holds a secret key.
"""

from __future__ import annotations

import os
import pwd
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import audit_log, call_store, open_key_store, recording_files
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.roles import PERSON
from ivr.errors import DeniedError, IvrError, OperatorError
from ivr.ports.keys import KeyStore

UNKNOWN = "unknown"
"""Subject of what was tried with something that there is not. What was typed is on the terminal only."""
SECRET_KEY = re.compile("AGE-(SECRET-KEY|PLUGIN-[A-Z0-9-]*)-?1", re.IGNORECASE)
REASON_CHARACTERS = 500
HIGHEST_NAMELESS_USER = 99_999
"""Higher ones are more likely a telephone number."""
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


def refuse_secret_keys(words: Iterable[str]) -> None:
    """Raises OperatorError when one of them holds a secret key of age. Before anything else looks at them."""
    if any(SECRET_KEY.search(word) for word in words):
        raise OperatorError(
            "what was typed holds a SECRET age key. It was not used and is stored nowhere here, but your shell may "
            "keep it in its history: make another one with age-keygen, and give its public key (age1...)"
        )


def call_named(settings: Settings, keys: KeyStore, typed: str) -> str:
    """The id of the call that was named, by it or by its recording's id; UNKNOWN when there is none."""
    try:
        return recording_files(settings, keys).find(typed).stem
    except IvrError:
        pass
    try:
        return call_store(settings, keys).get(typed).call_id
    except IvrError:
        return UNKNOWN


def one_of(typed: str, there_are: Iterable[str]) -> str:
    """What was typed, if it is one of them; else UNKNOWN."""
    return typed if typed in set(there_are) else UNKNOWN


def person_named(typed: str) -> str:
    """A person as the log names them: os:alice, also for alice. Raises OperatorError when it is no such name."""
    person = typed if ":" in typed else f"os:{typed}"
    kind, _, name = person.partition(":")
    number = kind == "os" and name.isdigit() and not _is_user(int(name))
    if not PERSON.fullmatch(person) or kind != "os" or number:
        raise OperatorError("that is not a person's name: give a user of this system, such as alice")
    return person


def _is_user(number: int) -> bool:
    """Whether a user's number may stand for their name: where a container has users without one, or in its table."""
    try:
        pwd.getpwuid(number)
    except (KeyError, OverflowError):
        return number == os.getuid() or number <= HIGHEST_NAMELESS_USER
    return True


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
