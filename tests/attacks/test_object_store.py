"""A hostile object store, and hostile files beside it: no recording passes for another, nothing leads us elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ivr.adapters.files.recordings.afar import Afar
from ivr.adapters.files.recordings.store import RecordingFiles
from ivr.adapters.s3_objects import S3Objects, S3Place
from ivr.apps.settings_objects import ObjectSettings
from ivr.core.media.frame import SAMPLE_BYTES
from ivr.core.vault.journal_frame import AudioBlock, Closed, JournalEntry
from ivr.errors import EnvironmentFault, SealError
from ivr.ports.recordings import StoredRecording
from ivr.testing.fake_recordings import sealed_journal
from ivr.testing.fake_stores import MemoryKeyStore


class Bucket:
    """An object store in memory that does as its owner likes."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, name: str, file: Path) -> None:
        self.kept[name] = file.read_bytes()

    def read(self, name: str, offset: int, size: int) -> bytes:
        return self.kept[name][offset : offset + size]

    def delete(self, name: str) -> None:
        self.kept.pop(name, None)

    def names(self, prefix: str) -> Iterator[str]:
        return iter([name for name in self.kept if name.startswith(prefix)])


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def files(tmp_path: Path, bucket: Bucket) -> RecordingFiles:
    keys = MemoryKeyStore()
    found = RecordingFiles(tmp_path, keys, Afar(bucket, keys, prefix=""))
    for call in ("call-1", "call-2"):
        path = tmp_path / "2026" / "01" / "02" / f"{call}.ivrj"
        path.parent.mkdir(parents=True, exist_ok=True)
        sound = bytes(SAMPLE_BYTES * 800)
        frames = (JournalEntry({}), AudioBlock(0, {"caller.in": sound, "caller.out": sound}), Closed({}))
        path.write_bytes(sealed_journal(keys, call, 1_767_312_000.0, frames))
        journal = found.find(call)
        found.seal(journal, found.outline(journal))
        found.remove_journal(journal)
        found.ship(found.archive_of(journal))
    return found


def beside(stored: StoredRecording, suffix: str) -> Path:
    return Path(stored.where).with_suffix(suffix)


def test_objects_that_change_places_are_refused(files: RecordingFiles, bucket: Bucket) -> None:
    one, other = bucket.kept
    bucket.kept[one], bucket.kept[other] = bucket.kept[other], bucket.kept[one]
    for call in ("call-1", "call-2"):
        with pytest.raises(SealError):
            files.open(call)


def test_an_object_that_is_cut_grown_or_altered_is_refused(files: RecordingFiles, bucket: Bucket) -> None:
    name, whole = next(iter(bucket.kept.items()))
    call = next(c for c in ("call-1", "call-2") if files._far().name(files.find(c)) == name)
    for data in (whole[:-1], whole[: len(whole) // 2], b"", whole[:60] + b"\0" + whole[61:], whole[:-1] + b"\0"):
        bucket.kept[name] = data
        with pytest.raises(SealError):
            files.open(call)


def test_a_note_that_was_altered_leads_to_no_other_object(files: RecordingFiles, bucket: Bucket) -> None:
    """Erasing one call must not remove another's object, whatever whoever can write files put beside it."""
    one, other = files.find("call-1"), files.find("call-2")
    beside(one, ".ivro").write_bytes(beside(other, ".ivro").read_bytes())
    files.remove(one)
    assert list(bucket.kept) == [files._far().name(other)]
    files.open("call-2")


def test_a_store_that_gives_back_other_bytes_than_it_was_given_takes_nothing_away(
    files: RecordingFiles, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = files.find("call-1")
    beside(stored, ".ivra").write_bytes(bucket.kept[files._far().name(stored)])
    monkeypatch.setattr(Bucket, "read", lambda self, name, offset, size: bytes(size))
    with pytest.raises(EnvironmentFault, match="other bytes"):
        files.ship(stored)
    assert beside(stored, ".ivra").exists()


@contextmanager
def answering(status: int, headers: dict[str, str], body: bytes, seen: list[str]) -> Iterator[int]:
    """A server that says one thing to everybody."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_PUT = do_GET

        def log_message(self, format: str, *arguments: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("status", [301, 307])
def test_a_store_that_points_elsewhere_is_not_followed(status: int) -> None:
    asked: list[str] = []
    followed: list[str] = []
    with answering(200, {}, b"x" * 9, followed) as elsewhere:
        to = {"Location": f"http://127.0.0.1:{elsewhere}/b/x", "x-amz-bucket-region": "eu-west-1"}
        body = f"<Error><Code>PermanentRedirect</Code><Endpoint>127.0.0.1:{elsewhere}</Endpoint></Error>".encode()
        with answering(status, to, body, asked) as port:
            store = S3Objects(S3Place(f"http://127.0.0.1:{port}", "bucket", "us-east-1"), "a", "b")
            with pytest.raises(EnvironmentFault):
                store.read("x", 0, 9)
    assert asked
    assert not followed


def test_a_store_that_knows_no_ranges_is_refused() -> None:
    with answering(200, {}, b"x" * 5000, []) as port:
        store = S3Objects(S3Place(f"http://127.0.0.1:{port}", "bucket", "us-east-1"), "a", "b")
        with pytest.raises(EnvironmentFault, match="all of a recording"):
            store.read("x", 0, 9)


def test_a_store_that_sends_more_than_was_asked_for_is_refused() -> None:
    with answering(206, {"Content-Range": "bytes 0-8/9"}, b"x" * 5000, []) as port:
        store = S3Objects(S3Place(f"http://127.0.0.1:{port}", "bucket", "us-east-1"), "a", "b")
        with pytest.raises(EnvironmentFault, match="more of a recording"):
            store.read("x", 0, 9)


def test_an_answer_that_makes_no_sense_is_a_fault_of_the_stores(tmp_path: Path) -> None:
    """That there is no such object, to who brings one or asks for all names."""
    file = tmp_path / "sealed"
    file.write_bytes(b"x")
    with answering(404, {}, b"<Error><Code>NoSuchKey</Code></Error>", []) as port:
        store = S3Objects(S3Place(f"http://127.0.0.1:{port}", "bucket", "us-east-1"), "a", "b")
        with pytest.raises(EnvironmentFault):
            store.put("x", file)
        with pytest.raises(EnvironmentFault):
            list(store.names(""))
        with pytest.raises(SealError, match="does not have the recording"):
            store.read("x", 0, 9)


@pytest.mark.parametrize(
    "url", ["http://s3.bank.internal", "https://key:secret@s3.bank.internal", "ftp://s3", "https://s3/bucket", "s3"]
)
def test_a_url_that_would_send_signatures_in_clear_or_holds_a_secret_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"objects|https://|http://"):
        ObjectSettings(url=url, bucket="bucket", credentials_file=Path("x"))
