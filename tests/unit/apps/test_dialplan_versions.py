"""Each version that is served is kept as it was, and found again by its name and by its hash."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ivr.adapters.files.dialplan_versions import DialplanVersions
from ivr.apps.cli.main import cli
from ivr.apps.settings import DialplanSettings, Settings
from ivr.apps.wiring.dialplans import DialplanRoutes
from ivr.apps.wiring.versions import dialplan_of, kept_dialplan, kept_versions
from ivr.core.call.call import Call
from ivr.core.events import CallArrived
from ivr.errors import EnvironmentFault, OperatorError

MAIN = """\
name: small
version: "1"
languages: [en]
start: hello
include: [parts/end.yaml]
states:
  hello: {say: {en: %s}, go: bye}
"""
PART = "states: {bye: {hang_up: completed, say: {en: Bye.}}}\n"
SHA, OTHER = "ab" * 32, "cd" * 32


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    written = tmp_path / "written"
    (written / "parts").mkdir(parents=True)
    (written / "small.yaml").write_text(MAIN % "Hello.")
    (written / "parts" / "end.yaml").write_text(PART)
    return Settings(data_dir=tmp_path / "var", dialplans=(DialplanSettings(file=written / "small.yaml"),))


def edit(settings: Settings, word: str) -> None:
    settings.dialplans[0].file.write_text(MAIN % word)


def types(settings: Settings, *words: str) -> Result:
    config = settings.data_dir.parent / "ivr.yaml"
    config.write_text(json.dumps({"data_dir": str(settings.data_dir)}))
    return CliRunner().invoke(cli, words, env={"IVR_CONFIG": str(config)})


def test_what_is_served_is_kept_with_what_it_includes_and_outlives_its_files(settings: Settings) -> None:
    served = DialplanRoutes(settings).serving("1")
    shutil.rmtree(settings.dialplans[0].file.parent)
    for reference in ("small@1", served.sha256, served.sha256[:8]):
        again = kept_dialplan(settings, reference)
        assert again.sha256 == served.sha256
        assert again.states == served.states


def test_a_call_names_the_certificate_of_the_dialplan_that_served_it(settings: Settings) -> None:
    call = Call(DialplanRoutes(settings).serving("1"))
    call.receive(CallArrived("call-1", "sip:someone@example.org", "1", 0.0), now=0.0)
    (kept,) = (settings.data_dir / "certificates").iterdir()
    certificate = json.loads(kept.read_text())
    assert call.record.certificate == certificate["id"] != ""
    assert certificate["sha256"] == call.record.dialplan_sha256


def test_a_reload_keeps_the_new_version_and_the_old_one(settings: Settings) -> None:
    routes = DialplanRoutes(settings)
    first = routes.serving("1")
    edit(settings, "Hello again.")
    routes.reload()
    second = routes.serving("1")
    assert {kept.sha256 for kept in kept_versions(settings).all()} == {first.sha256, second.sha256}
    with pytest.raises(OperatorError, match=f"2 texts.*{second.sha256[:12]}"):
        kept_dialplan(settings, "small@1")  # the author forgot to count the version up
    done = types(settings, "diff", first.sha256[:10], second.sha256[:10])
    assert done.exit_code == 1
    assert "'Hello.' becomes 'Hello again.'" in done.stdout
    listed = types(settings, "versions").stdout
    assert listed.count("small@1") == 2
    assert first.sha256[:12] in listed


def test_a_version_that_is_not_sound_is_not_kept_and_the_served_one_stays(settings: Settings) -> None:
    routes = DialplanRoutes(settings)
    before = routes.serving("1")
    edit(settings, "[")
    with pytest.raises(OperatorError):
        routes.reload()
    assert routes.serving("1") is before
    assert len(kept_versions(settings).all()) == 1


def test_a_kept_text_that_was_altered_is_refused(settings: Settings) -> None:
    DialplanRoutes(settings)
    (kept,) = kept_versions(settings).all()
    (kept.path.parent / "parts" / "end.yaml").write_text(PART.replace("Bye.", "Buy."))
    with pytest.raises(EnvironmentFault, match="altered"):
        kept_dialplan(settings, "small@1")


def test_an_unknown_version_is_refused_with_where_to_look(settings: Settings) -> None:
    with pytest.raises(OperatorError, match="no dialplan was served yet"):
        kept_dialplan(settings, "small@9")
    assert "no dialplan was served yet" in types(settings, "versions").stdout


@pytest.mark.parametrize("digits", [4, 5, 12, 64])
def test_diff_takes_a_version_with_dots_and_any_digits_that_tell_it_apart(settings: Settings, digits: int) -> None:
    """`wealth@1.0.0` was taken for a file that ends in .0, and five digits for a name."""
    file = settings.dialplans[0].file
    file.write_text((MAIN % "Hello.").replace('"1"', '"1.0.0"'))
    sha256 = DialplanRoutes(settings).serving("1").sha256
    for reference in ("small@1.0.0", sha256[:digits], sha256[:digits].upper()):
        assert "no difference for callers" in types(settings, "diff", reference, str(file)).stdout


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("small@1.0.1", "no version small@1.0.1 of a dialplan was ever served from .*; small was served as small@1$"),
        ("small", "small was served as small@1$"),
        ("other@1", "'ivr versions' lists what was"),
        ("abc", "there is no file abc, and of a SHA-256 it is too short: write 4 digits or more"),
        ("missing.yaml", "there is no file missing.yaml"),
        ("dialplans/small", "there is no file dialplans/small"),
    ],
)
def test_diff_says_truly_what_it_does_not_find(settings: Settings, reference: str, said: str) -> None:
    DialplanRoutes(settings)
    with pytest.raises(OperatorError, match=said):
        dialplan_of(settings, reference)


def test_a_crash_before_the_last_file_leaves_no_version_and_the_next_start_keeps_it(tmp_path: Path) -> None:
    versions = DialplanVersions(tmp_path)
    (tmp_path / SHA).mkdir()
    (tmp_path / SHA / "small.yaml").write_text("half")
    assert versions.all() == []
    kept = versions.keep("small@1", SHA, {"small.yaml": "whole"}, {}, now=1.0)
    assert kept.path.read_text() == "whole"
    assert versions.all() == [kept]


def test_sounds_that_change_under_the_same_text_are_all_named(tmp_path: Path) -> None:
    versions = DialplanVersions(tmp_path)
    for digest in ("11", "11", "22"):
        versions.keep("small@1", SHA, {"small.yaml": "text"}, {"risk.wav": digest}, now=1.0)
    assert versions.find(SHA).sounds == {"risk.wav": ("11", "22")}
    assert versions.find(SHA).kept_at == 1.0


def test_versions_are_listed_newest_first(tmp_path: Path) -> None:
    versions = DialplanVersions(tmp_path)
    versions.keep("small@1", SHA, {"small.yaml": "text"}, {}, now=1.0)
    versions.keep("small@2", OTHER, {"small.yaml": "text"}, {}, now=2.0)
    assert [kept.id for kept in versions.all()] == ["small@2", "small@1"]


def test_no_name_leads_out_of_the_directory(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="outside"):
        DialplanVersions(tmp_path / "kept").keep("small@1", SHA, {"../../out.yaml": "text"}, {}, now=1.0)
    assert list(tmp_path.iterdir()) == []
