"""A real S3 server for tests, in a process and a folder of its own: it checks signatures and keeps objects as files."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from ivr.testing.ports import free_port

HOME = Path(__file__).resolve().parents[2] / "build" / "object-server"
"""Where tools/install puts it."""
ACCESS_KEY = "ivr-test"
SECRET_KEY = "not-a-secret-of-anybody"  # noqa: S105 - of a server that a test started
BUCKET = "recordings"
START_SECONDS = 30.0


@dataclass
class ObjectServer:
    """It, with one bucket. May be stopped and started again: what it keeps stays."""

    folder: Path
    home: Path = HOME
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when it answers."""
        (self.folder / BUCKET).mkdir(parents=True, exist_ok=True)
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(self.home),
            "NANIO_ACCESS_KEY": ACCESS_KEY,
            "NANIO_SECRET_KEY": SECRET_KEY,
        }
        command = [sys.executable, "-m", "nanio", "serve", "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--data-dir", str(self.folder), "--log-level", "warning", "--no-access-log"]
        self._process = subprocess.Popen(command, env=environment, start_new_session=True)  # noqa: S603
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the object server does not start: is it installed (tools/install test)?")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def files(self) -> list[Path]:
        """Its objects, as it keeps them."""
        return sorted(path for path in (self.folder / BUCKET).rglob("*") if path.is_file())

    def clear(self) -> None:
        """Remove all objects behind its back."""
        shutil.rmtree(self.folder / BUCKET)
        (self.folder / BUCKET).mkdir()

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1.0).close()
        except OSError:
            return False
        return True
