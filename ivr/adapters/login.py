"""Who logged in to this machine, by the kernel's word, and who its users are."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from ivr.core.audit.roles import PERSON
from ivr.errors import OperatorError

HIGHEST_NAMELESS_USER = 99_999
"""Higher ones are more likely a telephone number."""
NO_LOGIN = 4294967295
"""What /proc/self/loginuid holds for a process that no login began."""
NOBODY = (
    "the kernel does not say who logged in here (no login uid: a container, cron or a service), so this may be "
    "anybody: log in to the machine (ssh, console), where pam_loginuid is in force. With the engine in a container, "
    "log in to its host and run ivr there with the same settings"
)


def logged_in() -> bool:
    """Whether the kernel says who logged in."""
    return _login_uid() != NO_LOGIN


def real_user() -> str:
    """The user by the kernel's word, not the environment's: who logged in (also behind sudo), else who runs this."""
    login = _login_uid()
    number = os.getuid() if login == NO_LOGIN else login
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def actor_name() -> str:
    """Who runs this process, as the log names them: os:NAME; uid:NAME where the kernel does not say who logged in.

    The second is nobody's name: no role is held by it and nothing is approved by it. Without a login uid (a container,
    cron, su from a service) whoever may become another user could claim theirs.
    """
    return f"{'os' if logged_in() else 'uid'}:{real_user()}"


class SystemUsers:
    """The users of this machine, as persons: os:NAME."""

    def named(self, typed: str) -> str:
        """A person as the log names them: os:alice, also for alice. Raises OperatorError: it is no such name."""
        person = typed if ":" in typed else f"os:{typed}"
        kind, _, name = person.partition(":")
        number = kind == "os" and name.isdigit() and not _is_user(int(name))
        if not PERSON.fullmatch(person) or kind != "os" or number:
            raise OperatorError(
                "that is not a person's name: give a user of this machine, such as alice, or user:alice of the console"
            )
        return person

    def present(self, person: str) -> str:
        """Their name. Raises OperatorError when nobody can log in by it."""
        name = person.removeprefix("os:")
        try:
            if name.isdigit():  # who runs without a name, say in a container, is called by their number
                return f"os:{pwd.getpwuid(int(name)).pw_name}"
            pwd.getpwnam(name)
        except KeyError as error:
            if not name.isdigit():
                raise OperatorError(f"this machine knows no user {name}: roles are given to its users") from error
        return person


def _login_uid() -> int:
    try:
        return int(Path("/proc/self/loginuid").read_text())
    except (OSError, ValueError):
        return NO_LOGIN


def _is_user(number: int) -> bool:
    """Whether a user's number may stand for their name: where a container has users without one, or in its table."""
    try:
        pwd.getpwuid(number)
    except (KeyError, OverflowError):
        return number == os.getuid() or number <= HIGHEST_NAMELESS_USER
    return True
