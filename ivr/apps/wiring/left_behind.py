"""What an engine left running that was killed: cells in calls are taken in, all else is waited for. No call is ended.

Our processes are known by the run directory that stands in their command line, a cell by its name.
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ivr.apps.settings import Settings
from ivr.apps.settings_file import resolved_from_json
from ivr.engine.supervisor.kin import tell
from ivr.errors import EnvironmentFault, IvrError

IDLE_SECONDS = 3.0
"""A cell without a call has ended by then: its nursery told it to when the engine died."""
OTHERS_SECONDS = 25.0
"""Hub, speech, keeper and edge have ended by then: the kernel told them to."""
LOOK_SECONDS = 0.1
END_SECONDS = 1.0
END_LOOK_SECONDS = 0.02
_CELL = re.compile(r"ivr-cell-(\d+)")

Say = Callable[[str], None]


def settle(settings: Settings, say: Say) -> dict[int, int]:
    """Wait for what ends by itself; returns cell -> process id of the calls that go on. Raises EnvironmentFault."""
    mine = _below(os.getpid())  # they wait to begin
    if not _ours(settings).keys() - mine:
        return {}
    say("an engine was killed here: waiting for what it left running")
    deadline = time.monotonic() + IDLE_SECONDS
    while cells_of(settings) and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
    deadline = time.monotonic() + OTHERS_SECONDS
    while others := {pid: name for pid, name in _others(settings).items() if pid not in mine}:
        if time.monotonic() > deadline:
            told = ", ".join(f"{name} (pid {pid})" for pid, name in others.items())
            raise EnvironmentFault(
                f"processes of the engine that was killed do not end: {told}. Start again in a moment"
            )
        time.sleep(LOOK_SECONDS)
    left = cells_of(settings)
    if left:
        say(f"{len(left)} running calls go on: their cells are taken in, and replaced when the calls are over")
    return left


def as_before(settings: Settings, left: Mapping[int, int]) -> Settings:
    """Ports that are free to be chosen are those of the cells that live on."""
    if not left:
        return settings
    try:
        before = resolved_from_json((settings.runtime_dir / "settings.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, IvrError):
        return settings
    changes: dict[str, object] = {}
    if settings.sip_endpoint[1] == 0:
        changes["sip"] = settings.sip.model_copy(update={"listen": before.sip.listen})
    if settings.cells.base_port == 0:
        changes["cells"] = settings.cells.model_copy(update={"base_port": before.cells.base_port})
    if settings.media.rtp_ports == "auto":
        changes["media"] = settings.media.model_copy(update={"rtp_ports": before.media.rtp_ports})
    return settings.model_copy(update=changes)


def cells_of(settings: Settings) -> dict[int, int]:
    """Cell -> process id, of this engine's that live."""
    found = {}
    for pid, name in _ours(settings).items():
        if match := _CELL.fullmatch(name):
            found[int(match[1])] = pid
    return found


def end_all(settings: Settings) -> None:
    """Kill what this engine started, calls included, until nothing of it lives, or `END_SECONDS` are over."""
    deadline = time.monotonic() + END_SECONDS
    while time.monotonic() < deadline:
        found = {*_ours(settings), *_below(os.getpid())} - {os.getpid()}
        if not found:
            return
        for pid in found:
            tell(pid, signal.SIGKILL)
        time.sleep(END_LOOK_SECONDS)


def _below(parent: int) -> set[int]:
    """Process ids of its children and theirs that have not ended."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, above = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            parents[int(stat.parent.name)] = int(above)
    found: set[int] = set()
    while more := {pid for pid, above in parents.items() if above in {parent, *found}} - found:
        found |= more
    return found


def _others(settings: Settings) -> dict[int, str]:
    """All but cells, and the nursery that waits for them."""
    return {pid: name for pid, name in _ours(settings).items() if not _CELL.fullmatch(name) and name != "ivr-nursery"}


def _ours(settings: Settings) -> dict[int, str]:
    """Process id -> name, of what an engine with this run directory has started. Raises nothing: some just ended."""
    marks = (str(settings.runtime_dir / "settings.json"), str(settings.edge_dir / "kamailio.cfg"))
    return {pid: name for pid, name, words in _processes() if any(mark in words for mark in marks)}


def _processes() -> Iterator[tuple[int, str, list[str]]]:
    """(process id, name, command line) of each that we may see and that has not ended (proc(5))."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
            yield int(process.name), (process / "comm").read_text().strip(), words
        except OSError:
            continue
