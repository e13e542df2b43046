"""Parents and children on Linux: no child outlives its parent by accident (prctl(2), pidfd_open(2))."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from contextlib import suppress

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NAME = 15
PR_SET_CHILD_SUBREAPER = 36

_libc = ctypes.CDLL(None, use_errno=True)


def end_with_parent(parent: int, number: signal.Signals = signal.SIGTERM) -> None:
    """Be sent a signal when the parent ends; at once if it has ended already."""
    _libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:  # it died between the fork and the line above
        os.kill(os.getpid(), number)


def never_dump() -> None:
    """Leave no core file, and let nobody but root look into this process: it holds keys, or clear audio.

    Holds for what it forks, and until it executes another program.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, so that they can be waited for."""
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def name_process(name: str) -> None:
    """What ps and top show, 15 bytes."""
    _libc.prctl(PR_SET_NAME, name.encode()[:15], 0, 0, 0)


def tell(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process that may be gone."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def tell_group(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process's group, which may be gone."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def reap_group(pid: int) -> bool:
    """Wait for what has ended of a process's group and was adopted; whether some of it has not."""
    try:
        while os.waitid(os.P_PGID, pid, os.WEXITED | os.WNOHANG):
            pass
    except ChildProcessError:
        return False
    return True


def reap(pid: int) -> int:
    """Exit status of an adopted child that has ended; 0 if someone else has waited for it."""
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, os.WNOHANG)[1])
    except ChildProcessError:
        return 0
