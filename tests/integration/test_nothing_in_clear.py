"""What a caller said, as sound and as words, and who called: nowhere on the disk in clear, from ringing to export."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
import tempfile
import time
from pathlib import Path

from ivr.adapters.files.keys.age_seal import new_identity
from ivr.core.media.g711 import decode_ulaw, encode_ulaw
from ivr.testing.hearing import hears, voice_of
from tests.conftest import RealVoice
from tests.integration.conftest import Line
from tests.integration.vault.markers import audio_forms, files_below, sightings, text_forms

SAMPLES = 64
CALLER = "85290817263"
WORDS = "telephone number"
"""What the real person says; the dialplan lists it too, so files are compared with what they held before the call."""


SAID = decode_ulaw(encode_ulaw(voice_of(77, seconds=1.5)))
"""A sound that mu-law carries unchanged: what the engine hears is these samples."""
STRETCHES = [SAID[at : at + 2 * SAMPLES] for at in range(4000, 20_000, 1000)]


def probes(*stretches: bytes) -> dict[str, bytes]:
    """Parts of the sound, and the caller's number."""
    forms = {f"number, {name}": form for name, form in text_forms(CALLER).items()}
    for number, stretch in enumerate(stretches):
        forms |= {f"stretch {number}, {name}": form for name, form in audio_forms(stretch).items()}
    return forms


def everything(line: Line, since: float = 0.0) -> list[Path]:
    """All that the engine can write: its data, recordings, logs, settings, sockets' directory."""
    return files_below(line.engine.directory, line.engine.run_dir, since=since)


def test_the_search_finds_a_marker_in_every_form(tmp_path: Path) -> None:
    """Or the test below would pass whatever lay there."""
    forms = probes(STRETCHES[0]) | text_forms("买基金")
    for number, form in enumerate(forms.values()):
        (tmp_path / f"{number}").write_bytes(b"before" * 1000 + form + b"after" + form)
    found = sightings(files_below(tmp_path), forms)
    assert {name for _, name in found} == set(forms)
    assert all(found[tmp_path / f"{number}", name] == 2 for number, name in enumerate(forms))


def test_the_search_finds_a_marker_in_a_database_and_in_its_journal(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "some.db")
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("CREATE TABLE words (text TEXT)")
    database.execute("INSERT INTO words VALUES (?)", [f"the caller is {CALLER}"])
    database.commit()
    assert {path.name for path, _ in sightings(files_below(tmp_path), text_forms(CALLER))} == {"some.db-wal"}
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert "some.db" in {path.name for path, _ in sightings(files_below(tmp_path), text_forms(CALLER))}
    database.close()


async def test_nothing_of_a_call_lies_in_clear_from_ringing_to_export(line: Line, voice: RealVoice) -> None:
    began, forms = time.time(), probes(STRETCHES[0], STRETCHES[-1])
    words = text_forms(WORDS)
    before = await asyncio.to_thread(lambda: sightings(everything(line), words))
    async with line.caller(caller=CALLER) as robot:
        call = await robot.dial()
        await hears(call, line.prompt("Welcome"))
        await call.say(SAID)
        await call.hears_quiet(0.5)
        spoken = await call.say(voice("telephone-number"))
        await hears(call, line.prompt("A telephone number"), since=spoken.began)
        while_it_runs = await asyncio.to_thread(lambda: sightings(everything(line, began), forms))
    record = await asyncio.to_thread(line.record, began)
    call_id = record["call_id"]
    (kept,) = await asyncio.to_thread(line.recorded, call_id, "caller.in")
    recorded = [stretch for stretch in STRETCHES if stretch in kept]
    assert len(recorded) > 2, "the marker must be in the recording, sample for sample, or its absence proves nothing"
    assert not while_it_runs
    forms = probes(recorded[0], recorded[-1])

    secret, public = new_identity()
    exported = line.engine.directory / "out.age"
    for arguments in (
        ("recordings", "compact"),
        ("recordings", "find", WORDS),
        ("recordings", "show", call_id),
        ("recordings", "export", call_id, "--age", str(exported), "--to", public, "--reason", "test"),
    ):
        done = await asyncio.to_thread(line.engine.command, *arguments)
        assert done.returncode == 0, done.stderr
        assert CALLER not in done.stdout
        if "find" in arguments:
            assert call_id in done.stdout, "the words must have been understood and indexed"
    assert exported.stat().st_size > len(kept) // 2
    assert not list(everything_named(line, ".ivrj", call_id)), "the journal must have been compacted"

    assert not await asyncio.to_thread(lambda: sightings(everything(line, began), forms))
    after = await asyncio.to_thread(lambda: in_tiles(sightings(everything(line), words)))
    assert {place: count for place, count in after.items() if count > in_tiles(before).get(place, 0)} == {}
    elsewhere = await asyncio.to_thread(lambda: files_below(Path(tempfile.gettempdir()), Path("/dev/shm"), since=began))
    assert not await asyncio.to_thread(lambda: sightings(elsewhere, forms))
    assert secret  # the export opens with it: test_recordings_command


def in_tiles(found: dict[tuple[Path, str], int]) -> dict[tuple[Path, str], int]:
    """The same by whole tiles of the audit log: one that is not full yet has another name with each entry."""
    counts: dict[tuple[Path, str], int] = {}
    for (path, form), count in found.items():
        place = path.parent if path.parent.suffix == ".p" else path, form
        counts[place] = max(count, counts.get(place, 0))
    return counts


def everything_named(line: Line, suffix: str, call_id: str) -> list[Path]:
    """Files of one call with an ending."""
    return [path for path in everything(line) if path.suffix == suffix and path.stem == call_id]


async def test_no_process_of_the_engine_can_leave_a_core_file(line: Line) -> None:
    pids = await asyncio.to_thread(line.engine.children)
    limits = {pid: resource.prlimit(pid, resource.RLIMIT_CORE) for pid in pids if is_ours(pid)}
    assert len(limits) >= 3
    assert set(limits.values()) == {(0, 0)}


def is_ours(pid: int) -> bool:
    """Whether it is of the engine: it may hold clear audio, or callers' numbers."""
    try:
        return b"ivr" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
