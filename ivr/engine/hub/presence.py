"""Keeps the edge's tables true: agents like the directory, no idle cell taken. Learns whose phone is registered.

One question a second tells whether anything happened; all tables are compared when something did, and every few
seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ivr.core.queueing.directory import AgentEntry
from ivr.core.queueing.facts import AgentProfile
from ivr.core.sip.dialog import Dialog
from ivr.engine.hub.config import HubPorts
from ivr.errors import IvrError, PeerError
from ivr.ports.edge import Edge, EdgeSign

POLL_SECONDS = 1.0
COMPARE_SECONDS = 5.0
"""Between two comparisons when nothing happened: a registration has run out, or the edge has lost something."""
LEAK_SECONDS = 10.0
"""A cell that says for so long that it is idle, while the edge holds it for one same call, has been forgotten there."""
NO_CALL = frozenset({"down", "asked", "suspect", "busy"})
"""What the edge notes of a cell that is not taken by a call."""


class Presence:
    """Runs until cancelled; asks in a thread of its own, since the edge may be slow or gone."""

    def __init__(
        self,
        ports: HubPorts,
        *,
        found: Callable[[tuple[AgentProfile, ...], frozenset[str]], None],
        idle_cells: Callable[[], frozenset[int]],
        dialogs: Callable[[], tuple[tuple[int, Dialog], ...]] = lambda: (),
        listed: Callable[..., None] = lambda action, subject, **details: None,
        word_known: Callable[[str], None] = lambda word: None,
    ) -> None:
        """`found(profiles, reachable)` is called in the loop after every look; `idle_cells()` before.

        `listed(action, subject, …)` is told the directory as it is found first, and every change of it;
        `word_known(word)` what cells must say to the edge when they dial, as often as it changes.
        """
        self._listed = listed
        self._told: tuple[AgentEntry, ...] | None = None
        self._word_known = word_known
        self.word: str | None = None
        self._ports = ports
        self._found = found
        self._idle_cells = idle_cells
        self._dialogs = dialogs
        self._placed: frozenset[tuple[int, Dialog]] = frozenset()
        self._forgotten: dict[int, tuple[str, float]] = {}
        self._sign: EdgeSign | None = None
        """Of when the tables were compared last; None: they are to be compared."""
        self._compared_at = float("-inf")
        self._compared: tuple[AgentEntry, ...] = ()
        """The directory that the edge has."""
        self._registered: frozenset[str] = frozenset()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="presence")
        self._look_now = asyncio.Event()
        self.edge_alive = ports.edge is None
        """Whether the edge answered last time."""
        self.directory_error: str | None = None
        self.entries: tuple[AgentEntry, ...] = ()
        """The directory, as it was read last."""

    def look_now(self) -> None:
        """The directory changed: do not wait."""
        self._look_now.set()

    async def run(self) -> None:
        """Look every second."""
        loop = asyncio.get_running_loop()
        told_word: str | None = None
        try:
            while True:
                self._look_now.clear()
                profiles, reachable = await loop.run_in_executor(
                    self._thread, self._look, self._idle_cells(), self._dialogs()
                )
                self._tell_changes()
                if self.word is not None and self.word != told_word:
                    told_word = self.word
                    self._word_known(told_word)
                self._found(profiles, reachable)
                try:
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._look_now.wait()
                except TimeoutError:
                    pass
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)

    def _tell_changes(self) -> None:
        """For the audit log: also what was changed without our command."""
        if self.entries == self._told:
            return
        now = {entry.name: entry for entry in self.entries}
        if self._told is None:
            self._listed("agents.listed", "agents", agents=sorted(now))
        else:
            before = {entry.name: entry for entry in self._told}
            changed = sorted(name for name in now.keys() & before.keys() if now[name] != before[name])
            added, removed = sorted(now.keys() - before.keys()), sorted(before.keys() - now.keys())
            self._listed("agents.changed", "agents", added=added, removed=removed, changed=changed)
        self._told = self.entries

    def _look(
        self, idle: frozenset[int], dialogs: tuple[tuple[int, Dialog], ...] = ()
    ) -> tuple[tuple[AgentProfile, ...], frozenset[str]]:
        try:
            self.entries = self._ports.directory.read()
            self.directory_error = None
        except IvrError as error:  # the agents that were known go on working
            if self.directory_error is None:
                self._ports.log("agent_directory_unreadable", {"reason": str(error)})
            self.directory_error = str(error)
        edge = self._ports.edge
        if edge is None:
            fixed = [entry for entry in self.entries if entry.uri]
            return tuple(e.profile(e.target) for e in fixed), frozenset(e.name for e in fixed)
        profiles = tuple(entry.profile(edge.agent_uri(entry.name)) for entry in self.entries)
        try:
            sign = edge.sign()
            if self._is_due(sign, dialogs):
                self._compare(edge, sign, idle, dialogs)
        except PeerError:
            self._sign = None
            self.edge_alive = False
            return profiles, frozenset()
        self.edge_alive = True
        return profiles, frozenset(entry.name for entry in self.entries if entry.uri or entry.name in self._registered)

    def _is_due(self, sign: EdgeSign, dialogs: tuple[tuple[int, Dialog], ...]) -> bool:
        changed = sign != self._sign or self.entries != self._compared or frozenset(dialogs) - self._placed
        return bool(changed) or self._ports.monotonic() >= self._compared_at + COMPARE_SECONDS

    def _compare(
        self, edge: Edge, sign: EdgeSign, idle: frozenset[int], dialogs: tuple[tuple[int, Dialog], ...]
    ) -> None:
        """Make its tables what they should be, and learn who is there."""
        self._sign = None  # until all of it is done
        known = edge.agents()
        wanted = {entry.name: entry for entry in self.entries}
        for name in known.keys() - wanted.keys():
            edge.drop_agent(name)
        for name, entry in wanted.items():
            if known.get(name) != (entry.target, entry.ha1):
                edge.put_agent(entry)
        self._registered = edge.registered()
        if sign.word is None:
            self._placed = frozenset()  # it knows no call either, and says so to nobody before it has the word
        self._place(edge, dialogs)
        self._agree_on_word(edge, sign.word)
        self._free_forgotten(edge, idle)
        self._sign = EdgeSign(self.word, sign.registrations)
        self._compared, self._compared_at = self.entries, self._ports.monotonic()

    def _agree_on_word(self, edge: Edge, word: str | None) -> None:
        """The edge's word stays for its life, whatever becomes of hubs: cells that dial meanwhile are not refused."""
        if word is None:
            word = self.word or self._ports.new_word()
            edge.put_word(word)
        self.word = word

    def _place(self, edge: Edge, dialogs: tuple[tuple[int, Dialog], ...]) -> None:
        """An edge that was started anew lets calls go on that it has not seen begin."""
        for cell, dialog in dialogs:  # in order: of a callback whom it called comes first, and then the agent
            if (cell, dialog) not in self._placed:
                edge.know_dialog(cell, dialog)
        self._placed = frozenset(dialogs)

    def _free_forgotten(self, edge: Edge, idle: frozenset[int]) -> None:
        """A BYE that never passed the edge must not cost a line for ever."""
        now = self._ports.monotonic()
        holders = {cell: call for cell, call in edge.cells().items() if cell in idle and call not in NO_CALL}
        kept: dict[int, tuple[str, float]] = {}
        for cell, call in holders.items():
            before = self._forgotten.get(cell)
            since = before[1] if before is not None and before[0] == call else now
            if now - since >= LEAK_SECONDS:
                edge.free_cell(cell)
                self._ports.log("forgotten_cell_freed", {"cell": cell, "level": "warning"})
            else:
                kept[cell] = (call, since)
        self._forgotten = kept
