"""Sealed recordings in an object store: sent when they are sealed, here while it is away, gone when they are erased."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.apps.settings import Settings
from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.archive import eraser
from ivr.apps.wiring.keeper import build
from ivr.apps.wiring.vault import audit_log, open_key_store, recording_files
from ivr.core.alarms import AlarmKind
from ivr.core.vault.retention import RetentionClass, RetentionPlan
from ivr.engine.archive.shipping import RETRY_SECONDS, Behind, Shipping
from ivr.errors import EnvironmentFault
from ivr.testing.object_server import ACCESS_KEY, BUCKET, SECRET_KEY, ObjectServer
from tests.integration.vault.conftest import Ivr
from tests.integration.vault.test_keeper import rest

CALLS = {"call-closed", "call-crashed"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    started = ObjectServer(tmp_path_factory.mktemp("objects"))
    yield started
    started.stop()


@pytest.fixture
def shipped(settings: Settings, server: ObjectServer, tmp_path: Path) -> Settings:
    """The installation with an object store that answers, and calls that ended a while ago."""
    server.stop()
    server.start()
    server.clear()
    secret = tmp_path / "objects-secret"
    secret.write_text(f"{ACCESS_KEY}\n{SECRET_KEY}\n")
    secret.chmod(0o600)
    with (tmp_path / "ivr.yaml").open("a") as file:
        file.write(f"objects: {{url: '{server.url}', bucket: {BUCKET}, credentials_file: {secret}, prefix: ivr/}}\n")
    for path in settings.recordings_dir.rglob("*.ivrj"):
        rest(path)
    return load_settings(tmp_path / "ivr.yaml", {})


def names(settings: Settings, suffix: str) -> set[str]:
    return {path.stem for path in settings.recordings_dir.rglob(f"*{suffix}")}


def objects(server: ObjectServer) -> list[Path]:
    return [path for path in server.files() if ".nanio-meta" not in path.parts]


def test_what_is_sealed_is_sent_and_is_played_searched_exported_and_verified_from_there(
    shipped: Settings, server: ObjectServer, ivr: Ivr, tmp_path: Path
) -> None:
    told: list[Behind] = []
    build(shipped, behind=told.append).round()
    assert (names(shipped, ".ivra"), names(shipped, ".ivro"), len(objects(server))) == (set(), CALLS, 2)
    assert told[-1] == Behind(0, 0.0)
    assert b"call-closed" in ivr("recordings", "list").stdout
    assert ivr("recordings", "show", "call-closed").returncode == 0
    assert ivr("recordings", "export", "call-closed", "--wav", "out.wav").returncode == 0
    assert (tmp_path / "out.wav").stat().st_size > 1000
    assert ivr("receipt", "make", "call-closed").returncode == 0


def test_the_store_learns_nothing_of_a_call(shipped: Settings, server: ObjectServer) -> None:
    build(shipped).round()
    for path in objects(server):
        assert len(path.name) == 64
        assert int(path.name, 16)
    everything = b"".join(path.read_bytes() + str(path.relative_to(server.folder)).encode() for path in server.files())
    for word in (b"call-", b"442071234567", b"fund_risk", b"20260102", b"caller.in"):
        assert word not in everything


def test_while_the_store_is_away_recordings_stay_here_and_go_when_it_is_back(
    shipped: Settings, server: ObjectServer, ivr: Ivr
) -> None:
    server.stop()
    alarms: list[AlarmKind] = []
    told: list[Behind] = []
    keeper = build(shipped, lambda kind, text: alarms.append(kind), told.append)
    keeper.round()
    keeper.round()
    assert alarms.count(AlarmKind.OBJECTS) == 1, "told once for as long as it lasts"
    assert (names(shipped, ".ivra"), names(shipped, ".ivro")) == (CALLS, set())
    assert told[-1].waiting == 2
    assert ivr("recordings", "show", "call-closed").returncode == 0
    server.start()
    build(shipped).round()  # whoever starts anew tries at once; who runs on, half a minute later
    assert (names(shipped, ".ivra"), names(shipped, ".ivro")) == (set(), CALLS)
    server.stop()
    away = ivr("recordings", "show", "call-closed")
    assert away.returncode != 0
    assert b"does not answer" in away.stderr


def test_a_store_that_is_away_is_asked_again_after_a_while_and_says_how_long_the_oldest_waits(
    shipped: Settings, server: ObjectServer
) -> None:
    keeper = build(shipped)
    server.stop()
    keeper.round()
    now = [0.0]
    told: list[Behind] = []
    oldest = min(path.stat().st_mtime for path in shipped.recordings_dir.rglob("*.ivra"))
    files = recording_files(shipped, open_key_store(shipped))
    shipping = Shipping(files, told.append, clock=lambda: now[0], wall=lambda: oldest + 7200.0)
    with pytest.raises(Exception, match="does not answer"):
        list(shipping.some(lambda where, why: None))
    assert told[-1].waiting == 2
    assert told[-1].seconds == pytest.approx(7200.0, abs=1.0)
    server.start()
    assert list(shipping.some(lambda where, why: None)) == [], "it has a while to recover"
    now[0] = RETRY_SECONDS
    assert len(list(shipping.some(lambda where, why: None))) == 2


def test_what_is_erased_is_erased_there_and_when_it_is_away_afterwards(shipped: Settings, server: ObjectServer) -> None:
    build(shipped).round()
    keys = open_key_store(shipped)
    log = audit_log(shipped, keys)
    due = RetentionPlan({"short": RetentionClass("short", 0, 1, "a test")}, "short")
    server.stop()
    damaged: list[str] = []
    work = eraser(shipped, keys, log, actor="a test")
    with pytest.raises(EnvironmentFault):
        list(work.run(due, lambda where, why: damaged.append(why)))
    server.start()
    assert len(list(eraser(shipped, keys, log, actor="a test").run(due, lambda where, why: damaged.append(why)))) == 2
    assert damaged == []
    assert server.files() == []
    assert list(shipped.recordings_dir.rglob("*.ivr?")) == []
    log.close()


def test_a_recording_that_somebody_removed_there_is_told(shipped: Settings, server: ObjectServer) -> None:
    build(shipped).round()
    server.clear()
    told: list[str] = []
    build(shipped, lambda kind, text: told.append(f"{kind}: {text}")).round()
    assert any(line.startswith("recording_missing: 2 recordings that were sent to the object store") for line in told)


def test_a_crash_between_sending_and_its_note_leaves_the_recording_here_and_nothing_there_for_ever(
    shipped: Settings, server: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(path: Path, note: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("ivr.adapters.files.recordings.store.write_note", killed)
        with pytest.raises(KeyboardInterrupt):
            build(shipped).round()
    assert len(objects(server)) == 1
    files = recording_files(shipped, open_key_store(shipped))
    for stored in files.unshipped():
        files.open(stored.call_id)
    build(shipped).round()
    assert (names(shipped, ".ivra"), len(objects(server))) == (set(), 2)
    files.remove(files.find("call-closed"))
    assert len(objects(server)) == 1
