"""One engine, or one move of its keys, at a time on its data, its recordings and its key store.

Rule: the locks lie with what they guard. A run directory is no such thing: a service file and a person's shell name
different ones. Of two machines with one line each has a lock of its own, too, and an engine shares what it guards: the
machine that led may be stopped, or cut off, with its lock in hand. Which of them leads is said elsewhere (`leading`).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ivr.apps.settings import Settings
from ivr.errors import EnvironmentFault, OperatorError

LOCK = "engine.lock"
CELLS_LOCK = "cells.lock"
"""Shared by every cell for as long as it lives, also one that outlived its engine in a call."""


@contextmanager
def only_one(settings: Settings, *, shared: bool = False) -> Iterator[None]:
    """Be the only engine here. Raises OperatorError when another one, or a move of keys, has a lock.

    `shared`: an engine of a line on two machines, which leads.
    """
    guarded = {settings.data_dir, settings.recordings_dir, settings.keystore_path.parent}
    with ExitStack() as held:
        for directory in sorted({one.resolve() for one in guarded}):
            held.enter_context(_locked(directory / LOCK, settings.runtime_dir, shared=shared))
        yield


@contextmanager
def this_machine(settings: Settings) -> Iterator[None]:
    """Be the only engine of this machine of two, waiting or leading. Raises OperatorError."""
    with _locked(_lock_of(settings), settings.runtime_dir):
        yield


def _lock_of(settings: Settings) -> Path:
    return settings.data_dir / (LOCK if settings.standby is None else f"engine.{settings.standby.machine}.lock")


@dataclass(frozen=True, slots=True)
class Holder:
    """Who works on this data, by the lock that they hold."""

    pid: int
    run_dir: Path
    """Where they are reached; a person's settings may name another one."""


def holder(settings: Settings) -> Holder | None:
    """The engine that runs on this data; None when there is none, or it is only just starting."""
    descriptor = _open(_lock_of(settings))
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        pid, _, run_dir = _written(descriptor)
        return Holder(int(pid), Path(run_dir)) if pid.isdigit() and run_dir else None
    finally:
        os.close(descriptor)
    return None


@contextmanager
def no_cell_lives(settings: Settings) -> Iterator[None]:
    """No cell holds a data key, nor will one. Raises OperatorError while one lives: it may have a call."""
    descriptor = _open(settings.data_dir / CELLS_LOCK)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OperatorError("a cell still carries a call: try again when that call is over") from error
        yield
    finally:
        os.close(descriptor)


def cell_lives(settings: Settings) -> int:
    """Note that this process is a cell, until it ends; returns the descriptor that says so."""
    descriptor = _open(settings.data_dir / CELLS_LOCK)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def _written(descriptor: int) -> tuple[str, str, str]:
    """Pid and run directory, a line each."""
    return os.pread(descriptor, 4096, 0).decode(errors="replace").rstrip("\n").partition("\n")


@contextmanager
def _locked(path: Path, run_dir: Path, *, shared: bool = False) -> Iterator[None]:
    descriptor = _open(path)
    try:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OperatorError(_taken(path.parent, _written(descriptor)[0])) from error
        if shared:
            yield
            return
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n{run_dir}\n".encode(), 0)
        yield
        with suppress(OSError):  # the number is for people; the lock goes with the descriptor
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _taken(directory: Path, pid: str) -> str:
    if not pid:
        return (
            f"an engine, or a move of its keys, works on {directory} already, and two would spoil its data: "
            "see `ivr status` here and on the other machine"
        )
    return (
        f"an engine, or a move of its keys, works on {directory} already (pid {pid}), and two would spoil its data: "
        f"see `ivr status`, or stop it with `kill {pid}`"
    )


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise EnvironmentFault(f"the lock {path} cannot be opened: {error.strerror}") from error
