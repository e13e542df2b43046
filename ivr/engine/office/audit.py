"""The log that nobody can rewrite unseen: read, verified, proved, stamped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.note import Checkpoint, VerifierKey
from ivr.core.audit.played import PLAYED, PlayedWarnings, played_warnings
from ivr.core.audit.roles import Roles
from ivr.core.audit.step import CallStep, is_entry_of, step_salt
from ivr.core.call.deeds import Deed, deeds
from ivr.engine.office.log_search import Found, Wanted, search
from ivr.engine.office.office import UNKNOWN, Asked, AskedOfCall, Desk, does
from ivr.errors import IvrError, OperatorError
from ivr.ports.audit import Progress, silent
from ivr.ports.time_stamps import Stamp


@dataclass(frozen=True, slots=True)
class ReadLog(Asked):
    """Entries."""

    wanted: Wanted = field(default_factory=Wanted)
    last: int = 50
    """How many of the newest."""
    before: int | None = None
    """Only those below this number."""
    looked_at: int | None = None
    """How many are looked at; None: all."""


@dataclass(frozen=True, slots=True)
class CallStory(AskedOfCall):
    """What the log says of a call, compared with what its recording holds."""


@dataclass(frozen=True, slots=True)
class Verify(Asked):
    """Compute the whole log again."""

    against: str | None = field(default=None, repr=False)
    """A signed checkpoint that was kept."""
    progress: Progress = field(default=silent, repr=False)


@dataclass(frozen=True, slots=True)
class Prove(Asked):
    """That an entry is in the log."""

    entry: int
    since: int | None = None
    """Also that the log continues the one of this size."""


@dataclass(frozen=True, slots=True)
class Plain(Asked):
    """Nothing more is asked."""


@dataclass(frozen=True, slots=True)
class StampLog(Asked):
    """Have the newest checkpoint stamped."""

    authority: str
    """Address, http(s)://..."""
    roots: bytes = field(repr=False)
    """Its root certificates, PEM."""


@dataclass(frozen=True, slots=True)
class CheckStamps(Asked):
    """Check every stamp."""

    roots: bytes = field(repr=False)
    progress: Progress = field(default=silent, repr=False)


@dataclass(frozen=True, slots=True)
class ToldEntry:
    """An entry about a call."""

    number: int
    entry: AuditEntry
    step: CallStep | None
    """The recording's step of that number."""
    same: bool
    """It says the same."""


@dataclass(frozen=True, slots=True)
class Story:
    """What became of a call."""

    entries: list[ToldEntry] = field(repr=False)
    deeds: list[Deed] = field(repr=False)
    """In the recording, and not in the log."""
    trouble: str
    """Why the recording does not open: then no step is known."""
    late: int
    """Steps that are in the recording only; the keeper enters them."""

    @property
    def differing(self) -> int:
        """Entries that are not what the recording holds: one of the two was altered."""
        return sum(one.step is not None and not one.same for one in self.entries)


@dataclass(frozen=True, slots=True)
class Verified:
    """A log that is sound."""

    checkpoint: Checkpoint
    roles: Roles
    changes: int
    """Of roles."""
    warnings: PlayedWarnings


