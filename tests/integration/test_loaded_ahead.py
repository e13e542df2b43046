"""What waits to begin has loaded its program and its models, and learns no secret by it: a line is down meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.apps.wiring.leading import note_term, term_files
from ivr.core.leading import Seen, Term
from ivr.testing.postgres import find_postgres, running_postgres
from tests.attacks.test_two_leaders import settings_of

BUILDS = """
import json, sys
from pathlib import Path
from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.ahead import load

process, settings = sys.argv[1], load_settings(Path(sys.argv[2]), {})
touched = []
sys.addaudithook(lambda event, told: touched.append(str(told)) if event in ("open", "socket.connect") else None)
load(process, settings)
outside = [one for one in touched if str(settings.data_dir) in one or "/run-b" in one or "AF_" in one]
before = set(sys.modules)
from ivr.apps.wiring.vault import open_key_store
if process == "hub":
    from ivr.apps.wiring.hub import build
    build(settings, open_key_store(settings))
elif process == "keeper":
    from ivr.apps.wiring.keeper import build
    build(settings)
elif process == "inspector":
    from ivr.apps.wiring.inspector import build
    build(settings, dict, at_least=lambda work: work())
else:
    from ivr.apps.wiring.console import application, guarded
    from ivr.apps.wiring.office import OfficeFiles
    guarded(application(settings, OfficeFiles(settings)))
print(json.dumps([sorted(set(sys.modules) - before), outside, len(touched) > 100]))
"""
SPEAKS = """
import json, sys, time
from pathlib import Path
from ivr.apps.settings import Settings
from ivr.apps.wiring import speech
here = Path(sys.argv[1])
settings = Settings(data_dir=here, run_dir=here, voiceprints_dir=here / "voiceprints")
other = settings.model_copy(update={"speech": settings.speech.model_copy(update={"turns": "smart-turn"})})
took, began = [], time.process_time()
speech.preload(settings)
found = {}
for name, one in (("ahead", None), ("same", settings), ("other", other)):
    parts = speech.load(one, 1) if one is not None else None
    found[name] = {
        "took": time.process_time() - began,
        "languages": sorted(parts.recognizers) if parts else [],
        "turns": parts is not None and parts.turns is not None,
        "meanings": parts is not None and parts.meanings is not None,
    }
    if parts is not None:
        parts.synthesizer.close()
    began = time.process_time()
print(json.dumps(found))
"""
FAULTY = """
import sys
from pathlib import Path
from ivr.apps.settings import Settings
from ivr.apps.wiring import speech
from ivr.errors import ModelError
here = Path(sys.argv[1])
settings = Settings(data_dir=here, run_dir=here, speech={"recognizers": {"en": "whisper:none"}})
speech.preload(settings)
print("waits", flush=True)
try:
    speech.load(settings, 1)
except ModelError:
    print("refused")
"""
OURS = ("ivr", "sqlalchemy", "psycopg", "alembic", "numpy", "fastapi")
"""Packages that take long to import."""


@pytest.fixture(scope="module")
def leads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Settings of a machine that leads."""
    binaries = find_postgres()
    assert binaries is not None, "PostgreSQL is not installed (apt-get install postgresql)"
    folder = tmp_path_factory.mktemp("ahead")
    with running_postgres(binaries) as url:
        settings = settings_of("b", folder, url)
        settings.recordings_dir.mkdir()
        term_files(settings).take(Term(1, "b"), Seen(None, None))
        note_term(settings, Term(1, "b"))
        yield folder / "b.yaml"


def said_by(program: str, *words: object) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", program, *map(str, words)], capture_output=True, text=True, timeout=240, check=False
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return ran.stdout


@pytest.mark.parametrize("process", ["hub", "keeper", "inspector", "console"])
def test_who_waited_imports_nothing_more_when_it_is_told_to_begin_and_had_opened_nothing_of_the_line(
    leads: Path, process: str
) -> None:
    late, opened, looked = json.loads(said_by(BUILDS, process, leads))
    assert looked, "what it opens is not seen"
    assert opened == []
    assert [name for name in late if name.split(".")[0] in OURS] == []


def test_a_speech_service_that_waited_has_its_models_and_those_of_other_settings_are_loaded_anew(
    tmp_path: Path,
) -> None:
    found = json.loads(said_by(SPEAKS, tmp_path))
    assert found["same"]["took"] < found["ahead"]["took"] / 3
    assert found["other"]["took"] > found["same"]["took"] * 2
    assert found["same"]["languages"] == found["other"]["languages"] == ["*", "en"]
    assert (found["same"]["turns"], found["other"]["turns"]) == (False, True)
    assert found["same"]["meanings"]
    assert found["other"]["meanings"]


def test_a_model_that_is_not_there_is_told_when_speech_begins(tmp_path: Path) -> None:
    assert said_by(FAULTY, tmp_path).split() == ["waits", "refused"]
