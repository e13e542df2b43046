"""Writes one call's sealed recording while the call runs.

Rules: the caller of `audio`, `event`, `pause` never waits. Clear audio exists in memory only. A fact is sealed as it is
handed in, sound as soon as it is a block, 180 ms; a thread writes what is sealed, at one waking for each block: a
killed process loses no more. A fact is made durable as it is written, and all sound before it; sound alone within a
second: a power loss takes no more (ADR 55). A recorder that cannot go on says so at once, by `on_failure` and `failed`;
it never drops anything silently.

What recording costs is code that runs in caches gone cold since the last waking: so wakings are few, and the code in
them is short. Where C moves the frames, it also hands in whole blocks, by itself (ADR 77).
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from ivr.core.media.frame import BLOCK_FRAMES, FRAME_BYTES
from ivr.core.media.stretch import Keep
from ivr.core.vault.blocks import BlockMaker, Portion
from ivr.core.vault.journal import SALT_BYTES, JournalHeader
from ivr.core.vault.journal_frame import Closed, JournalEntry, JournalFrame, Paused, Resumed
from ivr.durable import sync_directory
from ivr.engine.cell.sealed_frames import SealedFrames
from ivr.errors import BugError, EnvironmentFault, IvrError, SealError
from ivr.ports.journals import Journals
from ivr.ports.keys import DataKey

LONGEST_WAIT = 0.19
"""Seconds that a fact waits for a block at most, with which it is written."""
SYNC_SECONDS = 1.0
"""Sound without a fact is made durable after so long."""
STALL_SECONDS = 3.0
"""A write that takes longer has failed: an alarm is due within 5 s."""
MIN_FREE_BYTES = 64 << 20
"""A recording is not begun with less room on the disk: running calls need the rest (an hour has 230 MB at most)."""
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,127}")


def recording_id(call_id: str, started_at: float) -> str:
    """The name of a call's recording: its UTC day and the call's id."""
    return f"{datetime.fromtimestamp(started_at, UTC):%Y%m%d}-{call_id}"


class Recorder:
    """One call's recording, open for writing. Not for use by several threads."""

    def __init__(
        self,
        directory: Path,
        key: DataKey,
        *,
        call_id: str,
        started_at: float,
        on_failure: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        min_free_bytes: int = MIN_FREE_BYTES,
        journals: Journals = SealedFrames,
    ) -> None:
        """Open the file and make its header durable. Raises SealError or EnvironmentFault: then nothing is recorded.

        `on_failure` is called once, on any thread, with a reason free of callers' data.
        """
        if not _SAFE_NAME.fullmatch(call_id):
            raise BugError("a call id names a file: letters, digits, '.', '_', '@' and '-', at most 128")
        self.recording_id = recording_id(call_id, started_at)
        """Names this recording everywhere."""
        self.path = directory / f"{datetime.fromtimestamp(started_at, UTC):%Y/%m/%d}" / f"{call_id}.ivrj"
        """Where it is."""
        self._on_failure = on_failure
        self._clock = clock
        header = JournalHeader(call_id, self.recording_id, started_at, key.kek_id, key.wrapped)
        self._journal = journals(header, data_key=key.key, salt=os.urandom(SALT_BYTES))
        self._file = _create(directory, self.path, self._journal.preamble, min_free_bytes)
        self._size = len(self._journal.preamble)
        self._waiting: list[Portion] = []
        """Handed in, and no block yet."""
        self._held = 0
        """Frames in it."""
        self._blocks = BlockMaker()
        self._fact = False
        """Whether a fact was sealed that is not known to be durable: set by the caller, reset by the thread."""
        self._synced_at = clock()
        """When all that was written was durable, by the thread's last look."""
        self._reasons: tuple[str, ...] = ()
        """Why it is paused."""
        self._failing = threading.Lock()
        self._failure: str | None = None
        self._busy_since: float | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._write_all, name="recorder", daemon=True)
        self._thread.start()

    @property
    def failed(self) -> str | None:
        """Why nothing more is kept; None while all is well. Cheap: to be asked on every tick."""
        since = self._busy_since
        if self._failure is None and since is not None and self._clock() - since > STALL_SECONDS:
            self._fail(f"the disk has not taken the recording for {STALL_SECONDS:g} s")
        if self._failure is None and self._journal.refuses:
            self._fail("a block of sound cannot be sealed: no memory, or OpenSSL refuses")
        return self._failure

    @property
    def room(self) -> int:
        """Frames that may be kept elsewhere: with those that wait here for more they are no block yet, or just one."""
        return BLOCK_FRAMES - self._held

    def keep(self, sample: int) -> Keep | None:
        """How C hands in whole blocks of the caller's sound from `sample` on; None: it cannot, or nothing is kept."""
        keeping = self._journal.keeping
        if keeping is None or self._failure is not None or not self._blocks.keeps(sample):
            return None
        return Keep(keeping.function, keeping.journal, sample)

    def audio(self, first_sample: int, channels: Mapping[str, bytes]) -> None:
        """Keep PCM of every channel there is, from `first_sample` of the call's time line on: 20 ms, or some more."""
        if self._failure is None:
            self._waiting.append((first_sample, channels))
            self._held += _frames(channels)
            if self._held >= BLOCK_FRAMES:
                self._seal(self._gathered())
                self._journal.rouse()

    def event(self, entry: dict[str, object]) -> None:
        """Keep a JSON object: an event with its time, a note.

        `{"record": record_to_json(record)}` is the call's record as it stands; the last one counts after a crash.
        """
        self._put(JournalEntry(entry))

    def pause(self, reason: str, sample: int) -> None:
        """Keep no audio from `sample` on, nor what of it is waiting, for as long as there is a reason."""
        if reason not in self._reasons:
            self._pause_for((*self._reasons, reason), sample)

    def resume(self, reason: str, sample: int) -> None:
        """This reason is over: keep audio again from `sample` on, unless another one lasts."""
        if reason in self._reasons:
            self._pause_for(tuple(other for other in self._reasons if other != reason), sample)

    def _pause_for(self, reasons: tuple[str, ...], sample: int) -> None:
        """Every stretch is marked with all the reasons that held in it."""
        if self._reasons:
            self._put(Resumed(sample))
        if reasons:
            self._put(Paused(sample, ", ".join(reasons)))
        self._reasons = reasons

    def close(self, manifest: dict[str, object]) -> None:
        """Seal what is left and the closing frame, make all durable. Waits for the disk, `STALL_SECONDS` at most."""
        if self._closing:
            return
        self._put(Closed(manifest))
        self._closing = True
        self._journal.rouse()
        self._thread.join(STALL_SECONDS)
        if self._thread.is_alive():
            self._fail(f"the disk has not taken the recording's end for {STALL_SECONDS:g} s")

    def _put(self, fact: JournalFrame) -> None:
        """Seal a fact, which is written with the next block. What was heard before a pause is sealed before it."""
        if self._failure is None and not self._closing:
            self._seal([fact] if isinstance(fact, JournalEntry) else [*self._gathered(), fact])
            self._fact = True

    def _gathered(self) -> list[Portion]:
        """What waits, which waits no longer."""
        waiting, self._waiting, self._held = self._waiting, [], 0
        return waiting

    def _seal(self, portion: Sequence[Portion | JournalFrame]) -> None:
        try:
            for frame in self._blocks.frames(portion):
                self._journal.seal(frame)
        except Exception as error:
            self._fail(_reason(error))

    def _fail(self, reason: str) -> None:
        with self._failing:
            if self._failure is not None:
                return
            self._failure = reason
        self._journal.refuse()
        self._on_failure(reason)

    # --- the writing thread -----------------------------------------------------------------------------------------

    def _write_all(self) -> None:
        """Until the end: sleep, take all that is sealed, append it in one write, make that durable."""
        ended = False
        try:
            while not ended:
                closing = self._closing  # asked first: then the closing frame is in what is taken now
                sealed = self._journal.take(0.0 if closing else LONGEST_WAIT)
                ended = closing and not sealed
                if (sealed or self._fact) and self._failure is None:
                    self._busy_since = self._clock()
                    fact, self._fact = self._fact, False
                    self._append(sealed)
                    self._make_durable(now=fact)
                    self._busy_since = None
        except Exception as error:  # a thread that dies unnoticed would lose audio silently
            self._fail(_reason(error))
        finally:
            self._busy_since = None
            with suppress(OSError):  # what was synced is on the disk, whatever close answers (close(2))
                os.close(self._file)

    def _make_durable(self, *, now: bool) -> None:
        """What was written, unless it may wait."""
        if now or self._clock() - self._synced_at >= SYNC_SECONDS:
            os.fdatasync(self._file)
            self._synced_at = self._clock()

    def _append(self, data: bytes | memoryview) -> None:
        """Write all or leave the file as it was: a later reader finds whole frames."""
        done = 0
        try:
            while done < len(data):
                done += os.write(self._file, data[done:])
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += done


