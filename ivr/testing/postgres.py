"""A real PostgreSQL for tests and benchmarks, in a directory of its own, on a Unix socket only."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

DEBIAN_BINARIES = Path("/usr/lib/postgresql")
"""Debian keeps the server's programs out of PATH, one directory a version."""


def find_postgres() -> Path | None:
    """Directory of initdb and pg_ctl; None where PostgreSQL is not installed."""
    named = shutil.which("initdb")
    if named is not None:
        return Path(named).parent
    versions = sorted(DEBIAN_BINARIES.glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


@contextmanager
def running_postgres(binaries: Path, *, networks: Sequence[str] = (), port: int = 5432) -> Iterator[str]:
    """A fresh cluster; yields its SQLAlchemy URL. The server refuses to run as root, so root lends it another user.

    `networks`: from which it is reached by TCP, too, without a password ("10.0.0.0/8").
    """
    user = _unprivileged_user() if os.getuid() == 0 else None
    directory = Path(tempfile.mkdtemp(prefix="ivr-pg-"))
    try:
        if user is not None:
            os.chown(directory, user, -1)
        data = directory / "data"

        def run(*command: str) -> None:
            subprocess.run(  # noqa: S603 - PostgreSQL's own programs
                command, check=True, capture_output=True, timeout=120, user=user, cwd=directory
            )

        run(str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", "ivr", "--no-sync", "-E", "UTF8")
        with (data / "pg_hba.conf").open("a") as file:
            file.writelines(f"host all all {network} trust\n" for network in networks)
        listen = "0.0.0.0" if networks else ""  # noqa: S104 - for other network namespaces of a test
        options = f"-c listen_addresses={listen} -c port={port} -c unix_socket_directories={directory} -c fsync=off"
        start = ("-D", str(data), "-w", "-l", str(directory / "log"), "-o", options, "start")
        run(str(binaries / "pg_ctl"), *start)
        try:
            yield f"postgresql://ivr@/postgres?host={directory}&port={port}"
        finally:
            run(str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _unprivileged_user() -> int:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    raise RuntimeError("neither the user postgres nor nobody is on this machine")
