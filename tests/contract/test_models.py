"""What every shelf of models must do: bring one in whole or not at all, and never another for the one asked for."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from ivr.adapters.files.models import ModelFiles
from ivr.errors import EnvironmentFault, ModelError, OperatorError, PeerError
from ivr.ports.models import Models

WEIGHTS = bytes(range(256)) * 9000


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def models(shelf: Path) -> Models:
    return ModelFiles(shelf)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "model.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("own-1/am/final.mdl", WEIGHTS)
    return path


@pytest.fixture
def address(archive: Path) -> Iterator[str]:
    """Where the archive is given out, or half of it; other paths are not there."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            there = self.path in ("/model.zip", "/half.zip")
            content = archive.read_bytes() if there else b""
            self.send_response(200 if there else 404)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if self.path == "/half.zip" else content)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def silent(done: int, of: int) -> None:
    """No progress is shown."""


def test_one_is_brought_in_from_a_file(models: Models, archive: Path) -> None:
    assert (models.add("own", archive) / "am" / "final.mdl").read_bytes() == WEIGHTS


def test_one_is_fetched_and_its_progress_told(models: Models, archive: Path, address: str) -> None:
    told: list[tuple[int, int]] = []
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    there = models.fetch("own", f"{address}/model.zip", digest.upper(), lambda done, of: told.append((done, of)))
    assert (there / "am" / "final.mdl").read_bytes() == WEIGHTS
    assert told[-1] == (archive.stat().st_size, archive.stat().st_size)


def test_another_than_the_one_asked_for_is_not_brought_in(models: Models, shelf: Path, address: str) -> None:
    with pytest.raises(ModelError):
        models.fetch("own", f"{address}/model.zip", "0" * 64, silent)
    assert not list(shelf.iterdir())


@pytest.mark.parametrize("path", ["other.zip", "half.zip"])
def test_one_that_is_not_there_or_breaks_off_leaves_nothing(
    models: Models, shelf: Path, address: str, path: str
) -> None:
    with pytest.raises(PeerError):
        models.fetch("own", f"{address}/{path}", None, silent)
    assert not list(shelf.iterdir())


def test_a_name_that_is_taken_is_not_given_again(models: Models, archive: Path, address: str) -> None:
    models.add("own", archive)
    with pytest.raises(OperatorError):
        models.add("own", archive)
    with pytest.raises(OperatorError):
        models.fetch("own", f"{address}/model.zip", None, silent)


def test_a_shelf_that_cannot_be_written_is_a_fault(models: Models, shelf: Path, archive: Path, address: str) -> None:
    shelf.write_text("in the way")
    with pytest.raises(EnvironmentFault):
        models.add("own", archive)
    with pytest.raises(EnvironmentFault):
        models.fetch("own", f"{address}/model.zip", None, silent)
