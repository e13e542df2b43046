"""The engine's own life in the audit log: started, stopped, killed; and every change of the settings that it serves by.

Rule: whoever reads the log sees under which settings each call was served, and each time that nobody was served. A kill
leaves no entry itself: the next start enters it, with the time of the last sign of life.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from ivr import __version__
from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import audit_log, open_key_store, role_book
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.tiles import TILE_WIDTH
from ivr.durable import write_durably
from ivr.engine.office.two_persons import enter_rules
from ivr.errors import EnvironmentFault
from ivr.ports.audit import AuditLog
from ivr.ports.keys import ManagedKeyStore

STARTED, STOPPED, KILLED, CHANGED = "engine.started", "engine.stopped", "engine.killed", "settings.changed"
_ACTOR, _ENGINE = "engine", "engine"


def enter_start(settings: Settings, keys: ManagedKeyStore, *, as_written: Settings) -> None:
    """Enter the engine's start. `as_written`: without what each start chooses anew."""
    _enter(settings, keys, lambda log: _start(log, as_written))


@contextmanager
def stop_entered(settings: Settings) -> Iterator[None]:
    """Enter the engine's stop at the end. The key store is opened for that moment alone."""
    why = "told to stop"
    try:
        yield
    except BaseException as error:
        why = f"it failed: {type(error).__name__}"
        raise
    finally:
        entries = [AuditEntry(time.time(), _ACTOR, STOPPED, _ENGINE, "done", why)]
        _enter(settings, open_key_store(settings), lambda log: entries)


def _enter(settings: Settings, keys: ManagedKeyStore, made: Callable[[AuditLog], list[AuditEntry]]) -> None:
    log = audit_log(settings, keys)
    try:
        log.publish()
        log.append(made(log))
        book, named = role_book(settings, keys, log), settings.access.two_persons
        enter_rules(log, book, named, actor=_ACTOR, now=time.time())
    finally:
        log.close()


def _start(log: AuditLog, settings: Settings) -> list[AuditEntry]:
    now = time.time()
    entries: list[AuditEntry] = []
    before = _last(log, (STARTED, STOPPED))
    if before is not None and before.action == STARTED:
        newest = AuditEntry.decode(log.raw_entry(log.published - 1))
        details: dict[str, object] = {"started_at": before.at, "last_seen": newest.at}
        entries.append(AuditEntry(now, _ACTOR, KILLED, _ENGINE, "failed", "it ended without a word", details))
    entries += _changes(log, settings, now)
    return [*entries, AuditEntry(now, _ACTOR, STARTED, _ENGINE, details={"version": __version__, "pid": os.getpid()})]


def _changes(log: AuditLog, settings: Settings, now: float) -> list[AuditEntry]:
    """What differs from the settings of the last start, by name: the values are in a file whose hash the log has."""
    text = json.dumps(settings.public(), sort_keys=True, indent=1).encode() + b"\n"
    digest = hashlib.sha256(text).hexdigest()
    last = _last(log, (CHANGED,))
    if last is not None and last.details.get("sha256") == digest:
        return []
    kept = settings.data_dir / "settings.applied.json"
    changed = ["all: these are the first"]
    if last is not None:
        try:
            old = kept.read_bytes()
        except FileNotFoundError:
            old = b""
        except OSError as error:
            raise EnvironmentFault(f"{kept} cannot be read: {error.strerror}") from error
        if hashlib.sha256(old).hexdigest() == last.details.get("sha256"):
            changed = sorted(_differences(json.loads(old), settings.public(), ""))
        else:
            changed = ["unknown: the file with the last ones is gone or was altered"]
    write_durably(kept, text)
    details: dict[str, object] = {"sha256": digest, "changed": changed}
    return [AuditEntry(now, _ACTOR, CHANGED, "settings", details=details)]


def _differences(old: object, new: object, path: str) -> Iterator[str]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in old.keys() | new.keys():
            yield from _differences(old.get(name), new.get(name), f"{path}.{name}".lstrip("."))
    elif old != new:
        yield path


def _last(log: AuditLog, actions: tuple[str, ...]) -> AuditEntry | None:
    for number in range(-(-log.published // TILE_WIDTH) - 1, -1, -1):
        for entry in map(AuditEntry.decode, reversed(log.bundle(number))):
            if entry.action in actions:
                return entry
    return None
