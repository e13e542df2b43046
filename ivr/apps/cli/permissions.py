"""Which command is open to which role, and the one place where that is asked: before any command runs.

Rule: a command that the table does not name is refused, and a denial goes into the audit log. Roles are in force once
one was granted (`ivr.core.audit.roles`).
"""

from __future__ import annotations

import copy
import functools
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from ivr.core.audit.roles import Role
from ivr.errors import BugError, DeniedError

if TYPE_CHECKING:
    from ivr.apps.settings import Settings

OPEN: frozenset[Role] = frozenset()
"""To everybody: it opens nothing that is sealed and changes nothing that is served."""
_OPERATOR, _SUPERVISOR = frozenset({Role.OPERATOR}), frozenset({Role.SUPERVISOR})
_AUDITOR, _OFFICER = frozenset({Role.AUDITOR}), frozenset({Role.SECURITY_OFFICER})

ALLOWED: Mapping[str, frozenset[Role]] = {
    "audit checkpoint": OPEN,  # so that nobody is kept from keeping one, nor from verifying a log that was altered
    "audit key": OPEN,
    "audit log": _AUDITOR,
    "audit prove": _AUDITOR,
    "audit show": _AUDITOR | _SUPERVISOR,
    "audit stamp": _AUDITOR | _OFFICER,
    "audit stamps": _AUDITOR | _OFFICER,
    "audit verify": OPEN,
    "check": OPEN,
    "demo": OPEN,
    "diff": OPEN,
    "graph": OPEN,
    "keys init": _OFFICER,
    "keys move": _OFFICER,
    "keys list": _OFFICER | _AUDITOR,
    "keys recover": _OFFICER,
    "keys recovery": _OFFICER,
    "keys retire": _OFFICER,
    "keys rotate": _OFFICER,
    "models check": OPEN,
    "models get": _OPERATOR,
    "models list": OPEN,
    "prove": OPEN,
    "publish": _OPERATOR,
    "queue plan": OPEN,
    "queue simulate": OPEN,
    "receipt code": _SUPERVISOR | _AUDITOR,
    "receipt make": _SUPERVISOR,
    "receipt verifier": OPEN,
    "receipt verify": OPEN,
    "recordings approve": _SUPERVISOR,
    "recordings compact": _OPERATOR | _OFFICER,
    "recordings export": _SUPERVISOR,
    "recordings find": _SUPERVISOR,
    "recordings list": _SUPERVISOR,
    "recordings play": _SUPERVISOR,
    "recordings readmit": _OFFICER,
    "recordings show": _SUPERVISOR,
    "replay": _SUPERVISOR,
    "retention classes": OPEN,
    "retention clock": _OFFICER,
    "retention hold": _OFFICER,
    "retention lift": _OFFICER,
    "retention release": _OFFICER,
    "retention request": _OFFICER,
    "retention run": _OFFICER,
    "retention show": _OFFICER | _AUDITOR,
    "retention shred": _OFFICER,
    "serve": OPEN,  # the engine is no person
    "settings check": OPEN,
    "settings show": OPEN,
    "simulate": OPEN,
    "test": OPEN,
    "versions": OPEN,
}
"""Every command that is not of the office."""

OF_THE_OFFICE = frozenset({"accounts", "agents", "callbacks", "roles", "status", "voices"})
OF_THE_OFFICE_BELOW = frozenset({"queue list", "queue report", "queue show", "queue why"})
"""Groups, and commands, whose acts ask for themselves (`ivr.engine.office`)."""


def guarded(command: click.Command, path: str) -> click.Command:
    """The same command, or group of commands, behind the question whether this person may."""
    twin = copy.copy(command)
    if isinstance(command, click.Group) and isinstance(twin, click.Group):
        twin.commands = {name: guarded(one, f"{path} {name}") for name, one in command.commands.items()}
    elif command.callback is not None:
        twin.callback = _asking_first(command.callback, path)
    return twin


def _asking_first(callback: Callable[..., Any], path: str) -> Callable[..., Any]:
    if ALLOWED.get(path) == OPEN or path in OF_THE_OFFICE_BELOW or path.split()[0] in OF_THE_OFFICE:
        return callback

    @functools.wraps(callback)
    def asking(*arguments: Any, **named: Any) -> Any:
        if path not in ALLOWED:
            raise BugError(f"no role is said for 'ivr {path}': add it to the table of permissions")
        authorise(named["settings"], path, str(named.get("call", "")))
        return callback(*arguments, **named)

    return asking


def authorise(settings: Settings, path: str, call: str = "") -> None:
    """Let this person pass, or enter the denial and raise DeniedError. Before there is a key store all may pass."""
    if not settings.keystore_path.exists():
        return
    from ivr.adapters.login import NOBODY, logged_in
    from ivr.apps.cli.audited import actor, call_named
    from ivr.apps.wiring.vault import audit_log, open_key_store, roles_file
    from ivr.core.audit.entry import AuditEntry
    from ivr.engine.office.acts import DENIED

    keys = open_key_store(settings, moving=path == "keys move")
    log = audit_log(settings, keys)
    try:
        roles, person = roles_file(settings, keys, log).read(), actor()
        held, needed = roles.of(person), ALLOWED[path]
        if not roles.in_force or held & needed:
            return
        details: dict[str, object] = {"needs": sorted(needed), "holds": sorted(held)}
        if call:
            details["call"] = call_named(settings, keys, call)
        log.append([AuditEntry(time.time(), person, DENIED, path, "denied", details=details)])
    finally:
        log.close()
    if not logged_in():
        raise DeniedError(f"'ivr {path}' needs a role, and {NOBODY}")
    role = min(needed)
    raise DeniedError(
        f"'ivr {path}' is for the role {' or '.join(sorted(needed))}, and {person} holds "
        f"{', '.join(sorted(held)) or 'none'}. {' or '.join(roles.officers())} may grant it: "
        f"ivr roles grant {person} {role} --reason '...'"
    )