@dataclass(frozen=True, slots=True)
class Stamped:
    """So many entries existed then, and the log continues them."""

    size: int
    at: float
    """By the authority's word: seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Proved:
    """An entry with its proofs."""

    raw: bytes = field(repr=False)
    inclusion: list[bytes]
    signed: str
    """The checkpoint that they lead to."""
    consistency: list[bytes] | None


@does("audit.log")
def read(desk: Desk, asked: ReadLog) -> Found:
    """Entries with their numbers, the newest first."""
    return search(desk.ports.log, asked.wanted, last=asked.last, before=asked.before, looked_at=asked.looked_at)


@does("audit.show")
def show(desk: Desk, asked: CallStory) -> Story:
    """Raises OperatorError when the log has no entry about it."""
    log, recordings, call = desk.ports.log, desk.ports.recordings, asked.call
    steps: Mapping[int, CallStep] = {}
    salt, done, trouble = b"", list[Deed](), ""
    log.publish()
    named = desk.call_named(call)
    if named == UNKNOWN and any(one.subject == call for _, one in log.entries(naming=(call,))):
        named = call  # nothing but the log knows it any more
    with desk.entering(named) as details:
        try:
            opened = recordings.open(call)
            salt = step_salt(desk.ports.keys.open(opened.header.wrapped, opened.header.kek_id))
            steps = {step.number: step for step in opened.steps()}
            done = list(deeds(opened.timeline.entries))
        except IvrError as error:
            trouble = str(error)
            details["error"] = type(error).__name__
    log.publish()
    names = tuple({named, call, call.partition("-")[2]} - {UNKNOWN, ""})
    found = [_told(n, one, steps, salt) for n, one in log.entries(naming=names) if _names(one, names)]
    if not found:
        raise OperatorError(f"the audit log has no entry about {call}: name a call, as 'ivr recordings list' does")
    entered = {one.entry.details.get("step") for one in found}
    return Story(found, done, trouble, sum(number not in entered for number in steps))


@does("audit.verify")
def verify(desk: Desk, asked: Verify) -> Verified:
    """Compare it with its signature, with a checkpoint that was kept, and with the roles in force. Raises SealError."""
    log = desk.ports.log
    log.publish()
    checkpoint = log.verify(asked.against, progress=asked.progress)
    roles, changes = desk.ports.roles.verify()
    return Verified(checkpoint, roles, changes, played_warnings(log.entries(actions=(PLAYED,))))


@does("audit.prove")
def prove(desk: Desk, asked: Prove) -> Proved:
    """Raises OperatorError when there is no such entry, or the log never had that size."""
    log = desk.ports.log
    log.publish()
    inclusion, signed = log.inclusion(asked.entry)
    continued = log.consistency(asked.since)[0] if asked.since is not None else None
    return Proved(log.raw_entry(asked.entry), inclusion, signed, continued)


@does("audit.checkpoint")
def checkpoint(desk: Desk, asked: Plain) -> str:
    """The newest signed checkpoint. Whoever keeps it can tell later whether the log was rewritten."""
    signed = desk.ports.log.publish()
    if not signed:
        raise OperatorError("the log is empty: nothing was ever done")
    return signed


@does("audit.key")
def key(desk: Desk, asked: Plain) -> VerifierKey:
    """The public key that signs the log."""
    return desk.ports.verifier


@does("audit.stamp")
def stamp(desk: Desk, asked: StampLog) -> tuple[int, str]:
    """How many entries the stamped log has, and where the stamp is kept. Raises PeerError, SealError."""
    log, ports = desk.ports.log, desk.ports
    signed = log.publish()
    if not signed:
        raise OperatorError("the log is empty: nothing was ever done")
    size = log.published
    stamped = ports.authority.request(asked.authority, signed.encode(), asked.roots)
    return size, ports.stamps.keep(Stamp(size, signed, stamped))


@does("audit.stamps")
def stamps(desk: Desk, asked: CheckStamps) -> Iterator[Stamped]:
    """Each as it is found to hold, and the log to continue it. Raises SealError."""
    log, ports = desk.ports.log, desk.ports
    log.publish()
    log.verify(progress=asked.progress)
    for one in ports.stamps.kept():
        at = ports.authority.check(one.stamp, one.signed.encode(), asked.roots)
        log.continues(one.signed)
        yield Stamped(one.size, at)


def _names(entry: AuditEntry, names: tuple[str, ...]) -> bool:
    return entry.subject in names or entry.details.get("call") in names


def _told(number: int, entry: AuditEntry, steps: Mapping[int, CallStep], salt: bytes) -> ToldEntry:
    step = steps.get(int(str(entry.details.get("step", 0))))
    return ToldEntry(number, entry, step, step is not None and is_entry_of(entry, step, salt))
