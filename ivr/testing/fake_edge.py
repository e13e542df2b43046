"""An edge in memory: its tables, and phones that come and go at the test's word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ivr.core.audit.denial import Denial, DenialKind
from ivr.core.queueing.directory import AgentEntry
from ivr.core.sip.dialog import Dialog, Farewell
from ivr.core.sip.trunk import TrunkState
from ivr.errors import PeerError
from ivr.ports.edge import EdgeSign


class MemoryEdge:
    """What `Edge` says of a running one; while `down`, none runs and every order is a PeerError."""

    def __init__(self) -> None:
        self.down = False
        self.known: dict[str, tuple[str, str | None]] = {}
        """Agents: target and password hash."""
        self.phone_keys: dict[str, str] = {}
        """Agents whose browser may register: hash of its password."""
        self._phones: frozenset[str] = frozenset()
        self._registrations = 0
        self.taken: dict[int, str] = {}
        """Cells that are not free, and why."""
        self.dialogs: dict[tuple[str, str], int] = {}
        """Call-ID and tag of who sent the INVITE -> cell."""
        self.ended: list[Farewell] = []
        """BYEs that were sent."""
        self._word: str | None = None
        self.states: tuple[TrunkState, ...] = ()
        """Of trunks."""
        self.denied: dict[tuple[DenialKind, str, int], int] = {}
        """Kind, source and minute of what it denied -> how often."""

    @property
    def phones(self) -> frozenset[str]:
        """Whose phone asks to be registered: the password is right."""
        return self._phones

    @phones.setter
    def phones(self, names: frozenset[str]) -> None:
        self._phones = names
        self._registrations += 1

    def refuses(self, kind: str, source: str, minute: int, times: int = 1) -> None:
        """Let the edge have denied something."""
        key = DenialKind(kind), source, minute
        self.denied[key] = self.denied.get(key, 0) + times

    def trunks(self) -> tuple[TrunkState, ...]:
        """How they are."""
        self._ask()
        return self.states

    def agents(self) -> Mapping[str, tuple[str, str | None]]:
        """Agents that it knows."""
        self._ask()
        return dict(self.known)

    def put_agent(self, entry: AgentEntry) -> None:
        """Let it know an agent."""
        self._ask()
        self.known[entry.name] = (entry.target, entry.ha1)

    def put_phone_key(self, name: str, ha1: str) -> None:
        """Let an agent's browser register."""
        self._ask()
        self.phone_keys[name] = ha1

    def drop_agent(self, name: str) -> None:
        """Let it forget one, known or not."""
        self._ask()
        self.known.pop(name, None)

    def down_cell(self, cell: int) -> None:
        """Not there."""
        self._ask()
        self.taken[cell] = "down"

    def registered(self) -> frozenset[str]:
        """Agents it knows whose phone is registered."""
        self._ask()
        return self.phones & {name for name, (_, ha1) in self.known.items() if ha1 is not None}

    def cells(self) -> Mapping[int, str]:
        """Cells that are not free."""
        self._ask()
        return dict(self.taken)

    def free_cell(self, cell: int) -> None:
        """Note that the cell carries no call, if it did."""
        self._ask()
        self.taken.pop(cell, None)

    def sign(self) -> EdgeSign:
        """Whether anything happened."""
        self._ask()
        return EdgeSign(self._word, self._registrations)

    def put_word(self, word: str) -> None:
        """Cells must say this."""
        self._ask()
        self._word = word

    def know_dialog(self, cell: int, dialog: Dialog) -> None:
        """Let a dialog go on; its cell is taken, by its caller if there is one."""
        self._ask()
        self.dialogs[dialog.call_id, dialog.inviter_tag] = cell
        if not dialog.dialled or cell not in self.taken:
            self.taken[cell] = f"{dialog.call_id} {dialog.inviter_tag}"

    def hang_up(self, bye: Farewell) -> None:
        """Send a BYE."""
        self._ask()
        self.ended.append(bye)

    def denials(self) -> list[Denial]:
        """What was refused and not forgotten."""
        self._ask()
        return [Denial(*key, count) for key, count in self.denied.items()]

    def forget_denials(self, denials: Sequence[Denial]) -> None:
        """These are kept elsewhere."""
        self._ask()
        for one in denials:
            self.denied.pop((one.kind, one.source, one.minute), None)

    def agent_uri(self, name: str) -> str:
        """Where a cell reaches the agent."""
        return f"sip:{name}@edge"

    def _ask(self) -> None:
        if self.down:
            raise PeerError("there is no edge")
