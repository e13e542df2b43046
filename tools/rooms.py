#!/usr/bin/env python3
"""What each room says of itself in its `__init__.py`, held against the import contracts in setup.cfg.

A room's docstring is one sentence of what is here, `Never here: …`, and, where a contract has layers,
`Imports …: …`, the rooms below it. That line is written from setup.cfg: `tools/rooms.py --write` after a change there.
"""

from __future__ import annotations

import ast
import configparser
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
WIDTH = 118
LINE = re.compile(r"^Imports(?: of \w+)?: .*?\.$", re.MULTILINE | re.DOTALL)


def rooms() -> list[Path]:
    """Every package's `__init__.py`, but the root's."""
    return sorted(file for file in (ROOT / "ivr").rglob("__init__.py") if file.parent != ROOT / "ivr")


def below() -> Iterator[tuple[Path, str]]:
    """Each room in a contract's layers, and the line that it must have."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    for name in config.sections():
        contract = config[name]
        if not name.startswith("importlinter:contract") or contract["type"] != "layers":
            continue
        for container in contract.get("containers", "").split() or [""]:
            layers = [
                [found for found in re.findall(r"[\w.]+", row) if _exists(container, found)]
                for row in contract["layers"].strip().splitlines()
            ]
            for place, layer in enumerate(layers):
                lower = [each.removeprefix("ivr.") for row in layers[place + 1 :] for each in row]
                of = f" of {container.rpartition('.')[2]}" if container else ""
                text = f"Imports{of}: {', '.join(lower) or 'nothing'}."
                for each in layer:
                    file = _place(container, each) / "__init__.py"
                    if file.exists():
                        yield file, "\n".join(textwrap.wrap(text, WIDTH))


def faults() -> Iterator[str]:
    """What is wrong with the rooms' sentences."""
    for file in rooms():
        told = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
        if "\nNever here: " not in told:
            yield f"{file.relative_to(ROOT)} does not say what is here and, after `Never here:`, what never is"
    for file, line in below():
        if line not in file.read_text(encoding="utf-8"):
            yield f"{file.relative_to(ROOT)} does not say what setup.cfg does: run tools/rooms.py --write"


def write() -> None:
    """Put the lines in."""
    for file, line in below():
        text = file.read_text(encoding="utf-8")
        end = text.index('"""', 3)
        head = LINE.sub("", text[3:end]).rstrip("\n")
        file.write_text(f'"""{head}\n{line}\n{text[end:]}', encoding="utf-8")


def _place(container: str, name: str) -> Path:
    return ROOT.joinpath(*container.split("."), *name.split(".")) if container else ROOT.joinpath(*name.split("."))


def _exists(container: str, name: str) -> bool:
    place = _place(container, name)
    return place.is_dir() or place.with_suffix(".py").exists()


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        write()
    found = list(faults())
    print("\n".join(found) or "every room says what is here")
    sys.exit(1 if found else 0)
