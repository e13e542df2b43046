"""Orders to a running Kamailio: what it is asked and told, in its own names."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from ivr.adapters.kamailio.config import EdgeConfig, TrunkLine
from ivr.adapters.kamailio.exchange import Exchange
from ivr.adapters.kamailio.trunks import registration, states
from ivr.core.audit.denial import Denial, DenialKind
from ivr.core.queueing.directory import AgentEntry
from ivr.core.sip.dialog import Dialog, Farewell
from ivr.core.sip.trunk import TrunkState
from ivr.errors import BugError, PeerError
from ivr.ports.edge import CarriedCall, EdgeSign, LostMedia

_ORIGIN = re.compile(r"(?P<level>[A-Z]+): (?P<module>[<>\w]+) \[(?P<place>[\w./:]+)\]")


def origin(line: str) -> str:
    """Level and place in the source of a line of Kamailio's log; not its text, which may quote a caller's message."""
    found = _ORIGIN.search(line)
    return f"{found['level']} in {found['module']} at {found['place']}" if found else "a line of no known form"


class EdgeControl:
    """A client of one edge's control socket. Each order is one exchange; raises PeerError when there is no edge."""

    def __init__(self, path: Path, sip: str, trunks: Sequence[str] = ()) -> None:
        """`sip` is the edge's address:port as cells see it; `trunks`: names of those that it was started with."""
        self._trunks = tuple(trunks)
        self._exchange = Exchange(path)
        self._sip = sip

    # --- cells ------------------------------------------------------------------------------------------------------

    def free_cell(self, cell: int) -> None:
        """The cell is well and carries no call."""
        self._forget("cells", f"c{cell}")

    def down_cell(self, cell: int) -> None:
        """The cell's process is gone, or not there yet."""
        self.call("htable.sets", "cells", f"c{cell}", "down")

    def suspect_cell(self, cell: int) -> None:
        """The cell does not answer: no calls for it until it does."""
        self.call("htable.sets", "cells", f"c{cell}", "suspect")

    def tell_doubts_to(self, endpoint: str) -> None:
        """Send a datagram to this address and port whenever a cell said nothing to a call."""
        self.call("htable.sets", "engine", "doubts", f"sip:{endpoint}")

    def put_word(self, word: str) -> None:
        """What a cell must say from now on before it may dial."""
        self.call("htable.sets", "engine", "word", word)

    def sign(self) -> EdgeSign:
        """Whether anything happened there: one look for what else takes several."""
        engine = _entries(self.call("htable.dump", "engine"))  # short, and looked at every second
        word = engine.get("word")
        return EdgeSign(None if word is None else str(word), int(str(engine.get("registrations", 0))))

    def cells(self) -> dict[int, str]:
        """Cells that are not free, and why: down, asked, suspect, busy, or the key of the call that they carry."""
        held = self._table("cells")
        return {int(key[1:]): str(value) for key, value in held.items() if key[1:].isdigit()}

    def relayed(self, host: int) -> dict[str, str]:
        """Calls (their keys) whose media goes through a host's relay, and the MD5 of each one's Call-ID."""
        found = {call: str(how).split(" ") for call, how in self._table("relayed").items()}
        return {call: mark for call, (_, at, mark) in found.items() if at == str(host)}

    def know_relayed(self, calls: Iterable[CarriedCall], host: int) -> None:
        """These are all the calls that a host's relay carries: sessions of calls on that host may change from now on,
        as if their INVITE had come through here.

        Each is noted by both tags: that of who sent the INVITE names it, and both are let go of when it ends.
        """
        for call in calls:
            mark = hashlib.md5(call.call_id, usedforsecurity=False).hexdigest()
            for tag in call.tags:
                key = hashlib.md5(call.call_id + b" " + tag, usedforsecurity=False).hexdigest()
                self.call("htable.sets", "relayed", key, f"{call.transport} {host} {mark}")
        self.call("htable.seti", "engine", f"told{host}", 1)

    def forget_relayed(self, calls: Collection[str]) -> LostMedia:
        """No relay knows anything of these any more: the cells that carry them."""
        callers = frozenset(cell for cell, call in self.cells().items() if call in calls)
        legs = frozenset(int(str(cell)) for call, cell in self._table("legs").items() if call in calls)
        for call in calls:
            self._forget("relayed", call)
        return LostMedia(callers, legs - callers)

    def drain(self) -> None:
        """Take no new calls: 503 to every new INVITE."""
        self.call("htable.seti", "engine", "draining", 1)

    def reload_tls(self, mark: str) -> None:
        """Read certificate and key again, for connections that begin from now on; `shown` tells the mark then."""
        self._forget("engine", "shown")
        self.call("tls.reload")
        self.call("htable.sets", "engine", "shown", mark)

    def shown(self) -> str | None:
        """The mark of what `reload_tls` read last; None: nothing since the edge was started."""
        mark = self._table("engine").get("shown")
        return None if mark is None else str(mark)

    # --- calls ------------------------------------------------------------------------------------------------------

    def know_dialog(self, cell: int, dialog: Dialog) -> None:
        """Let requests of a cell's dialog pass, as if its INVITE had come through here (`NAME_CALL` of the rules).

        The cell is taken, by its caller or, of a callback, by whom it dialled: nobody else is offered to it. Nothing
        happens if the dialog is known.
        """
        named = f"{dialog.call_id} {dialog.inviter_tag}".encode("utf-8", "surrogateescape")
        key = hashlib.md5(named, usedforsecurity=False).hexdigest()
        table = "legs" if dialog.dialled else "calls"
        if self._has(table, key):
            return
        self.call("htable.seti", "taken_over", key, 1)
        self.call("htable.seti", table, key, cell)
        if not dialog.dialled or cell not in self.cells():
            self.call("htable.sets", "cells", f"c{cell}", key)
        if dialog.seen_at is not None:
            self.call("htable.sets", "peers", key, dialog.seen_at)

    def hang_up(self, bye: Farewell) -> None:
        """Send a BYE in the name of a cell that died, and let go of what the call held."""
        self.call("tm.t_uac_start", "BYE", bye.uri, bye.next_hop, ".", bye.headers)

    # --- trunks -----------------------------------------------------------------------------------------------------

    def put_trunk(self, config: EdgeConfig, trunk: TrunkLine, password: str) -> None:
        """Let it prove our password to a trunk, and register where that is wanted."""
        self.call("htable.sets", "trunk_secrets", trunk.name, password)
        if trunk.registers:
            self.call_quietly("uac.reg_remove", trunk.name)
            self.call("uac.reg_add", *registration(config, trunk, password))

    def put_issuers(self, issuers: Mapping[str, Iterable[str]]) -> None:
        """Who signs the certificate of each trunk, by common name, where their authorities differ (`trunks.issuers`).

        A former one is kept until another edge is started, for connections that are up; nothing new is taken by it, as
        its certificate is gone.
        """
        for trunk, names in issuers.items():
            for name in names:
                self.call("htable.sets", "trunk_issuers", f"{trunk}|{name}", "signs")

    def trunks(self) -> tuple[TrunkState, ...]:
        """How each of them is, in the order of the settings."""
        if not self._trunks:
            return ()
        counts = self._table("trunk_counts")
        return states(self._trunks, self._exchange.read("dispatcher.list"), counts, self._exchange.read("uac.reg_dump"))

    # --- what was denied --------------------------------------------------------------------------------------------

    def denials(self) -> list[Denial]:
        """What was refused or dropped and not forgotten yet, by kind, source and minute."""
        found: list[Denial] = []
        for name, count in self._table("denied").items():
            kind, *rest = name.split("|")
            if len(rest) == 2 and count:
                found.append(Denial(self._kind(kind), rest[0], int(rest[1]), int(str(count))))
        return found

    @staticmethod
    def _kind(written: str) -> DenialKind:
        try:
            return DenialKind(written)
        except ValueError as error:
            raise BugError(f"the edge counts '{written}', which is no kind of denial") from error

    def forget_denials(self, denials: Sequence[Denial]) -> None:
        """Take these out of the table, for they are kept elsewhere. Their minute is over: nothing counts there now."""
        for denial in denials:
            self._forget("denied", f"{denial.kind}|{denial.source}|{denial.minute}")

    # --- agents -----------------------------------------------------------------------------------------------------

    def put_agent(self, entry: AgentEntry) -> None:
        """Let an agent register (with their password's hash), or ring them at a fixed URI."""
        if entry.ha1 is None:
            self._forget("ha1", entry.name)
        else:
            self.call("htable.sets", "ha1", entry.name, entry.ha1)
        self.call("htable.sets", "agents", entry.name, entry.target)

    def put_phone_key(self, name: str, ha1: str) -> None:
        """Let this agent's browser register for a while, with a password of this hash."""
        self.call("htable.sets", "phone_keys", name, ha1)

    def drop_agent(self, name: str) -> None:
        """No longer an agent: not to be rung, not to register."""
        self._forget("ha1", name)
        self._forget("phone_keys", name)
        self._forget("agents", name)
        self.call_quietly("ul.rm", "location", name)

    def agents(self) -> dict[str, tuple[str, str | None]]:
        """Agents that the edge knows: each one's target and password hash."""
        hashes = self._table("ha1")
        known = self._table("agents")
        return {name: (str(target), str(hashes[name]) if name in hashes else None) for name, target in known.items()}

    def agent_uri(self, name: str) -> str:
        """Where a cell reaches an agent: through the edge."""
        return f"sip:{name}@{self._sip}"

    def registered(self) -> frozenset[str]:
        """Names whose phone is registered now."""
        result = self._exchange.read("ul.dump", "brief")
        names: set[str] = set()
        domains = result.get("Domains", []) if isinstance(result, dict) else []
        for entry in domains:
            for record in entry.get("Domain", {}).get("AoRs", []):
                names.add(str(record["AoR"]).partition("@")[0])
        return frozenset(names)

    # --- the exchange -----------------------------------------------------------------------------------------------

    def alive(self) -> bool:
        """Whether the edge answers."""
        return self._exchange.alive()

    def call(self, method: str, *params: object) -> object:
        """One order and its result. Raises PeerError."""
        return self._exchange.order(method, *params)

    def call_quietly(self, method: str, *params: object) -> None:
        """An order whose refusal means that there was nothing to do."""
        try:
            self.call(method, *params)
        except PeerError:
            if not self.alive():
                raise

    def _has(self, table: str, key: str) -> bool:
        try:
            self.call("htable.get", table, key)
        except PeerError:
            if not self.alive():
                raise
            return False
        return True

    def _forget(self, table: str, key: str) -> None:
        self.call_quietly("htable.delete", table, key)

    def _table(self, table: str) -> dict[str, object]:
        return _entries(self._exchange.read("htable.dump", table))


def _entries(slots: object) -> dict[str, object]:
    """What a dump of a table says."""
    entries: dict[str, object] = {}
    for slot in slots if isinstance(slots, list) else []:
        for item in slot.get("slot", []):
            entries[str(item.get("name"))] = item.get("value")
    return entries
