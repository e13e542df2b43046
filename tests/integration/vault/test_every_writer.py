"""Each small file that the engine writes, on a disk that refuses: an error of ours, the old state or the new one, and
the same writer goes on once the disk takes it. The recorder, compaction and the log have files of their own beside it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ivr.adapters.agent_choices import AgentChoiceFile
from ivr.adapters.agent_file import AgentFile
from ivr.adapters.files.attempts import AttemptFile
from ivr.adapters.files.audit.bookmark import BookmarkFile
from ivr.adapters.files.audit.log import AuditLog
from ivr.adapters.files.audit.stamps import StampFiles
from ivr.adapters.files.dialplans.prompts import PromptFiles
from ivr.adapters.files.dialplans.publications import PublicationFiles
from ivr.adapters.files.dialplans.versions import VersionFiles
from ivr.adapters.files.keys.age_seal import new_identity
from ivr.adapters.files.keys.ring_file import recovery_file
from ivr.adapters.files.keys.store import FileKeyStore
from ivr.adapters.files.recordings.key_file import read_key_file, write_key_file
from ivr.adapters.files.recordings.trouble import read_trouble, write_trouble
from ivr.adapters.files.voiceprints import VoiceprintFiles
from ivr.core.dialplan.publication import Publication, Rendering
from ivr.core.identity.voiceprint import Template, Voiceprint
from ivr.core.queueing.choice import AgentChoice
from ivr.core.queueing.directory import AgentEntry
from ivr.core.vault.journal import JournalHeader
from ivr.core.vault.keys import PassphraseCost
from ivr.errors import IvrError
from ivr.ports.recordings import Trouble
from ivr.ports.time_stamps import Stamp
from ivr.testing.fake_stores import MemoryKeyStore
from tests.integration.vault.audit_writer import SIGNER, entry
from tests.integration.vault.faults import every_fault, failing

CHEAP = PassphraseCost(memory_kib=64, iterations=1, lanes=1)
PASSPHRASE = b"a passphrase for tests"
KEYS = MemoryKeyStore()


@dataclass(frozen=True, slots=True)
class Writer:
    """As its process holds it."""

    write: Callable[[int], object]
    """Make the nth change."""
    read: Callable[[], object]
    """What whoever opens its files finds."""


def audit_log(directory: Path) -> Writer:
    log = AuditLog(directory, SIGNER)

    def write(nth: int) -> None:
        log.append([entry(nth)])
        log.publish()

    def read() -> object:
        again = AuditLog(directory, SIGNER)
        again.publish()
        return again.verify().size, [one.subject for _, one in again.entries()]

    return Writer(write, read)


def attempts(directory: Path) -> Writer:
    path = directory / "attempts.json"
    counter = AttemptFile(path, KEYS, wall=lambda: 1000.0)
    return Writer(lambda nth: counter.ask("bank|1"), path.read_bytes)


def publications(directory: Path) -> Writer:
    files = PublicationFiles(directory)

    def write(nth: int) -> None:
        made = Publication(float(nth), "os:olga", "fake-1", (), {})
        with files.alone():
            files.keep(made)
            files.point_to(made, SIGNER)

    return Writer(write, lambda: PublicationFiles(directory).current(SIGNER.verifier))


def agents(directory: Path) -> Writer:
    files = AgentFile(directory / "agents.json")
    return Writer(
        lambda nth: files.put(AgentEntry(f"ann{nth}", uri="sip:ann@127.0.0.1")),
        AgentFile(directory / "agents.json").read,
    )


def choices(directory: Path) -> Writer:
    files = AgentChoiceFile(directory / "choices.json")
    return Writer(
        lambda nth: files.put(AgentChoice("ann", reason=f"lunch {nth}")),
        AgentChoiceFile(directory / "choices.json").read,
    )


def bookmark(directory: Path) -> Writer:
    files = BookmarkFile(directory / "roles")

    def write(nth: int) -> None:
        with files.alone():
            files.write(b"%d" % nth)

    return Writer(write, files.read)


def stamps(directory: Path) -> Writer:
    files = StampFiles(directory)
    return Writer(lambda nth: files.keep(Stamp(nth, f"of {nth}\n", b"stamp")), lambda: list(files.kept()))


def versions(directory: Path) -> Writer:
    files = VersionFiles(directory)
    return Writer(
        lambda nth: files.keep(f"a@{nth}", f"{nth:064x}", {"a.yaml": f"{nth}"}, {"b.wav": "ab"}, now=float(nth)),
        lambda: [(kept.id, dict(kept.sounds), files.text(kept)) for kept in files.all()],
    )


def prompts(directory: Path) -> Writer:
    files = PromptFiles(directory)
    made = [Rendering.of(bytes([nth]) * 320) for nth in range(5)]
    return Writer(
        lambda nth: files.keep(bytes([nth]) * 320, f"{nth:064x}"),
        lambda: [nth for nth, one in enumerate(made) if files.holds(one)],
    )


def key_store(directory: Path) -> Writer:
    path = directory / "keys.json"
    store = FileKeyStore.create(path, PASSPHRASE, cost=CHEAP)
    return Writer(lambda nth: store.rotate(now=float(nth)), lambda: len(FileKeyStore(path, PASSPHRASE).keks()))


def recovery_ends(directory: Path) -> Writer:
    """A store that cannot be recovered is never in use by who wants it to be."""
    path, (_, public) = directory / "keys.json", new_identity()
    store = FileKeyStore.create(path, PASSPHRASE, cost=CHEAP, recovery=public)

    def read() -> object:
        named = bool(FileKeyStore(path, PASSPHRASE).recovery)
        assert recovery_file(path).exists() or not named, "the store names a recovery key and has no file for it"
        return named, len(store.keks())

    return Writer(lambda nth: store.set_recovery("") if nth == 2 else store.rotate(now=float(nth)), read)


def leaves(directory: Path) -> Writer:
    """The counter of erasure leaves: a process that begins takes some, none twice."""
    path = directory / "keys.json"
    FileKeyStore.create(path, PASSPHRASE, cost=CHEAP)
    return Writer(
        lambda nth: FileKeyStore(path, PASSPHRASE).issue(), lambda: int(path.with_name("keys.json.leaves").read_text())
    )


def shredding(directory: Path) -> Writer:
    path = directory / "keys.json"
    store = FileKeyStore.create(path, PASSPHRASE, cost=CHEAP)
    issued = [store.issue() for _ in range(5)]

    def read() -> object:
        again = FileKeyStore(path, PASSPHRASE)
        return [again.alive(one.wrapped) for one in issued]

    return Writer(lambda nth: store.shred([issued[nth].wrapped]), read)


def voices(directory: Path) -> Writer:
    files = VoiceprintFiles(directory, KEYS)
    return Writer(
        lambda nth: files.put(Voiceprint("10012345", "fake-1", (Template((0.6, 0.8), 5.0, float(nth)),))),
        lambda: files.get("10012345"),
    )


def key_file(directory: Path) -> Writer:
    path = directory / "call.ivrk"
    return Writer(
        lambda nth: write_key_file(path, JournalHeader("call", "rec", 1.0, f"kek{nth}", b"wrapped")),
        lambda: read_key_file(path),
    )


def set_aside(directory: Path) -> Writer:
    path = directory / "call.ivrx"
    return Writer(lambda nth: write_trouble(path, Trouble(2, f"failed {nth} times")), lambda: read_trouble(path))


WRITERS = (
    audit_log, attempts, publications, agents, choices, bookmark, stamps, versions, prompts, key_store, recovery_ends,
    leaves, shredding, voices, key_file, set_aside,
)  # fmt: skip


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "for good"])
@pytest.mark.parametrize("begin", WRITERS)
def test_a_refusing_disk_is_told_and_leaves_the_old_state_or_the_new(
    begin: Callable[[Path], Writer], lasting: bool, tmp_path: Path
) -> None:
    def state_after(changes: int) -> object:
        directory = tmp_path / f"after{changes}"
        directory.mkdir()
        writer = begin(directory)
        for nth in range(1, changes + 1):
            writer.write(nth)
        return writer.read()

    old, new = state_after(1), state_after(2)
    assert old != new

    def scenario(number: int) -> str | None:
        directory = tmp_path / f"{number}"
        directory.mkdir()
        writer = begin(directory)
        writer.write(1)
        assert writer.read() == old
        told = False
        with failing(number, lasting=lasting) as faults:
            try:
                writer.write(2)
            except IvrError:
                told = True
        found = writer.read()
        assert found in (old, new), f"after a failure of {faults.failed}"
        assert told or found == new, f"a failure of {faults.failed} was told to nobody, and the change is lost"
        writer.write(3)
        assert writer.read() != found, f"after a failure of {faults.failed} nothing is written any more"
        shutil.rmtree(directory)
        return faults.failed

    assert {"open", "write", "fsync", "replace"} & every_fault(scenario, enough=2)