def _reason(error: Exception) -> str:
    """Free of callers' data."""
    if isinstance(error, OSError):
        return f"the recording cannot be written: {os.strerror(error.errno or errno.EIO)}"
    return (
        str(error) if isinstance(error, IvrError) else f"the recorder stopped by its own fault ({type(error).__name__})"
    )


def _frames(channels: Mapping[str, bytes]) -> int:
    return len(next(iter(channels.values()), b"")) // FRAME_BYTES


def _create(directory: Path, path: Path, preamble: bytes, min_free_bytes: int) -> int:
    """A new file with a durable header; returns its descriptor."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        free = os.statvfs(directory)
        if free.f_bavail * free.f_frsize < min_free_bytes:
            raise EnvironmentFault(
                f"less than {min_free_bytes >> 20} MiB are free for recordings; make room on that disk"
            )
        made = [parent for parent in path.parents if not parent.exists()]
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        if error.filename != str(path):
            raise EnvironmentFault(f"{error.filename} is a file where recordings need a directory; move it") from error
        raise SealError("a recording of this call exists already; it is not overwritten") from error
    except OSError as error:
        raise EnvironmentFault(
            f"the recording cannot be created: {error.strerror}; see the recordings directory"
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX)  # tells readers that the call is still running
        if os.write(file, preamble) != len(preamble):
            raise EnvironmentFault("the recording's header does not fit on the disk; make room")
        os.fsync(file)
        for parent in (path.parent, *(parent.parent for parent in made)):
            sync_directory(parent)
    except (OSError, EnvironmentFault) as error:
        with suppress(OSError):  # the disk may refuse this too: the first error is the one to tell
            path.unlink()
        with suppress(OSError):
            os.close(file)
        if isinstance(error, EnvironmentFault):
            raise
        raise EnvironmentFault(f"the recording's header cannot be written: {error.strerror}") from error
    return file
