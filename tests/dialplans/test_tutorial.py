"""docs/tutorial.md, done word by word: its files are written, its commands run, and every answer must be as it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"
_BLOCK = re.compile(r"^```(console|yaml file=(\S+))\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECONDS = 120


def steps(text: str) -> Iterator[tuple[str, str]]:
    """(file or command, its text or the answer that is expected), in order; a command begins with `$ `."""
    for kind, file, body in _BLOCK.findall(text):
        if kind != "console":
            yield file, body
            continue
        for part in re.split(r"^(?=\$ )", body, flags=re.MULTILINE):
            command, _, answer = part.partition("\n")
            if command:
                yield command, answer


def as_told(answer: str) -> re.Pattern[str]:
    """The answer as a pattern: `…` stands for anything in a line, alone in its line for any lines or none."""
    lines = ["(?:.*\n)*" if line == "…" else re.escape(line).replace("…", ".*") + "\n" for line in answer.splitlines()]
    return re.compile("".join(lines))


def test_the_tutorial_works_word_by_word(tmp_path: Path) -> None:
    bin_dir = tmp_path / "bin"
    bin_dir.mkdir()
    ivr = bin_dir / "ivr"
    ivr.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ivr.apps.cli.main "$@"\n', encoding="utf-8")
    ivr.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("IVR_")}
    environment = {**kept, "PATH": f"{bin_dir}:{kept.get('PATH', '/usr/bin:/bin')}"}
    room = tmp_path / "room"
    room.mkdir()
    done = 0
    for what, text in steps(TUTORIAL.read_text(encoding="utf-8")):
        if not what.startswith("$ "):
            (room / what).write_text(text, encoding="utf-8")
            continue
        ran = subprocess.run(
            ["/bin/sh", "-c", what[2:]],
            cwd=room,
            env=environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        said = ran.stderr + ran.stdout
        assert as_told(text).fullmatch(said), f"{what}\n--- said:\n{said}\n--- the tutorial says:\n{text}"
        done += 1
    assert done >= 15
