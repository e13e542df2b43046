"""YAML nested so deeply that a parser's stack overflows, and a process with keys that leaves a core file."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from ivr.apps.settings import Settings
from ivr.apps.settings_file import load_settings
from ivr.core.dialplan.language.source import MAX_DEPTH, read_source
from ivr.errors import DialplanError, SettingsError

DEEP = [
    "states: " + "[" * 2_000 + "]" * 2_000,
    "states: " + "{a: " * 2_000 + "1" + "}" * 2_000,
    "- " * 2_000 + "1",
    "\n".join(" " * n + "a:" for n in range(600)),
]


@pytest.mark.parametrize("text", DEEP)
def test_deep_nesting_is_told_at_its_place_while_reading(text: str, tmp_path: Path) -> None:
    with pytest.raises(DialplanError, match=f"D004.*deeper than {MAX_DEPTH}|deeper than {MAX_DEPTH}"):
        read_source(text, file="deep.yaml")
    (tmp_path / "ivr.yaml").write_text(text)
    with pytest.raises(SettingsError, match="deeper"):
        load_settings(tmp_path / "ivr.yaml")


def test_who_opens_the_key_store_leaves_no_core_and_shows_nobody_their_memory(
    settings: Settings, tmp_path: Path
) -> None:
    program = (
        "import ctypes, resource, sys; from pathlib import Path\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (4096, 4096))\n"
        "from ivr.apps.settings_file import load_settings; from ivr.apps.wiring.vault import open_key_store\n"
        "before = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)\n"
        "open_key_store(load_settings(Path('ivr.yaml')))\n"
        "print(before, ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), *resource.getrlimit(resource.RLIMIT_CORE))\n"
    )
    if resource.getrlimit(resource.RLIMIT_CORE)[1] < 4096 and resource.getrlimit(resource.RLIMIT_CORE)[1] != -1:
        program = program.replace("(4096, 4096)", "(0, 0)")
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.split() == ["1", "0", "0", "0"], done.stderr
