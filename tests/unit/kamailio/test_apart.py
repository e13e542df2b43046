"""What keeps the edge's TLS workers apart (ADR 86), without Kamailio: any program that forks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ivr.adapters.kamailio import daemon

FORKS = """
import ctypes, os
crypto = ctypes.CDLL("libcrypto.so.3")
crypto.ERR_peek_error.restype = ctypes.c_ulong
for number in range(2):
    crypto.ERR_new()
    crypto.ERR_set_error(20, 100 + number, None)
    assert crypto.ERR_peek_error() != 0
    child = os.fork()
    if child == 0:
        os._exit(crypto.ERR_peek_error() != 0)
    print("shared" if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) else "apart")
"""


def said(**environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", FORKS], env={**os.environ, **environment}, capture_output=True, text=True, timeout=60
    )
    assert not done.stderr
    return done.stdout.split()


def test_a_child_has_nothing_of_what_openssl_keeps_for_its_parent() -> None:
    assert daemon.apart() is not None, "there is no compiler: sudo apt-get install gcc libc6-dev"
    assert said() == ["shared", "shared"], "what it is for"
    assert said(**daemon.environment(encrypts=True)) == ["apart", "apart"]
    assert daemon.environment(encrypts=False) == {}


def test_an_edge_that_was_installed_in_a_folder_with_a_space_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = daemon.apart()
    assert built is not None
    folder = tmp_path / "of the bank"
    folder.mkdir()
    (folder / built.name).write_bytes(built.read_bytes())
    monkeypatch.setattr(daemon, "FOLDER", folder)
    assert said(**daemon.environment(encrypts=True)) == ["apart", "apart"]
